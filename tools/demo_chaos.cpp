// slipway/tools/demo_chaos.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/demo_chaos.hpp>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <variant>

namespace slipway::tools {

void worker_roster::take(const runtime_event& event) {
  std::lock_guard guard(mutex_);
  if (const auto* ready = std::get_if<runtime_events::worker_ready>(&event)) {
    // It has just answered and nobody has reaped it yet, so the number is still its own.
    unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, ready->os_pid, 0)));
    if (pidfd) {
      ready_.insert_or_assign(ready->worker, entry{ready->os_pid, std::move(pidfd)});
    }
  } else if (const auto* exited = std::get_if<runtime_events::worker_exited>(&event)) {
    ready_.erase(exited->worker);
    struck_.erase(exited->worker);
  } else if (const auto* removed = std::get_if<runtime_events::worker_removed>(&event)) {
    ready_.erase(removed->worker);
  }
}

std::optional<victim> worker_roster::strike(int signal, std::mt19937& random) {
  std::lock_guard guard(mutex_);
  constexpr std::size_t least_left = 2;
  if (ready_.size() <= least_left) {
    return std::nullopt;
  }
  std::uniform_int_distribution<std::size_t> any(0, ready_.size() - 1);
  const auto chosen = std::next(ready_.begin(), static_cast<std::ptrdiff_t>(any(random)));
  const auto struck = ready_.extract(chosen);
  const time_point now = time_point::clock::now();
  if (::syscall(SYS_pidfd_send_signal, struck.mapped().pidfd.get(), signal, nullptr, 0) != 0) {
    return std::nullopt;
  }
  struck_.insert(struck.key());
  return victim{struck.key(), struck.mapped().os_pid, now};
}

std::size_t worker_roster::struck() const {
  std::lock_guard guard(mutex_);
  return struck_.size();
}

demo_chaos::demo_chaos(chaos_options options, worker_roster& roster,
                       std::function<void(strike_kind, const victim&)> told)
    : options_(options),
      roster_(roster),
      told_(std::move(told)),
      random_(options.seed),
      thread_([this] { run(); }) {}

void demo_chaos::finish() {
  over_.ask(0);
  if (thread_.joinable()) {
    thread_.join();
  }
}

chaos_counts demo_chaos::counts() const {
  std::lock_guard guard(mutex_);
  return counts_;
}

void demo_chaos::run() {
  const time_point begin = time_point::clock::now();
  time_point kill_due = begin + options_.kill_every;
  time_point freeze_due = begin + options_.freeze_first;
  while (!over_.wait_for(std::min(kill_due, freeze_due) - time_point::clock::now())) {
    if (kill_due <= freeze_due) {
      kill_due += options_.kill_every;
      strike(strike_kind::kill);
    } else {
      freeze_due += options_.freeze_every;
      strike(strike_kind::freeze);
    }
  }
}

void demo_chaos::strike(strike_kind kind) {
  const auto struck = roster_.strike(kind == strike_kind::kill ? SIGKILL : SIGSTOP, random_);
  if (!struck) {
    return;
  }
  {
    std::lock_guard guard(mutex_);
    ++(kind == strike_kind::kill ? counts_.kills : counts_.freezes);
  }
  told_(kind, *struck);
}

}  // namespace slipway::tools
