// slipway/harness/internal/pool_sessions.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/client.hpp>
#include <slipway/actors/internal/session_call.hpp>
#include <slipway/actors/session.hpp>
#include <slipway/harness/internal/pool_sessions.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace slipway::harness::internal {

using namespace std::chrono_literals;

/// Three clients that count in one session, and know what must come out.
struct pool_sessions::counting {
  std::string name;
  bool rebuilds = false;
  std::optional<duration> time_to_live{};
  std::shared_ptr<slipway::internal::session_handle> handle;
  std::int64_t counted = 0;
  /// A call may have counted or not: nothing but a loss can come next.
  bool in_doubt = false;
  bool ended = false;
  std::size_t begun = 0;     ///< calls
  std::size_t last_got = 0;  ///< the place of the last call with a result
  std::size_t clients = clients_each;
};

void pool_sessions::start(const std::string& name, session_kind kind) {
  const auto state = std::make_shared<counting>();
  state->name = name;
  state->rebuilds = kind == session_kind::rebuilt;
  session_spec spec;
  constexpr std::array modes{affinity::strict_queue, affinity::strict_queue,
                             affinity::strict_fail_fast, affinity::hint};
  spec.mode = modes[stage_.random.below(modes.size())];
  if (stage_.random.chance(0.2)) {
    state->time_to_live = 100ms * (1 + stage_.random.below(10));
    spec.time_to_live = state->time_to_live;
  }
  stage_.view.cleans_up =
      stage_.view.cleans_up || state->time_to_live || *spec.mode == affinity::hint;
  if (state->rebuilds) {
    spec.rebuild = [weak = std::weak_ptr(state)](const session_loss& /*loss*/) {
      const auto self = weak.lock();
      return std::vector<session_request>(
          self ? static_cast<std::size_t>(self->counted) : std::size_t{0},
          session_request{"count", value()});
    };
  }
  const auto opened = client(stage_.slot()).open_session(name, std::move(spec));
  if (!opened) {
    return;
  }
  state->handle = opened->state();
  for (std::size_t i = 0; i != state->clients; ++i) {
    const lane_id lane = stage_.run.add_lane(name);
    ++stage_.busy;
    stage_.run.post(lane, "begins", [this, state, lane] { next_count(state, lane, calls_each_); });
  }
}

void pool_sessions::next_count(const std::shared_ptr<counting>& state, lane_id lane,
                               std::size_t left) {
  if (left == 0) {
    finish_session(state, lane);
    return;
  }
  observed_call& call = stage_.note_call(state->name, "count");
  call.session = state->name;
  const std::size_t place = ++state->begun;
  std::make_shared<slipway::internal::session_call>(
      state->handle, "count", 100ms * (1 + stage_.random.below(40)),
      [this, state, lane, left, place, &call](const result<value, call_error>& outcome) {
        if (outcome) {
          call.wanted = wanted_of(*state, place);
        }
        stage_.note_outcome(call, outcome);
        learn(*state, outcome);
        if (call.outcomes != 1) {
          return;
        }
        // Some think for long enough that their session may expire.
        const auto goes_on = [this, state, lane, left] {
          stage_.run.post(lane, "goes on",
                          [this, state, lane, left] { next_count(state, lane, left - 1); });
        };
        if (state->time_to_live && stage_.random.chance(0.2)) {
          stage_.run.time()->set(stage_.run.now() + 50ms * stage_.random.below(20), goes_on);
        } else {
          goes_on();
        }
      })
      ->start(value());
}

// The only result that the call may have which was the `place`-th to ask for its turn.
std::string pool_sessions::wanted_of(counting& state, std::size_t place) const {
  if (state.in_doubt) {
    return "session_lost";
  }
  if (std::exchange(state.last_got, place) > place) {
    return "its turn before the calls that came later";
  }
  if (!state.ended && !stage_.slot()->sessions()->find(state.name)) {
    return "a session that does not expire during a call";
  }
  return value(state.counted + 1).to_text();
}

void pool_sessions::learn(counting& state, const result<value, call_error>& outcome) {
  if (outcome) {
    ++state.counted;
  } else if (state.rebuilds) {
    return;  // what was counted comes back, and no more
  } else if (outcome.error().code == call_errc::session_lost) {
    state.counted = 0;
    state.in_doubt = false;
  } else if (outcome.error().effect == call_effect::unknown) {
    state.in_doubt = true;
  }
}

// The first of its clients ends some sessions, the last one looks whether what has ended or expired
// is forgotten.
void pool_sessions::finish_session(const std::shared_ptr<counting>& state, lane_id lane) {
  --state->clients;
  if (!state->ended && stage_.random.chance(0.3)) {
    end_session(*state);
  }
  if (state->clients != 0 || !(state->time_to_live || state->ended)) {
    --stage_.busy;
    return;
  }
  // Nobody but the table could know it now.
  const std::weak_ptr record = state->handle->session;
  state->handle.reset();
  stage_.run.time()->set(stage_.run.now() + state->time_to_live.value_or(duration::zero()) + 10ms,
                         [this, state, lane, record] {
                           stage_.run.post(lane, "looks", [this, state, record] {
                             observed_call& look = stage_.note_call(state->name, "look");
                             look.wanted = "forgotten";
                             look.got = record.expired() ? "forgotten" : "known";
                             look.outcomes = 1;
                             --stage_.busy;
                           });
                         });
}

void pool_sessions::end_session(counting& state) {
  const auto& table = stage_.slot()->sessions();
  const auto before = table->status(state.handle->session->number);
  std::optional<session_remains> remains;
  state.ended = true;
  if (!table->end(state.handle->session->number, exit_reason::normal(), remains)) {
    return;
  }
  observed_call& call = stage_.note_call(state.name, "end");
  call.wanted = before && before->home ? "remains" : "none";
  call.got = remains ? "remains" : "none";
  if (!remains) {
    call.outcomes = 1;
    return;
  }
  slipway::internal::clean_up(
      stage_.slot(), *remains, 1s,
      [&call](const result<void, call_error>& /*done*/) { ++call.outcomes; });
}

}  // namespace slipway::harness::internal
