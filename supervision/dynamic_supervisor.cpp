// slipway/supervision/dynamic_supervisor.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/dynamic_supervisor.hpp>
#include <slipway/supervision/internal/supervisor_actor.hpp>
#include <slipway/supervision/internal/supervisor_calls.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>

#include <caf/actor_system.hpp>

#include <utility>
#include <variant>

namespace slipway {

using internal::ask;
using internal::supervisor_answer;

caf::actor spawn_dynamic_supervisor(caf::actor_system& system, dynamic_supervisor_options options,
                                    start_acknowledger acknowledger) {
  dynamic_supervisor_setup setup{.flags = std::move(options.flags),
                                 .kill_patience = options.kill_patience,
                                 .budget = std::move(options.budget),
                                 .seed = internal::seed_of(system, options.name),
                                 .init = options.init,
                                 .flaw = std::move(options.flaw)};
  return internal::spawn_supervisor_actor(
      system,
      {std::move(options.name), std::move(options.observer), std::move(options.on_escalation),
       std::move(options.parent), std::move(acknowledger)},
      std::move(setup));
}

result<caf::actor, exit_reason> start_dynamic_supervisor(caf::actor_system& system,
                                                         dynamic_supervisor_options options) {
  return internal::await_start(system, [&](start_acknowledger acknowledger) {
    return spawn_dynamic_supervisor(system, std::move(options), std::move(acknowledger));
  });
}

start_result start_nested_dynamic_supervisor(start_context& context,
                                             dynamic_supervisor_options options) {
  return starting_child{
      spawn_dynamic_supervisor(context.system(), std::move(options), context.acknowledger())};
}

child_spec dynamic_supervisor_spec(child_id id, dynamic_supervisor_options options) {
  child_spec spec;
  spec.id = std::move(id);
  spec.type = child_type::supervisor;
  spec.start = [options = std::move(options)](start_context& context) {
    return start_nested_dynamic_supervisor(context, options);
  };
  return spec;
}

dynamic_supervisor_handle::dynamic_supervisor_handle(caf::actor_system& system,
                                                     caf::actor supervisor)
    : system_(&system), supervisor_(std::move(supervisor)) {}

dynamic_supervisor_handle::answer<child_handle> dynamic_supervisor_handle::start_child(
    child_spec spec, std::chrono::milliseconds deadline) const {
  // Elixir checks on the caller's side too, so a busy supervisor does not delay a refusal.
  const recipe_number start = spec.start ? 1 : 0;
  if (auto flaw = check_dynamic(spec.rules(), start, spec.flaw)) {
    return failure(internal::spec_refusal(std::move(*flaw)));
  }
  internal::supervisor_request request{
      supervisor_call::start_child{spec.rules(), 0, std::move(spec.flaw)}, std::move(spec.start)};
  return ask(*system_, supervisor_, std::move(request), deadline).map(internal::started_child);
}

dynamic_supervisor_handle::answer<void> dynamic_supervisor_handle::terminate_child(
    const caf::actor& child, std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::terminate_child{child_process{}}, {}, child},
             deadline)
      .map([](const supervisor_answer&) {});
}

dynamic_supervisor_handle::answer<std::vector<child_info>>
dynamic_supervisor_handle::which_children(std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::which_children{}}, deadline)
      .map(internal::listed_children);
}

dynamic_supervisor_handle::answer<child_counts> dynamic_supervisor_handle::count_children(
    std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::count_children{}}, deadline)
      .map([](const supervisor_answer& given) { return std::get<child_counts>(given.reply); });
}

dynamic_supervisor_handle::answer<child_rules> dynamic_supervisor_handle::get_childspec(
    const caf::actor& child, std::chrono::milliseconds deadline) const {
  return ask(*system_, supervisor_, {supervisor_call::get_childspec{child_process{}}, {}, child},
             deadline)
      .map([](const supervisor_answer& given) { return std::get<child_rules>(given.reply); });
}

dynamic_supervisor_handle::answer<exit_reason> dynamic_supervisor_handle::stop(
    const exit_reason& reason, std::chrono::milliseconds deadline) const {
  return internal::stop_and_wait(*system_, supervisor_, reason, deadline);
}

}  // namespace slipway
