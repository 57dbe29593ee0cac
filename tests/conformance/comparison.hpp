// tests/conformance/comparison.hpp
//
// Whether what was seen is what was recorded, but for the order that the original does not promise.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scenario.hpp"

#include <set>
#include <string>

namespace slipway::conformance {

/// Orders events and names of children that are stopped side by side as the recordings do.
class side_by_side {
 public:
  explicit side_by_side(const scenario& recorded);

  /// Sorts, within what was seen in one step, each run of consecutive ends of such children.
  void sort(const json& step, json& seen) const;

 private:
  void note(const json& options);
  [[nodiscard]] bool is_end(const json& event) const;

  bool all_ = false;
  std::set<std::string> ids_;
};

/// Whether the name of a child `id#n` comes first: by id, then by number.
[[nodiscard]] bool name_before(const std::string& left, const std::string& right);

}  // namespace slipway::conformance
