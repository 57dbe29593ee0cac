// slipway/tests/actors/circuit_breaker_core_property_test.cpp
//
// 100,000 random events and more, put to the breaker and to a naive one that remembers everything
// and counts anew each time: both answer the same. A failure names its seed, and
// SLIPWAY_TEST_SEED=n runs that seed alone.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/circuit_breaker_core.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;

enum class ended : std::uint8_t { not_yet, well, badly, untold };

// The rules as sentences about the list of all calls since the last change or reset.
class naive_breaker {
 public:
  explicit naive_breaker(const circuit_breaker_options& options) : options_(options) {}

  // The number of the call, or nothing when it is refused.
  std::optional<std::size_t> allow(time_point now) {
    if (state == circuit_state::open && now - changed_ >= options_.open_for) {
      change(circuit_state::half_open, now);
    }
    if (state == circuit_state::open ||
        (state == circuit_state::half_open && under_way() == options_.probes.under_way)) {
      return std::nullopt;
    }
    calls_[next_] = {};
    return next_++;
  }

  void end(std::size_t number, ended how, time_point now) {
    const auto found = calls_.find(number);
    if (found == calls_.end()) {
      return;  // from before the last change
    }
    found->second = {.how = how, .at = now, .order = order_++};
    const bool half_open = state == circuit_state::half_open;
    if (how == ended::badly && (half_open || is_too_much(now))) {
      change(circuit_state::open, now);
    } else if (half_open && count(ended::well) >= options_.probes.successes) {
      change(circuit_state::closed, now);
    }
  }

  void reset(time_point now) { change(circuit_state::closed, now); }

  [[nodiscard]] std::size_t under_way() const { return count(ended::not_yet); }

  circuit_state state = circuit_state::closed;

 private:
  struct call {
    ended how = ended::not_yet;
    time_point at{};
    std::size_t order = 0;  // of its end among the ends
  };

  void change(circuit_state to, time_point now) {
    state = to;
    changed_ = now;
    calls_.clear();
  }

  [[nodiscard]] std::size_t count(ended how) const {
    return static_cast<std::size_t>(std::count_if(
        calls_.begin(), calls_.end(), [&](const auto& each) { return each.second.how == how; }));
  }

  // Whether the calls that told something, in the order of their ends, are too many failures.
  [[nodiscard]] bool is_too_much(time_point now) const {
    std::vector<call> told;
    for (const auto& [number, each] : calls_) {
      if (each.how == ended::well || each.how == ended::badly) {
        told.push_back(each);
      }
    }
    std::sort(told.begin(), told.end(),
              [](const call& a, const call& b) { return a.order < b.order; });
    if (const auto* row = std::get_if<failures_in_a_row>(&options_.opens_at)) {
      return told.size() >= row->failures &&
             std::all_of(told.end() - row->failures, told.end(),
                         [](const call& each) { return each.how == ended::badly; });
    }
    const auto& rate = std::get<failure_rate>(options_.opens_at);
    const duration tenth = rate.window / 10;
    std::size_t all = 0;
    std::size_t bad = 0;
    for (const call& each : told) {
      // Since the beginning of its tenth, less than a window has passed until that of this one.
      if ((now.time_since_epoch() / tenth - each.at.time_since_epoch() / tenth) * tenth <
          tenth * 10) {
        ++all;
        bad += each.how == ended::badly ? 1 : 0;
      }
    }
    return all >= rate.least_calls &&
           static_cast<double>(bad) >= rate.share * static_cast<double>(all);
  }

  circuit_breaker_options options_;
  std::map<std::size_t, call> calls_;
  std::size_t next_ = 0;
  std::size_t order_ = 0;
  time_point changed_{};
};

struct totals {
  std::uint64_t events = 0;
  std::map<std::string, std::uint64_t> changes;  // by cause
  std::uint64_t refused = 0;
  std::uint64_t late = 0;  // results from before the last change
};

class random_life {
 public:
  random_life(unsigned seed, totals& totals)
      : random_(seed), totals_(totals), options_(options()), core_(options_), naive_(options_) {}

  void run(int events) {
    for (int event = 0; event < events && !testing::Test::HasFailure(); ++event) {
      now_ += 1ms * (random_() % 8 == 0 ? below(60) : below(4));
      const circuit_state before = core_.state();
      const auto change = random_() % 64 == 0 ? reset() : random_() % 2 == 0 ? ask() : end();
      check(before, change);
      ++totals_.events;
    }
  }

 private:
  struct call {
    circuit_token token;
    std::size_t number;  // the naive breaker's
    std::uint64_t era;   // how often the breaker had changed
  };

  void check(circuit_state before, const std::optional<circuit_change>& change) {
    EXPECT_STREQ(to_string(core_.state()), to_string(naive_.state));
    if (core_.state() == circuit_state::half_open) {
      EXPECT_EQ(core_.probes_under_way(), naive_.under_way());
      EXPECT_LE(core_.probes_under_way(), options_.probes.under_way);
    }
    EXPECT_EQ(change.has_value(), before != core_.state());
    if (change) {
      ++era_;
      ++totals_.changes[to_string(change->cause)];
      EXPECT_EQ(change->from, before);
      EXPECT_EQ(change->to, core_.state());
      EXPECT_EQ(change->at, now_);
    }
  }

  std::optional<circuit_change> reset() {
    naive_.reset(now_);
    return core_.reset(now_);
  }

  std::optional<circuit_change> ask() {
    const auto expected = naive_.allow(now_);
    const circuit_answer answer = core_.allow(now_);
    EXPECT_EQ(answer.allowed(), expected.has_value());
    if (answer.token && expected) {
      calls_.push_back({*answer.token, *expected, era_ + (answer.change ? 1 : 0)});
    } else {
      ++totals_.refused;
    }
    return answer.change;
  }

  std::optional<circuit_change> end() {
    if (calls_.empty()) {
      return std::nullopt;
    }
    // Mostly one of the latest; those that are left are very late.
    const std::size_t from = calls_.size() > 4 && random_() % 8 != 0 ? calls_.size() - 4 : 0;
    const std::size_t which = from + random_() % (calls_.size() - from);
    const call one = calls_[which];
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(which));
    totals_.late += one.era != era_ ? 1 : 0;
    const std::uint32_t dice = static_cast<std::uint32_t>(random_() % 16);
    if (dice == 0) {
      naive_.end(one.number, ended::untold, now_);
      core_.abandoned(one.token);
      return std::nullopt;
    }
    if (dice <= failures_of_15_) {
      naive_.end(one.number, ended::badly, now_);
      return core_.failed(one.token, now_);
    }
    naive_.end(one.number, ended::well, now_);
    return core_.succeeded(one.token, now_);
  }

  circuit_breaker_options options() {
    circuit_breaker_options made;
    if (random_() % 2 == 0) {
      made.opens_at = failures_in_a_row{1 + below(5)};
    } else {
      // Shares whose products with small counts are exact, for the naive rule.
      made.opens_at = failure_rate{.share = (1 + below(8)) / 8.0,
                                   .window = 10ms * (1 + below(20)),
                                   .least_calls = 1 + below(8)};
    }
    made.open_for = 1ms * (1 + below(100));
    made.probes = {.under_way = 1 + below(4), .successes = 1 + below(5)};
    return made;
  }

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  std::mt19937 random_;
  totals& totals_;
  circuit_breaker_options options_;
  circuit_breaker_core core_;
  naive_breaker naive_;
  std::vector<call> calls_;
  std::uint64_t era_ = 0;
  time_point now_ = time_point{} + 1h;
  std::uint32_t failures_of_15_ = 1 + below(12);
};

TEST(circuit_breaker_core_properties, a_naive_breaker_answers_the_same_to_200000_random_events) {
  const char* only = std::getenv("SLIPWAY_TEST_SEED");  // NOLINT(concurrency-mt-unsafe): one thread
  const unsigned first = only == nullptr ? 1U : static_cast<unsigned>(std::atoi(only));
  const unsigned count = only == nullptr ? 400 : 1;
  totals totals;
  for (unsigned seed = first; seed < first + count && !HasFailure(); ++seed) {
    SCOPED_TRACE("SLIPWAY_TEST_SEED=" + std::to_string(seed));
    random_life(seed, totals).run(500);
  }
  if (only == nullptr && !HasFailure()) {
    EXPECT_EQ(totals.events, 200'000U);
    EXPECT_EQ(totals.changes.size(), 6U) << "else a change was never seen";
    for (const auto& [cause, times] : totals.changes) {
      EXPECT_GT(times, 100U) << cause;
    }
    EXPECT_GT(totals.refused, 1000U);
    EXPECT_GT(totals.late, 1000U);
  }
  for (const auto& [cause, times] : totals.changes) {
    RecordProperty(cause, std::to_string(times));
  }
}

}  // namespace
}  // namespace slipway
