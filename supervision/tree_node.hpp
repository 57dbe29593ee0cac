// slipway/supervision/tree_node.hpp
//
// A picture of a running tree, and its three forms: text for a terminal, JSON for programs, DOT for
// Graphviz.
// Belongs here: the picture as a value, and its forms.
// Does not: taking it from a running tree (supervision_tree.hpp).
// Source: what OTP's observer shows of an application.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/exit_reason.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

/// One line of the picture, with those below it. Field by field what the three forms show.
struct tree_node {
  std::string name = {};
  std::string kind = {};  ///< "supervisor", "worker"; layers above add their own ("process")
  std::string state =
      {};  ///< "running", "restarting", "idle", …; "no answer" for one that is blocked
  std::string detail = {};  ///< strategy and intensity, or what else there is to say; may be empty
  /// How often its supervisor restarted it.
  std::uint64_t restarts = 0;
  /// Since its present start; nothing when it does not run.
  std::optional<std::chrono::milliseconds> uptime = {};
  /// Of its last end, or of a restart that failed; nothing when it never ended.
  std::optional<exit_reason> last_exit = {};
  std::vector<tree_node> children = {};  ///< in start order

  friend bool operator==(const tree_node&, const tree_node&) = default;
};

/// One line a node, children under their supervisor:
///
///     top  supervisor, running 3.0 s, one_for_one, at most 3 restarts in 5000 ms
///     ├─ cache  worker, running 1.2 s, 1 restart, last exit: killed
///     └─ feeds  supervisor, running 3.0 s, rest_for_one, at most 1 restart in 5000 ms
///        └─ feed  worker, idle
[[nodiscard]] std::string to_text(const tree_node& root);

/// One object a node: `{"name", "kind", "state", "detail", "restarts", "uptime_ms", "last_exit",
/// "children"}`; `uptime_ms` and `last_exit` are null where there is none. Bytes that are no UTF-8
/// are replaced.
[[nodiscard]] std::string to_json(const tree_node& root);

/// A digraph for `dot -Tsvg`: boxes are supervisors, those that do not run are grey.
[[nodiscard]] std::string to_dot(const tree_node& root);

}  // namespace slipway
