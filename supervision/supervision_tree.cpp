// slipway/supervision/supervision_tree.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>
#include <slipway/supervision/supervision_tree.hpp>

#include <caf/response_handle.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>

#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace slipway {

namespace {

using std::chrono::milliseconds;

using internal::supervisor_answer;
using internal::supervisor_request;

/// A supervisor whose line is drawn, and what is below it not yet.
struct open_place {
  tree_node* node;
  caf::actor supervisor;
};

using description_or_error = result<supervisor_answer, supervisor_error>;

supervisor_error gone(exit_reason reason) {
  supervisor_error error;
  error.message = "the supervisor has ended: " + to_string(reason);
  error.cause = std::move(reason);
  return error;
}

supervisor_error error_of(const caf::error& failed, milliseconds deadline) {
  if (failed != caf::sec::request_timeout) {
    return gone(from_caf(failed));
  }
  supervisor_error error;
  error.code = supervisor_errc::timed_out;
  error.message = "no answer within " + std::to_string(deadline.count()) + " ms";
  error.waited = deadline;
  return error;
}

std::string flags_text(const supervisor_flags& flags) {
  return std::string(to_string(flags.strategy)) + ", at most " + std::to_string(flags.intensity) +
         (flags.intensity == 1 ? " restart in " : " restarts in ") +
         std::to_string(flags.period.count()) + " ms";
}

// Draws the children of one supervisor, and says which of them are supervisors themselves.
void draw(open_place& place, const supervisor_answer& answer, std::vector<open_place>& next) {
  const auto* told = std::get_if<supervisor_reply::description>(&answer.reply);
  if (told == nullptr) {
    return;
  }
  tree_node& above = *place.node;
  above.detail = flags_text(told->flags);
  above.uptime = told->uptime;
  for (const auto& child : told->children) {
    above.children.push_back({.name = child.line.id,
                              .kind = std::string(to_string(child.line.type)),
                              .state = std::string(to_string(child.line.status)),
                              .restarts = child.restarts,
                              .uptime = child.uptime,
                              .last_exit = child.last_exit});
  }
  // Behind the loop above, since these point into the vector that it fills.
  for (std::size_t i = 0; i < told->children.size(); ++i) {
    if (told->children[i].line.type == child_type::supervisor && answer.actors.at(i)) {
      next.push_back({&above.children[i], answer.actors[i]});
    }
  }
}

}  // namespace

result<tree_node, supervisor_error> tree_of(caf::actor_system& system, const caf::actor& supervisor,
                                            std::string name, milliseconds deadline) {
  if (!supervisor) {
    return failure(gone(exit_reason::noproc()));
  }
  tree_node root{.name = std::move(name), .kind = "supervisor", .state = "running"};
  const caf::scoped_actor self{system, true};
  // Level by level, all supervisors of a level at once: those that are blocked cost one deadline.
  for (std::vector<open_place> level{{&root, supervisor}}; !level.empty();) {
    std::vector<open_place> next;
    const auto ask = [&](const open_place& place) {
      return self->request(place.supervisor, deadline,
                           supervisor_request{supervisor_call::describe_children{}, {}});
    };
    std::vector<decltype(ask(level.front()))> asked;
    asked.reserve(level.size());
    for (const auto& place : level) {
      asked.push_back(ask(place));
    }
    for (std::size_t i = 0; i < level.size(); ++i) {
      std::optional<supervisor_error> silent;
      asked[i].receive(
          [&](const supervisor_answer& answer) {
            if (answer.gone) {
              silent = gone(*answer.gone);
            } else {
              draw(level[i], answer, next);
            }
          },
          [&](const caf::error& error) { silent = error_of(error, deadline); });
      if (silent) {
        level[i].node->state = "no answer";
      }
      if (silent && level[i].node == &root) {
        return failure(std::move(*silent));
      }
    }
    level = std::move(next);
  }
  return root;
}

}  // namespace slipway
