// tests/conformance/pool_script.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "pool_script.hpp"

#include "supervisor_terms.hpp"

#include <utility>

namespace slipway::conformance {

namespace {

// Callbacks whose failures NimblePool leaves to the process that it runs in.
bool is_caught(const std::string& callback) {
  return callback != "init_pool" && callback != "handle_enqueue" && callback != "handle_update";
}

// What OTP does not look at: the return of terminate, for which it takes a thrown value too, and of
// a callback that returns nothing.
bool is_return_ignored(const std::string& callback, const std::string& how) {
  return callback == "terminate_pool" ? how == "garbage" || how == "throw"
                                      : callback == "handle_cancelled" && how == "garbage";
}

// Ends the callback if its outcome is no return.
void end_by_exception(const std::string& callback, const json& outcome) {
  const auto& how = outcome.at("is").get_ref<const std::string&>();
  if (is_return_ignored(callback, how)) {
    return;
  }
  if (how == "garbage") {
    throw bad_return(callback);
  }
  if (how == "raise") {
    throw exit_exception(pool_reason({"exception", outcome.at("reason")}));
  }
  if (how == "exit" || (how == "throw" && is_caught(callback))) {
    throw exit_exception(pool_reason(outcome.at("reason")));
  }
  if (how == "throw") {
    throw exit_exception(pool_reason({"bad_return_value", outcome.at("reason")}));
  }
}

bool is_shown_by_its_name(const std::string& type) {
  return type == "DOWN" || type == "undef" || type == "unexpected_checkin" ||
         type == "unexpected_precheckin";
}

}  // namespace

json pool_term(const exit_reason& reason) {
  if (reason.kind == exit_kind::error && is_shown_by_its_name(reason.type)) {
    return reason.type;
  }
  if (reason.kind == exit_kind::shutdown_term && reason.cause != nullptr) {
    return {"shutdown", pool_term(*reason.cause)};
  }
  return to_term(reason);
}

exit_reason pool_reason(const json& term) {
  return term == "timeout" ? exit_reason::timeout() : to_reason(term);
}

pool_core_options read_pool_options(const json& options) {
  using std::chrono::milliseconds;
  pool_core_options read;
  read.rules = pool_rules::nimble_pool;
  read.pool_size = options.value("pool_size", read.pool_size);
  read.lazy = options.value("lazy", read.lazy);
  if (options.contains("worker_idle_timeout")) {
    read.worker_idle_timeout = milliseconds(options.at("worker_idle_timeout").get<int>());
  }
  if (options.contains("max_idle_pings")) {
    read.max_idle_pings = options.at("max_idle_pings").get<std::size_t>();
  }
  return read;
}

pool_script::pool_script(const scenario& recorded, pool_stage& stage)
    : script_(recorded.script),
      stage_(stage),
      callbacks_(recorded.options.value("callbacks", std::set<std::string>())) {}

bool pool_script::implements(const std::string& callback) const {
  return callbacks_.contains(callback);
}

json pool_script::call(const std::string& callback, json event) {
  stage_.tell("pool", std::move(event));
  json outcome = next_outcome(callback);
  if (const int time = outcome.value("sleep", 0); time > 0) {
    stage_.sleep(std::chrono::milliseconds(time));
  }
  end_by_exception(callback, outcome);
  return outcome;
}

json pool_script::next_outcome(const std::string& callback) {
  const json all = script_.value(callback, json::array());
  const std::size_t number = calls_[callback]++;
  json outcome = number < all.size() ? all[number] : json("ok");
  if (outcome.is_string()) {
    outcome = {{"is", outcome}};
  }
  if (!outcome.contains("is")) {
    outcome["is"] = "ok";
  }
  return outcome;
}

std::string pool_script::next_worker() {
  return "w" + std::to_string(++workers_);
}

void pool_script::begin_start(const std::string& worker, link to) {
  starts_.insert_or_assign(worker, std::move(to));
}

void pool_script::abort_start(const std::string& worker) {
  starts_.erase(worker);
}

void pool_script::finish_start(const std::string& worker, const std::string& state) {
  if (auto found = starts_.extract(worker); !found.empty()) {
    found.mapped().ready(state);
  }
}

void pool_script::crash_start(const std::string& worker) {
  if (auto found = starts_.extract(worker); !found.empty()) {
    found.mapped().failed(pool_reason({"exception", "crash"}));
  }
}

}  // namespace slipway::conformance
