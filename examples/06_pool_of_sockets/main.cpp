// Learn: to pool sockets under a supervisor: dead ones are removed at checkout and replaced.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/io_loop.hpp>
#include <slipway/actors/supervised_pool.hpp>
#include <slipway/actors/unique_fd.hpp>
#include <slipway/supervision/supervisor.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using slipway::exit_reason;

// The service at the other end; a real one would be connected to by its address.
using service = std::vector<slipway::unique_fd>;

struct connections {
  using pool_state = service*;
  using worker_state = slipway::unique_fd;  // the pool's end of a connection
  using client_state = int;                 // what a client writes to and reads from
  struct command {};

  slipway::init_return<worker_state> init_worker(slipway::worker_id, pool_state& pool) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      throw std::runtime_error("no connection");  // a failed start: tried again, with delays
    }
    pool->emplace_back(ends[1]);
    return slipway::init_ok<worker_state>{slipway::unique_fd(ends[0])};
  }
  slipway::checkout_return<client_state> handle_checkout(const command&, slipway::request_id,
                                                         worker_state& socket, pool_state&) {
    char byte = 0;
    if (::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
      return slipway::outcome::remove{
          exit_reason::error("closed", "by the service")};  // another is asked
    }
    return slipway::checkout_ok<client_state>{socket.get()};
  }
  void terminate_worker(const exit_reason& why, worker_state socket, pool_state&) {
    std::printf("connection %d ends: %s\n", socket.get(), to_string(why).c_str());
  }
};

int main() {
  service far_ends;
  const auto place = std::make_shared<slipway::pool_place<connections>>("connections");
  slipway::pool_recipe<connections> recipe{
      .options = {.name = "connections", .core = {.pool_size = 2, .lazy = true}},
      .argument = &far_ends,
      .time = std::make_shared<slipway::steady_clock>(),
      .timers = std::make_shared<slipway::io_loop>()};
  caf::actor_system_config config;
  caf::actor_system system(config);
  slipway::supervisor_options top{.name = "top"};
  top.children.push_back(
      {.id = "connections", .start = slipway::supervised_pool<connections>(recipe, place)});
  const slipway::supervisor_handle tree(system, start_supervisor(system, std::move(top)).value());

  const auto ask = [&](const char* what) {
    auto lease = place->checkout({}, 1s);
    while (!lease && lease.error().code == slipway::checkout_errc::pool_exited) {
      lease = place->checkout({}, 1s);  // being restarted
    }
    std::printf("%s: %s\n", what, lease ? "connected" : lease.error().message.c_str());
    return lease.has_value();
  };
  bool good = ask("the first checkout connects");
  far_ends.clear();  // the service hangs up
  good = ask("the next finds that out and connects anew") && good;
  place->current()->checkin(slipway::request_id{99}, 0);  // breaks the protocol: the pool crashes
  good = ask("after a crash of the pool its supervisor has another") && good;
  return tree.stop(exit_reason::shutdown(), 5s) && good ? 0 : 1;
}
