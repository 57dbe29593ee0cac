// slipway/harness/draw_actor_faults.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/draw_actor_faults.hpp>
#include <slipway/harness/internal/draw_rules.hpp>

#include <array>
#include <chrono>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;

exit_reason draw_reason(random_source& random) {
  const std::array reasons{exit_reason::normal(), exit_reason::shutdown(),
                           exit_reason::error("fault", "by plan")};
  return reasons[random.below(reasons.size())];
}

fault draw_fault(random_source& random) {
  switch (random.below(8)) {
    case 0:
      return fault_what::actor_exit{.reason = draw_reason(random)};
    case 1:
      return fault_what::actor_kill{};
    case 2:
      return fault_what::actor_throw{};
    case 3:
      // Up to what outlives the patience of a supervisor that kills.
      return fault_what::actor_block{.lasts = 100ms * (1 + random.below(80))};
    case 4:
      return fault_what::drop_message{};
    case 5:
      return fault_what::delay_message{.by = 100ms * (1 + random.below(30))};
    case 6:
      return fault_what::duplicate_message{};
    default:
      return fault_what::reorder_message{};
  }
}

fault_trigger draw_trigger(random_source& random, const fault_plan& before) {
  switch (random.below(before.rules.empty() ? 4 : 5)) {
    case 0:
      return fault_when::nth_request{.n = 1 + random.below(4)};
    case 1:
      return fault_when::nth_frame{.n = 1 + random.below(4)};
    case 2:
      return fault_when::at_random{.probability = 0.2, .at = fault_chance::each_message};
    case 3:
      return fault_when::at_time{.after = 250ms * random.below(24)};
    default:
      return fault_when::after_fault{.rule = before.rules[random.below(before.rules.size())].name,
                                     .delay = 100ms * random.below(20)};
  }
}

}  // namespace

fault_plan draw_actor_faults(std::uint64_t seed, std::size_t most_rules,
                             std::span<const std::string> names) {
  return internal::draw_rules(
      seed, most_rules, [names](random_source& random, const fault_plan& before, fault_rule& rule) {
        rule.what = draw_fault(random);
        rule.when = draw_trigger(random, before);
        if (random.chance(0.5)) {
          rule.whom.name = names[random.below(names.size())];
        }
      });
}

}  // namespace slipway::harness
