// Learn: to call Python from the actors of a program that has its own caf::actor_system.
//
//     call_from_actors [PYTHON]        run in the root of the source tree
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/python_pool_actor.hpp>
#include <slipway/actors/system.hpp>

#include <caf/all.hpp>

#include <chrono>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;
using slipway::value;

// Asks two questions at once; the answers come in any order, and nothing blocks meanwhile.
caf::behavior reader(caf::event_based_actor* self, const slipway::python_pool_actor& licences) {
  for (const char* text : {"to be or not to be", "that is the question"}) {
    const value args = value::map({{"text", value(text)}});
    const slipway::duration timeout = 10s;
    self->request(licences, caf::infinite, slipway::call_atom::value,
                  std::string("word_statistics"), args, timeout)
        .then(
            [text](const value& counted) {
              std::printf("'%s': %s\n", text, counted.to_text().c_str());
            },
            [=](const caf::error& failed) {
              // An error of the call carries code, effect and stderr; any other is CAF's own.
              const auto why = slipway::call_error_from(failed);
              std::printf("'%s': %s\n", text, why ? to_string(*why).c_str() : "no answer");
              self->quit(failed);
            });
  }
  return {};
}

int main(int argc, char** argv) {
  caf::actor_system_config config;
  caf::actor_system actors(config);

  // The tree lives in the host's actor system, which must outlive it.
  auto system = slipway::system::start({.name = "example", .actor_system = &actors});
  if (!system) {
    return std::puts(system.error().message.c_str()), 1;
  }
  auto pool = (*system)->start_pool({
      .name = "licences",
      .size = 2,
      .python = argc > 1 ? argv[1] : "/usr/bin/python3",
      .module = "examples/licences.py",
  });
  if (!pool) {
    return std::puts(pool.error().message.c_str()), 1;
  }

  // The handle stays good when workers die and when the pool itself is restarted.
  const auto licences = make_python_pool_actor(actors, (*system)->slot("licences"));
  caf::scoped_actor self(actors);
  const auto asking = self->spawn<caf::monitored>(reader, licences);
  bool ended_well = false;
  self->receive([&](const caf::down_msg& down) { ended_well = !down.reason; });
  return ended_well ? 0 : 1;
}
