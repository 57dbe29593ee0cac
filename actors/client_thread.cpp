// slipway/actors/client_thread.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/client_thread.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace slipway {
namespace {

// What one thread has to tell at its end.
class farewell {
 public:
  farewell() = default;
  farewell(const farewell&) = delete;
  farewell& operator=(const farewell&) = delete;
  farewell(farewell&&) = delete;
  farewell& operator=(farewell&&) = delete;

  ~farewell() {
    for (const auto& each : std::exchange(told_, {})) {
      if (const auto what = each.lock(); what && what->bound()) {
        what->thread_ended();
      }
    }
  }

  void add(const std::shared_ptr<thread_bound>& what) {
    // Leases nest, so what is over is at the end; the sweep is for those that do not.
    while (!told_.empty() && is_over(told_.back())) {
      told_.pop_back();
    }
    if (told_.size() >= sweep_at_) {
      told_.erase(std::remove_if(told_.begin(), told_.end(), is_over), told_.end());
      sweep_at_ = std::max(first_sweep, 2 * told_.size());
    }
    told_.push_back(what);
  }

 private:
  static bool is_over(const std::weak_ptr<thread_bound>& each) {
    const auto what = each.lock();
    return !what || !what->bound();
  }

  static constexpr std::size_t first_sweep = 32;
  std::vector<std::weak_ptr<thread_bound>> told_;
  std::size_t sweep_at_ = first_sweep;
};

}  // namespace

void tell_at_end_of_thread(const std::shared_ptr<thread_bound>& what) {
  // The one thread-local of the project: the language has no other hook at the end of a thread.
  thread_local farewell mine;
  mine.add(what);
}

}  // namespace slipway
