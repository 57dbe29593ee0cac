// tests/conformance/scripted_worker.hpp
//
// A worker behaviour whose callbacks do what a script says.
// Belongs here: the callbacks, in the words of worker_behaviour.
// Does not: what the outcomes mean (pool_script).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pool_script.hpp"
#include <slipway/actors/pool_events.hpp>
#include <slipway/actors/worker_behaviour.hpp>

#include <string>
#include <utility>

namespace slipway::conformance {

/// The callbacks whose absence a pool shows. The absence of the others is the same as their default.
struct callback_set {
  bool handle_update = false;
  bool handle_info = false;
};

template <callback_set Has>
class scripted_worker {
 public:
  using worker_state = std::string;
  using client_state = std::string;
  using pool_state = std::string;
  using command = std::string;
  using message = json;
  using update = std::string;

  explicit scripted_worker(pool_script& script) : script_(&script) {}

  init_pool_return<pool_state> init_pool(std::string argument) {
    if (!script_->implements("init_pool")) {
      return init_pool_ok<pool_state>{std::move(argument)};
    }
    const json given = script_->call("init_pool", {"init_pool", argument});
    if (given.at("is") == "ignore") {
      return outcome::ignore{};
    }
    if (given.at("is") == "stop") {
      return outcome::stop{reason_of(given)};
    }
    return init_pool_ok<pool_state>{given.value("pool", argument)};
  }

  init_return<worker_state, message> init_worker(worker_id /*id*/, pool_state& pool) {
    const std::string name = script_->next_worker();
    const json given = script_->call("init_worker", {"init_worker", pool, name});
    change(pool, given, "pool");
    if (given.at("is") == "async") {
      return init_async<worker_state, message>{
          [script = script_, name](auto link) { script->begin_start(name, std::move(link)); },
          [script = script_, name] { script->abort_start(name); }};
    }
    return init_ok<worker_state>{given.value("worker", name)};
  }

  enqueue_return<command> handle_enqueue(const command& wanted, pool_state& pool) {
    if (!script_->implements("handle_enqueue")) {
      return enqueue_ok<command>{wanted};
    }
    const json given = script_->call("handle_enqueue", {"handle_enqueue", wanted, pool});
    change(pool, given, "pool");
    if (given.at("is") == "skip") {
      return outcome::skip{given.at("message")};
    }
    return enqueue_ok<command>{given.value("command", wanted)};
  }

  checkout_return<client_state> handle_checkout(const command& wanted, request_id /*from*/,
                                                worker_state& worker, pool_state& pool) {
    const json given = script_->call("handle_checkout", {"handle_checkout", wanted, worker, pool});
    change(pool, given, "pool");
    if (given.at("is") == "remove") {
      return outcome::remove{reason_of(given)};
    }
    if (given.at("is") == "skip") {
      return outcome::skip{given.at("message")};
    }
    checkout_ok<client_state> granted{given.value("client", worker)};
    change(worker, given, "worker");
    return granted;
  }

  checkin_return handle_checkin(client_state& client, request_id /*from*/, worker_state& worker,
                                pool_state& pool) {
    if (!script_->implements("handle_checkin")) {
      return outcome::ok{};
    }
    const json given = script_->call("handle_checkin", {"handle_checkin", client, worker, pool});
    change(pool, given, "pool");
    return kept_or_removed<checkin_return>(given, worker);
  }

  void handle_update(const update& what, worker_state& worker,
                     pool_state& pool) requires(Has.handle_update) {
    const json given = script_->call("handle_update", {"handle_update", what, worker, pool});
    change(worker, given, "worker");
    change(pool, given, "pool");
  }

  info_return handle_info(const message& what, worker_state& worker) requires(Has.handle_info) {
    return kept_or_removed<info_return>(script_->call("handle_info", {"handle_info", what, worker}),
                                        worker);
  }

  ping_return handle_ping(worker_state& worker, const pool_state& pool) {
    if (!script_->implements("handle_ping")) {
      return outcome::ok{};
    }
    const json given = script_->call("handle_ping", {"handle_ping", worker, pool});
    if (given.at("is") == "stop") {
      return outcome::stop{reason_of(given)};
    }
    return kept_or_removed<ping_return>(given, worker);
  }

  void handle_cancelled(cancel_context context, const pool_state& pool) {
    if (script_->implements("handle_cancelled")) {
      const char* where = context == cancel_context::queued ? "queued" : "checked_out";
      script_->call("handle_cancelled", {"handle_cancelled", where, pool});
    }
  }

  void terminate_worker(const exit_reason& reason, worker_state worker, pool_state& pool) {
    if (script_->implements("terminate_worker")) {
      const json given =
          script_->call("terminate_worker", {"terminate_worker", pool_term(reason), worker, pool});
      change(pool, given, "pool");
    }
  }

  void terminate_pool(const exit_reason& reason, pool_state& pool) {
    if (script_->implements("terminate_pool")) {
      script_->call("terminate_pool", {"terminate_pool", pool_term(reason), pool});
    }
  }

 private:
  static exit_reason reason_of(const json& given) { return pool_reason(given.at("reason")); }

  static void change(std::string& state, const json& given, const char* field) {
    if (given.contains(field)) {
      state = given.at(field);
    }
  }

  template <class Return>
  static Return kept_or_removed(const json& given, worker_state& worker) {
    if (given.at("is") == "remove") {
      return outcome::remove{reason_of(given)};
    }
    change(worker, given, "worker");
    return outcome::ok{};
  }

  pool_script* script_;
};

}  // namespace slipway::conformance
