// slipway/harness/simulation.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/simulation.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace slipway::harness {
namespace {

// Not the epoch: code under test subtracts from times.
constexpr time_point begin_of_time{std::chrono::hours(1)};

class testing_config : public caf::actor_system_config {
 public:
  testing_config() { set("scheduler.policy", caf::atom("testing")); }
};

// Ends an actor without running it; CAF's own way when a scheduler stops.
class job_discarder : public caf::scheduler::abstract_coordinator {
 public:
  using abstract_coordinator::cleanup_and_release;
};

// Who makes a step, in the high bits of a key; the number of the step is in the low ones.
constexpr std::uint64_t actor_bit = std::uint64_t{1} << 63U;
constexpr std::uint64_t timer_bit = std::uint64_t{1} << 62U;
constexpr std::uint64_t time_key = ~std::uint64_t{0};
constexpr unsigned object_shift = 32;
constexpr std::uint64_t host_object = 0;

}  // namespace

class simulation::impl {
 public:
  impl(choice_source& choices, simulation_options options)
      : choices_(choices),
        options_(options),
        keyed_(choices.wants_keys()),
        time_(std::make_shared<simulated_time>(begin_of_time)),
        trace_(options.trace),
        system_(config_),
        coordinator_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())) {
    // They may be held by what the run was abandoned with.
    system_.await_actors_before_shutdown(false);
    follow_time();
  }

  // -- lanes --------------------------------------------------------------------------------------

  lane_id add_lane(std::string name, lane_kind kind) {
    lanes_.push_back({std::move(name), kind, {}, 0, false});
    return lane_id{static_cast<std::uint32_t>(lanes_.size() - 1)};
  }

  void post(lane_id id, const char* what, task next) {
    if (abandoned_) {
      return;
    }
    touch(object_of(id));
    lanes_[index_of(id)].waiting.push_back({what, std::move(next)});
  }

  void set_paused(lane_id id, bool paused) {
    touch(object_of(id));
    lanes_[index_of(id)].paused = paused;
  }

  void clear(lane_id id) {
    touch(object_of(id));
    const auto dropped = std::exchange(lanes_[index_of(id)].waiting, {});
  }

  void touch(std::uint64_t object) {
    if (keyed_) {
      footprint_.push_back(object);
    }
  }

  void keep_busy(std::uint64_t actor, duration lasts) {
    const time_point until = deadline_after(time_->now(), lasts);
    time_point& of = busy_until_[actor];
    of = std::max(of, until);
    time_->set(until, [this, actor] { release(actor); });
  }

  // -- steps --------------------------------------------------------------------------------------

  bool step() {
    collect();
    const auto next = next_time();
    if (ready_.empty() && coordinator_.jobs.empty() && time_->due() == 0) {
      if (!next) {
        return false;
      }
      pass_until(*next);
      return true;
    }
    const std::size_t jobs = coordinator_.jobs.size();
    const std::size_t timers = time_->due();
    const std::size_t able = ready_.size() + jobs + timers;
    // What is due already is no reason for time to pass.
    const bool may_pass = options_.time_races && next && *next > time_->now();
    const std::size_t chosen = choose(able + (may_pass ? 1 : 0), may_pass);
    ++steps_;
    if (chosen == able) {
      pass_until(*next);
    } else if (chosen < ready_.size()) {
      run_lane(ready_[chosen]);
    } else if (chosen < ready_.size() + jobs) {
      run_job(chosen - ready_.size());
    } else {
      run_timer(chosen - ready_.size() - jobs);
    }
    return true;
  }

  bool runnable() {
    set_aside();
    return !coordinator_.jobs.empty() || time_->due() != 0 ||
           std::any_of(lanes_.begin(), lanes_.end(), can_go_on);
  }

  std::size_t pending_timers() const {
    return time_->pending() + coordinator_.clock().schedule().size();
  }

  void jump(duration by) {
    time_->pass_until(deadline_after(time_->now(), by));
    follow_time();
    everything_touched_ = true;
  }

  void abandon() {
    abandoned_ = true;
    for (auto& each : lanes_) {
      while (!each.waiting.empty()) {
        const auto dropped = std::exchange(each.waiting, {});
      }
    }
    time_->drop();
    busy_until_.clear();
    auto& jobs = coordinator_.jobs;
    for (const auto& [actor, job] : std::exchange(aside_, {})) {
      jobs.push_back(job);
    }
    while (!jobs.empty()) {
      caf::resumable* const next = jobs.front();
      jobs.pop_front();
      job_discarder::cleanup_and_release(next);
    }
  }

  choice_source& choices_;
  simulation_options options_;
  bool keyed_;
  std::shared_ptr<simulated_time> time_;
  run_trace trace_;
  schedule chosen_;
  std::size_t steps_ = 0;

 private:
  struct entry {
    const char* what;
    task run;
  };
  struct lane {
    std::string name;
    lane_kind kind;
    std::deque<entry> waiting;
    std::uint64_t steps;
    bool paused;
  };

  static std::size_t index_of(lane_id id) { return static_cast<std::size_t>(id); }
  // 0 is the host.
  static std::uint64_t object_of(lane_id id) { return index_of(id) + 1; }
  static bool can_go_on(const lane& each) { return !each.paused && !each.waiting.empty(); }

  // Who is kept busy has no next message; nor does it count as somebody who could go on.
  void set_aside() {
    if (busy_until_.empty()) {
      return;
    }
    auto& jobs = coordinator_.jobs;
    for (auto each = jobs.begin(); each != jobs.end();) {
      const std::uint64_t actor = id_of(*each);
      if (busy_until_.contains(actor)) {
        aside_.emplace(actor, *each);
        each = jobs.erase(each);
      } else {
        ++each;
      }
    }
  }

  void release(std::uint64_t actor) {
    const auto busy = busy_until_.find(actor);
    if (busy == busy_until_.end() || busy->second > time_->now()) {
      return;
    }
    busy_until_.erase(busy);
    if (const auto job = aside_.extract(actor)) {
      coordinator_.jobs.push_back(job.mapped());
    }
  }

  void collect() {
    set_aside();
    ready_.clear();
    for (std::size_t i = 0; i != lanes_.size(); ++i) {
      if (can_go_on(lanes_[i])) {
        ready_.push_back(i);
      }
    }
  }

  std::optional<time_point> next_time() const {
    auto next = time_->next();
    const auto& schedule = coordinator_.clock().schedule();
    if (!schedule.empty()) {
      const time_point first{schedule.begin()->first.time_since_epoch()};
      next = next ? std::min(*next, first) : first;
    }
    return next;
  }

  void follow_time() {
    auto& clock = coordinator_.clock();
    const auto lag = time_->now().time_since_epoch() - clock.now().time_since_epoch();
    if (lag.count() > 0) {
      clock.advance_time(lag);
    }
  }

  void pass_until(time_point when) {
    footprint_.clear();
    time_->pass_until(when);
    follow_time();
    trace_.add(time_->now(), "time", "passes");
    end_of_step(time_key, true);
  }

  std::size_t choose(std::size_t options, bool last_is_time) {
    if (keyed_) {
      collect_keys(last_is_time);
    }
    if (options == 1) {
      return keyed_ ? choices_.choose({options, last_is_time, keys_}) : 0;
    }
    const std::size_t chosen = choices_.choose({options, last_is_time, keys_});
    chosen_.choices.push_back(static_cast<std::uint32_t>(chosen));
    return chosen;
  }

  // -- keys: who would make the step, and which of its steps it would be ---------------------------

  void collect_keys(bool last_is_time) {
    keys_.clear();
    for (const std::size_t each : ready_) {
      keys_.push_back((each + 1) << object_shift | lanes_[each].steps);
    }
    for (caf::resumable* job : coordinator_.jobs) {
      const std::uint64_t id = id_of(job);
      keys_.push_back(actor_bit | id << object_shift | actor_steps_[id]);
    }
    for (std::size_t i = 0; i != time_->due(); ++i) {
      keys_.push_back(timer_bit | timers_run_ << object_shift | i);
    }
    if (last_is_time) {
      keys_.push_back(time_key);
    }
  }

  static std::uint64_t id_of(caf::resumable* job) {
    const auto* actor = dynamic_cast<caf::scheduled_actor*>(job);
    return actor != nullptr ? actor->id() : 0;
  }

  void end_of_step(std::uint64_t key, bool touches_everything) {
    if (keyed_) {
      if (touches_everything || std::exchange(everything_touched_, false)) {
        footprint_.clear();
      }
      choices_.stepped(key, footprint_);
    }
  }

  // -- kinds of steps -----------------------------------------------------------------------------

  void run_lane(std::size_t index) {
    const std::uint64_t number = lanes_[index].steps++;
    footprint_.clear();
    touch(index + 1);
    if (lanes_[index].kind == lane_kind::host) {
      touch(host_object);
    }
    {
      entry next = std::move(lanes_[index].waiting.front());
      lanes_[index].waiting.pop_front();
      trace_.add(time_->now(), lanes_[index].name, next.what);
      // Lanes may be added meanwhile.
      next.run();
    }
    end_of_step((index + 1) << object_shift | number, false);
  }

  void run_job(std::size_t index) {
    auto& jobs = coordinator_.jobs;
    const auto job = jobs.begin() + static_cast<std::ptrdiff_t>(index);
    std::rotate(jobs.begin(), job, job + 1);
    const std::uint64_t id = id_of(jobs.front());
    const auto* actor = dynamic_cast<caf::scheduled_actor*>(jobs.front());
    footprint_.clear();
    touch(host_object);
    trace_.add(time_->now(), actor != nullptr ? actor->name() : "job", "handles a message",
               std::to_string(id));
    const std::uint64_t number = keyed_ ? actor_steps_[id]++ : 0;
    coordinator_.run_once();
    end_of_step(actor_bit | id << object_shift | number, false);
  }

  void run_timer(std::size_t index) {
    footprint_.clear();
    touch(host_object);
    trace_.add(time_->now(), "timer", "is due");
    const std::uint64_t key = timer_bit | timers_run_ << object_shift | index;
    ++timers_run_;
    {
      const auto due = time_->take_due(index);
      due();
    }
    end_of_step(key, false);
  }

  testing_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& coordinator_;
  // A deque: a lane that runs stays where it is when others are added.
  std::deque<lane> lanes_;
  std::vector<std::size_t> ready_;
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint64_t> footprint_;
  bool everything_touched_ = false;
  std::map<std::uint64_t, std::uint64_t> actor_steps_;
  std::map<std::uint64_t, time_point> busy_until_;  // by actor
  std::map<std::uint64_t, caf::resumable*> aside_;  // jobs of these
  std::uint64_t timers_run_ = 0;
  bool abandoned_ = false;

  friend class simulation;
};

simulation::simulation(choice_source& choices, simulation_options options)
    : impl_(std::make_unique<impl>(choices, options)) {
  add_lane("i/o");
}

simulation::~simulation() {
  impl_->abandon();
}

const std::shared_ptr<simulated_time>& simulation::time() const {
  return impl_->time_;
}

caf::actor_system& simulation::actors() const {
  return impl_->system_;
}

lane_id simulation::io() const {
  return lane_id{0};
}

lane_id simulation::add_lane(std::string name, lane_kind kind) {
  return impl_->add_lane(std::move(name), kind);
}

void simulation::post(lane_id lane, const char* what, task next) {
  impl_->post(lane, what, std::move(next));
}

void simulation::pause(lane_id lane) {
  impl_->set_paused(lane, true);
}

void simulation::resume(lane_id lane) {
  impl_->set_paused(lane, false);
}

void simulation::clear(lane_id lane) {
  impl_->clear(lane);
}

void simulation::touch_host() {
  impl_->touch(host_object);
}

void simulation::keep_busy(std::uint64_t actor, duration lasts) {
  impl_->keep_busy(actor, lasts);
}

bool simulation::step() {
  return impl_->step();
}

bool simulation::runnable() const {
  return impl_->runnable();
}

std::size_t simulation::pending_timers() const {
  return impl_->pending_timers();
}

void simulation::jump(duration by) {
  impl_->jump(by);
}

void simulation::abandon() {
  impl_->abandon();
}

std::size_t simulation::steps() const {
  return impl_->steps_;
}

const schedule& simulation::chosen() const {
  return impl_->chosen_;
}

const run_trace& simulation::trace() const {
  return impl_->trace_;
}

void simulation::note(std::string_view who, std::string_view what, std::string_view more) {
  impl_->trace_.add(now(), who, what, more);
}

}  // namespace slipway::harness
