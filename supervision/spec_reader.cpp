// slipway/supervision/spec_reader.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/spec_reader.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace slipway {

namespace {

std::string text_of(const value& given) {
  return given.to_json().value_or(given.to_text());
}

bool is_text(const value& given) {
  return given.type_name() == "string";
}

bool is_bool(const value& given) {
  return given.type_name() == "bool";
}

/// The enumerator of that name, if the value is one of `all`.
template <class Enum, std::size_t Count>
std::optional<Enum> named(const value& given, const std::array<Enum, Count>& all) {
  const auto text = given.as<std::string>();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&text](Enum each) { return text && to_string(each) == *text; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

/// A whole number of at least `least`; one beyond the type's range is the greatest that there is.
template <class Number>
std::optional<Number> whole(const value& given, std::int64_t least) {
  constexpr auto greatest = std::numeric_limits<Number>::max();
  if (const auto small = given.as<std::int64_t>(); small && given.type_name() == "integer") {
    if (*small < least) {
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(*small) > greatest ? greatest : static_cast<Number>(*small);
  }
  return given.as<std::uint64_t>() && given.type_name() == "integer" ? std::optional(greatest)
                                                                     : std::nullopt;
}

constexpr std::array restarts{restart_type::permanent, restart_type::transient,
                              restart_type::temporary};
constexpr std::array types{child_type::worker, child_type::supervisor};
constexpr std::array strategies{restart_strategy::one_for_one, restart_strategy::one_for_all,
                                restart_strategy::rest_for_one,
                                restart_strategy::simple_one_for_one};
constexpr std::array shutdowns{auto_shutdown_type::never, auto_shutdown_type::any_significant,
                               auto_shutdown_type::all_significant};

/// One description in the making. Each function reads one key, if it is there, and notes what is
/// wrong; only the first flaw stays.
class child_reader {
 public:
  explicit child_reader(const value& spec) : spec_(spec) {}

  void note(spec_errc code, std::string field, std::string expected, const value& found) {
    if (!read_.flaw) {
      read_.flaw =
          spec_error{code, read_.rules.id, std::move(field), std::move(expected), text_of(found)};
    }
  }
  void id() {
    if (const auto given = spec_.find("id"); given && is_text(*given)) {
      read_.rules.id = given->as<std::string>().value_or("");
    } else if (given) {
      note(spec_errc::missing_id, "id", "must be a string", *given);
    }
  }
  void start() {
    if (const auto given = spec_.find("start")) {
      note(spec_errc::invalid_mfa, "start", "must be a function", *given);
    }
  }
  void arguments() {
    const auto given = spec_.find("args");
    if (given && !given->is_array()) {
      note(spec_errc::invalid_mfa, "args", "must be an array", *given);
    }
    for (std::size_t i = 0; given && given->is_array() && i < given->size(); ++i) {
      read_.rules.arguments.emplace_back(*given->at(i));
    }
  }
  void restart() {
    enumeration("restart", spec_errc::invalid_restart_type, restarts,
                "must be permanent, transient or temporary", read_.rules.restart);
  }
  void type() {
    enumeration("type", spec_errc::invalid_child_type, types, "must be worker or supervisor",
                read_.rules.type);
  }
  void significant() {
    const auto given = spec_.find("significant");
    if (given && is_bool(*given)) {
      read_.rules.significant = given->as<bool>().value_or(false);
    } else if (given) {
      note(spec_errc::invalid_significant, "significant", "must be true or false", *given);
    }
  }
  void shutdown(std::int64_t least_ms) {
    const auto given = spec_.find("shutdown");
    if (!given) {
      return;
    }
    const auto text = given->as<std::string>();
    if (text && *text == "brutal_kill") {
      read_.rules.shutdown = shutdown_type::brutal_kill();
    } else if (text && *text == "infinity") {
      read_.rules.shutdown = shutdown_type::infinity();
    } else if (const auto ms = whole<std::uint32_t>(*given, least_ms)) {
      read_.rules.shutdown = shutdown_type::timeout(std::chrono::milliseconds{*ms});
    } else {
      note(spec_errc::invalid_shutdown, "shutdown",
           "must be brutal_kill, infinity or milliseconds from " + std::to_string(least_ms),
           *given);
    }
  }
  /// OTP names the offending module, Elixir all.
  void modules(spec_errc one_is_wrong) {
    const auto given = spec_.find("modules");
    if (!given || given->as<std::string>() == std::string("dynamic")) {
      return;
    }
    if (!given->is_array()) {
      note(spec_errc::invalid_modules, "modules", "must be dynamic or an array", *given);
      return;
    }
    for (std::size_t i = 0; i < given->size(); ++i) {
      if (const value each = *given->at(i); !is_text(each)) {
        note(one_is_wrong, "modules", "must be names",
             one_is_wrong == spec_errc::invalid_module ? each : *given);
      }
    }
  }

  [[nodiscard]] child_description take() { return std::move(read_); }

 private:
  template <class Enum, std::size_t Count>
  void enumeration(std::string_view key, spec_errc code, const std::array<Enum, Count>& all,
                   const char* expected, Enum& into) {
    const auto given = spec_.find(key);
    if (!given) {
      return;
    }
    if (const auto found = named(*given, all)) {
      into = *found;
    } else {
      note(code, std::string(key), expected, *given);
    }
  }

  const value& spec_;
  child_description read_;
};

spec_error flag_flaw(spec_errc code, std::string field, std::string expected, const value& found) {
  return {code, {}, std::move(field), std::move(expected), text_of(found)};
}

value or_nil(std::optional<value> given) {
  return given ? *given : value();
}

// A key that is not there leaves the default.
template <class Target, class Read>
std::optional<spec_error> read_flag(const value& given, spec_errc code, const char* field,
                                    const char* expected, Target& into, Read read) {
  if (given.is_nil()) {
    return std::nullopt;
  }
  const auto found = read(given);
  if (!found) {
    return flag_flaw(code, field, expected, given);
  }
  into = *found;
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> seconds_from_one(const value& given) {
  const auto seconds = whole<std::uint32_t>(given, 1);
  return seconds ? std::optional<std::chrono::milliseconds>(std::chrono::seconds{*seconds})
                 : std::nullopt;
}

std::optional<unsigned> count_from_zero(const value& given) {
  return whole<unsigned>(given, 0);
}

std::optional<restart_strategy> strategy_named(const value& given) {
  return named(given, strategies);
}

std::optional<argument_list> arguments_in(const value& given) {
  if (!given.is_array()) {
    return std::nullopt;
  }
  argument_list all;
  for (std::size_t i = 0; i < given.size(); ++i) {
    all.emplace_back(*given.at(i));
  }
  return all;
}

}  // namespace

child_description read_child(const value& spec) {
  child_reader reader{spec};
  if (!spec.is_map()) {
    reader.note(spec_errc::invalid_child_spec, "spec", "must be a map", spec);
    return reader.take();
  }
  reader.id();
  reader.start();
  reader.arguments();
  reader.restart();
  reader.significant();
  reader.type();
  reader.shutdown(0);
  reader.modules(spec_errc::invalid_module);
  return reader.take();
}

child_description read_dynamic_child(const value& spec) {
  child_reader reader{spec};
  if (!spec.is_map() || !spec.find("id") || spec.find("start")) {
    reader.note(spec_errc::invalid_child_spec, "spec", "must be a map with id", spec);
    return reader.take();
  }
  reader.id();
  reader.arguments();
  reader.restart();
  reader.shutdown(1);
  reader.type();
  reader.modules(spec_errc::invalid_modules);
  return reader.take();
}

result<supervisor_flags, spec_error> read_flags(const value& flags) {
  const bool as_array = flags.is_array() && flags.size() == 3;
  if (!flags.is_map() && !as_array) {
    return failure(flag_flaw(spec_errc::invalid_type, "flags",
                             "must be a map or [strategy, intensity, period]", flags));
  }
  const auto at = [&](std::string_view key, std::size_t index) {
    return or_nil(as_array ? flags.at(index) : flags.find(key));
  };
  supervisor_flags read;
  auto flaw = read_flag(at("strategy", 0), spec_errc::invalid_strategy, "strategy",
                        "must be one_for_one, one_for_all, rest_for_one or simple_one_for_one",
                        read.strategy, strategy_named);
  if (!flaw) {
    flaw = read_flag(at("intensity", 1), spec_errc::invalid_intensity, "intensity",
                     "must be a whole number from 0", read.intensity, count_from_zero);
  }
  if (!flaw) {
    flaw = read_flag(at("period", 2), spec_errc::invalid_period, "period",
                     "must be whole seconds from 1", read.period, seconds_from_one);
  }
  if (!flaw) {
    flaw = read_flag(at("auto_shutdown", 3), spec_errc::invalid_auto_shutdown, "auto_shutdown",
                     "must be never, any_significant or all_significant", read.auto_shutdown,
                     [](const value& given) { return named(given, shutdowns); });
  }
  if (flaw) {
    return failure(std::move(*flaw));
  }
  return read;
}

result<dynamic_supervisor_flags, spec_error> read_dynamic_flags(const value& flags) {
  const auto at = [&](std::string_view key) { return or_nil(flags.find(key)); };
  dynamic_supervisor_flags read;
  if (!flags.is_map()) {
    return failure(flag_flaw(spec_errc::invalid_type, "flags", "must be a map", flags));
  }
  auto flaw = read_flag(
      at("strategy"), spec_errc::invalid_strategy, "strategy", "must be one_for_one", read.strategy,
      [](const value& given) { return named(given, std::array{restart_strategy::one_for_one}); });
  if (!flaw) {
    flaw = read_flag(at("max_restarts"), spec_errc::invalid_intensity, "max_restarts",
                     "must be a whole number from 0", read.max_restarts, count_from_zero);
  }
  if (!flaw) {
    flaw = read_flag(at("max_seconds"), spec_errc::invalid_period, "max_seconds",
                     "must be whole seconds from 1", read.max_seconds, seconds_from_one);
  }
  const value most = at("max_children");
  if (!flaw && most.as<std::string>() != std::string("infinity")) {
    flaw = read_flag(most, spec_errc::invalid_max_children, "max_children",
                     "must be infinity or a whole number from 0", read.max_children,
                     [](const value& given) { return whole<std::size_t>(given, 0); });
  }
  if (!flaw) {
    flaw = read_flag(at("extra_arguments"), spec_errc::invalid_extra_arguments, "extra_arguments",
                     "must be an array", read.extra_arguments, arguments_in);
  }
  if (flaw) {
    return failure(std::move(*flaw));
  }
  return read;
}

}  // namespace slipway
