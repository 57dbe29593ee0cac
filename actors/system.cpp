// slipway/actors/system.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/session_actors.hpp>
#include <slipway/actors/internal/supervised_python_pool.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/runtime.hpp>
#include <slipway/actors/system.hpp>
#include <slipway/actors/telemetry_sources.hpp>
#include <slipway/supervision/supervision_tree.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace slipway {
namespace {

using std::chrono::milliseconds;

// Among the ids of pools, and no likely name of one.
constexpr const char* sessions_id = "slipway.sessions";

// Two threads are enough for a supervisor, and with a shared queue a waking worker does not poll.
class low_latency_config : public caf::actor_system_config {
 public:
  low_latency_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
  }
};

system_error make_error(system_errc code, std::string message) {
  return {code, std::move(message)};
}

std::optional<system_error> check(const python_pool_options& options) {
  const auto invalid = [&](const std::string& what) {
    return make_error(system_errc::invalid_options, "pool '" + options.name + "': " + what);
  };
  if (options.name.empty()) {
    return invalid("name must not be empty");
  }
  if (options.size == 0) {
    return invalid("size must be at least 1");
  }
  if (options.min_ready > options.size) {
    return invalid("min_ready is " + std::to_string(options.min_ready) + ", size only " +
                   std::to_string(options.size));
  }
  if (options.init_concurrency == 0) {
    return invalid("init_concurrency must be at least 1");
  }
  if (options.module.empty() == options.script.empty()) {
    return invalid("exactly one of module and script must be given");
  }
  if (options.python.empty()) {
    return invalid("python must not be empty");
  }
  if (const auto flaw = flaw_of(options.sessions)) {
    return invalid("sessions: " + *flaw);
  }
  if (options.max_frame_bytes == 0) {
    return invalid("max_frame_bytes must be at least 1");
  }
  for (const auto& [name, breaker] : {std::pair("breaker", options.breaker),
                                      std::pair("command_breaker", options.command_breaker)}) {
    if (const auto flaw = breaker ? flaw_of(*breaker) : std::nullopt) {
      return invalid(name + (": " + *flaw));
    }
  }
  if (options.recycle) {
    if (const auto flaw = flaw_of(*options.recycle)) {
      return invalid("recycle: " + *flaw);
    }
  }
  return std::nullopt;
}

std::vector<tree_node> nodes_of(const pool_status& status, const worker_roster& workers) {
  std::vector<tree_node> nodes;
  for (const auto& worker : status.workers) {
    const auto record = workers.find(worker.id);
    nodes.push_back(
        {.name = status.name + "/" + std::to_string(static_cast<std::uint64_t>(worker.id)),
         .kind = "process",
         .state = to_string(worker.status),
         .detail = record ? to_string(record->lifecycle()) : "",
         .uptime = std::chrono::duration_cast<milliseconds>(worker.in_status)});
  }
  return nodes;
}

}  // namespace

const char* to_string(system_errc code) {
  switch (code) {
    case system_errc::invalid_options:
      return "invalid_options";
    case system_errc::name_taken:
      return "name_taken";
    case system_errc::not_found:
      return "not_found";
    case system_errc::start_failed:
      break;
  }
  return "start_failed";
}

class system::impl {
 public:
  explicit impl(system_options options)
      : options_(std::move(options)),
        runtime_({options_.logger, options_.io_context, options_.on_event, options_.stop_patience,
                  options_.watch, std::exchange(options_.machine, std::nullopt)}) {
    if (options_.actor_system == nullptr) {
      own_config_ = std::make_unique<low_latency_config>();
      own_system_ = std::make_unique<caf::actor_system>(*own_config_);
    }
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  impl(impl&&) = delete;
  impl& operator=(impl&&) = delete;

  ~impl() {
    stop();
    for (const auto& slot : slots()) {
      // A client may hold it for longer.
      slot->sessions()->listen(nullptr);
    }
    top_.reset();
  }

  std::optional<system_error> start_top() {
    supervisor_options top;
    top.name = options_.name;
    top.flags.intensity = options_.intensity;
    top.flags.period = options_.period;
    top.observer = [this](const supervisor_event& event) { observe(event); };
    auto started = start_supervisor(actors(), std::move(top));
    if (!started) {
      return make_error(system_errc::invalid_options, to_string(started.error()));
    }
    top_.emplace(actors(), std::move(*started));
    sessions_ = std::make_shared<internal::session_actors>(
        actors(), [this] { return session_supervisor(); }, patience());
    return std::nullopt;
  }

  result<client, system_error> start_pool(python_pool_options options) {
    if (auto fault = check(options)) {
      return failure(std::move(*fault));
    }
    const std::string name = options.name;
    auto slot = std::make_shared<pool_slot>(std::move(options), runtime_);
    if (!reserve(slot)) {
      return failure(
          make_error(system_errc::name_taken,
                     "system '" + options_.name + "' already has a pool '" + name + "'"));
    }
    sessions_->serve(slot);
    child_spec spec;
    spec.id = name;
    spec.start = [this, slot](start_context& context) -> start_result {
      return internal::supervised_python_pool(context, runtime_, slot);
    };
    const auto start_timeout =
        slot->options().min_ready == 0 ? duration::zero() : slot->options().start_timeout;
    auto started = top_->start_child(
        std::move(spec), patience() + std::chrono::duration_cast<milliseconds>(start_timeout));
    if (!started) {
      forget(slot);
      return failure(make_error(system_errc::start_failed, to_string(started.error())));
    }
    return client(std::move(slot));
  }

  std::shared_ptr<pool_slot> find(const std::string& name) const {
    std::lock_guard guard(mutex_);
    const auto found = find_locked(name);
    return found == slots_.end() ? nullptr : *found;
  }

  std::vector<std::shared_ptr<pool_slot>> slots() const {
    std::lock_guard guard(mutex_);
    return slots_;
  }

  void stop() {
    if (top_ && !ended()) {
      auto stopped = top_->stop(exit_reason::shutdown(), patience());
      if (!stopped) {
        runtime_.report(runtime_events::supervisor_report{to_string(stopped.error())});
      }
    }
  }

  std::optional<exit_reason> ended() const {
    std::lock_guard guard(mutex_);
    return ended_;
  }

  bool wait_ended(time_point deadline) const {
    std::unique_lock lock(mutex_);
    return ended_changed_.wait_until(lock, deadline, [this] { return ended_.has_value(); });
  }

  caf::actor_system& actors() const {
    return options_.actor_system != nullptr ? *options_.actor_system : *own_system_;
  }

  const internal::session_actors& session_actors() const { return *sessions_; }

  tree_node tree() const {
    constexpr milliseconds patience(1000);
    auto root = tree_of(actors(), top_ ? top_->actor() : caf::actor{}, options_.name, patience);
    if (!root) {
      return {.name = options_.name, .kind = "supervisor", .state = "no answer"};
    }
    for (auto& child : root->children) {
      if (child.name == sessions_id) {
        // They may be a hundred thousand.
        child.detail = std::to_string(child.children.size()) + " sessions";
        child.children.clear();
      }
    }
    for (const auto& slot : slots()) {
      const auto node =
          std::find_if(root->children.begin(), root->children.end(),
                       [&](const tree_node& child) { return child.name == slot->options().name; });
      const auto pool = slot->current();
      if (node == root->children.end() || !pool) {
        continue;
      }
      const pool_status status = pool->status();
      node->kind = "pool";
      node->detail = to_string(status.load);
      node->children = nodes_of(status, *slot->workers());
    }
    return std::move(*root);
  }

 private:
  // Not before somebody opens a session: most trees have none.
  result<caf::actor, std::string> session_supervisor() {
    std::lock_guard guard(session_mutex_);
    if (!has_session_supervisor_) {
      auto started = top_->start_child(dynamic_supervisor_spec(sessions_id, {.name = sessions_id}),
                                       patience());
      if (!started) {
        return failure(to_string(started.error()));
      }
      has_session_supervisor_ = true;
      return started->actor;
    }
    // It may have been restarted.
    const auto children = top_->which_children(patience());
    if (!children) {
      return failure(to_string(children.error()));
    }
    const auto found = std::find_if(children->begin(), children->end(),
                                    [](const child_info& each) { return each.id == sessions_id; });
    return found != children->end() && found->actor
               ? result<caf::actor, std::string>(found->actor)
               : failure(std::string("the supervisor of sessions is being restarted"));
  }

  milliseconds patience() const {
    return std::chrono::duration_cast<milliseconds>(options_.stop_patience);
  }

  std::vector<std::shared_ptr<pool_slot>>::const_iterator find_locked(
      const std::string& name) const {
    return std::find_if(slots_.begin(), slots_.end(),
                        [&](const auto& slot) { return slot->options().name == name; });
  }

  bool reserve(const std::shared_ptr<pool_slot>& slot) {
    std::lock_guard guard(mutex_);
    if (find_locked(slot->options().name) != slots_.end()) {
      return false;
    }
    slots_.push_back(slot);
    return true;
  }

  void forget(const std::shared_ptr<pool_slot>& slot) {
    std::lock_guard guard(mutex_);
    std::erase(slots_, slot);
  }

  void observe(const supervisor_event& event) {
    runtime_.report(runtime_events::supervisor_report{to_string(event)});
    if (options_.watch) {
      emit(*options_.watch, options_.name, event, runtime_.time()->now());
    }
    if (const auto* stopped = std::get_if<supervisor_stopped>(&event)) {
      {
        std::lock_guard guard(mutex_);
        ended_ = stopped->reason;
      }
      ended_changed_.notify_all();
    }
  }

  // Destroyed from the last to the first: the supervisor before its actor system, both before the
  // runtime.
  system_options options_;
  runtime runtime_;
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_changed_;
  std::optional<exit_reason> ended_;
  std::vector<std::shared_ptr<pool_slot>> slots_;
  std::unique_ptr<low_latency_config> own_config_;
  std::unique_ptr<caf::actor_system> own_system_;
  std::optional<supervisor_handle> top_;
  std::mutex session_mutex_;
  bool has_session_supervisor_ = false;
  std::shared_ptr<internal::session_actors> sessions_;
};

system::system(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

system::~system() = default;

result<std::unique_ptr<system>, system_error> system::start(system_options options) {
  auto state = std::make_unique<impl>(std::move(options));
  if (auto fault = state->start_top()) {
    return failure(std::move(*fault));
  }
  return std::unique_ptr<system>(new system(std::move(state)));
}

result<client, system_error> system::start_pool(python_pool_options options) {
  return impl_->start_pool(std::move(options));
}

result<client, system_error> system::find_pool(const std::string& name) const {
  if (auto found = impl_->find(name)) {
    return client(std::move(found));
  }
  return failure(make_error(system_errc::not_found, "there is no pool '" + name + "'"));
}

std::vector<client> system::pools() const {
  std::vector<client> clients;
  for (auto& slot : impl_->slots()) {
    clients.emplace_back(std::move(slot));
  }
  return clients;
}

std::optional<exit_reason> system::ended() const {
  return impl_->ended();
}

bool system::wait_ended(time_point deadline) const {
  return impl_->wait_ended(deadline);
}

void system::stop() {
  impl_->stop();
}

caf::actor_system& system::actor_system() const {
  return impl_->actors();
}

std::shared_ptr<pool_slot> system::slot(const std::string& name) const {
  return impl_->find(name);
}

const internal::session_actors& system::session_actors() const {
  return impl_->session_actors();
}

tree_node system::tree() const {
  return impl_->tree();
}

}  // namespace slipway
