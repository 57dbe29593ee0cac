// slipway/actors/internal/programs_core.hpp
//
// Programs kept in C++: what the back ends without a process answer.
// Belongs here: the commands, their results and errors. Does not: time, locks, bytes.
// Source: python/slipway_worker/programs.py, to the letter but for the texts of errors.
// Differs: no language model, so `configure_lm` takes the offline one only.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/envelope.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::internal {

/// One worker's programs. A value; thread: one at a time.
class programs_core {
 public:
  using outcome = result<value, remote_error>;

  /// @param args  a map or nil.
  /// @param now   ISO 8601, for what is created.
  [[nodiscard]] outcome answer(const std::string& command, const value& args,
                               const std::string& now);

 private:
  struct program {
    value signature;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::string created_at;
    std::uint64_t executions = 0;
  };
  using session = std::optional<std::string>;
  /// By id, then session: the order in which they are listed.
  using key = std::pair<std::string, session>;
  using programs = std::map<key, program>;
  struct call {
    const value& args;
    session session_id;
    const std::string& now;
  };
  struct entry;
  static const std::map<std::string, entry>& commands();

  outcome ping(const call& of);
  outcome create_program(const call& of);
  outcome execute_program(const call& of);
  outcome list_programs(const call& of);
  outcome get_program_info(const call& of);
  outcome delete_program(const call& of);
  outcome get_stats(const call& of);
  outcome cleanup_session(const call& of);
  outcome cleanup(const call& of);
  outcome reset_state(const call& of);
  outcome configure_lm(const call& of);

  result<programs::iterator, remote_error> find(const call& of);
  static value info(const programs::value_type& of);

  programs programs_;
};

}  // namespace slipway::internal
