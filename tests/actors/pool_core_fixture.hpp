// slipway/tests/actors/pool_core_fixture.hpp
//
// The pool's core on a clock that the test turns, with workers whose outcomes the test writes down.
// What is seen is text: the callbacks in their order, the actions in theirs.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_core.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace slipway {

// Appended, for GCC 12 warns wrongly of `"w" + std::to_string(…)` when it optimises.
inline std::string text(worker_id id) {
  return std::string("w").append(std::to_string(static_cast<std::uint64_t>(id)));
}
inline std::string text(request_id id) {
  return std::string("r").append(std::to_string(static_cast<std::uint64_t>(id)));
}

/// Workers by script: each callback takes its next outcome, or ok when there is none.
class scripted_workers final : public worker_callbacks {
 public:
  std::set<optional_callback> implemented{optional_callback::handle_info};
  std::deque<init_pool_outcome> init_pool_script;
  std::deque<init_outcome> init;
  std::deque<enqueue_outcome> enqueue;
  std::deque<checkout_outcome> checkout;
  std::deque<checkin_outcome> checkin;
  std::deque<plain_outcome> update;
  std::deque<info_outcome> info;
  std::deque<ping_outcome> ping;
  std::deque<plain_outcome> cancelled;
  std::deque<plain_outcome> terminate;
  std::deque<plain_outcome> terminate_all;
  init_outcome default_init = outcome::ok{};
  /// How long each init_worker takes.
  duration init_takes{};
  std::vector<std::string> log;
  time_point clock{};

  [[nodiscard]] bool implements(optional_callback which) const override {
    return implemented.contains(which);
  }
  [[nodiscard]] time_point now() const override { return clock; }

  init_pool_outcome init_pool() override {
    return next<init_pool_outcome>(init_pool_script, outcome::ok{});
  }
  init_outcome init_worker(worker_id worker) override {
    log.push_back("init " + text(worker));
    clock += init_takes;
    return next(init, default_init);
  }
  enqueue_outcome handle_enqueue(request_id request) override {
    log.push_back("enqueue " + text(request));
    return next<enqueue_outcome>(enqueue, outcome::ok{});
  }
  checkout_outcome handle_checkout(request_id request, worker_id worker,
                                   command_form form) override {
    log.push_back("checkout " + text(request) + " " + text(worker) +
                  (form == command_form::original ? " original" : ""));
    return next<checkout_outcome>(checkout, outcome::ok{});
  }
  checkin_outcome handle_checkin(request_id request, worker_id worker) override {
    log.push_back("checkin " + text(request) + " " + text(worker));
    return next<checkin_outcome>(checkin, outcome::ok{});
  }
  plain_outcome handle_update(request_id request, worker_id worker) override {
    log.push_back("update " + text(request) + " " + text(worker));
    return next<plain_outcome>(update, outcome::ok{});
  }
  info_outcome handle_info(worker_id worker) override {
    log.push_back("info " + text(worker));
    return next<info_outcome>(info, outcome::ok{});
  }
  ping_outcome handle_ping(worker_id worker) override {
    log.push_back("ping " + text(worker));
    return next<ping_outcome>(ping, outcome::ok{});
  }
  plain_outcome handle_cancelled(cancel_context context) override {
    log.emplace_back(context == cancel_context::queued ? "cancelled queued"
                                                       : "cancelled checked_out");
    return next<plain_outcome>(cancelled, outcome::ok{});
  }
  plain_outcome terminate_worker(worker_id worker, const exit_reason& reason) override {
    log.push_back("terminate " + text(worker) + " " + to_string(reason));
    return next<plain_outcome>(terminate, outcome::ok{});
  }
  plain_outcome terminate_pool(const exit_reason& reason) override {
    log.push_back("terminate_pool " + to_string(reason));
    return next<plain_outcome>(terminate_all, outcome::ok{});
  }
  void save_states() override {}
  void restore_worker_states() override { log.emplace_back("restore workers"); }
  void restore_pool_state() override { log.emplace_back("restore pool"); }

 private:
  template <class Outcome>
  static Outcome next(std::deque<Outcome>& script, Outcome otherwise) {
    if (script.empty()) {
      return otherwise;
    }
    Outcome first = std::move(script.front());
    script.pop_front();
    return first;
  }
};

struct action_text {
  std::string operator()(const pool_action::grant& action) const {
    return "grant " + text(action.request) + " " + text(action.worker);
  }
  std::string operator()(const pool_action::reject& action) const {
    static constexpr const char* names[] = {"overloaded", "skipped", "pool_ended", "worker_busy",
                                            "worker_gone"};
    return "reject " + text(action.request) + " " + names[static_cast<int>(action.reason)] +
           (action.message.empty() ? "" : ": " + action.message) +
           (action.worker_exit ? " " + to_string(*action.worker_exit) : "");
  }
  std::string operator()(const pool_action::forget& action) const {
    return "forget " + text(action.request);
  }
  std::string operator()(const pool_action::revoke& action) const {
    return "revoke " + text(action.request);
  }
  std::string operator()(const pool_action::schedule_init& /*action*/) const {
    return "schedule_init";
  }
  std::string operator()(const pool_action::retry_init_after& action) const {
    return "retry " + std::to_string(action.failures) + " after " + ms(action.delay);
  }
  std::string operator()(const pool_action::abort_init& action) const {
    return "abort " + text(action.worker);
  }
  std::string operator()(const pool_action::check_idle_after& action) const {
    return "check idle after " + ms(action.delay);
  }
  std::string operator()(const pool_action::started& /*action*/) const { return "started"; }
  std::string operator()(const pool_action::ignored& /*action*/) const { return "ignored"; }
  std::string operator()(const pool_action::start_failed& action) const {
    return "start failed " + to_string(action.reason);
  }
  std::string operator()(const pool_action::exit& action) const {
    return "exit " + to_string(action.reason);
  }

  static std::string ms(duration delay) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(delay).count());
  }
};

/// The pool's notes to itself are taken as soon as the event that made them is over, and are not
/// among the actions that the functions give back.
class pool_core_fixture : public testing::Test {
 protected:
  std::vector<std::string> start(pool_core_options options) {
    core.emplace(options);
    auto seen = happens(pool_event::start{});
    workers.log.clear();
    return seen;
  }
  std::vector<std::string> start(std::size_t size) { return start({.pool_size = size}); }

  std::vector<std::string> happens(const any_pool_event& event) {
    std::vector<std::string> texts;
    std::deque<any_pool_event> events{event};
    while (!events.empty()) {
      std::vector<any_pool_action> actions;
      core->step(events.front(), workers.clock, workers, actions);
      events.pop_front();
      for (const auto& action : actions) {
        if (std::holds_alternative<pool_action::schedule_init>(action)) {
          events.emplace_back(pool_event::init_worker{});
        } else {
          texts.push_back(std::visit(action_text{}, action));
        }
      }
    }
    return texts;
  }
  std::vector<std::string> checkout(std::uint64_t request,
                                    duration timeout = std::chrono::hours(1)) {
    return happens(pool_event::checkout{request_id{request}, workers.clock + timeout});
  }
  std::vector<std::string> checkout(std::uint64_t request, std::uint64_t wanted, affinity mode,
                                    duration timeout = std::chrono::hours(1)) {
    return happens(pool_event::checkout{request_id{request}, workers.clock + timeout,
                                        worker_wish{worker_id{wanted}, mode}});
  }
  std::vector<std::string> checkin(std::uint64_t request) {
    return happens(pool_event::checkin{request_id{request}});
  }
  std::vector<std::string> update(std::uint64_t request) {
    return happens(pool_event::update{request_id{request}});
  }
  std::vector<std::string> cancel(std::uint64_t request, exit_reason reason) {
    return happens(pool_event::cancel{request_id{request}, std::move(reason)});
  }
  std::vector<std::string> down(std::uint64_t request) {
    return happens(pool_event::client_down{request_id{request}, exit_reason::killed()});
  }
  std::vector<std::string> ready(std::uint64_t worker) {
    return happens(pool_event::worker_ready{worker_id{worker}});
  }
  std::vector<std::string> failed(std::uint64_t worker) {
    return happens(
        pool_event::worker_failed{worker_id{worker}, exit_reason::error("handshake", "no")});
  }
  std::vector<std::string> check_idle() { return happens(pool_event::check_idle{}); }

  void time_passes(duration by) { workers.clock += by; }

  const exit_reason broken = exit_reason::error("broken", "for good");
  scripted_workers workers;
  std::optional<pool_core> core;
};

}  // namespace slipway
