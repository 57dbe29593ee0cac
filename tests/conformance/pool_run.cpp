// tests/conformance/pool_run.cpp
//
// A step is over when the pool is parked, or blocked in a callback or between two messages, and no
// timer is due: then nothing can happen before the next step or the next timer.
//
// SPDX-License-Identifier: Apache-2.0
#include "pool_run.hpp"

#include "driven_pool.hpp"
#include "pool_process.hpp"
#include "pool_script.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace slipway::conformance {

namespace {

using std::chrono::milliseconds;

// A request that no pool has seen.
constexpr request_id unknown_request{~std::uint64_t{0}};

/// A client's function runs for as long as it has a lease; it waits for one for as long as it has a
/// request and no lease.
struct pool_client {
  std::shared_ptr<driven_pool::ticket> request;
  std::shared_ptr<driven_lease> lease;
  std::optional<request_id> last_served;
};

json message_of_step(const json& step) {
  const json& text = step.at("message");
  const std::string shape = step.value("shape", "");
  if (shape.empty()) {
    return text;
  }
  const char* name = shape == "down" ? "DOWN" : shape == "exit" ? "EXIT" : "reply";
  return json::array({name, text});
}

json event_of(const checkout_error& why) {
  switch (why.code) {
    case checkout_errc::skipped:
      return {"raised", why.message};
    case checkout_errc::timeout:
      return {"exited", "timeout"};
    default:
      return {"exited", pool_term(why.pool_exit.value_or(exit_reason::noproc()))};
  }
}

json event_of(const pool_start_error& why) {
  switch (why.code) {
    case pool_start_errc::ignored:
      return json::array({"ignore"});
    case pool_start_errc::invalid_options:
      return {"raised", why.reason.message};
    case pool_start_errc::failed:
      break;
  }
  return {"error", pool_term(why.reason)};
}

class pool_run final : public scenario_run, private pool_stage, private timer_service {
 public:
  pool_run(const scenario& recorded, std::unique_ptr<pool_time> time)
      : options_(recorded.options), time_(std::move(time)), script_(recorded, *this) {}
  pool_run(const pool_run&) = delete;
  pool_run& operator=(const pool_run&) = delete;
  pool_run(pool_run&&) = delete;
  pool_run& operator=(pool_run&&) = delete;
  ~pool_run() override;

  json step(const json& step) override;
  [[nodiscard]] bool disturbed() const override { return time_->disturbed(); }

 private:
  using step_function = void (pool_run::*)(const json&);

  // -- steps, within `enter` ----------------------------------------------------------------------

  void perform(const json& step);
  void checkout(const json& step);
  void checkin(const json& step);
  void client_raise(const json& step);
  void client_kill(const json& step);
  void update(const json& step);
  void raw_checkin(const json& step);
  void raw_update(const json& step);
  void raw_cancel(const json& step);
  void send_info(const json& step);
  void async_finish(const json& step);
  void async_crash(const json& step);
  void suspend(const json& step);
  void resume(const json& step);
  void stop(const json& step);
  void kill_pool(const json& step);

  [[nodiscard]] bool is_there() const { return pool_ && !gone_; }
  void start();
  void started(driven_start result);
  void answered(const std::string& name, driven_pool::checkout_result given);
  request_id last_request(const json& step);

  // -- pool_stage, timer_service ------------------------------------------------------------------

  void tell(const std::string& observer, json event) override;
  void sleep(milliseconds time) override;
  void run_after(duration delay, std::function<void()> task) override;

  json options_;
  std::unique_ptr<pool_time> time_;
  std::mutex seen_mutex_;
  json seen_ = json::object();
  pool_script script_;
  std::shared_ptr<driven_pool> pool_;  // from the end of its start on
  bool gone_ = false;
  std::map<std::string, pool_client> clients_;
  bool starting_ = false;
  std::vector<pool_process::action> behind_start_;
  std::optional<pool_process::pause> suspension_;
  pool_process process_;
};

// -- running --------------------------------------------------------------------------------------

// What is still alive is killed unseen.
pool_run::~pool_run() {
  time_->stop();
  process_.let_go();
  process_.settle();
  if (pool_) {
    pool_->kill();
  }
}

json pool_run::step(const json& step) {
  if (step.at("do") == "wait") {
    time_->pass(milliseconds(step.at("ms").get<int>()));
  } else if (step.at("do") == "start") {
    start();
  } else {
    process_.enter([&] { perform(step); });
  }
  process_.settle();
  time_->await_due();
  const std::lock_guard guard(seen_mutex_);
  return std::exchange(seen_, json::object());
}

void pool_run::tell(const std::string& observer, json event) {
  const std::lock_guard guard(seen_mutex_);
  json& events = seen_[observer];
  if (events.is_null()) {
    events = json::array();
  }
  events.push_back(std::move(event));
}

void pool_run::sleep(milliseconds time) {
  const auto asleep = process_.new_pause();
  time_->run_after(time, [this, asleep] {
    process_.enter([&] { process_.wake(asleep); });
    process_.settle();
  });
  process_.block(asleep);
}

// Whoever waits for no time at all is there before the pool takes the next message.
void pool_run::run_after(duration delay, std::function<void()> task) {
  if (delay <= duration::zero()) {
    process_.right_after(std::move(task));
    return;
  }
  time_->run_after(delay, [this, task = std::move(task)] {
    process_.enter([&] {
      if (starting_) {
        behind_start_.push_back(task);
      } else {
        task();
      }
    });
    process_.settle();
  });
}

// -- the pool -------------------------------------------------------------------------------------

void pool_run::start() {
  starting_ = true;
  process_.run([this] {
    started(start_driven_pool(script_, read_pool_options(options_), *time_, *this,
                              [this](const exit_reason& reason) {
                                tell("pool", {"exited", pool_term(reason)});
                                gone_ = true;
                                process_.let_go();
                              }));
  });
}

// Nobody knows a pool before its start returns; what came meanwhile is in its mailbox then.
void pool_run::started(driven_start result) {
  starting_ = false;
  if (!result) {
    tell("start", event_of(result.error()));
  } else {
    pool_ = std::move(*result);
    process_.set_pool([this](pool_process::action look) { pool_->inspect(std::move(look)); });
  }
  const auto behind = [this] {
    process_.do_right_after();
    for (const auto& each : std::exchange(behind_start_, {})) {
      each();
    }
  };
  if (pool_) {
    pool_->inspect(behind);
  } else {
    behind();
  }
}

void pool_run::suspend(const json& /*step*/) {
  suspension_ = process_.new_pause();
  if (is_there()) {
    pool_->inspect([this, pause = *suspension_] { process_.block(pause); });
  }
}

void pool_run::resume(const json& /*step*/) {
  if (suspension_) {
    process_.wake(*suspension_);
  }
}

void pool_run::stop(const json& step) {
  if (is_there()) {
    pool_->stop(pool_reason(step.at("reason")));
  }
}

void pool_run::kill_pool(const json& /*step*/) {
  if (is_there()) {
    pool_->kill();
    process_.let_go();
  }
}

void pool_run::send_info(const json& step) {
  if (is_there()) {
    pool_->send_info(message_of_step(step));
  }
}

void pool_run::async_finish(const json& step) {
  const std::string worker = step.at("worker");
  script_.finish_start(worker, step.value("state", worker));
}

void pool_run::async_crash(const json& step) {
  script_.crash_start(step.at("worker"));
}

// -- clients --------------------------------------------------------------------------------------

void pool_run::checkout(const json& step) {
  const std::string name = step.at("client");
  if (!is_there()) {
    tell(name, {"exited", "noproc"});
    return;
  }
  const duration timeout = step.contains("timeout_ms")
                               ? milliseconds(step.at("timeout_ms").get<int>())
                               : duration::max();
  clients_[name].request = pool_->checkout(
      step.at("command"), timeout, [this, name](auto given) { answered(name, std::move(given)); });
}

void pool_run::answered(const std::string& name, driven_pool::checkout_result given) {
  pool_client& client = clients_[name];
  if (given) {
    client.lease = std::move(*given);
    client.last_served = client.request->id();
    tell(name, {"checked_out", client.lease->state()});
  } else {
    client.request = nullptr;
    tell(name, event_of(given.error()));
  }
}

void pool_run::checkin(const json& step) {
  pool_client& client = clients_[step.at("client")];
  if (const auto lease = std::exchange(client.lease, nullptr)) {
    lease->state() = step.value("state", lease->state());
    lease->checkin();
    client.request = nullptr;
    tell(step.at("client"), {"returned", step.value("result", "done")});
  }
}

void pool_run::client_raise(const json& step) {
  static const std::map<std::string, std::string> events{
      {"error", "raised"}, {"throw", "threw"}, {"exit", "exited"}};
  pool_client& client = clients_[step.at("client")];
  if (const auto lease = std::exchange(client.lease, nullptr)) {
    const std::string kind = step.at("kind");
    lease->cancel(pool_reason(kind));
    client.request = nullptr;
    tell(step.at("client"), {events.at(kind), step.at("reason")});
  }
}

void pool_run::client_kill(const json& step) {
  pool_client& client = clients_[step.at("client")];
  const auto request = std::exchange(client.request, nullptr);
  if (const auto lease = std::exchange(client.lease, nullptr)) {
    lease->client_down(exit_reason::killed());
  } else if (request && is_there()) {
    pool_->client_down(request, exit_reason::killed());
  }
}

void pool_run::update(const json& step) {
  if (const auto lease = clients_[step.at("client")].lease) {
    lease->update(step.at("message"));
  }
}

// -- messages by hand -----------------------------------------------------------------------------

request_id pool_run::last_request(const json& step) {
  return step.contains("client") ? clients_[step.at("client")].last_served.value_or(unknown_request)
                                 : unknown_request;
}

void pool_run::raw_checkin(const json& step) {
  if (is_there()) {
    pool_->checkin(last_request(step), step.at("state"));
  }
}

void pool_run::raw_update(const json& step) {
  if (is_there()) {
    pool_->update(last_request(step), step.at("message"));
  }
}

void pool_run::raw_cancel(const json& step) {
  if (is_there()) {
    pool_->cancel(last_request(step), pool_reason(step.at("reason")));
  }
}

void pool_run::perform(const json& step) {
  static const std::map<std::string, step_function> steps{{"checkout", &pool_run::checkout},
                                                          {"checkin", &pool_run::checkin},
                                                          {"client_raise", &pool_run::client_raise},
                                                          {"client_kill", &pool_run::client_kill},
                                                          {"update", &pool_run::update},
                                                          {"raw_checkin", &pool_run::raw_checkin},
                                                          {"raw_update", &pool_run::raw_update},
                                                          {"raw_cancel", &pool_run::raw_cancel},
                                                          {"send_info", &pool_run::send_info},
                                                          {"async_finish", &pool_run::async_finish},
                                                          {"async_crash", &pool_run::async_crash},
                                                          {"suspend", &pool_run::suspend},
                                                          {"resume", &pool_run::resume},
                                                          {"stop", &pool_run::stop},
                                                          {"parent_exit", &pool_run::stop},
                                                          {"kill_pool", &pool_run::kill_pool}};
  const auto found = steps.find(step.at("do"));
  if (found == steps.end()) {
    throw std::invalid_argument("no step is called " + step.at("do").get<std::string>());
  }
  if (starting_) {
    behind_start_.push_back([this, step] { perform(step); });
  } else {
    (this->*found->second)(step);
  }
}

}  // namespace

std::unique_ptr<scenario_run> drive_pool(const scenario& recorded,
                                         std::unique_ptr<pool_time> time) {
  return std::make_unique<pool_run>(recorded, std::move(time));
}

}  // namespace slipway::conformance
