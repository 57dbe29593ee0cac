// slipway/supervision/supervisor_rules.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/supervisor_rules.hpp>

#include <utility>

namespace slipway {

namespace {

spec_error flag_error(spec_errc code, std::string field, std::string expected) {
  return {code, {}, std::move(field), std::move(expected)};
}

spec_error no_start_function(const child_id& child) {
  return {spec_errc::missing_start, child, "start", "must be given"};
}

// Of two flaws of one spec the one that OTP would report.
std::optional<spec_error> first_flaw(std::optional<spec_error> left,
                                     std::optional<spec_error> right) {
  if (!left || (right && right->code < left->code)) {
    return right;
  }
  return left;
}

// As a JSON string, as far as ids are concerned.
std::string quoted(const child_id& id) {
  std::string text = "\"";
  for (const char each : id) {
    if (each == '"' || each == '\\') {
      text += '\\';
    }
    text += each;
  }
  text += '"';
  return text;
}

bool is_timeout_below(const child_rules& rules, int least_ms) {
  return rules.shutdown && rules.shutdown->kind() == shutdown_type::how::timeout &&
         rules.shutdown->limit() < std::chrono::milliseconds{least_ms};
}

}  // namespace

std::string_view to_string(restart_type restart) noexcept {
  switch (restart) {
    case restart_type::permanent:
      return "permanent";
    case restart_type::transient:
      return "transient";
    case restart_type::temporary:
      return "temporary";
  }
  return "invalid";
}

std::string_view to_string(child_type type) noexcept {
  switch (type) {
    case child_type::worker:
      return "worker";
    case child_type::supervisor:
      return "supervisor";
  }
  return "invalid";
}

std::string to_string(const shutdown_type& shutdown) {
  switch (shutdown.kind()) {
    case shutdown_type::how::brutal_kill:
      return "brutal_kill";
    case shutdown_type::how::timeout:
      return std::to_string(shutdown.limit().count()) + " ms";
    case shutdown_type::how::infinity:
      return "infinity";
  }
  return "invalid";
}

std::string_view to_string(restart_strategy strategy) noexcept {
  switch (strategy) {
    case restart_strategy::one_for_one:
      return "one_for_one";
    case restart_strategy::one_for_all:
      return "one_for_all";
    case restart_strategy::rest_for_one:
      return "rest_for_one";
    case restart_strategy::simple_one_for_one:
      return "simple_one_for_one";
  }
  return "invalid";
}

std::string_view to_string(auto_shutdown_type how) noexcept {
  switch (how) {
    case auto_shutdown_type::never:
      return "never";
    case auto_shutdown_type::any_significant:
      return "any_significant";
    case auto_shutdown_type::all_significant:
      return "all_significant";
  }
  return "invalid";
}

std::string_view to_string(spec_errc code) noexcept {
  switch (code) {
    case spec_errc::invalid_type:
      return "invalid_type";
    case spec_errc::invalid_strategy:
      return "invalid_strategy";
    case spec_errc::invalid_intensity:
      return "invalid_intensity";
    case spec_errc::invalid_period:
      return "invalid_period";
    case spec_errc::invalid_auto_shutdown:
      return "invalid_auto_shutdown";
    case spec_errc::invalid_max_children:
      return "invalid_max_children";
    case spec_errc::invalid_extra_arguments:
      return "invalid_extra_arguments";
    case spec_errc::invalid_resolution:
      return "invalid_resolution";
    case spec_errc::invalid_backoff:
      return "invalid_backoff";
    case spec_errc::bad_start_spec:
      return "bad_start_spec";
    case spec_errc::invalid_child_spec:
      return "invalid_child_spec";
    case spec_errc::missing_id:
      return "missing_id";
    case spec_errc::missing_start:
      return "missing_start";
    case spec_errc::invalid_mfa:
      return "invalid_mfa";
    case spec_errc::invalid_restart_type:
      return "invalid_restart_type";
    case spec_errc::bad_combination:
      return "bad_combination";
    case spec_errc::invalid_significant:
      return "invalid_significant";
    case spec_errc::invalid_child_type:
      return "invalid_child_type";
    case spec_errc::invalid_shutdown:
      return "invalid_shutdown";
    case spec_errc::invalid_modules:
      return "invalid_modules";
    case spec_errc::invalid_module:
      return "invalid_module";
    case spec_errc::duplicate_child_name:
      return "duplicate_child_name";
  }
  return "invalid";
}

std::string to_string(const spec_error& error) {
  const std::string whose = error.child.empty() ? "" : "child \"" + error.child + "\": ";
  const std::string found = error.value.empty() ? "" : ", not " + error.value;
  return whose + error.field + " " + error.expected + found;
}

exit_reason start_refused(const spec_error& flaw) {
  const exit_reason what = exit_reason::error(std::string(to_string(flaw.code)), flaw.value);
  if (flaw.code == spec_errc::bad_start_spec) {
    return exit_reason::error("bad_start_spec", to_string(flaw)).with_cause(what);
  }
  const bool of_flags = flaw.code < spec_errc::bad_start_spec;
  return exit_reason::error(of_flags ? "supervisor_data" : "start_spec", to_string(flaw))
      .with_cause(what);
}

namespace {

// The flags that OTP does not have. NaN is refused too.
std::optional<spec_error> flaw_of_ours(std::chrono::milliseconds resolution,
                                       const restart_backoff& backoff) {
  const auto wrong = [](std::string expected) {
    return flag_error(spec_errc::invalid_backoff, "backoff", std::move(expected));
  };
  if (resolution.count() < 1) {
    return flag_error(spec_errc::invalid_resolution, "resolution", "must be at least 1 ms");
  }
  if (backoff.first.count() < 0 || backoff.cap.count() < 0) {
    return wrong("must have no negative delay");
  }
  if (!(backoff.factor >= 1)) {
    return wrong("must have a factor of at least 1");
  }
  if (!(backoff.jitter >= 0 && backoff.jitter <= 1)) {
    return wrong("must have a jitter from 0 to 1");
  }
  return std::nullopt;
}

}  // namespace

std::optional<spec_error> check(const supervisor_flags& flags) {
  if (to_string(flags.strategy) == "invalid") {
    return flag_error(spec_errc::invalid_strategy, "strategy",
                      "must be one_for_one, one_for_all, rest_for_one or simple_one_for_one");
  }
  if (flags.period.count() < 1) {
    return flag_error(spec_errc::invalid_period, "period", "must be at least 1 ms");
  }
  if (to_string(flags.auto_shutdown) == "invalid") {
    return flag_error(spec_errc::invalid_auto_shutdown, "auto_shutdown",
                      "must be never, any_significant or all_significant");
  }
  return flaw_of_ours(flags.resolution, flags.backoff);
}

std::optional<spec_error> check(const child_rules& rules, auto_shutdown_type auto_shutdown) {
  const auto wrong = [&rules](spec_errc code, std::string field, std::string expected,
                              std::string value = {}) {
    return spec_error{code, rules.id, std::move(field), std::move(expected), std::move(value)};
  };
  if (rules.id.empty()) {
    return wrong(spec_errc::missing_id, "id", "must not be empty");
  }
  if (to_string(rules.restart) == "invalid") {
    return wrong(spec_errc::invalid_restart_type, "restart",
                 "must be permanent, transient or temporary");
  }
  if (rules.significant && auto_shutdown == auto_shutdown_type::never) {
    return wrong(spec_errc::bad_combination, "significant",
                 "must be false under auto_shutdown never",
                 R"([["auto_shutdown","never"],["significant",true]])");
  }
  if (rules.significant && rules.restart == restart_type::permanent) {
    return wrong(spec_errc::bad_combination, "significant", "must be false for a permanent child",
                 R"([["restart","permanent"],["significant",true]])");
  }
  if (to_string(rules.type) == "invalid") {
    return wrong(spec_errc::invalid_child_type, "type", "must be worker or supervisor");
  }
  if (is_timeout_below(rules, 0)) {
    return wrong(spec_errc::invalid_shutdown, "shutdown", "must not be negative",
                 std::to_string(rules.shutdown->limit().count()));
  }
  return std::nullopt;
}

std::optional<spec_error> check(const child_rules& rules, recipe_number start,
                                const std::optional<spec_error>& flaw,
                                auto_shutdown_type auto_shutdown) {
  const auto found = first_flaw(flaw, check(rules, auto_shutdown));
  return start == 0 ? first_flaw(found, no_start_function(rules.id)) : found;
}

std::optional<spec_error> check(const dynamic_supervisor_flags& flags) {
  if (flags.strategy != restart_strategy::one_for_one) {
    return flag_error(spec_errc::invalid_strategy, "strategy", "must be one_for_one");
  }
  if (flags.max_seconds.count() < 1) {
    return flag_error(spec_errc::invalid_period, "max_seconds", "must be at least 1 ms");
  }
  return flaw_of_ours(flags.resolution, flags.backoff);
}

std::optional<spec_error> check_dynamic(const child_rules& rules, recipe_number start,
                                        const std::optional<spec_error>& flaw) {
  if (rules.id.empty() || start == 0) {
    const std::string field = rules.id.empty() ? "id" : "start";
    return first_flaw(flaw,
                      spec_error{spec_errc::invalid_child_spec, rules.id, field, "must be given"});
  }
  if (flaw) {
    return flaw;
  }
  if (is_timeout_below(rules, 1)) {
    return spec_error{spec_errc::invalid_shutdown, rules.id, "shutdown", "must be at least 1 ms",
                      std::to_string(rules.shutdown->limit().count())};
  }
  child_rules others = rules;
  others.significant = false;
  return check(others, auto_shutdown_type::never);
}

spec_error not_one_template(const std::vector<child_id>& specs) {
  std::string ids;
  for (const child_id& id : specs) {
    ids += ids.empty() ? "[" : ",";
    ids += quoted(id);
  }
  return {spec_errc::bad_start_spec,
          {},
          "children",
          "must be exactly one spec under simple_one_for_one",
          ids.empty() ? "[]" : ids + "]"};
}

spec_error id_used_twice(const child_id& id) {
  return {spec_errc::duplicate_child_name, id, "id", "must not be used by two children",
          quoted(id)};
}

}  // namespace slipway
