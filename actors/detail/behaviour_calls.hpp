// slipway/actors/detail/behaviour_calls.hpp
//
// The user's worker behaviour as the core sees it: the core asks with identities, the behaviour is
// called with states, what it returns or throws is the outcome.
// Belongs here: all states of one pool, the guards around the callbacks.
// Does not: who waits for what (pool.hpp), any rule (pool_core).
// Source: NimblePool 1.1, apply_worker_callback, which catches for all callbacks but init_pool,
//         handle_enqueue, handle_update and terminate_pool.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_core.hpp>
#include <slipway/actors/pool_ticket.hpp>
#include <slipway/actors/worker_behaviour.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

namespace slipway::detail {

/// What the calls need of their pool.
template <class W>
class behaviour_host {
 public:
  using link = worker_link<typename W::worker_state, message_of<W>>;

  behaviour_host() = default;
  behaviour_host(const behaviour_host&) = delete;
  behaviour_host& operator=(const behaviour_host&) = delete;
  behaviour_host(behaviour_host&&) = delete;
  behaviour_host& operator=(behaviour_host&&) = delete;
  virtual ~behaviour_host() = default;

  /// Does what the core has decided so far; a callback may take long, and nobody shall wait for it
  /// without need.
  virtual void perform_decided() = 0;
  [[nodiscard]] virtual time_point time_now() const = 0;
  [[nodiscard]] virtual bool killed() const = 0;
  [[nodiscard]] virtual link link_to(worker_id worker) = 0;
  virtual void callback_threw(const char* callback, const exit_reason& reason) = 0;
};

template <class W>
class behaviour_calls final : public worker_callbacks {
 public:
  using worker_state = typename W::worker_state;
  using client_state = typename W::client_state;
  using pool_state = typename W::pool_state;
  using command = typename W::command;
  using ticket = pool_ticket<command, client_state>;

  /// What is known of a request while the core knows it.
  struct request_entry {
    std::shared_ptr<ticket> waiting;
    std::optional<command> enqueued;  // if handle_enqueue is implemented
    std::optional<client_state> client;
  };

  behaviour_calls(behaviour_host<W>& host, W behaviour, argument_of<W> argument)
      : host_(host), behaviour_(std::move(behaviour)), argument_(std::move(argument)) {}

  std::unordered_map<request_id, request_entry> requests;
  std::unordered_map<worker_id, worker_state> workers;
  std::unordered_map<worker_id, std::function<void()>> aborts;
  // Of the event that is being handled.
  const message_of<W>* message = nullptr;
  const update_of<W>* update = nullptr;

  /// Ends the state of a worker that the core does not know any more.
  void terminate_stray(const exit_reason& reason, worker_state state) {
    if (!host_.killed()) {
      static_cast<void>(terminate(reason, std::move(state)));
    }
  }

  /// An action, not a callback: it runs while actions are performed, and when the pool is killed too.
  void abort_init(worker_id worker) {
    auto found = aborts.extract(worker);
    if (found.empty() || !found.mapped()) {
      return;
    }
    try {
      found.mapped()();
    } catch (...) {
      host_.callback_threw("abort", exit_reason_from(std::current_exception()));
    }
  }

  /// The pool has ended: whatever states are left are destroyed.
  void drop_states() {
    workers.clear();
    aborts.clear();
    saved_workers_.clear();
    saved_pool_.reset();
  }

  // -- worker_callbacks ---------------------------------------------------------------------------

  [[nodiscard]] bool implements(optional_callback which) const override {
    switch (which) {
      case optional_callback::handle_enqueue:
        return has_enqueue;
      case optional_callback::handle_info:
        return has_info;
      case optional_callback::handle_ping:
        break;
    }
    return has_ping;
  }

  [[nodiscard]] time_point now() const override { return host_.time_now(); }

  init_pool_outcome init_pool() override {
    return unguarded<init_pool_outcome>("init_pool", [&]() -> init_pool_outcome {
      if constexpr (requires { behaviour_.init_pool(std::move(argument_)); }) {
        auto given = behaviour_.init_pool(std::move(argument_));
        if (auto* made = std::get_if<init_pool_ok<pool_state>>(&given)) {
          state_.emplace(std::move(made->state));
          return outcome::ok{};
        }
        return narrowed<init_pool_outcome>("init_pool", std::move(given));
      } else {
        static_assert(
            !requires { &W::init_pool; }, "init_pool has another signature");
        state_.emplace(std::move(argument_));
        return outcome::ok{};
      }
    });
  }

  init_outcome init_worker(worker_id worker) override {
    return guarded<init_outcome, outcome::failed>("init_worker", [&]() -> init_outcome {
      auto given = behaviour_.init_worker(worker, *state_);
      if (auto* started = std::get_if<init_ok<worker_state>>(&given)) {
        workers.insert_or_assign(worker, std::move(started->state));
        return outcome::ok{};
      }
      using async_start = init_async<worker_state, message_of<W>>;
      auto* start = std::get_if<async_start>(&given);
      if (start == nullptr) {
        throw bad_return("init_worker");
      }
      start->begin(host_.link_to(worker));
      aborts.insert_or_assign(worker, std::move(start->abort));
      return outcome::async{};
    });
  }

  enqueue_outcome handle_enqueue(request_id request) override {
    return unguarded<enqueue_outcome>("handle_enqueue", [&]() -> enqueue_outcome {
      request_entry& entry = requests.at(request);
      const command& wanted = entry.waiting->command();
      if constexpr (has_enqueue) {
        auto given = behaviour_.handle_enqueue(wanted, *state_);
        if (auto* taken = std::get_if<enqueue_ok<command>>(&given)) {
          entry.enqueued.emplace(std::move(taken->command));
          return outcome::ok{};
        }
        return narrowed<enqueue_outcome>("handle_enqueue", std::move(given));
      } else {
        static_assert(
            !requires { &W::handle_enqueue; }, "handle_enqueue has another signature");
        return outcome::ok{};
      }
    });
  }

  checkout_outcome handle_checkout(request_id request, worker_id worker,
                                   command_form form) override {
    keep(worker);
    return guarded<checkout_outcome>("handle_checkout", [&]() -> checkout_outcome {
      request_entry& entry = requests.at(request);
      const command& wanted = form == command_form::enqueued && entry.enqueued
                                  ? *entry.enqueued
                                  : entry.waiting->command();
      auto given = behaviour_.handle_checkout(wanted, request, workers.at(worker), *state_);
      if (auto* taken = std::get_if<checkout_ok<client_state>>(&given)) {
        entry.client.emplace(std::move(taken->client));
        return outcome::ok{};
      }
      return narrowed<checkout_outcome>("handle_checkout", std::move(given));
    });
  }

  checkin_outcome handle_checkin(request_id request, worker_id worker) override {
    keep(worker);
    return guarded<checkin_outcome>("handle_checkin", [&]() -> checkin_outcome {
      auto& client = *requests.at(request).client;
      auto& state = workers.at(worker);
      if constexpr (requires { behaviour_.handle_checkin(client, request, state, *state_); }) {
        return narrowed<checkin_outcome>(
            "handle_checkin", behaviour_.handle_checkin(client, request, state, *state_));
      } else {
        static_assert(
            !requires { &W::handle_checkin; }, "handle_checkin has another signature");
        return outcome::ok{};
      }
    });
  }

  plain_outcome handle_update(request_id /*request*/, worker_id worker) override {
    keep(worker);
    return unguarded<plain_outcome>("handle_update", [&]() -> plain_outcome {
      auto& state = workers.at(worker);
      if constexpr (requires { behaviour_.handle_update(*update, state, *state_); }) {
        behaviour_.handle_update(*update, state, *state_);
        return outcome::ok{};
      } else {
        static_assert(
            !requires { &W::handle_update; }, "handle_update has another signature");
        return outcome::crash{exit_reason::error("undef", "there is no handle_update")};
      }
    });
  }

  info_outcome handle_info(worker_id worker) override {
    keep(worker);
    return guarded<info_outcome>("handle_info", [&]() -> info_outcome {
      if constexpr (has_info) {
        return narrowed<info_outcome>("handle_info",
                                      behaviour_.handle_info(*message, workers.at(worker)));
      } else {
        static_assert(
            !requires { &W::handle_info; }, "handle_info has another signature");
        return outcome::ok{};
      }
    });
  }

  ping_outcome handle_ping(worker_id worker) override {
    keep(worker);
    return guarded<ping_outcome>("handle_ping", [&]() -> ping_outcome {
      if constexpr (has_ping) {
        return narrowed<ping_outcome>(
            "handle_ping", behaviour_.handle_ping(workers.at(worker), std::as_const(*state_)));
      } else {
        static_assert(
            !requires { &W::handle_ping; }, "handle_ping has another signature");
        return outcome::ok{};
      }
    });
  }

  plain_outcome handle_cancelled(cancel_context context) override {
    return guarded<plain_outcome>("handle_cancelled", [&]() -> plain_outcome {
      if constexpr (requires { behaviour_.handle_cancelled(context, std::as_const(*state_)); }) {
        behaviour_.handle_cancelled(context, std::as_const(*state_));
      } else {
        static_assert(
            !requires { &W::handle_cancelled; }, "handle_cancelled has another signature");
      }
      return outcome::ok{};
    });
  }

  plain_outcome terminate_worker(worker_id worker, const exit_reason& reason) override {
    keep(worker);
    auto found = workers.extract(worker);
    return found.empty() ? outcome::ok{} : terminate(reason, std::move(found.mapped()));
  }

  plain_outcome terminate_pool(const exit_reason& reason) override {
    return unguarded<plain_outcome>("terminate_pool", [&]() -> plain_outcome {
      if constexpr (requires { behaviour_.terminate_pool(reason, *state_); }) {
        behaviour_.terminate_pool(reason, *state_);
      } else {
        static_assert(
            !requires { &W::terminate_pool; }, "terminate_pool has another signature");
      }
      return outcome::ok{};
    });
  }

  // States that cannot be copied cannot be had again; what is done to them then stays.
  void save_states() override {
    saving_ = true;
    saved_workers_.clear();
    if constexpr (std::copy_constructible<pool_state>) {
      saved_pool_.reset();
      if (state_) {
        saved_pool_.emplace(*state_);
      }
    }
  }
  void restore_worker_states() override {
    for (auto& [worker, state] : saved_workers_) {
      workers.insert_or_assign(worker, std::move(state));
    }
    saved_workers_.clear();
  }
  void restore_pool_state() override {
    if constexpr (std::copy_constructible<pool_state>) {
      if (saved_pool_) {
        state_.emplace(*saved_pool_);
      }
    }
  }

 private:
  static constexpr bool has_enqueue = requires(W & w, const command& wanted, pool_state& pool) {
    w.handle_enqueue(wanted, pool);
  };
  static constexpr bool has_info =
      requires(W & w, const message_of<W>& text, worker_state& worker) {
    w.handle_info(text, worker);
  };
  static constexpr bool has_ping = requires(W & w, worker_state& worker, const pool_state& pool) {
    w.handle_ping(worker, pool);
  };

  // Runs a callback where NimblePool catches: what it throws is `Caught`, or nothing but reported
  // where there is no such outcome.
  template <class Outcome, class Caught = outcome::remove, class Call>
  Outcome guarded(const char* callback, Call call) {
    return run<Outcome>([&]() -> Outcome {
      try {
        return call();
      } catch (const bad_return& broken) {
        return outcome::crash{broken.reason()};
      } catch (...) {
        auto reason = exit_reason_from(std::current_exception());
        host_.callback_threw(callback, reason);
        if constexpr (std::constructible_from<Outcome, Caught>) {
          return Caught{std::move(reason)};
        } else {
          return outcome::ok{};
        }
      }
    });
  }

  // Where NimblePool does not catch.
  template <class Outcome, class Call>
  Outcome unguarded(const char* callback, Call call) {
    return guarded<Outcome, outcome::crash>(callback, std::move(call));
  }

  // A kill cannot stop a callback that runs, but none runs after it, and this one counts no more.
  template <class Outcome, class Call>
  Outcome run(Call call) {
    if (host_.killed()) {
      return outcome::crash{exit_reason::killed()};
    }
    host_.perform_decided();
    Outcome decided = call();
    if (host_.killed()) {
      return outcome::crash{exit_reason::killed()};
    }
    return decided;
  }

  // The part of a return that the core takes as it is.
  template <class Outcome, class Return>
  static Outcome narrowed(const char* callback, Return given) {
    if (given.valueless_by_exception()) {
      throw bad_return(callback);
    }
    return std::visit(
        [&]<class Part>(Part&& part) -> Outcome {
          if constexpr (std::constructible_from<Outcome, Part>) {
            return std::forward<Part>(part);
          } else {
            // The caller has looked for it.
            throw bad_return(callback);
          }
        },
        std::move(given));
  }

  plain_outcome terminate(const exit_reason& reason, worker_state state) {
    return guarded<plain_outcome>("terminate_worker", [&]() -> plain_outcome {
      if constexpr (requires { behaviour_.terminate_worker(reason, std::move(state), *state_); }) {
        behaviour_.terminate_worker(reason, std::move(state), *state_);
      } else {
        static_assert(
            !requires { &W::terminate_worker; }, "terminate_worker has another signature");
      }
      return outcome::ok{};
    });
  }

  void keep(worker_id worker) {
    if constexpr (std::copy_constructible<worker_state>) {
      if (saving_) {
        if (const auto found = workers.find(worker); found != workers.end()) {
          saved_workers_.emplace(worker, found->second);
        }
      }
    }
  }

  behaviour_host<W>& host_;
  W behaviour_;
  argument_of<W> argument_;
  std::optional<pool_state> state_;
  bool saving_ = false;
  std::unordered_map<worker_id, worker_state> saved_workers_;
  std::optional<pool_state> saved_pool_;
};

}  // namespace slipway::detail
