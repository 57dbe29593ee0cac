// tests/conformance/subjects.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "live_pool.hpp"
#include "live_tree.hpp"
#include "simulated_pool.hpp"
#include "simulated_tree.hpp"
#include "subject.hpp"

namespace slipway::conformance {

const std::map<std::string, subject_drivers>& subjects() {
  static const std::map<std::string, subject_drivers> all{
      {"supervisor", {drive_simulated_tree, drive_live_tree}},
      {"dynamic_supervisor", {drive_simulated_tree, drive_live_tree}},
      {"pool", {drive_simulated_pool, drive_live_pool}},
  };
  return all;
}

}  // namespace slipway::conformance
