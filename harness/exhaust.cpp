// slipway/harness/exhaust.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/exhaust.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace slipway::harness {
namespace {

using footprint = std::vector<std::uint64_t>;  // empty: everything
/// Steps that would only repeat an order that has been visited, and what they touch.
using sleep_set = std::map<std::uint64_t, footprint>;

bool independent(const footprint& one, const footprint& other) {
  return !one.empty() && !other.empty() &&
         std::none_of(one.begin(), one.end(), [&](std::uint64_t each) {
           return std::find(other.begin(), other.end(), each) != other.end();
         });
}

/// Depth first: the choices made so far, and what each of them has left to try.
class tree_walk final : public choice_source {
 public:
  explicit tree_walk(const exhaustion& how) : depth_(how.depth), spares_(how.spares) {}

  [[nodiscard]] std::size_t choose(const choice_point& from) override {
    const std::size_t at = at_++;
    if (at >= depth_) {
      return first_awake(from);
    }
    if (at == path_.size()) {
      path_.push_back({{from.keys.begin(), from.keys.end()}, sleeping_, 0, {}});
      path_.back().chosen = first_awake(from);
      return path_.back().chosen;
    }
    sleeping_ = path_[at].asleep;
    return path_[at].chosen;
  }

  [[nodiscard]] bool wants_keys() const override { return true; }
  [[nodiscard]] bool ends_run() const override { return spared_; }

  void stepped(std::uint64_t key, std::span<const std::uint64_t> touched) override {
    const footprint seen = spares_ ? footprint(touched.begin(), touched.end()) : footprint{};
    if (at_ != 0 && at_ <= path_.size() && path_[at_ - 1].keys[path_[at_ - 1].chosen] == key) {
      path_[at_ - 1].touched = seen;
    }
    std::erase_if(sleeping_, [&](const auto& each) { return !independent(each.second, seen); });
  }

  /// Turns to the next order. False: there is none.
  bool next() {
    while (!path_.empty()) {
      choice& last = path_.back();
      // What has been visited with it first need not be visited with it later.
      last.asleep.insert_or_assign(last.keys[last.chosen], last.touched);
      const auto awake = std::find_if(last.keys.begin(), last.keys.end(), [&](std::uint64_t each) {
        return !last.asleep.contains(each);
      });
      if (awake != last.keys.end()) {
        last.chosen = static_cast<std::size_t>(awake - last.keys.begin());
        break;
      }
      path_.pop_back();
    }
    at_ = 0;
    spared_ = false;
    sleeping_.clear();
    return !path_.empty();
  }

 private:
  struct choice {
    std::vector<std::uint64_t> keys;
    sleep_set asleep;
    std::size_t chosen;
    footprint touched;
  };

  std::size_t first_awake(const choice_point& from) {
    for (std::size_t i = 0; i != from.keys.size(); ++i) {
      if (!sleeping_.contains(from.keys[i])) {
        return i;
      }
    }
    spared_ = true;
    return 0;
  }

  std::size_t depth_;
  bool spares_;
  std::size_t at_ = 0;
  std::vector<choice> path_;
  sleep_set sleeping_;
  bool spared_ = false;
};

}  // namespace

exhaustion_report exhaust(const scenario& what, std::span<const invariant> rules,
                          const exhaustion& how) {
  exhaustion_report report;
  tree_walk walk(how);
  for (std::size_t runs = 0; runs != how.most_runs; ++runs) {
    run_result run = run_once(what, {.seed = how.seed, .plan = how.plan}, rules, walk,
                              {.time_races = how.time_races});
    ++(walk.ends_run() ? report.spared : report.orders);
    if (run.broken) {
      report.failure = std::move(run);
      return report;
    }
    if (!walk.next()) {
      report.complete = true;
      return report;
    }
  }
  return report;
}

}  // namespace slipway::harness
