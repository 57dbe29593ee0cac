// slipway/harness/simulated_program.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/simulated_program.hpp>

#include <cstdint>
#include <map>

namespace slipway::harness {
namespace {

std::string session_of(const request& asked) {
  const auto named = asked.args.find("session_id");
  return named ? named->as<std::string>().value_or("") : "";
}

}  // namespace

simulated_program counting_program(const process_spec& /*spec*/) {
  return [counts = std::map<std::string, std::int64_t>{}](
             const request& asked) mutable -> program_answer {
    if (asked.command == "ping") {
      return value::map({});
    }
    if (asked.command == "echo") {
      return asked.args;
    }
    if (asked.command == "count") {
      return value(++counts[session_of(asked)]);
    }
    if (asked.command == "cleanup_session") {
      counts.erase(session_of(asked));
      return value();
    }
    if (asked.command == "raise") {
      return remote_error{"ValueError", "asked to raise", {}};
    }
    if (asked.command == "hang") {
      return program_hangs{};
    }
    if (asked.command == "exit") {
      const auto code = asked.args.find("code");
      return program_exits{code ? code->as<int>().value_or(1) : 1, "asked to exit"};
    }
    return remote_error{"UnknownCommand", asked.command, {}};
  };
}

}  // namespace slipway::harness
