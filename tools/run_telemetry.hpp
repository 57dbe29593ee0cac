// slipway/tools/run_telemetry.hpp
//
// What `slipway run` tells of itself to other programs: metrics and a trace.
// Belongs here: starting what the command line asks for. Does not: what is told (actors).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/metrics_server.hpp>
#include <slipway/actors/telemetry.hpp>
#include <slipway/actors/trace_file.hpp>
#include <slipway/tools/running_tree.hpp>
#include <slipway/tools/settings.hpp>

#include <memory>
#include <optional>
#include <string>

namespace slipway::tools {

/// To be started before the tree, and to live longer.
class run_telemetry {
 public:
  /// Errors  a sentence: the port is taken, the file cannot be written.
  [[nodiscard]] static result<std::unique_ptr<run_telemetry>, std::string> start(
      const run_settings& wanted);

  /// Null when nothing is asked for.
  [[nodiscard]] const std::shared_ptr<telemetry>& target() const { return target_; }
  /// The metrics have the loads of the tree's pools from now on.
  void add_pools(const running_tree& tree);
  [[nodiscard]] std::optional<std::string> url() const;
  /// Writes the rest of the trace. Why that or anything before failed.
  [[nodiscard]] std::optional<std::string> trace_failed();

 private:
  std::shared_ptr<telemetry> target_;
  std::optional<metrics> numbers_;
  std::unique_ptr<metrics_server> server_;
  std::unique_ptr<trace_file> trace_;
};

}  // namespace slipway::tools
