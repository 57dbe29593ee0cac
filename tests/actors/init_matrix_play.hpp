// slipway/tests/actors/init_matrix_play.hpp
//
// Plays one cell of the init matrix with a pool, and reports what was seen. The same for simulated
// and for real workers; time is virtual in both.
// Belongs here: bringing a pool into the state of a cell, the event, reading the outcome.
// Does not: what a worker is and how it gets on (`crew`), what is expected (init_matrix.hpp).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "init_matrix.hpp"
#include <slipway/actors/pool.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::init_matrix {

/// What a behaviour of the matrix is told, and its workers' links. All copies share it.
template <class Link>
struct notes {
  std::map<worker_id, Link> links;
  std::vector<worker_id> aborted;
  std::vector<cancel_context> cancelled;
  std::size_t informed = 0;          ///< calls of handle_info
  std::vector<exit_reason> ended{};  ///< calls of terminate_worker
};

/// Those who make workers get on.
class crew {
 public:
  crew() = default;
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;
  crew(crew&&) = delete;
  crew& operator=(crew&&) = delete;
  virtual ~crew() = default;

  /// Until the pool sees it so.
  virtual void bring_to_handshaking(worker_id worker) = 0;
  virtual void bring_to_ready(worker_id worker) = 0;
  /// The process of the worker ends, in whichever state it is, and the pool hears of it.
  virtual void end_process(worker_id worker) = 0;
  /// The worker that the event met gets on with its start, if that goes on. If it does not, its
  /// process ends, and its late answer is given.
  virtual void finish(worker_id worker) = 0;
};

/// One pool and its clients in one cell.
template <worker_behaviour W>
class play {
 public:
  using notes_type = notes<typename pool<W>::link>;

  play(const cell& at, std::shared_ptr<harness::virtual_clock> time,
       std::shared_ptr<notes_type> seen)
      : at_(at), time_(std::move(time)), seen_(std::move(seen)) {}

  void start(W behaviour, argument_of<W> argument) {
    pool_options options;
    options.name = "matrix";
    options.core = {.pool_size = has_other() ? 2U : 1U,
                    .lazy = at_.mode == start_mode::lazy,
                    // The second worker starts when the first is ready.
                    .init_concurrency = 1,
                    .cancelled_init = at_.policy};
    auto started = pool<W>::start(options, std::move(behaviour), std::move(argument), time_, time_,
                                  [this](const exit_reason& why) {
                                    exits_.push_back(why);
                                    aborted_before_exit_ = seen_->aborted.size();
                                  });
    ASSERT_TRUE(started) << started.error().message;
    pool_ = std::move(*started);
  }

  /// The worker under fire.
  [[nodiscard]] worker_id victim() const { return worker_id{has_other() ? 2U : 1U}; }
  [[nodiscard]] pool<W>& subject() { return *pool_; }

  /// Plays the cell from its beginning to its end.
  [[nodiscard]] outcome run(crew& workers, client_before before) {
    set_up(workers, before);
    fire(workers);
    const client_after at_once = look_at_client();
    workers.finish(victim());
    const successors others = let_others_start(workers);
    return {settled(at_once), fate(others), cancel_calls(), seen_->informed != 0, pool_fate()};
  }

  /// Plays until just before the event.
  void set_up(crew& workers, client_before before) {
    if (has_other()) {
      other_ = ask();
      workers.bring_to_ready(worker_id{1});
      ASSERT_TRUE(*other_.given && **other_.given) << "the other worker is checked out";
    }
    client_ = ask();
    if (at_.state == init_state::handshaking) {
      workers.bring_to_handshaking(victim());
    } else if (at_.state == init_state::ready) {
      workers.bring_to_ready(victim());
    }
    ASSERT_EQ(client_.ticket->holds(), before != client_before::waits);
    if (before == client_before::done) {
      client_.given->reset();
    }
    ASSERT_EQ(status_of(victim()), status_before(before));
  }

  /// Gives back what is held, so that the pool can end.
  void clean_up() {
    client_.given->reset();
    other_.given->reset();
    if (pool_) {
      pool_->stop(exit_reason::shutdown());
    }
    pool_.reset();
  }

  /// Each reason with which the pool told its end.
  [[nodiscard]] const std::vector<exit_reason>& exits() const { return exits_; }
  /// How many starts had been aborted by then.
  [[nodiscard]] std::size_t aborted_before_exit() const { return aborted_before_exit_; }

  [[nodiscard]] std::optional<worker_status> status_of(worker_id worker) {
    const auto workers = pool_->status().workers;
    const auto found = std::find_if(workers.begin(), workers.end(),
                                    [&](const worker_info& each) { return each.id == worker; });
    return found == workers.end() ? std::nullopt : std::optional(found->status);
  }

  static exit_reason owner_crash() { return exit_reason::error("owner_crash", "for the test"); }

 private:
  using answer = typename pool<W>::checkout_result;

  // A checkout whose answer, once there, is in `given`.
  struct checkout {
    std::shared_ptr<typename pool<W>::ticket> ticket;
    std::shared_ptr<std::optional<answer>> given = std::make_shared<std::optional<answer>>();
  };

  static constexpr duration patience = std::chrono::minutes(1);

  [[nodiscard]] bool has_other() const { return at_.arriving == event::other_checkin; }

  checkout ask() {
    checkout asked;
    asked.ticket = pool_->async_checkout(
        {}, patience, [given = asked.given](answer got) { given->emplace(std::move(got)); });
    return asked;
  }

  [[nodiscard]] worker_status status_before(client_before before) const {
    if (at_.state != init_state::ready) {
      return at_.state == init_state::starting ? worker_status::starting
                                               : worker_status::handshaking;
    }
    return before == client_before::holds ? worker_status::checked_out : worker_status::idle;
  }

  void fire(crew& workers) {
    switch (at_.arriving) {
      case event::cancel:
        return give_up();
      case event::client_down:
        return pool_->client_down(client_.ticket, exit_reason::killed());
      case event::process_down:
        return workers.end_process(victim());
      case event::owner_down:
        return pool_->stop(owner_crash());
      case event::supervisor_shutdown:
        return pool_->stop(exit_reason::shutdown());
      case event::handle_info:
        pool_->send_info({});
        return seen_->links.at(victim()).info();
      case event::other_checkin:
        return other_.given->reset();
    }
  }

  void give_up() {
    if (client_.ticket->holds()) {
      (**client_.given)->cancel(exit_reason::error("client", "cannot go on"));
    } else {
      time_->advance(patience);
    }
  }

  // Workers that follow the one under fire.
  struct successors {
    std::size_t at_once = 0;
    std::size_t later = 0;
  };

  successors let_others_start(crew& workers) {
    successors counted;
    counted.at_once = count_successors();
    // More than the delay of a retry, less than the patience of a client.
    time_->advance(std::chrono::seconds(1));
    counted.later = count_successors() - counted.at_once;
    for (const auto& each : pool_->status().workers) {
      if (each.id > victim()) {
        workers.bring_to_ready(each.id);
      }
    }
    return counted;
  }

  [[nodiscard]] std::size_t count_successors() {
    const auto workers = pool_->status().workers;
    return static_cast<std::size_t>(
        std::count_if(workers.begin(), workers.end(),
                      [this](const worker_info& each) { return each.id > victim(); }));
  }

  client_after look_at_client() {
    const std::optional<answer>& given = *client_.given;
    if (client_.ticket->waiting()) {
      return client_after::still_waits;
    }
    if (client_.ticket->holds()) {
      return pool_->ended() ? client_after::keeps_lease : client_after::served_at_once;
    }
    if (given && !*given) {
      return refused(given->error().code);
    }
    return given || at_.arriving == event::client_down ? client_after::gone : client_after::done;
  }

  static client_after refused(checkout_errc code) {
    switch (code) {
      case checkout_errc::timeout:
        return client_after::timed_out;
      case checkout_errc::pool_stopped:
        return client_after::pool_stopped;
      case checkout_errc::pool_exited:
        return client_after::pool_exited;
      default:
        return client_after::still_waits;
    }
  }

  client_after settled(client_after at_once) {
    return at_once == client_after::still_waits && client_.ticket->holds()
               ? client_after::served_later
               : at_once;
  }

  worker_after fate(const successors& others) {
    const pool_status status = pool_->status();
    const auto now = status_of(victim());
    if (now) {
      return others.at_once + others.later == 0 ? fate_of_the_living(*now) : worker_after::odd;
    }
    const bool aborted = std::count(seen_->aborted.begin(), seen_->aborted.end(), victim()) == 1;
    const bool failed = status.counters.init_failures == 1;
    const bool ended = ended_but_for_late_ones() == 1;
    if (int{aborted} + int{failed} + int{ended} != 1 || others.at_once + others.later > 1) {
      return worker_after::odd;
    }
    if (failed) {
      return others.later == 1 ? worker_after::retried : worker_after::odd;
    }
    if (ended && others.at_once == 1) {
      return worker_after::replaced;
    }
    if (others.at_once + others.later != 0) {
      return worker_after::odd;
    }
    if (aborted) {
      // Counted when its pool lives on.
      return (status.counters.init_cancelled == 1) != status.ended.has_value()
                 ? worker_after::aborted
                 : worker_after::odd;
    }
    return status.ended ? worker_after::terminated : worker_after::removed;
  }

  [[nodiscard]] worker_after fate_of_the_living(worker_status now) const {
    if (!seen_->aborted.empty() || !seen_->ended.empty()) {
      return worker_after::odd;
    }
    if (now == worker_status::idle) {
      return at_.state == init_state::ready ? worker_after::stays_idle : worker_after::joins_idle;
    }
    return now == worker_status::checked_out ? worker_after::serves : worker_after::odd;
  }

  // A worker that was ready too late is terminated, but has never been in the pool.
  [[nodiscard]] std::size_t ended_but_for_late_ones() const {
    return static_cast<std::size_t>(
        std::count_if(seen_->ended.begin(), seen_->ended.end(), [](const exit_reason& reason) {
          return reason != exit_reason::shutdown("init_cancelled");
        }));
  }

  [[nodiscard]] told_cancelled cancel_calls() const {
    if (seen_->cancelled.empty()) {
      return told_cancelled::no;
    }
    if (seen_->cancelled.size() > 1) {
      return told_cancelled::repeatedly;
    }
    return seen_->cancelled.front() == cancel_context::queued ? told_cancelled::queued
                                                              : told_cancelled::checked_out;
  }

  pool_after pool_fate() {
    if (!pool_->ended()) {
      return pool_after::runs;
    }
    const exit_reason expected =
        at_.arriving == event::owner_down ? owner_crash() : exit_reason::shutdown();
    EXPECT_EQ(exits_, std::vector{expected}) << "told once, with the reason of the event";
    EXPECT_EQ(aborted_before_exit_, seen_->aborted.size()) << "told after the last callback";
    return pool_->ended_with()->is_abnormal() ? pool_after::exited : pool_after::stopped;
  }

  const cell at_;
  const std::shared_ptr<harness::virtual_clock> time_;
  const std::shared_ptr<notes_type> seen_;
  std::shared_ptr<pool<W>> pool_;
  checkout client_;
  checkout other_;
  std::vector<exit_reason> exits_;
  std::size_t aborted_before_exit_ = 0;
};

}  // namespace slipway::init_matrix
