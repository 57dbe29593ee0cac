// slipway/actors/pacing.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pacing.hpp>

#include <mutex>
#include <random>
#include <thread>

namespace slipway {
namespace {

class thread_pacing final : public pacing {
 public:
  [[nodiscard]] time_point now() const noexcept override { return clock_.now(); }

  void wait_until(time_point when) override { std::this_thread::sleep_until(when); }

  double chance() override {
    std::lock_guard guard(mutex_);
    return std::uniform_real_distribution<double>(0, 1)(source_);
  }

 private:
  steady_clock clock_;
  std::mutex mutex_;
  std::mt19937_64 source_{std::random_device{}()};
};

}  // namespace

std::shared_ptr<pacing> make_thread_pacing() {
  return std::make_shared<thread_pacing>();
}

}  // namespace slipway
