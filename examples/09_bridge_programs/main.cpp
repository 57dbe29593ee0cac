// Learn: to keep programs behind one bridge, whatever carries them out.
//
//     bridge_programs mock | loopback | single | pool [PYTHON]
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/bridge.hpp>

#include <cstdio>
#include <string>

using slipway::value;

int main(int argc, char** argv) {
  // The back end is what is asked for, and stays that; a key that does not go with it is an error.
  slipway::bridge_config config;
  config.backend = slipway::bridge_backend_from_string(argc > 1 ? argv[1] : "mock");
  if (argc > 2) {
    config.python = argv[2];
  }
  const auto bridge = slipway::open_bridge(config);
  if (!bridge) {
    return std::puts(bridge.error().message.c_str()), 1;
  }

  // A program has a signature, and belongs to a session if one is named.
  const value field = value::map({{"name", value("question")}});
  const value answer = value::map({{"name", value("answer")}});
  const value signature =
      value::map({{"inputs", value::array({field})}, {"outputs", value::array({answer})}});
  const auto made = bridge->create_program({"qa", signature, "tour"});
  if (!made) {
    return std::puts(to_string(made.error()).c_str()), 1;
  }
  const value inputs = value::map({{"question", value("to be or not to be?")}});
  const auto executed = bridge->execute_program({"qa", "tour"}, inputs);
  if (!executed) {
    return std::puts(to_string(executed.error()).c_str()), 1;
  }
  std::printf("%s\n", executed->outputs.at("answer").to_text().c_str());

  // The same program is unknown outside of its session: an error with a type, on every back end.
  const auto elsewhere = bridge->get_program_info({"qa"});
  std::printf("%s\n", elsewhere ? "found" : elsewhere.error().remote->type.c_str());

  const auto stats = bridge->get_stats();
  if (!stats) {
    return std::puts(to_string(stats.error()).c_str()), 1;
  }
  std::printf("%llu program, %llu of %llu commands failed\n",
              static_cast<unsigned long long>(stats->programs_count),
              static_cast<unsigned long long>(stats->error_count),
              static_cast<unsigned long long>(stats->command_count));
  return stats->error_count == 1 ? 0 : 1;
}  // The last handle goes, and with it the workers.
