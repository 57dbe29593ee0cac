// slipway/tools/demo_chaos.hpp
//
// Kills and freezes workers while they work.
// Belongs here: knowing the live workers, striking one.
// Does not: what the tree does about it. Invariant: a signal reaches the process that it was meant
// for or none: processes are held by pidfd, so a number that the system has given to another
// process is never used.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/runtime_event.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/actors/unique_fd.hpp>
#include <slipway/tools/stop_request.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>

namespace slipway::tools {

struct victim {
  std::string worker;
  int os_pid = 0;
  time_point at{};  ///< just before the signal was sent
};

/// The workers that are ready. Thread: any.
class worker_roster {
 public:
  /// For the tree's events. Brief.
  void take(const runtime_event& event);

  /// Sends `signal` to a worker chosen by `random` among those that have not been struck yet. The
  /// last two of them are spared: on a machine so busy that replacements come later than kills,
  /// calls would else wait for a worker until their time is up.
  [[nodiscard]] std::optional<victim> strike(int signal, std::mt19937& random);

  /// Those that were struck and that their pool has not given up yet. A frozen worker that nobody
  /// calls is one of them: only a call finds out.
  [[nodiscard]] std::size_t struck() const;

 private:
  struct entry {
    int os_pid = 0;
    unique_fd pidfd;
  };

  mutable std::mutex mutex_;
  std::map<std::string, entry> ready_;
  std::set<std::string> struck_;
};

struct chaos_options {
  duration kill_every = std::chrono::milliseconds(300);
  duration freeze_first = std::chrono::milliseconds(450);
  duration freeze_every = std::chrono::milliseconds(2000);
  std::uint32_t seed = 1;
};

enum class strike_kind : std::uint8_t { kill, freeze };

/// What was done so far.
struct chaos_counts {
  std::uint64_t kills = 0;    ///< by SIGKILL
  std::uint64_t freezes = 0;  ///< by SIGSTOP: the process is there and answers nobody
};

/// Strikes on a thread of its own from construction until `finish`.
class demo_chaos {
 public:
  /// @param told  is called after each strike on that thread.
  demo_chaos(chaos_options options, worker_roster& roster,
             std::function<void(strike_kind, const victim&)> told);
  demo_chaos(const demo_chaos&) = delete;
  demo_chaos& operator=(const demo_chaos&) = delete;
  demo_chaos(demo_chaos&&) = delete;
  demo_chaos& operator=(demo_chaos&&) = delete;
  ~demo_chaos() { finish(); }

  /// Ends it. A second call does nothing.
  void finish();

  [[nodiscard]] chaos_counts counts() const;

 private:
  void run();
  void strike(strike_kind kind);

  const chaos_options options_;
  worker_roster& roster_;
  const std::function<void(strike_kind, const victim&)> told_;
  std::mt19937 random_;
  stop_request over_;
  mutable std::mutex mutex_;
  chaos_counts counts_;
  std::thread thread_;
};

}  // namespace slipway::tools
