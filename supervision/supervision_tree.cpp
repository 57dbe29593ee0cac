// slipway/supervision/supervision_tree.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/exit_reason_caf.hpp>
#include <slipway/supervision/internal/supervisor_messages.hpp>
#include <slipway/supervision/supervision_tree.hpp>

#include <caf/response_handle.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <utility>

namespace slipway {

namespace {

using std::chrono::milliseconds;

std::string duration_text(milliseconds time) {
  char text[32];
  if (time < std::chrono::minutes(2)) {
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(time.count()) / 1000);
  } else if (time < std::chrono::hours(2)) {
    std::snprintf(text, sizeof text, "%.0f min", static_cast<double>(time.count()) / 60'000);
  } else {
    std::snprintf(text, sizeof text, "%.1f h", static_cast<double>(time.count()) / 3'600'000);
  }
  return text;
}

std::string restarts_text(std::uint64_t restarts) {
  return std::to_string(restarts).append(restarts == 1 ? " restart" : " restarts");
}

// All but the name: "worker, running 1.2 s, 1 restart, last exit: killed".
std::string words(const tree_node& node) {
  std::string text = node.kind + ", " + node.state;
  if (node.uptime) {
    text += ' ' + duration_text(*node.uptime);
  }
  if (!node.detail.empty()) {
    text += ", " + node.detail;
  }
  if (node.restarts != 0) {
    text += ", " + restarts_text(node.restarts);
  }
  if (node.last_exit) {
    text += ", last exit: " + to_string(*node.last_exit);
  }
  return text;
}

// A reason may have several lines; a node has one.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') {
      c = ' ';
    }
  }
  return text;
}

void write_text(const tree_node& node, const std::string& indent, std::string& to) {
  to += one_line(node.name + "  " + words(node)) + '\n';
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const bool last = i + 1 == node.children.size();
    to += indent + (last ? "└─ " : "├─ ");
    write_text(node.children[i], indent + (last ? "   " : "│  "), to);
  }
}

nlohmann::ordered_json json_of(const tree_node& node) {
  nlohmann::ordered_json children = nlohmann::ordered_json::array();
  for (const auto& child : node.children) {
    children.push_back(json_of(child));
  }
  nlohmann::ordered_json json;
  json["name"] = node.name;
  json["kind"] = node.kind;
  json["state"] = node.state;
  json["detail"] = node.detail;
  json["restarts"] = node.restarts;
  json["uptime_ms"] = nullptr;
  if (node.uptime) {
    json["uptime_ms"] = node.uptime->count();
  }
  json["last_exit"] = nullptr;
  if (node.last_exit) {
    json["last_exit"] = to_string(*node.last_exit);
  }
  json["children"] = std::move(children);
  return json;
}

std::string dot_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out += '"';
}

// Returns the number of the node; numbers are unique where names need not be.
std::size_t write_dot(const tree_node& node, std::size_t& next, std::string& to) {
  const std::size_t number = next++;
  std::string label = node.name + '\n' + node.state;
  if (node.restarts != 0) {
    label += '\n' + restarts_text(node.restarts);
  }
  to += "  n" + std::to_string(number) + " [label=" + dot_string(label) +
        ", shape=" + (node.kind == "supervisor" ? "box" : "ellipse") +
        ", tooltip=" + dot_string(words(node)) +
        (node.uptime ? "];\n" : ", style=filled, fillcolor=lightgrey];\n");
  for (const auto& child : node.children) {
    const std::size_t below = write_dot(child, next, to);
    to += "  n" + std::to_string(number) + " -> n" + std::to_string(below) + ";\n";
  }
  return number;
}

// -- taking the picture

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
  return std::string(to_string(flags.strategy)) + ", at most " + restarts_text(flags.intensity) +
         " in " + duration_text(flags.period);
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

std::string to_text(const tree_node& root) {
  std::string text;
  write_text(root, "", text);
  return text;
}

std::string to_json(const tree_node& root) {
  return json_of(root).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string to_dot(const tree_node& root) {
  std::string text = "digraph supervision {\n  node [fontname=\"sans-serif\"];\n";
  std::size_t next = 0;
  write_dot(root, next, text);
  return text += "}\n";
}

}  // namespace slipway
