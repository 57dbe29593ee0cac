// slipway/supervision/internal/supervisor_calls.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/internal/supervisor_calls.hpp>

#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <utility>
#include <variant>

namespace slipway {

namespace internal {

namespace {

supervisor_error down_error(exit_reason reason) {
  supervisor_error error;
  error.code = supervisor_errc::supervisor_down;
  error.message = "the supervisor ended before it answered: " + to_string(reason);
  error.cause = std::move(reason);
  return error;
}

supervisor_error late_error(std::chrono::milliseconds deadline) {
  supervisor_error error;
  error.code = supervisor_errc::timed_out;
  error.message = "no answer within " + std::to_string(deadline.count()) + " ms";
  error.waited = deadline;
  return error;
}

std::string sentence(const supervisor_reply::failed& failed) {
  const std::string child = "child \"" + failed.child + "\" ";
  switch (failed.code) {
    case supervisor_errc::already_started:
      return child + "is running already";
    case supervisor_errc::already_present:
      return child + "is there already, though it does not run";
    case supervisor_errc::not_found:
      return failed.child.empty() ? "this actor is no child" : child + "is not known";
    case supervisor_errc::running:
      return child + "is running";
    case supervisor_errc::restarting:
      return child + "is being restarted";
    case supervisor_errc::max_children:
      return "there are as many children as there may be";
    case supervisor_errc::simple_one_for_one:
      return "children of this supervisor are not known by an id";
    case supervisor_errc::invalid_spec:
      return failed.invalid ? to_string(*failed.invalid) : child + "has an invalid spec";
    default:
      return child + "failed to start: " + (failed.cause ? to_string(*failed.cause) : "unknown");
  }
}

supervisor_error refusal(supervisor_reply::failed& failed, std::vector<caf::actor>& actors) {
  supervisor_error error;
  error.code = failed.code;
  error.message = sentence(failed);
  error.child = std::move(failed.child);
  if (failed.invalid) {
    error.field = failed.invalid->field;
    error.invalid = std::move(failed.invalid);
  }
  if (!actors.empty()) {
    error.running = std::move(actors.front());
  }
  error.cause = std::move(failed.cause);
  return error;
}

}  // namespace

answer_or_error ask(caf::actor_system& system, const caf::actor& supervisor,
                    supervisor_request request, std::chrono::milliseconds deadline) {
  answer_or_error outcome = failure(down_error(exit_reason::noproc()));
  if (!supervisor) {
    return outcome;
  }
  caf::scoped_actor self{system, true};
  self->request(supervisor, deadline, std::move(request))
      .receive(
          [&outcome](supervisor_answer& answer) {
            if (answer.gone) {
              outcome = failure(down_error(std::move(*answer.gone)));
            } else if (auto* failed = std::get_if<supervisor_reply::failed>(&answer.reply)) {
              outcome = failure(refusal(*failed, answer.actors));
            } else {
              outcome = std::move(answer);
            }
          },
          [&outcome, deadline](caf::error& error) {
            outcome = error == caf::sec::request_timeout ? failure(late_error(deadline))
                                                         : failure(down_error(from_caf(error)));
          });
  return outcome;
}

supervisor_error spec_refusal(spec_error flaw) {
  supervisor_reply::failed failed{.code = supervisor_errc::invalid_spec, .child = flaw.child};
  failed.invalid = std::move(flaw);
  std::vector<caf::actor> nobody;
  return refusal(failed, nobody);
}

child_handle started_child(supervisor_answer answer) {
  child_handle handle;
  if (auto* started = std::get_if<supervisor_reply::started>(&answer.reply)) {
    handle.info = std::move(started->info);
  }
  if (!answer.actors.empty()) {
    handle.actor = std::move(answer.actors.front());
  }
  return handle;
}

std::vector<child_info> listed_children(supervisor_answer given) {
  std::vector<child_info> children;
  auto& lines = std::get<supervisor_reply::children>(given.reply);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    children.push_back(
        {std::move(lines[i].id), lines[i].status, lines[i].type, std::move(given.actors.at(i))});
  }
  return children;
}

result<caf::actor, exit_reason> await_start(caf::actor_system& system,
                                            const spawn_with_acknowledger& spawn) {
  caf::scoped_actor self{system, true};
  auto supervisor = spawn(start_acknowledger{self.address(), 0});
  self->monitor(supervisor);
  result<caf::actor, exit_reason> outcome = supervisor;
  self->receive(
      [&outcome](const supervisor_mail& mail) {
        if (std::holds_alternative<supervisor_input::child_ignored>(mail.input)) {
          outcome = caf::actor{};
        }
      },
      [&outcome](const caf::down_msg& down) { outcome = failure(from_caf(down.reason)); });
  self->demonitor(supervisor.address());
  return outcome;
}

result<exit_reason, supervisor_error> stop_and_wait(caf::actor_system& system,
                                                    const caf::actor& supervisor,
                                                    const exit_reason& reason,
                                                    std::chrono::milliseconds deadline) {
  if (!supervisor) {
    return exit_reason::noproc();
  }
  caf::scoped_actor self{system, true};
  self->monitor(supervisor);
  // Not an exit_msg: CAF would take `killed` for a kill, and the children would not be stopped in
  // order.
  caf::anon_send(supervisor, supervisor_mail{supervisor_input::stop_requested{reason}});
  result<exit_reason, supervisor_error> outcome = failure(late_error(deadline));
  self->receive([&outcome](const caf::down_msg& down) { outcome = from_caf(down.reason); },
                caf::after(deadline) >> [] {});
  self->demonitor(supervisor.address());
  return outcome;
}

}  // namespace internal

std::string to_string(const supervisor_error& error) {
  return std::string(to_string(error.code)) + ": " + error.message;
}

}  // namespace slipway
