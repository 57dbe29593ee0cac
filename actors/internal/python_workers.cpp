// slipway/actors/internal/python_workers.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/bridge_workers.hpp>
#include <slipway/actors/internal/call_outcome.hpp>
#include <slipway/actors/internal/program_journal_core.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/system.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <utility>

namespace slipway::internal {
namespace {

constexpr std::size_t default_size = 4;

bridge_error not_started(const bridge_config& config, const std::string& why) {
  return {bridge_errc::start_failed, {}, "bridge '" + config.name + "' did not start: " + why};
}

python_pool_options options_of(const bridge_config& config, std::string name) {
  python_pool_options options;
  options.name = std::move(name);
  options.size = 1;
  options.python = config.python.value_or(options.python);
  if (config.script) {
    options.script = *config.script;
  } else {
    options.module = config.module.value_or("slipway_worker.programs");
  }
  options.python_path = config.python_path;
  options.wire_codec = config.wire_codec.value_or(options.wire_codec);
  options.init_timeout = config.init_timeout.value_or(options.init_timeout);
  options.call_timeout = config.call_timeout;
  return options;
}

/// A pool of one: its programs are those of its process, and come back with the next.
class lone_worker {
 public:
  explicit lone_worker(std::shared_ptr<pool_slot> slot) : slot_(std::move(slot)) {}

  [[nodiscard]] result<value, call_error> call(const std::string& command, const value& args,
                                               duration timeout) {
    const time_point deadline = deadline_after(slot_->now(), timeout);
    for (;;) {
      const call_subject subject{command, slot_->next_request_id(), slot_->options().wire_codec};
      const auto pool = slot_->current();
      if (!pool) {
        return failure(no_worker(subject, slot_->not_started()));
      }
      auto held = pool->checkout_until(anonymous{}, deadline, timeout);
      if (!held) {
        return failure(no_worker(subject, held.error()));
      }
      auto answer = on_lease(*held, *pool, subject, args, deadline);
      if (answer.next_worker && slot_->now() < deadline) {
        continue;
      }
      return std::move(answer.outcome);
    }
  }

 private:
  struct told {
    result<value, call_error> outcome;
    bool next_worker = false;
  };

  // The lease excludes every other call, so the journal needs no lock and matches the worker.
  told on_lease(lease<python_worker>& held, python_pool& pool, const call_subject& subject,
                const value& args, time_point deadline) {
    const std::shared_ptr<port> process = held.state().process;
    if (subject.command == "reset_state") {
      // The way out when what was created cannot be created again.
      journal_.clear();
    }
    if (built_on_.lock() != process) {
      for (const auto& entry : journal_.entries()) {
        const call_subject again{entry.command, slot_->next_request_id(), subject.wire_codec};
        if (auto answer = exchange(held, pool, again, entry.args, deadline); !answer.outcome) {
          // Of the call itself nothing was sent.
          answer.outcome.error().effect = call_effect::not_sent;
          answer.outcome.error().message =
              "while rebuilding what a worker held: " + answer.outcome.error().message;
          return answer;
        }
      }
      built_on_ = process;
    }
    auto answer = exchange(held, pool, subject, args, deadline);
    if (answer.outcome) {
      journal_.note(subject.command, args);
    }
    return answer;
  }

  told exchange(lease<python_worker>& held, python_pool& pool, const call_subject& subject,
                const value& args, time_point deadline) {
    byte_buffer frame;
    if (auto written = encode_request(subject.wire_codec, subject.id, subject.command, args, frame,
                                      slot_->options().max_frame_bytes);
        !written) {
      return {failure(not_encodable(subject.command, written.error()))};
    }
    const auto& worker = held.state();
    auto answer = worker.process->exchange(*worker.owner, frame, deadline);
    if (!answer) {
      auto lost = lost_worker(subject, answer.error(), worker.name, pool);
      held.cancel(removal_reason(answer.error()));
      return {failure(std::move(lost)), may_try_another_worker(answer.error())};
    }
    auto meaning = read(subject, *answer, worker.name);
    held.state().call_failed = !meaning.outcome;
    if (meaning.remove) {
      held.cancel(std::move(*meaning.remove));
    }
    return {std::move(meaning.outcome)};
  }

  const std::shared_ptr<pool_slot> slot_;
  program_journal journal_;
  std::weak_ptr<port> built_on_;
};

class supervised_workers final : public bridge_workers {
 public:
  explicit supervised_workers(std::unique_ptr<slipway::system> system)
      : system_(std::move(system)) {}

  result<void, bridge_error> start(const bridge_config& config) {
    const std::size_t size =
        config.backend == bridge_backend::pool ? config.size.value_or(default_size) : 1;
    std::vector<client> started;
    for (std::size_t number = 1; number <= size; ++number) {
      const std::string name = size == 1 ? config.name : config.name + "-" + std::to_string(number);
      auto pool = system_->start_pool(options_of(config, name));
      if (!pool) {
        return failure(not_started(config, pool.error().message));
      }
      started.push_back(std::move(*pool));
      workers_.push_back(std::make_unique<lone_worker>(system_->slot(name)));
    }
    for (const auto& pool : started) {
      const auto patience = options_of(config, {}).init_timeout;
      if (auto ready = pool.wait_until_ready(1, patience); !ready) {
        const auto& why = ready.error();
        return failure(not_started(
            config, why.message + (why.pool_exit ? ": " + to_string(*why.pool_exit) : "")));
      }
    }
    return {};
  }

  [[nodiscard]] std::size_t size() const override { return workers_.size(); }

  [[nodiscard]] result<value, call_error> call(std::size_t worker, const std::string& command,
                                               const value& args, duration timeout) override {
    return workers_[worker]->call(command, args, timeout);
  }

  void stop() override { system_->stop(); }

 private:
  const std::unique_ptr<slipway::system> system_;
  std::vector<std::unique_ptr<lone_worker>> workers_;
};

}  // namespace

result<std::unique_ptr<bridge_workers>, bridge_error> python_workers(const bridge_config& config) {
  system_options options;
  options.name = config.name;
  options.on_event = config.on_event;
  options.logger = config.logger;
  auto system = slipway::system::start(std::move(options));
  if (!system) {
    return failure(not_started(config, system.error().message));
  }
  auto workers = std::make_unique<supervised_workers>(std::move(*system));
  if (auto started = workers->start(config); !started) {
    return failure(std::move(started).error());
  }
  return workers;
}

}  // namespace slipway::internal
