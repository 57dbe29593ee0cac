// slipway/tools/running_tree.hpp
//
// The tree of a configuration, started and watched.
// Belongs here: starting it, waiting for its first workers, finding its pools, telling why it gave
// up.
// Does not: reading configurations, requests.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/system.hpp>
#include <slipway/actors/telemetry.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/tools/run_config.hpp>
#include <slipway/tools/stop_request.hpp>
#include <slipway/tools/tree_watch.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::tools {

/// Thread: any, but starting and stopping on one.
class running_tree {
 public:
  /// @param log_file  gets every event and every line of the workers' stderr; empty: nobody does.
  /// @param listener  gets every event as well; as brief as an event_handler must be.
  /// @param telemetry_target  gets the telemetry of the tree; null: nobody does.
  /// Errors  a sentence.
  [[nodiscard]] static result<std::unique_ptr<running_tree>, std::string> start(
      const run_config& config, const std::string& log_file, event_handler listener = {},
      std::shared_ptr<telemetry> telemetry_target = nullptr);

  running_tree(const running_tree&) = delete;
  running_tree& operator=(const running_tree&) = delete;
  running_tree(running_tree&&) = delete;
  running_tree& operator=(running_tree&&) = delete;
  ~running_tree() { stop(); }

  /// Waits until `workers` of each pool that is not lazy have been ready, or all of a smaller pool.
  /// Returns early when a pool fails to start or `stop` is asked for.
  void wait_ready(std::size_t workers, const stop_request& stop) const;

  /// @param pool  a name of the configuration.
  [[nodiscard]] const client& pool(const std::string& name) const { return clients_.at(name); }
  [[nodiscard]] std::vector<std::string> pool_names() const;
  [[nodiscard]] std::size_t worker_count() const;

  /// Set once there will be no more answers: a pool failed to start, or the supervisor gave up.
  [[nodiscard]] std::optional<pool_end> given_up() const;

  [[nodiscard]] tree_watch& watch() { return watch_; }
  [[nodiscard]] tree_node picture() const { return system_->tree(); }

  /// Ends all pools; calls under way end with pool_stopped. A second call does nothing.
  void stop();

 private:
  running_tree() = default;

  // The system's threads report to the watch, so it lives longer.
  tree_watch watch_;
  std::vector<python_pool_options> pools_;
  std::map<std::string, client> clients_;
  std::unique_ptr<system> system_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace slipway::tools
