// slipway/harness/internal/pool_clients.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/pool_clients.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <array>
#include <chrono>

namespace slipway::harness::internal {
namespace {

using namespace std::chrono_literals;

using go_atom = caf::atom_constant<caf::atom("go")>;

}  // namespace

pool_clients::drawn_call pool_clients::draw_call() {
  drawn_call call{"echo", value::map({{"n", value(++last_number_)}}),
                  100ms * (1 + stage_.random.below(40))};
  if (stage_.random.chance(0.15)) {
    constexpr std::array others{"raise", "hang", "exit"};
    call.command = others[stage_.random.below(others.size())];
  }
  return call;
}

void pool_clients::start_thread(const std::string& name, std::size_t calls) {
  ++stage_.busy;
  const lane_id lane = stage_.run.add_lane(name);
  stage_.run.post(lane, "begins", [this, name, lane, calls] { next_call(name, lane, calls); });
}

void pool_clients::next_call(const std::string& name, lane_id lane, std::size_t left) {
  if (left == 0) {
    --stage_.busy;
    return;
  }
  const drawn_call drawn = draw_call();
  observed_call& call = stage_.note_call(name, drawn.command);
  call.wanted = drawn.command == "echo" ? drawn.args.to_text() : "no result";
  system_.async_call(0, drawn.command, drawn.args, drawn.timeout,
                     [this, name, lane, left, &call](const result<value, call_error>& outcome) {
                       stage_.note_outcome(call, outcome);
                       if (call.outcomes == 1) {
                         stage_.run.post(lane, "goes on", [this, name, lane, left] {
                           next_call(name, lane, left - 1);
                         });
                       }
                     });
}

void pool_clients::start_actor(const std::string& name, std::size_t calls) {
  if (!gateway_) {
    gateway_ = make_python_pool_actor(stage_.run.actors(), stage_.slot());
  }
  ++stage_.busy;
  const auto first = stage_.view.calls.size();
  const auto client =
      stage_.run.actors().spawn([this, name, calls](caf::event_based_actor* self) -> caf::behavior {
        return {[this, self, name, calls](go_atom) { next_actor_call(self, name, calls); }};
      });
  client->attach_functor([this, name, first] {
    for (std::size_t i = first; i < stage_.view.calls.size(); ++i) {
      stage_.view.calls[i].client_gone =
          stage_.view.calls[i].client_gone || stage_.view.calls[i].client == name;
    }
    --stage_.busy;
  });
  caf::anon_send(client, go_atom::value);
  actors_.push_back(client);
}

void pool_clients::next_actor_call(caf::event_based_actor* self, const std::string& name,
                                   std::size_t left) {
  if (left == 0) {
    self->quit();
    return;
  }
  const drawn_call drawn = draw_call();
  observed_call& call = stage_.note_call(name, drawn.command);
  call.wanted = drawn.command == "echo" ? drawn.args.to_text() : "no result";
  self->request(gateway_, caf::infinite, call_atom::value, drawn.command, drawn.args, drawn.timeout)
      .then(
          [this, self, name, left, &call](const value& got) {
            stage_.note_outcome(call, got);
            next_actor_call(self, name, left - 1);
          },
          [this, self, name, left, &call](const caf::error& failed) {
            stage_.note_outcome(call, failure(call_error_from(failed).value_or(call_error{})));
            next_actor_call(self, name, left - 1);
          });
}

void pool_clients::stop() {
  for (const auto& each : actors_) {
    caf::anon_send(each, caf::exit_msg{caf::actor_addr{}, to_caf(exit_reason::shutdown())});
  }
  actors_.clear();
  gateway_ = nullptr;
}

}  // namespace slipway::harness::internal
