// slipway/tests/actors/doomed_host.cpp
//
// A host that dies without a word: it starts workers, brings each into another state, says so, and
// waits to be killed, or leaves by _exit. Run by host_death_test.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"

#include <cstring>
#include <iostream>
#include <unistd.h>

int main(int argc, char** argv) {
  using namespace slipway;
  using namespace std::chrono_literals;
  if (argc != 3) {
    return 2;
  }
  auto options = live::echo_pool("doomed");
  options.size = 4;
  options.environment["SLIPWAY_TEST_MARK"] = argv[1];
  live::pool_host host(options);
  if (!host.ready()) {
    return 3;
  }
  // One computes, one hangs and ignores SIGTERM, one has started a program of its own, one is idle.
  const auto busy = host.calls().async_call("compute", value::map({{"seconds", value(1000)}}), 1h);
  const auto hung = host.calls().async_call("hang", value(), 1h);
  const auto grandchild = host.calls().call<int>("spawn_grandchild", value(), 1min);
  if (!grandchild) {
    return 4;
  }
  std::cout << "up" << std::endl;
  if (std::strcmp(argv[2], "exit") == 0) {
    ::_exit(0);
  }
  for (;;) {
    ::pause();
  }
}
