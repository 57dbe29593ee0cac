// slipway/harness/draw_fault_plan.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/draw_fault_plan.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/internal/draw_rules.hpp>

#include <chrono>
#include <cstddef>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

fault draw_fault(random_source& random) {
  switch (random.below(19)) {
    case 0:
      return fault_what::kill{};
    case 1:
      return fault_what::stop{.lasts = 200ms * (1 + random.below(30))};
    case 2:
      return fault_what::exit{.code = static_cast<int>(random.below(4))};
    case 3:
      return fault_what::slow_start{.by = 500ms * (1 + random.below(10))};
    case 4:
      return fault_what::silent_start{};
    case 5:
      return fault_what::hang{};
    case 6:
      return fault_what::slow_reply{.by = 100ms * (1 + random.below(40))};
    case 7:
      return fault_what::half_frame{};
    case 8:
      return fault_what::garbage_frame{};
    case 9:
      return fault_what::overlong_length{};
    case 10:
      return fault_what::wrong_id{};
    case 11:
      return fault_what::duplicate_reply{};
    case 12:
      return fault_what::close_stdout{};
    case 13:
      return fault_what::close_stdin{};
    case 14:
      return fault_what::spawn_failure{
          .error = all_spawn_faults()[random.below(all_spawn_faults().size())]};
    case 15:
      return fault_what::late_reply{.by = 2s * (1 + random.below(5))};
    case 16:
      return fault_what::stderr_flood{.bytes = mebibyte / 2 * (1 + random.below(20))};
    case 17:
      return fault_what::memory_growth{.bytes = 32 * mebibyte * (1 + random.below(8))};
    default:
      return fault_what::clock_jump{.by = 1s * (1 + random.below(100))};
  }
}

fault_trigger draw_trigger(random_source& random, const fault& what) {
  if (moment_of(what) == fault_moment::spawn) {
    return fault_when::at_random{.probability = 0.3, .at = fault_chance::each_spawn};
  }
  if (moment_of(what) == fault_moment::start) {
    return fault_when::enters{.state = process_state::starting};
  }
  if (needs_nobody(what)) {
    return fault_when::at_time{.after = 10ms * random.below(300)};
  }
  switch (random.below(6)) {
    case 0:
      return fault_when::nth_request{.n = 1 + random.below(4)};
    case 1:
      return fault_when::nth_frame{.n = 1 + random.below(8)};
    case 2:
      return fault_when::enters{
          .state = all_process_states()[1 + random.below(all_process_states().size() - 1)]};
    case 3:
      return fault_when::at_random{
          .probability = 0.2,
          .at = random.chance(0.5) ? fault_chance::each_reply : fault_chance::each_request};
    case 4:
      return fault_when::at_byte{.offset = random.below(150)};
    default:
      return fault_when::at_time{.after = 10ms * random.below(300)};
  }
}

}  // namespace

fault_plan draw_fault_plan(std::uint64_t seed, std::size_t most_rules) {
  return internal::draw_rules(
      seed, most_rules, [](random_source& random, const fault_plan& before, fault_rule& rule) {
        rule.what = draw_fault(random);
        if (!before.rules.empty() && random.chance(0.15)) {
          const std::uint64_t first = random.below(before.rules.size());
          rule.when = fault_when::after_fault{.rule = before.rules[first].name,
                                              .delay = 10ms * random.below(100)};
        } else {
          rule.when = draw_trigger(random, rule.what);
        }
        if (random.chance(0.15) && !needs_nobody(rule.what)) {
          rule.whom.worker = 1 + random.below(6);
        }
      });
}

}  // namespace slipway::harness
