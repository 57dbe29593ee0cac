// slipway/supervision/supervisor.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/internal/supervisor_actor.hpp>
#include <slipway/supervision/internal/supervisor_calls.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>
#include <slipway/supervision/supervisor.hpp>
#include <slipway/supervision/supervisor_core.hpp>

#include <caf/actor_system.hpp>

#include <utility>
#include <variant>

namespace slipway {

using internal::supervisor_answer;
using internal::supervisor_request;

caf::actor spawn_supervisor(caf::actor_system& system, supervisor_options options,
                            start_acknowledger acknowledger) {
  internal::recipe_book recipes;
  supervisor_setup setup{.flags = options.flags,
                         .kill_patience = options.kill_patience,
                         .budget = std::move(options.budget),
                         .seed = internal::seed_of(system, options.name),
                         .init = options.init,
                         .flaw = std::move(options.flaw)};
  for (child_spec& spec : options.children) {
    setup.children.push_back(
        {spec.rules(), recipes.keep(std::move(spec.start)), std::move(spec.flaw)});
  }
  return internal::spawn_supervisor_actor(
      system,
      {std::move(options.name), std::move(options.observer), std::move(options.on_escalation),
       std::move(options.parent), std::move(acknowledger)},
      std::move(setup), std::move(recipes));
}

result<caf::actor, exit_reason> start_supervisor(caf::actor_system& system,
                                                 supervisor_options options) {
  return internal::await_start(system, [&](start_acknowledger acknowledger) {
    return spawn_supervisor(system, std::move(options), std::move(acknowledger));
  });
}

start_result start_nested_supervisor(start_context& context, supervisor_options options) {
  return starting_child{
      spawn_supervisor(context.system(), std::move(options), context.acknowledger())};
}

child_spec supervisor_spec(child_id id, supervisor_options options) {
  child_spec spec;
  spec.id = std::move(id);
  spec.type = child_type::supervisor;
  spec.start = [options = std::move(options)](start_context& context) {
    return start_nested_supervisor(context, options);
  };
  return spec;
}

supervisor_handle::supervisor_handle(caf::actor_system& system, caf::actor supervisor)
    : system_(&system), supervisor_(std::move(supervisor)) {}

supervisor_handle::answer<child_handle> supervisor_handle::start_child(
    child_spec spec, std::chrono::milliseconds deadline) const {
  supervisor_request request{supervisor_call::start_child{spec.rules(), 0, std::move(spec.flaw)},
                             std::move(spec.start)};
  return internal::ask(*system_, supervisor_, std::move(request), deadline)
      .map(internal::started_child);
}

supervisor_handle::answer<child_handle> supervisor_handle::start_child(
    argument_list arguments, std::chrono::milliseconds deadline) const {
  return internal::ask(*system_, supervisor_,
                       {supervisor_call::start_from_template{std::move(arguments)}}, deadline)
      .map(internal::started_child);
}

supervisor_handle::answer<void> supervisor_handle::terminate_child(
    const caf::actor& child, std::chrono::milliseconds deadline) const {
  return internal::ask(*system_, supervisor_,
                       {supervisor_call::terminate_child{child_process{}}, {}, child}, deadline)
      .map([](const supervisor_answer&) {});
}

supervisor_handle::answer<void> supervisor_handle::terminate_child(
    const child_id& id, std::chrono::milliseconds deadline) const {
  return internal::ask(*system_, supervisor_, {supervisor_call::terminate_child{id}}, deadline)
      .map([](const supervisor_answer&) {});
}

supervisor_handle::answer<child_handle> supervisor_handle::restart_child(
    const child_id& id, std::chrono::milliseconds deadline) const {
  return internal::ask(*system_, supervisor_, {supervisor_call::restart_child{id}}, deadline)
      .map(internal::started_child);
}

supervisor_handle::answer<void> supervisor_handle::delete_child(
    const child_id& id, std::chrono::milliseconds deadline) const {
  return internal::ask(*system_, supervisor_, {supervisor_call::delete_child{id}}, deadline)
      .map([](const supervisor_answer&) {});
}

supervisor_handle::answer<std::vector<child_info>> supervisor_handle::which_children(
    std::chrono::milliseconds deadline) const {
  return internal::ask(*system_, supervisor_, {supervisor_call::which_children{}}, deadline)
      .map(internal::listed_children);
}

supervisor_handle::answer<child_counts> supervisor_handle::count_children(
    std::chrono::milliseconds deadline) const {
  return internal::ask(*system_, supervisor_, {supervisor_call::count_children{}}, deadline)
      .map([](const supervisor_answer& given) { return std::get<child_counts>(given.reply); });
}

supervisor_handle::answer<child_rules> supervisor_handle::get_childspec(
    const child_id& id, std::chrono::milliseconds deadline) const {
  return internal::ask(*system_, supervisor_, {supervisor_call::get_childspec{id}}, deadline)
      .map([](const supervisor_answer& given) { return std::get<child_rules>(given.reply); });
}

supervisor_handle::answer<child_rules> supervisor_handle::get_childspec(
    const caf::actor& child, std::chrono::milliseconds deadline) const {
  return internal::ask(*system_, supervisor_,
                       {supervisor_call::get_childspec{child_process{}}, {}, child}, deadline)
      .map([](const supervisor_answer& given) { return std::get<child_rules>(given.reply); });
}

supervisor_handle::answer<exit_reason> supervisor_handle::stop(
    const exit_reason& reason, std::chrono::milliseconds deadline) const {
  return internal::stop_and_wait(*system_, supervisor_, reason, deadline);
}

}  // namespace slipway
