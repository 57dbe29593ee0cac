// slipway/supervision/tree_node.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/tree_node.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string_view>
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

}  // namespace

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
