// slipway/harness/fault_plan_toml.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_plan_toml.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/toml_table.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <variant>

namespace slipway::harness {
namespace {

constexpr toml_style style{
    .syntax = "valid TOML", .tables = toml_tables::in_braces, .guesses_keys = false};

constexpr std::array exit_kinds{exit_kind::normal,  exit_kind::shutdown, exit_kind::shutdown_term,
                                exit_kind::killed,  exit_kind::noproc,   exit_kind::noconnection,
                                exit_kind::timeout, exit_kind::error};

template <class Value>
std::vector<std::string_view> names_of(std::span<const Value> values) {
  std::vector<std::string_view> names;
  names.reserve(values.size());
  for (const auto& each : values) {
    names.push_back(name_of(each));
  }
  return names;
}

/// `stem_ms`, or `stem_ns` for what no human has written.
std::optional<duration> read_length(toml_table& table, std::string_view stem) {
  using std::chrono::milliseconds;
  constexpr std::int64_t most_ms =
      std::chrono::duration_cast<milliseconds>(duration::max()).count();
  const std::string in_ms = std::string(stem) + "_ms";
  const std::string in_ns = std::string(stem) + "_ns";
  const auto ms = table.whole(in_ms, {0, most_ms});
  const auto ns = table.whole(in_ns);
  if (table.has(in_ms) && table.has(in_ns)) {
    table.fault(in_ns, in_ns + " together with " + in_ms, "one of the two");
  }
  if (ms) {
    return milliseconds(*ms);
  }
  return ns ? std::optional<duration>(std::chrono::nanoseconds(*ns)) : std::nullopt;
}

/// The value whose name stands at `key`.
template <class Value>
std::optional<Value> read_named(toml_table& table, std::string_view key,
                                std::span<const Value> values) {
  const auto place = table.choice(key, names_of(values));
  return place ? std::optional(values[*place]) : std::nullopt;
}

exit_reason read_reason(toml_table& table) {
  std::vector<std::string_view> names;
  names.reserve(exit_kinds.size());
  for (const exit_kind kind : exit_kinds) {
    names.push_back(to_string(kind));
  }
  exit_reason reason;
  if (const auto kind = table.choice("kind", names)) {
    reason.kind = exit_kinds.at(*kind);
  } else if (!table.has("kind")) {
    table.fault("kind", "nothing", one_of(names));
  }
  reason.type = table.any_text("type").value_or("");
  reason.message = table.any_text("message").value_or("");
  reason.stderr_tail = table.texts("stderr_tail").value_or(std::vector<std::string>());
  if (auto cause = table.table("cause")) {
    reason.cause = std::make_shared<const exit_reason>(read_reason(*cause));
  }
  table.report_unknown();
  return reason;
}

/// Reads the argument of a fault from the fault's own table; what is not there stays as it is.
struct argument_reader {
  toml_table& table;

  template <class Fault>
  void operator()(Fault& what) const {
    if constexpr (requires { what.by; }) {
      what.by = read_length(table, "by").value_or(what.by);
    } else if constexpr (requires { what.lasts; }) {
      what.lasts = read_length(table, "for").value_or(what.lasts);
    } else if constexpr (requires { what.bytes; }) {
      if (const auto bytes = table.whole("bytes")) {
        what.bytes = static_cast<std::size_t>(*bytes);
      }
    } else if constexpr (requires { what.code; }) {
      what.code = static_cast<int>(table.whole("code", {0, 255}).value_or(what.code));
    } else if constexpr (requires { what.error; }) {
      what.error = read_named(table, "error", all_spawn_faults()).value_or(what.error);
    } else if constexpr (requires { what.reason; }) {
      if (auto reason = table.table("reason")) {
        what.reason = read_reason(*reason);
      }
    }
  }
};

fault read_what(toml_table& table) {
  auto what = read_named(table, "what", all_faults());
  if (!what) {
    if (!table.has("what")) {
      table.fault("what", "nothing", one_of(names_of(all_faults())));
    }
    return {};
  }
  std::visit(argument_reader{table}, *what);
  return *what;
}

std::uint64_t read_number(toml_table& table, std::string_view key, std::int64_t least) {
  return static_cast<std::uint64_t>(table.whole(key, {least}).value_or(least));
}

fault_trigger read_trigger(toml_table& table, std::string_view key) {
  if (key == "request") {
    return fault_when::nth_request{read_number(table, key, 1)};
  }
  if (key == "frame") {
    return fault_when::nth_frame{read_number(table, key, 1)};
  }
  if (key == "byte") {
    return fault_when::at_byte{read_number(table, key, 0)};
  }
  if (key == "state") {
    return fault_when::enters{
        read_named(table, key, all_process_states()).value_or(process_state::ready)};
  }
  if (key == "probability") {
    fault_when::at_random chance{table.fraction(key).value_or(0)};
    chance.at = read_named(table, "at", all_fault_chances()).value_or(chance.at);
    return chance;
  }
  if (key == "after") {
    return fault_when::after_fault{table.any_text(key).value_or(""),
                                   read_length(table, "delay").value_or(duration::zero())};
  }
  return fault_when::at_time{read_length(table, "time").value_or(duration::zero())};
}

fault_trigger read_when(toml_table& rule) {
  constexpr std::array<std::string_view, 8> kinds{"request",     "frame",   "byte",    "state",
                                                  "probability", "time_ms", "time_ns", "after"};
  auto table = rule.table("when");
  if (!table) {
    if (!rule.has("when")) {
      rule.fault("when", "nothing", "a table, as in when = { request = 3 }");
    }
    return {};
  }
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [&](std::string_view each) { return table->has(each); });
  if (kind == kinds.end()) {
    rule.fault("when", "none of its keys", one_of(kinds));
    return {};
  }
  fault_trigger when = read_trigger(*table, *kind);
  table->report_unknown();
  return when;
}

fault_target read_whom(toml_table& rule) {
  fault_target whom;
  auto table = rule.table("whom");
  if (!table) {
    return whom;
  }
  whom.name = table->any_text("name").value_or("");
  whom.tag = table->any_text("tag").value_or("");
  whom.session = table->any_text("session").value_or("");
  if (const auto worker = table->whole("worker", {1})) {
    whom.worker = static_cast<std::uint64_t>(*worker);
  }
  table->report_unknown();
  return whom;
}

std::optional<std::uint64_t> read_times(toml_table& rule) {
  constexpr std::array<std::string_view, 1> without_end{"always"};
  if (rule.is_text("times")) {
    static_cast<void>(rule.choice("times", without_end));
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(rule.whole("times", {1}).value_or(1));
}

fault_rule read_rule(toml_table& table) {
  fault_rule rule;
  rule.name = table.any_text("name").value_or("");
  rule.what = read_what(table);
  rule.when = read_when(table);
  rule.whom = read_whom(table);
  rule.times = read_times(table);
  table.report_unknown();
  return rule;
}

// Names are what rules refer to.
void check_names(const fault_plan& plan, std::vector<toml_table>& tables) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    const std::string& name = plan.rules[i].name;
    if (!name.empty() && !names.insert(name).second) {
      tables[i].fault("name", "\"" + name + "\" a second time", "a name of its own");
    }
  }
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    const auto* after = std::get_if<fault_when::after_fault>(&plan.rules[i].when);
    if (after != nullptr && !names.contains(after->rule)) {
      tables[i].fault("when", "a fault after \"" + after->rule + "\"",
                      "the name of a fault of this plan");
    }
  }
}

// -- writing --------------------------------------------------------------------------------------

std::string toml_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (each == '"' || each == '\\') {
      out.append(1, '\\').append(1, each);
    } else if (byte < 0x20 || byte == 0x7F) {
      out.append("\\u00").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
    } else {
      out += each;
    }
  }
  return out + "\"";
}

std::string number(std::uint64_t value) {
  return std::to_string(
      std::min(value, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
}

std::string number(double value) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), written.ptr};
}

std::string length(std::string_view stem, duration value) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(value);
  return ms == value ? std::string(stem) + "_ms = " + std::to_string(ms.count())
                     : std::string(stem) +
                           "_ns = " + std::to_string(std::chrono::nanoseconds(value).count());
}

std::string inline_table(const std::vector<std::string>& entries) {
  std::string text = "{ ";
  for (const auto& each : entries) {
    text.append(&each == entries.data() ? "" : ", ").append(each);
  }
  return text + " }";
}

std::string reason_text(const exit_reason& reason) {
  std::vector<std::string> entries{"kind = " + toml_string(to_string(reason.kind))};
  if (!reason.type.empty()) {
    entries.push_back("type = " + toml_string(reason.type));
  }
  if (!reason.message.empty()) {
    entries.push_back("message = " + toml_string(reason.message));
  }
  if (!reason.stderr_tail.empty()) {
    std::string lines;
    for (const auto& line : reason.stderr_tail) {
      lines.append(lines.empty() ? "" : ", ").append(toml_string(line));
    }
    entries.push_back("stderr_tail = [" + lines + "]");
  }
  if (reason.cause) {
    entries.push_back("cause = " + reason_text(*reason.cause));
  }
  return inline_table(entries);
}

/// The line of a fault's argument; empty when it has none.
struct argument_writer {
  template <class Fault>
  std::string operator()(const Fault& what) const {
    if constexpr (requires { what.by; }) {
      return length("by", what.by) + "\n";
    } else if constexpr (requires { what.lasts; }) {
      return length("for", what.lasts) + "\n";
    } else if constexpr (requires { what.bytes; }) {
      return "bytes = " + number(std::uint64_t{what.bytes}) + "\n";
    } else if constexpr (requires { what.code; }) {
      return "code = " + std::to_string(what.code) + "\n";
    } else if constexpr (requires { what.error; }) {
      return "error = " + toml_string(name_of(what.error)) + "\n";
    } else if constexpr (requires { what.reason; }) {
      return "reason = " + reason_text(what.reason) + "\n";
    } else {
      return "";
    }
  }
};

struct trigger_writer {
  std::string operator()(const fault_when::nth_request& when) const {
    return "request = " + number(when.n);
  }
  std::string operator()(const fault_when::nth_frame& when) const {
    return "frame = " + number(when.n);
  }
  std::string operator()(const fault_when::at_byte& when) const {
    return "byte = " + number(when.offset);
  }
  std::string operator()(const fault_when::enters& when) const {
    return "state = " + toml_string(name_of(when.state));
  }
  std::string operator()(const fault_when::at_random& when) const {
    return "probability = " + number(when.probability) + ", at = " + toml_string(name_of(when.at));
  }
  std::string operator()(const fault_when::at_time& when) const {
    return length("time", when.after);
  }
  std::string operator()(const fault_when::after_fault& when) const {
    return "after = " + toml_string(when.rule) + ", " + length("delay", when.delay);
  }
};

std::string target_text(const fault_target& whom) {
  std::vector<std::string> entries;
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) {
      entries.push_back(std::string(key) + " = " + toml_string(text));
    }
  };
  add("name", whom.name);
  add("tag", whom.tag);
  add("session", whom.session);
  if (whom.worker) {
    entries.push_back("worker = " + number(*whom.worker));
  }
  return entries.empty() ? "" : "whom = " + inline_table(entries) + "\n";
}

std::string rule_text(const fault_rule& rule) {
  std::string text = "[[fault]]\n";
  if (!rule.name.empty()) {
    text += "name = " + toml_string(rule.name) + "\n";
  }
  text +=
      "what = " + toml_string(name_of(rule.what)) + "\n" + std::visit(argument_writer{}, rule.what);
  text += "when = { " + std::visit(trigger_writer{}, rule.when) + " }\n" + target_text(rule.whom);
  if (rule.times != std::optional<std::uint64_t>(1)) {
    text += "times = " + (rule.times ? number(*rule.times) : "\"always\"") + "\n";
  }
  return text;
}

}  // namespace

result<fault_plan, std::vector<toml_fault>> read_fault_plan_text(std::string_view text,
                                                                 const std::string& file) {
  auto document = toml_document::parse(text, file, style);
  if (!document) {
    return failure(std::move(document.error()));
  }
  toml_table whole = document->root();
  auto tables = whole.tables("fault");
  fault_plan plan;
  for (auto& each : tables) {
    plan.rules.push_back(read_rule(each));
  }
  whole.report_unknown();
  auto faults = document->faults();
  if (faults.empty()) {
    check_names(plan, tables);
    faults = document->faults();
  }
  if (!faults.empty()) {
    return failure(std::move(faults));
  }
  return plan;
}

result<fault_plan, std::vector<toml_fault>> read_fault_plan(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(input)), std::istreambuf_iterator<char>());
  if (!input.is_open() || input.bad()) {
    return failure(std::vector<toml_fault>{
        {file.string(), 0, 0, "", "nothing that can be read", "a fault plan in TOML"}});
  }
  return read_fault_plan_text(text, file.string());
}

std::string to_toml(const fault_plan& plan) {
  std::string text;
  for (const auto& rule : plan.rules) {
    text.append(text.empty() ? "" : "\n").append(rule_text(rule));
  }
  return text;
}

}  // namespace slipway::harness
