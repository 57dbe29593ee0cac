// tests/conformance/pool_script.hpp
//
// The recordings' words for pools, and what a scripted worker behaviour does at each of its calls.
// Belongs here: terms, outcomes, the names of workers, asynchronous starts that are under way.
// Does not: the behaviour as a type (scripted_worker), steps (pool_run), time (pool_time).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scenario.hpp"
#include <slipway/actors/pool_core.hpp>
#include <slipway/actors/worker_behaviour.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace slipway::conformance {

/// The reason of a pool's end, or that terminate_worker gets, as recorded.
[[nodiscard]] json pool_term(const exit_reason& reason);
/// A reason that a recording names.
[[nodiscard]] exit_reason pool_reason(const json& term);

[[nodiscard]] pool_core_options read_pool_options(const json& options);

/// What the callbacks of a pool do to the world.
class pool_stage {
 public:
  pool_stage() = default;
  pool_stage(const pool_stage&) = delete;
  pool_stage& operator=(const pool_stage&) = delete;
  pool_stage(pool_stage&&) = delete;
  pool_stage& operator=(pool_stage&&) = delete;
  virtual ~pool_stage() = default;

  virtual void tell(const std::string& observer, json event) = 0;
  /// Holds the pool, in which it is called.
  virtual void sleep(std::chrono::milliseconds time) = 0;
};

/// Deals out the outcomes of callbacks. Thread: within the pool, or while it is held.
class pool_script {
 public:
  using link = worker_link<std::string, json>;

  pool_script(const scenario& recorded, pool_stage& stage);

  [[nodiscard]] bool implements(const std::string& callback) const;

  /// A callback is called: `event` is seen, its time passes, its outcome is returned. One that ends
  /// by an exception throws.
  json call(const std::string& callback, json event);

  /// The worker whose init_worker is about to be called.
  std::string next_worker();

  // An asynchronous start, by the name of its worker; what is not under way is ignored.
  void begin_start(const std::string& worker, link to);
  void abort_start(const std::string& worker);
  void finish_start(const std::string& worker, const std::string& state);
  void crash_start(const std::string& worker);

 private:
  json next_outcome(const std::string& callback);

  json script_;
  pool_stage& stage_;
  std::set<std::string> callbacks_;
  std::map<std::string, std::size_t> calls_;
  std::size_t workers_ = 0;
  std::map<std::string, link> starts_;
};

}  // namespace slipway::conformance
