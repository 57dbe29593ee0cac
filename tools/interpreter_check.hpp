// slipway/tools/interpreter_check.hpp
//
// Asks the very interpreter that will be started whether a pool's workers can run in it.
// Belongs here: the question, its answer, what follows from it.
// Does not: starting workers. Found before the first worker starts, a missing interpreter, package
// or module is a sentence with a remedy instead of a timeout.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/python_pool_options.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/tools/finding.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tools {

/// What an interpreter says of itself.
struct interpreter_facts {
  std::string executable;  ///< as it knows itself; not the name under which it was started
  int major = 0;
  int minor = 0;
  int micro = 0;
  std::optional<std::string> msgpack{};         ///< its version; nothing when it cannot be imported
  std::optional<std::string> worker_package{};  ///< where slipway_worker lies
  std::optional<std::string> module{};          ///< where the pool's module lies
  std::string module_error{};                   ///< what looking for it raised
};

/// Starts the interpreter of `options` as a worker would be started, and asks it.
/// Errors  a sentence: it cannot be started, or gives no answer.
[[nodiscard]] result<interpreter_facts, std::string> ask_interpreter(
    const python_pool_options& options);

/// Reads its answer. Errors  a sentence.
[[nodiscard]] result<interpreter_facts, std::string> read_facts(std::string_view json);

/// What the answer means for a pool.
[[nodiscard]] std::vector<finding> judge_interpreter(
    const python_pool_options& options, const result<interpreter_facts, std::string>& facts);

/// Asks and judges; also looks for script and working directory.
[[nodiscard]] std::vector<finding> check_interpreter(const python_pool_options& options);

}  // namespace slipway::tools
