// slipway/harness/internal/pool_stage.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/pool_stage.hpp>

namespace slipway::harness::internal {

observed_call& pool_stage::note_call(const std::string& client, const std::string& command) {
  view.calls.push_back({.client = client, .command = command, .pool = slot()->current()});
  return view.calls.back();
}

void pool_stage::note_outcome(observed_call& call, const result<value, call_error>& outcome) {
  ++call.outcomes;
  if (outcome) {
    call.got = outcome->to_text();
    run.note(call.client, "gets", call.got);
  } else {
    call.error = outcome.error().code;
    run.note(call.client, "fails", to_string(outcome.error().code));
  }
}

}  // namespace slipway::harness::internal
