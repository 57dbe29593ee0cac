// slipway/harness/fault_relay.cpp
//
// The program slipway-fault-relay; what it is for stands in internal/relay_process.hpp.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/relay_process.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  constexpr int wrong_use = 2;
  constexpr int cannot_run = 70;
  try {
    auto invocation = slipway::harness::internal::parse_relay_arguments(
        std::vector<std::string>(argv + 1, argv + argc));
    if (!invocation) {
      std::fputs(
          "usage: slipway-fault-relay ADDRESS TOKEN PROGRAM [ARGUMENT...]\n"
          "Stands before PROGRAM and breaks it when a test asks for it; started by faulty_ports.\n",
          stderr);
      return wrong_use;
    }
    slipway::harness::internal::relay_process(std::move(*invocation)).run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "slipway-fault-relay: %s\n", e.what());
    return cannot_run;
  }
}
