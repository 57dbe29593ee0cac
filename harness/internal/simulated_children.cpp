// slipway/harness/internal/simulated_children.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/internal/simulated_children.hpp>
#include <slipway/harness/unreliable_link.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <exception>
#include <utility>

namespace slipway::harness::internal {
namespace {

void end(caf::event_based_actor* self, child_end how) {
  switch (how) {
    case child_end::normal:
      self->quit();
      break;
    case child_end::shutdown:
      self->quit(to_caf(exit_reason::shutdown()));
      break;
    case child_end::error:
      self->quit(to_caf(exit_reason::error("told", "to end")));
      break;
  }
}

caf::behavior child_behavior(caf::event_based_actor* self, obedience to_signals,
                             const std::shared_ptr<fault_point>& point, simulation& run) {
  self->set_exit_handler([self, to_signals](caf::exit_msg& signal) {
    if (to_signals == obedience::ends) {
      self->quit(std::move(signal.reason));
    }
  });
  self->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& caught) -> caf::error {
    return to_caf(exit_reason_from(caught));
  });
  // A callback that blocks: its message comes once more when the block is over, before any other.
  const auto blocks = [self, point, &run] {
    const duration lasts = point ? point->pass_without_waiting() : duration::zero();
    if (lasts > duration::zero()) {
      run.keep_busy(self->id(), lasts);
    }
    return lasts > duration::zero();
  };
  constexpr auto first = caf::message_priority::high;
  return {[self, blocks](end_atom told, int how) {
            if (blocks()) {
              self->send<first>(self, told, how);
            } else {
              end(self, static_cast<child_end>(how));
            }
          },
          [self, blocks](echo_atom asked, int number) -> caf::result<int> {
            if (blocks()) {
              self->delegate<first>(caf::actor{self}, asked, number);
              return caf::delegated<int>{};
            }
            return number;
          }};
}

}  // namespace

simulated_children::simulated_children(simulation& run, const fault_plan& plan, std::uint64_t seed)
    : run_(run),
      faults_(plan.rules.empty()
                  ? nullptr
                  : std::make_shared<fault_injector>(
                        plan, seed, run.time(), [&run](const injected_fault& struck) {
                          run.note(struck.who.name, "suffers", harness::to_string(struck.what));
                        })) {}

caf::actor simulated_children::start(const child_id& id, obedience to_signals) {
  const auto point = faults_ ? std::make_shared<fault_point>(run_.time()) : nullptr;
  auto made =
      run_.actors().spawn([to_signals, point, this](caf::event_based_actor* self) -> caf::behavior {
        return child_behavior(self, to_signals, point, run_);
      });
  child& of = children_[id];
  of.actor = made.address();
  of.link = faults_ ? make_unreliable_link(made, {.who = {.name = id, .tag = "child"},
                                                  .faults = faults_,
                                                  .timers = run_.time(),
                                                  .callbacks = point})
                    : caf::actor{};
  return made;
}

caf::actor simulated_children::way_to(const child_id& id) const {
  const auto found = children_.find(id);
  if (found == children_.end()) {
    return {};
  }
  return found->second.link ? found->second.link : caf::actor_cast<caf::actor>(found->second.actor);
}

void simulated_children::kill(const child_id& id) const {
  const auto found = children_.find(id);
  if (found == children_.end()) {
    return;
  }
  if (const auto alive = caf::actor_cast<caf::actor>(found->second.actor)) {
    caf::anon_send(alive, caf::exit_msg{caf::actor_addr{}, caf::exit_reason::kill});
  }
}

void simulated_children::watch_the_time() {
  const auto next = faults_ ? faults_->next_due() : std::nullopt;
  if (!next || (asked_at_ && *asked_at_ <= *next)) {
    return;
  }
  asked_at_ = next;
  run_.time()->set(*next, [this, at = *next] {
    // Unless another one came in between that was due earlier.
    if (asked_at_ == at) {
      asked_at_.reset();
      strike_what_is_due();
    }
  });
}

void simulated_children::strike_what_is_due() {
  for (const auto& each : faults_->due()) {
    if (const auto struck = children_.find(each.who.name); struck != children_.end()) {
      strike(struck->second.link, each.what);
    }
  }
  watch_the_time();
}

}  // namespace slipway::harness::internal
