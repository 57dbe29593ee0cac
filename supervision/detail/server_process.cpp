// slipway/supervision/detail/server_process.cpp
//
// Exits, as in OTP: the parent's signal ends the server, after terminate if it traps exits;
// another's is an info message if it traps them, else ends it without terminate unless it is
// `normal`; a kill always ends it without terminate. A return of stop and a throwing callback end
// it after terminate.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/detail/server_process.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/spawn_options.hpp>

#include <exception>
#include <utility>

namespace slipway::gen_server::detail {

namespace {

struct server_envelope {
  server_mail_ptr mail;
};
struct server_stop {
  exit_reason reason;
};
/// The parent has ended without an exit signal of its own.
struct server_orphaned {
  exit_reason reason;
};
struct server_wake {};

}  // namespace

}  // namespace slipway::gen_server::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::gen_server::detail::server_envelope)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::gen_server::detail::server_stop)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::gen_server::detail::server_orphaned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::gen_server::detail::server_wake)

namespace slipway::gen_server::detail {

namespace {

using gen_server::down;
using gen_server::exit_signal;

class server_process final : public caf::event_based_actor, public server_host {
 public:
  server_process(caf::actor_config& config, server_setup setup)
      : caf::event_based_actor(config),
        callbacks_(std::move(setup.callbacks)),
        type_(callbacks_->type()),
        parent_(std::move(setup.parent)),
        acknowledge_(std::move(setup.acknowledge)),
        before_end_(std::move(setup.before_end)) {
    if (!setup.parent_signals) {
      watch_parent();
    }
    set_exit_handler([this](caf::exit_msg& signal) { take_exit(signal); });
    set_down_handler([this](caf::down_msg& notice) {
      offer([&] { return callbacks_->went_down({notice.source, from_caf(notice.reason)}); });
    });
    set_error_handler([](caf::error&) {});
    set_default_handler(
        [this](caf::scheduled_actor*, caf::message_view& view) { return take_foreign(view); });
  }

  const char* name() const override { return "slipway.gen_server"; }

  caf::behavior make_behavior() override {
    server_init given;
    try {
      given = callbacks_->init(*this);
    } catch (...) {
      given.step.stop = exit_reason_from(std::current_exception());
    }
    if (given.ignored) {
      leave(exit_reason::normal(), ignore);
      return {};
    }
    if (given.step.stop) {
      leave(*given.step.stop, *given.step.stop);
      return {};
    }
    acknowledge(std::monostate{});
    follow(std::move(given.step));
    return {
        [this](const server_envelope& envelope) {
          take([&] { return callbacks_->deliver(*envelope.mail); });
        },
        [this](const server_stop& asked) { finish(asked.reason, {}); },
        [this](const server_orphaned& alone) { parent_exited(alone.reason); },
        [this](server_wake) { wake(); },
    };
  }

  // Also runs when it was killed, or when nobody holds it any more.
  void on_exit() override {
    life_->decide(getf(is_shutting_down_flag) ? from_caf(fail_state_) : exit_reason::shutdown());
    // Requests that the server keeps learn the reason.
    callbacks_.reset();
    if (before_end_) {
      before_end_(address());
    }
    acknowledge(*life_->reason());
    life_->end();
  }

  // -- server_host

  caf::actor_system& host_system() override { return system(); }
  caf::actor self() override { return caf::actor{this}; }
  void trap_exit(bool on) override { traps_ = on; }
  void monitor(const caf::actor& other) override { caf::event_based_actor::monitor(other); }
  void demonitor(const caf::actor_addr& other) override {
    caf::event_based_actor::demonitor(other);
  }
  void link(const caf::actor& other) override { link_to(other); }
  void unlink(const caf::actor_addr& other) override { unlink_from(other); }
  void send_after(std::chrono::milliseconds delay, server_mail_ptr mail) override {
    schedule(delay, server_envelope{std::move(mail)});
  }
  std::shared_ptr<server_life> life() const override { return life_; }
  std::type_index server_type() const override { return type_; }

 private:
  // -- in

  void take_exit(caf::exit_msg& signal) {
    const exit_reason reason = from_caf(signal.reason);
    if (parent_ && signal.source == parent_) {
      parent_exited(reason);
    } else if (traps_) {
      offer([&] { return callbacks_->exited({signal.source, reason}); });
    } else if (reason.kind != exit_kind::normal) {
      leave(reason, reason);
    }
  }

  void parent_exited(const exit_reason& reason) {
    if (traps_) {
      finish(reason, {});
    } else if (reason.kind != exit_kind::normal) {
      leave(reason, reason);
    }
  }

  caf::result<caf::message> take_foreign(caf::message_view& view) {
    const caf::message message = view.move_content_to_message();
    const bool taken = offer([&] { return callbacks_->foreign(message); });
    return taken ? caf::result<caf::message>{caf::message{}}
                 : caf::result<caf::message>{caf::sec::unexpected_message};
  }

  // -- callbacks

  template <class Callback>
  void take(Callback callback) {
    wait_until_.reset();
    server_step step;
    try {
      step = callback();
    } catch (...) {
      step.stop = exit_reason_from(std::current_exception());
    }
    follow(std::move(step));
  }

  // A message that the server may not take; then it does not count as one.
  template <class Callback>
  bool offer(Callback callback) {
    std::optional<server_step> step;
    try {
      step = callback();
    } catch (...) {
      step.emplace().stop = exit_reason_from(std::current_exception());
    }
    if (step) {
      wait_until_.reset();
      follow(std::move(*step));
    }
    return step.has_value();
  }

  void follow(server_step step) {
    while (!step.stop && step.next) {
      const server_mail_ptr next = std::exchange(step.next, nullptr);
      try {
        step = callbacks_->deliver(*next);
      } catch (...) {
        step.stop = exit_reason_from(std::current_exception());
      }
    }
    if (step.stop) {
      finish(*step.stop, step.last_reply);
    } else if (step.timeout) {
      wait_until_ = clock().now() + *step.timeout;
      set_wake();
    }
  }

  // -- end

  // With terminate.
  void finish(exit_reason reason, const std::function<void()>& last_reply) {
    try {
      callbacks_->terminate(reason);
      if (last_reply) {
        last_reply();
      }
    } catch (...) {
      reason = exit_reason_from(std::current_exception());
    }
    leave(reason, reason);
  }

  // Without; `told` goes to who waits for the start, if anybody still does.
  void leave(const exit_reason& reason, server_started told) {
    life_->decide(reason);
    acknowledge(std::move(told));
    quit(to_caf(reason));
  }

  void acknowledge(server_started how) {
    if (const auto tell = std::exchange(acknowledge_, nullptr)) {
      tell(std::move(how));
    }
  }

  // -- time: one wake-up is under way at the most, and looks when it comes whether it came for
  // anything, since CAF cannot take a delayed message back

  void set_wake() {
    if (next_wake_ && *next_wake_ <= *wait_until_) {
      return;
    }
    next_wake_ = wait_until_;
    schedule(*wait_until_ - clock().now(), server_wake{});
  }

  void wake() {
    next_wake_.reset();
    if (!wait_until_) {
      return;
    }
    if (clock().now() < *wait_until_) {
      set_wake();
    } else {
      wait_until_.reset();
      offer([this] { return callbacks_->timed_out(); });
    }
  }

  template <class Message>
  void schedule(caf::actor_clock::duration_type delay, Message message) {
    clock().schedule_message(
        clock().now() + delay, caf::strong_actor_ptr{ctrl()},
        caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(message)));
  }

  void watch_parent() {
    if (const auto parent = caf::actor_cast<caf::strong_actor_ptr>(parent_)) {
      parent->get()->attach_functor([weak = address()](const caf::error& reason) {
        if (const auto child = caf::actor_cast<caf::strong_actor_ptr>(weak)) {
          caf::anon_send(caf::actor_cast<caf::actor>(child), server_orphaned{from_caf(reason)});
        }
      });
    }
  }

  std::unique_ptr<server_callbacks> callbacks_;
  std::type_index type_;
  caf::actor_addr parent_;
  std::function<void(server_started)> acknowledge_;
  std::function<void(const caf::actor_addr&)> before_end_;
  std::shared_ptr<server_life> life_ = std::make_shared<server_life>();
  bool traps_ = false;
  std::optional<caf::actor_clock::time_point> wait_until_;
  std::optional<caf::actor_clock::time_point> next_wake_;
};

}  // namespace

caf::actor spawn_server(caf::actor_system& system, server_setup setup) {
  return system.spawn<server_process, caf::lazy_init>(std::move(setup));
}

void begin(const caf::actor& server) {
  caf::anon_send(server, server_wake{});
}

void send(const caf::actor& server, server_mail_ptr mail) {
  caf::anon_send(server, server_envelope{std::move(mail)});
}

void send_stop(const caf::actor& server, exit_reason reason) {
  caf::anon_send(server, server_stop{std::move(reason)});
}

void kill(const caf::actor& server) {
  caf::anon_send_exit(server, caf::exit_reason::kill);
}

std::shared_ptr<server_life> life_of(const caf::actor& actor, std::type_index type) {
  const auto* host = dynamic_cast<const server_host*>(caf::actor_cast<caf::abstract_actor*>(actor));
  return host != nullptr && host->server_type() == type ? host->life() : nullptr;
}

}  // namespace slipway::gen_server::detail
