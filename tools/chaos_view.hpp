// slipway/tools/chaos_view.hpp
//
// What one sees while a tree runs under faults: its events and the faults as lines, and on a terminal
// below them a line with workers and calls.
// Belongs here: when what is shown. Does not: drawing (console), words for events (event_line).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/chaos_record.hpp>
#include <slipway/tools/console.hpp>
#include <slipway/tools/event_teller.hpp>
#include <slipway/tools/progress_line.hpp>
#include <slipway/tools/running_tree.hpp>

#include <cstddef>
#include <string>

namespace slipway::tools {

/// "echo ●●○◌": a sign for each worker: busy, idle, starting.
[[nodiscard]] std::string workers_text(const std::string& pool, const pool_load& load,
                                       const terminal_style& style);

/// "⚡ stop for 300 ms of echo/20 (rule)".
[[nodiscard]] std::string fault_text(const fault_mark& fault, const terminal_style& style);

/// Thread: one at a time.
class chaos_view {
 public:
  /// @param length  of the load.
  chaos_view(console& screen, running_tree& tree, const chaos_record& record, time_point start,
             duration length)
      : screen_(screen),
        tree_(tree),
        record_(record),
        start_(start),
        length_(length),
        teller_(screen, tree.watch(), start) {}

  /// What came since the last time, and the state now.
  void show();

 private:
  [[nodiscard]] std::string state_text(std::size_t width) const;

  console& screen_;
  running_tree& tree_;
  const chaos_record& record_;
  const time_point start_;
  const duration length_;
  event_teller teller_;
  log_pace pace_;
  std::size_t faults_told_ = 0;
};

}  // namespace slipway::tools
