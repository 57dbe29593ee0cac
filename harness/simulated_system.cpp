// slipway/harness/simulated_system.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/async_call.hpp>
#include <slipway/actors/internal/supervised_python_pool.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/runtime.hpp>
#include <slipway/harness/internal/silent_logger.hpp>
#include <slipway/harness/simulated_system.hpp>
#include <slipway/protocol/envelope_codec.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <utility>

namespace slipway::harness {

class simulated_system::impl {
 public:
  impl(simulation& run, std::shared_ptr<simulated_ports> ports, simulated_system_options options)
      : run_(run),
        runtime_(
            runtime_options{.logger = silent_logger(),
                            .on_event = std::move(options.on_event),
                            .exit_patience = duration::zero(),
                            .watch = options.watch,
                            .machine = simulated_machine(run, std::move(ports), options.seed)}) {
    supervisor_options top;
    top.name = options.name;
    top.flags.intensity = options.intensity;
    top.flags.period = options.period;
    for (auto& pool : options.pools) {
      auto slot = std::make_shared<pool_slot>(std::move(pool), runtime_);
      slots_.push_back(slot);
      top.children.push_back({.id = slot->name(), .start = [this, slot](start_context& context) {
                                return internal::supervised_python_pool(context, runtime_, slot);
                              }});
    }
    if (options.arrange) {
      options.arrange(top);
    }
    top.observer = [this, told = std::move(top.observer)](const supervisor_event& event) {
      started_ = started_ || std::holds_alternative<supervisor_started>(event);
      if (const auto* stopped = std::get_if<supervisor_stopped>(&event)) {
        ended_ = stopped->reason;
      }
      if (told) {
        told(event);
      }
    };
    top_ = spawn_supervisor(run_.actors(), std::move(top));
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  impl(impl&&) = delete;
  impl& operator=(impl&&) = delete;

  ~impl() {
    stop();
    for (const auto& slot : slots_) {
      if (const auto pool = slot->current()) {
        pool->kill();
      }
    }
    run_.abandon();
  }

  void call(std::size_t pool, const std::string& command, const value& args, duration timeout,
            internal::async_call::completion done) {
    const auto& slot = slots_.at(pool);
    const codec wire_codec = slot->options().wire_codec;
    internal::call_subject subject{command, slot->next_request_id(), wire_codec};
    byte_buffer frame;
    if (auto written = encode_request(wire_codec, subject.id, command, args, frame,
                                      slot->options().max_frame_bytes);
        !written) {
      done(failure(internal::not_encodable(command, written.error())));
      return;
    }
    std::make_shared<internal::async_call>(slot, std::move(subject), std::move(frame), timeout,
                                           std::move(done))
        ->start();
  }

  void stop() {
    if (top_) {
      caf::anon_send(top_, caf::exit_msg{caf::actor_addr{}, to_caf(exit_reason::shutdown())});
      top_ = nullptr;
    }
  }

  [[nodiscard]] runtime& host() { return runtime_; }
  [[nodiscard]] const std::shared_ptr<pool_slot>& slot(std::size_t pool) const {
    return slots_.at(pool);
  }
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] const std::optional<exit_reason>& ended() const { return ended_; }

 private:
  simulation& run_;
  runtime runtime_;
  std::vector<std::shared_ptr<pool_slot>> slots_;
  caf::actor top_;
  bool started_ = false;
  std::optional<exit_reason> ended_;
};

simulated_system::simulated_system(simulation& run, std::shared_ptr<simulated_ports> ports,
                                   simulated_system_options options)
    : impl_(std::make_unique<impl>(run, std::move(ports), std::move(options))) {}

simulated_system::~simulated_system() = default;

void simulated_system::async_call(std::size_t pool, const std::string& command, const value& args,
                                  duration timeout,
                                  std::function<void(result<value, call_error>)> done) {
  impl_->call(pool, command, args, timeout, std::move(done));
}

void simulated_system::stop() {
  impl_->stop();
}

runtime& simulated_system::host() {
  return impl_->host();
}

const std::shared_ptr<pool_slot>& simulated_system::pool(std::size_t place) const {
  return impl_->slot(place);
}

bool simulated_system::started() const {
  return impl_->started();
}

const std::optional<exit_reason>& simulated_system::ended() const {
  return impl_->ended();
}

}  // namespace slipway::harness
