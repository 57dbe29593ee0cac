// slipway/supervision/supervisor_rules.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/supervisor_rules.hpp>

#include <set>
#include <utility>

namespace slipway {

namespace {

spec_error flag_error(std::string field, std::string expected) {
  return {{}, std::move(field), std::move(expected)};
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

std::string to_string(const spec_error& error) {
  const std::string whose = error.child.empty() ? "" : "child \"" + error.child + "\": ";
  return whose + error.field + " " + error.expected;
}

std::optional<spec_error> check(const supervisor_flags& flags) {
  switch (flags.strategy) {
    case restart_strategy::one_for_one:
    case restart_strategy::one_for_all:
    case restart_strategy::rest_for_one:
      break;
    default:
      return flag_error("strategy", "must be one_for_one, one_for_all or rest_for_one");
  }
  if (flags.period.count() < 1) {
    return flag_error("period", "must be at least 1 ms");
  }
  if (to_string(flags.auto_shutdown) == "invalid") {
    return flag_error("auto_shutdown", "must be never, any_significant or all_significant");
  }
  if (flags.resolution.count() < 1) {
    return flag_error("resolution", "must be at least 1 ms");
  }
  return std::nullopt;
}

std::optional<spec_error> check(const child_rules& rules, auto_shutdown_type auto_shutdown) {
  const auto wrong = [&rules](std::string field, std::string expected) {
    return spec_error{rules.id, std::move(field), std::move(expected)};
  };
  if (rules.id.empty()) {
    return wrong("id", "must not be empty");
  }
  if (to_string(rules.restart) == "invalid") {
    return wrong("restart", "must be permanent, transient or temporary");
  }
  if (rules.shutdown && rules.shutdown->kind() == shutdown_type::how::timeout &&
      rules.shutdown->limit().count() < 0) {
    return wrong("shutdown", "must not be negative");
  }
  if (to_string(rules.type) == "invalid") {
    return wrong("type", "must be worker or supervisor");
  }
  if (rules.significant && auto_shutdown == auto_shutdown_type::never) {
    return wrong("significant", "must be false under auto_shutdown never");
  }
  if (rules.significant && rules.restart == restart_type::permanent) {
    return wrong("significant", "must be false for a permanent child");
  }
  return std::nullopt;
}

std::optional<spec_error> check(const std::vector<child_rules>& children,
                                auto_shutdown_type auto_shutdown) {
  std::set<child_id> seen;
  for (const child_rules& rules : children) {
    if (auto error = check(rules, auto_shutdown)) {
      return error;
    }
    if (!seen.insert(rules.id).second) {
      return spec_error{rules.id, "id", "must not be used by two children"};
    }
  }
  return std::nullopt;
}

}  // namespace slipway
