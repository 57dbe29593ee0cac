// tests/conformance/simulated_pool.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "simulated_pool.hpp"

#include "pool_run.hpp"
#include <slipway/harness/virtual_clock.hpp>

#include <utility>

namespace slipway::conformance {

namespace {

/// All that comes due does so within `pass`, on the thread of the steps.
class simulated_time final : public pool_time {
 public:
  [[nodiscard]] time_point now() const noexcept override { return clock_.now(); }
  void run_after(duration delay, std::function<void()> task) override {
    clock_.run_after(delay, std::move(task));
  }
  void pass(std::chrono::milliseconds time) override { clock_.advance(time); }
  void await_due() override {}
  void stop() override {}
  [[nodiscard]] bool disturbed() const override { return false; }

 private:
  harness::virtual_clock clock_;
};

}  // namespace

std::unique_ptr<scenario_run> drive_simulated_pool(const scenario& script) {
  return drive_pool(script, std::make_unique<simulated_time>());
}

}  // namespace slipway::conformance
