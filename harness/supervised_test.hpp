// slipway/harness/supervised_test.hpp
//
// A GoogleTest fixture with a supervised system of its own that must leave nothing behind.
//
//     class licences : public slipway::harness::supervised_test {};
//
//     TEST_F(licences, are_counted_again_when_a_worker_dies) {
//       break_by({{{.when = fault_when::nth_request{1}, .what = fault_what::kill{}}}});
//       const client calls = start_ready({.name = "licences", .size = 2, .module = "licences"});
//       …
//     }
//
// Belongs here: the tie to GoogleTest. Does not: all else (isolated_system). Link
// slipway::harness_gtest.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/isolated_system.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace slipway::harness {

class supervised_test : public testing::Test {
 public:
  supervised_test() = default;
  supervised_test(const supervised_test&) = delete;
  supervised_test& operator=(const supervised_test&) = delete;
  supervised_test(supervised_test&&) = delete;
  supervised_test& operator=(supervised_test&&) = delete;
  ~supervised_test() override = default;

 protected:
  /// How the system is to be; before anything else of it is used. A derived fixture may say it in
  /// its SetUp.
  void isolate(isolation_options options) {
    if (isolated_) {
      ADD_FAILURE() << "the system runs already, and is as it was first asked for";
      return;
    }
    isolated_ = std::make_unique<isolated_system>(std::move(options));
  }
  /// What shall go wrong; before anything else of the system is used.
  void break_by(fault_plan plan, std::uint64_t seed = 1) {
    isolate({.faults = std::move(plan), .seed = seed});
  }

  [[nodiscard]] isolated_system& isolated() {
    if (!isolated_) {
      isolated_ = std::make_unique<isolated_system>();
    }
    return *isolated_;
  }
  [[nodiscard]] slipway::system& system() { return isolated().system(); }
  [[nodiscard]] client start_ready(python_pool_options options,
                                   std::optional<std::size_t> ready = std::nullopt) {
    return isolated().start_ready(std::move(options), ready);
  }

  /// Ends the system; each thing that is left fails the test by name. An override calls it last.
  void TearDown() override {
    if (const auto isolated = std::exchange(isolated_, nullptr)) {
      for (const std::string& left : isolated->end()) {
        ADD_FAILURE() << "left behind: " << left;
      }
    }
  }

 private:
  std::unique_ptr<isolated_system> isolated_;
};

}  // namespace slipway::harness
