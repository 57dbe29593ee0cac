// slipway/actors/internal/program_journal_core.hpp
//
// What a worker has to be told again after its restart, so that it holds what its predecessor held.
// Belongs here: which commands that succeeded still count. Does not: sending them.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::internal {

/// The journal of one worker. A value; thread: one at a time.
class program_journal {
 public:
  struct entry {
    std::string command;
    value args;
  };

  /// `command` succeeded with `args`.
  void note(std::string_view command, const value& args) {
    if (command == "create_program") {
      created_.push_back({std::string(command), args});
    } else if (command == "delete_program") {
      std::erase_if(created_, [&](const entry& kept) {
        return text(kept.args, "id") == text(args, "program_id") &&
               text(kept.args, "session_id") == text(args, "session_id");
      });
    } else if (command == "cleanup_session") {
      std::erase_if(created_, [&](const entry& kept) {
        return text(kept.args, "session_id") == text(args, "session_id");
      });
    } else if (command == "cleanup") {
      created_.clear();
    } else if (command == "reset_state") {
      clear();
    } else if (command == "configure_lm") {
      model_ = entry{std::string(command), args};
    }
  }

  void clear() {
    created_.clear();
    model_.reset();
  }

  /// In the order in which they must be sent.
  [[nodiscard]] std::vector<entry> entries() const {
    std::vector<entry> all = created_;
    if (model_) {
      all.insert(all.begin(), *model_);
    }
    return all;
  }

 private:
  static std::optional<std::string> text(const value& args, std::string_view name) {
    const auto found = args.find(name);
    const auto given = found ? found->as<std::string>() : result<std::string, wire_error>();
    return found && given ? std::optional(*given) : std::nullopt;
  }

  std::vector<entry> created_;
  std::optional<entry> model_;
};

}  // namespace slipway::internal
