// slipway/harness/resource_census.hpp
//
// Counts what this process holds of the system, so that a test can prove that nothing was left
// behind.
// Belongs here: child processes (zombies included), file descriptors, threads.
// Does not: memory, which the sanitizers watch.
// Source: proc(5): task/*/children, fd, task.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace slipway::harness {

/// What is there at one moment.
class resource_census {
 public:
  [[nodiscard]] static resource_census take();

  /// What is here and was not in `before`: one sentence each, empty when nothing was left.
  [[nodiscard]] std::vector<std::string> leftovers_since(const resource_census& before) const;

  [[nodiscard]] const std::map<int, std::string>& children() const { return children_; }

 private:
  std::map<int, std::string> children_;     // pid to command and state
  std::map<int, std::string> descriptors_;  // number to what it leads to
  std::set<int> threads_;
};

/// Takes the census again and again until nothing is left over or the deadline has come, since a
/// thread that was joined and a process that was reaped take a moment to leave /proc.
[[nodiscard]] std::vector<std::string> leftovers_since(const resource_census& before,
                                                       time_point deadline);

}  // namespace slipway::harness
