// tests/conformance/supervisor_terms.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "supervisor_terms.hpp"

#include "comparison.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

namespace slipway::conformance {

namespace {

// An exit reason that has no kind of its own here carries its term as text.
constexpr const char* any_term = "term";
// Type under which a start function's exception arrives.
constexpr const char* raised = "std::runtime_error";

value to_value(const json& from) {
  return value::from_json(from.dump()).value();
}

json spec_term(const std::string& id) {
  return id.empty() ? json::array({"spec"}) : json::array({"spec", id});
}

json spec_term(const json& spec) {
  if (!spec.is_object()) {
    return spec;
  }
  return spec_term(spec.value("id", ""));
}

// A flaw by its name and the JSON text of its value, as exit reasons carry it.
json flaw_term(const std::string& code, const std::string& text, const child_id& child = {}) {
  if (code == "invalid_child_spec") {
    return {code, text.empty() ? spec_term(child) : spec_term(json::parse(text))};
  }
  return text.empty() ? json(code) : json{code, json::parse(text)};
}

json refused_start_term(const exit_reason& reason) {
  if (reason.type == "bad_start_spec") {
    json specs = json::array();
    for (const json& id : json::parse(reason.cause->message)) {
      specs.push_back(spec_term(id.get<std::string>()));
    }
    return {reason.type, specs};
  }
  return {reason.type, flaw_term(reason.cause->type, reason.cause->message)};
}

json shutdown_term(const shutdown_type& shutdown) {
  if (shutdown.kind() == shutdown_type::how::timeout) {
    return shutdown.limit().count();
  }
  return to_string(shutdown);
}

/// Writes the answer to one call.
struct answer_writer {
  const json& step;
  supervisor_kind kind;
  const std::function<std::string(run_number)>& name_of;

  json operator()(const supervisor_reply::done& /*reply*/) const { return "ok"; }

  json operator()(const supervisor_reply::started& reply) const {
    if (reply.run == 0) {
      return kind == supervisor_kind::dynamic ? json("ignore") : json{"ok", "undefined"};
    }
    json term{"ok", name_of(reply.run)};
    if (!reply.info.empty()) {
      term.push_back(json::parse(reply.info));
    }
    return term;
  }

  json operator()(const supervisor_reply::children& reply) const {
    json::array_t lines;
    for (const supervisor_reply::child_line& line : reply) {
      json child = "undefined";
      if (line.status == child_status::running) {
        child = name_of(line.run);
      } else if (line.status == child_status::restarting) {
        child = "restarting";
      }
      const bool ordered = kind == supervisor_kind::ordinary;
      lines.push_back(
          {ordered ? json(line.id) : json("undefined"), child, std::string(to_string(line.type))});
    }
    if (kind != supervisor_kind::ordinary) {
      std::stable_sort(lines.begin(), lines.end(), [](const json& left, const json& right) {
        const bool left_waits = left.at(1) == "restarting";
        const bool right_waits = right.at(1) == "restarting";
        return left_waits != right_waits
                   ? right_waits
                   : name_before(left.at(1).get<std::string>(), right.at(1).get<std::string>());
      });
    }
    return lines;
  }

  // Ours: no recording asks for it.
  json operator()(const supervisor_reply::description& /*reply*/) const { return {}; }

  json operator()(const child_counts& reply) const {
    return {{"specs", reply.specs},
            {"active", reply.active},
            {"supervisors", reply.supervisors},
            {"workers", reply.workers}};
  }

  json operator()(const child_rules& reply) const {
    return {"ok",
            {{"id", reply.id},
             {"restart", std::string(to_string(reply.restart))},
             {"significant", reply.significant},
             {"shutdown", shutdown_term(reply.effective_shutdown())},
             {"type", std::string(to_string(reply.type))}}};
  }

  json operator()(const supervisor_reply::failed& reply) const {
    return {"error", reason_of(reply)};
  }

  [[nodiscard]] json reason_of(const supervisor_reply::failed& reply) const {
    switch (reply.code) {
      case supervisor_errc::already_started:
        return {"already_started", name_of(reply.running)};
      case supervisor_errc::invalid_spec:
        // The core does not look into arguments that stand where a spec should.
        return step.contains("args") ? json{"invalid_child_spec", step.at("args")}
                                     : to_term(*reply.invalid);
      case supervisor_errc::start_failed: {
        const json cause = to_term(*reply.cause);
        const bool with_child = kind == supervisor_kind::ordinary && step.at("do") == "start_child";
        return with_child ? json::array({cause, json::array({"child", reply.child})}) : cause;
      }
      default:
        return std::string(to_string(reply.code));
    }
  }
};

child_ref to_ref(const json& step) {
  return step.contains("child") ? child_ref{child_process{}}
                                : child_ref{step.at("id").get<std::string>()};
}

}  // namespace

recorded_spec read_spec(const json& spec, supervisor_kind kind) {
  recorded_spec recorded{.read = {}, .has_start = true, .text = spec};
  json described = spec;
  if (described.is_object()) {
    recorded.has_start = described.value("start", json()) != "missing";
    if (!recorded.has_start) {
      described.erase("start");
    }
    described.erase("sup");
  }
  recorded.read = kind == supervisor_kind::dynamic ? read_dynamic_child(to_value(described))
                                                   : read_child(to_value(described));
  return recorded;
}

recorded_options read_options(const json& options, const std::string& subject) {
  recorded_options recorded;
  if (options.value("init", json()) == "ignore") {
    recorded.init = supervisor_init::declined;
  }
  if (subject == "dynamic_supervisor") {
    recorded.kind = supervisor_kind::dynamic;
    auto flags = read_dynamic_flags(to_value(options));
    if (flags) {
      recorded.dynamic_flags = std::move(*flags);
    } else {
      recorded.flaw = flags.error();
    }
    return recorded;
  }
  auto flags = read_flags(to_value(options.contains("flags") ? options.at("flags") : options));
  if (flags) {
    recorded.flags = *flags;
  } else {
    recorded.flaw = flags.error();
  }
  if (recorded.flags.strategy == restart_strategy::simple_one_for_one) {
    recorded.kind = supervisor_kind::simple;
  }
  for (const json& spec : options.value("children", json::array())) {
    recorded.children.push_back(read_spec(spec, recorded.kind));
  }
  return recorded;
}

exit_reason to_reason(const json& term) {
  if (term == "normal") {
    return exit_reason::normal();
  }
  if (term == "shutdown") {
    return exit_reason::shutdown();
  }
  if (term == "killed") {
    return exit_reason::killed();
  }
  if (term == "noproc") {
    return exit_reason::noproc();
  }
  if (term.is_array() && term.size() == 2 && term[0] == "shutdown") {
    return exit_reason::shutdown(term[1].dump());
  }
  return exit_reason::error(any_term, term.dump());
}

json to_term(const exit_reason& reason) {
  if (reason.kind == exit_kind::shutdown_term) {
    if (reason.type == "failed_to_start_child") {
      return {"shutdown", {reason.type, reason.message, to_term(*reason.cause)}};
    }
    return {"shutdown", json::parse(reason.message)};
  }
  if (reason.kind != exit_kind::error) {
    return std::string(to_string(reason.kind));
  }
  if (reason.type == any_term) {
    return json::parse(reason.message);
  }
  if (reason.type == raised) {
    return {"exception", reason.message};
  }
  if (reason.cause != nullptr) {
    return refused_start_term(reason);
  }
  return {reason.type, reason.message};
}

json to_term(const spec_error& flaw) {
  return flaw_term(std::string(to_string(flaw.code)), flaw.value, flaw.child);
}

json to_term(const argument_list& arguments) {
  json terms = json::array();
  for (const argument& each : arguments) {
    const auto* term = each.get<value>();
    terms.push_back(term == nullptr ? json() : json::parse(term->to_json().value()));
  }
  return terms;
}

argument_list to_arguments(const json& terms) {
  argument_list arguments;
  for (const json& term : terms) {
    arguments.emplace_back(to_value(term));
  }
  return arguments;
}

json answered(const json& step, supervisor_kind kind, const supervisor_reply::any& reply,
              const std::function<std::string(run_number)>& name_of) {
  return {step.at("do"), std::visit(answer_writer{step, kind, name_of}, reply)};
}

json unanswered(const json& step, const exit_reason& reason) {
  return {step.at("do"), {"exit", to_term(reason)}};
}

supervisor_call::any to_call(const json& step, supervisor_kind kind) {
  const auto& what = step.at("do").get_ref<const std::string&>();
  if (what == "start_child") {
    if (step.contains("args")) {
      return supervisor_call::start_from_template{to_arguments(step.at("args"))};
    }
    recorded_spec spec = read_spec(step.at("spec"), kind);
    return supervisor_call::start_child{std::move(spec.read.rules), 0, std::move(spec.read.flaw)};
  }
  if (what == "terminate_child") {
    return supervisor_call::terminate_child{to_ref(step)};
  }
  if (what == "restart_child") {
    return supervisor_call::restart_child{step.at("id").get<std::string>()};
  }
  if (what == "delete_child") {
    return supervisor_call::delete_child{step.at("id").get<std::string>()};
  }
  if (what == "get_childspec") {
    return supervisor_call::get_childspec{to_ref(step)};
  }
  if (what == "which_children") {
    return supervisor_call::which_children{};
  }
  if (what == "count_children") {
    return supervisor_call::count_children{};
  }
  throw std::invalid_argument("no step is called " + what);
}

tree_script::part tree_script::next(const std::string& id) {
  const std::size_t number = ++counts_[id];
  const auto entry = [&](const std::string& key) -> json {
    const json all = script_.value(key, json::array());
    return number <= all.size() ? all[number - 1] : json("ok");
  };
  return {id + "#" + std::to_string(number), entry(id), entry(id + ".stop")};
}

bool has_process(const json& outcome) {
  return outcome == "ok" ||
         (outcome.is_object() && (outcome.contains("ok_extra") || outcome.contains("exit")));
}

std::optional<exit_reason> failure_of(const json& outcome) {
  if (!outcome.is_object()) {
    return std::nullopt;
  }
  for (const char* key : {"error", "return", "exit"}) {
    if (outcome.contains(key)) {
      return to_reason(outcome.at(key));
    }
  }
  if (outcome.contains("raise")) {
    return exit_reason::error(raised, outcome.at("raise").get<std::string>());
  }
  return std::nullopt;
}

std::string info_of(const json& outcome) {
  return outcome.is_object() && outcome.contains("ok_extra") ? outcome.at("ok_extra").dump() : "";
}

}  // namespace slipway::conformance
