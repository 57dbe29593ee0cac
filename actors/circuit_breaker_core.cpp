// slipway/actors/circuit_breaker_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/circuit_breaker_core.hpp>

#include <algorithm>

namespace slipway {
namespace {

duration window_of(const circuit_breaker_options& options) {
  const auto* rate = std::get_if<failure_rate>(&options.opens_at);
  return rate == nullptr ? failure_window::shortest : rate->window;
}

// A quotient, not a product: 11 of 20 is 0.55 to the last bit, 0.55 * 20 is more than 11.
bool is_reached(const failure_rate& rate, const call_counts& counted) {
  const std::uint64_t least = std::max<std::uint64_t>(rate.least_calls, 1);
  return counted.calls >= least &&
         static_cast<double>(counted.failures) / static_cast<double>(counted.calls) >= rate.share;
}

std::optional<std::string> flaw_of(const failures_in_a_row& threshold) {
  if (threshold.failures == 0) {
    return "failures must be a positive integer, got: 0";
  }
  return std::nullopt;
}

std::optional<std::string> flaw_of(const failure_rate& rate) {
  if (!(rate.share > 0 && rate.share <= 1)) {
    return "share must be above 0 and at most 1";
  }
  if (rate.window < failure_window::shortest) {
    return "window must be at least 1 ms";
  }
  if (rate.least_calls == 0) {
    return "least_calls must be a positive integer, got: 0";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> flaw_of(const circuit_breaker_options& options) {
  if (options.open_for <= duration::zero()) {
    return "open_for must be a positive duration";
  }
  if (options.probes.under_way == 0) {
    return "probes.under_way must be a positive integer, got: 0";
  }
  if (options.probes.successes == 0) {
    return "probes.successes must be a positive integer, got: 0";
  }
  return std::visit([](const auto& rule) { return flaw_of(rule); }, options.opens_at);
}

const char* to_string(circuit_state state) {
  switch (state) {
    case circuit_state::closed:
      return "closed";
    case circuit_state::open:
      return "open";
    case circuit_state::half_open:
      break;
  }
  return "half_open";
}

const char* to_string(circuit_cause cause) {
  switch (cause) {
    case circuit_cause::failures_in_a_row:
      return "failures_in_a_row";
    case circuit_cause::failure_rate:
      return "failure_rate";
    case circuit_cause::open_for_over:
      return "open_for_over";
    case circuit_cause::probe_failed:
      return "probe_failed";
    case circuit_cause::probes_succeeded:
      return "probes_succeeded";
    case circuit_cause::reset:
      break;
  }
  return "reset";
}

circuit_breaker_core::circuit_breaker_core(circuit_breaker_options options)
    : options_(options), window_(window_of(options)) {}

circuit_answer circuit_breaker_core::allow(time_point now) {
  const time_point at = advance(now);
  circuit_answer answer;
  if (state_ == circuit_state::open && is_over(at)) {
    answer.change = go_to(circuit_state::half_open, circuit_cause::open_for_over, at, {});
  }
  if (state_ == circuit_state::open) {
    return answer;
  }
  if (state_ == circuit_state::half_open) {
    if (under_way_ >= std::max(options_.probes.under_way, 1U)) {
      return answer;
    }
    ++under_way_;
  }
  answer.token = circuit_token(era_);
  return answer;
}

std::optional<circuit_change> circuit_breaker_core::succeeded(circuit_token call, time_point now) {
  const time_point at = advance(now);
  if (!takes(call)) {
    return std::nullopt;
  }
  if (state_ == circuit_state::closed) {
    count_success(at);
    return std::nullopt;
  }
  --under_way_;
  if (++successes_ < options_.probes.successes) {
    return std::nullopt;
  }
  return go_to(circuit_state::closed, circuit_cause::probes_succeeded, at, {.calls = successes_});
}

std::optional<circuit_change> circuit_breaker_core::failed(circuit_token call, time_point now) {
  const time_point at = advance(now);
  if (!takes(call)) {
    return std::nullopt;
  }
  if (state_ == circuit_state::closed) {
    return count_failure(at);
  }
  return go_to(circuit_state::open, circuit_cause::probe_failed, at,
               {.calls = std::uint64_t{successes_} + 1, .failures = 1});
}

void circuit_breaker_core::abandoned(circuit_token call) {
  if (takes(call) && state_ == circuit_state::half_open) {
    --under_way_;
  }
}

std::optional<circuit_change> circuit_breaker_core::reset(time_point now) {
  const time_point at = advance(now);
  if (state_ != circuit_state::closed) {
    return go_to(circuit_state::closed, circuit_cause::reset, at, {});
  }
  forget();
  return std::nullopt;
}

std::optional<time_point> circuit_breaker_core::next_probe() const {
  if (state_ != circuit_state::open) {
    return std::nullopt;
  }
  const duration wait = std::max(options_.open_for, duration::zero());
  return is_over(time_point::max()) ? since_ + wait : time_point::max();
}

time_point circuit_breaker_core::advance(time_point now) {
  latest_ = std::max(latest_, now);
  return latest_;
}

// `now` is not before `since_`, and their distance without a sign cannot overflow.
bool circuit_breaker_core::is_over(time_point now) const {
  const auto passed = static_cast<std::uint64_t>(now.time_since_epoch().count()) -
                      static_cast<std::uint64_t>(since_.time_since_epoch().count());
  return passed >=
         static_cast<std::uint64_t>(std::max(options_.open_for, duration::zero()).count());
}

// A token that comes back twice finds no probe under way.
bool circuit_breaker_core::takes(circuit_token call) const {
  return call.era_ == era_ && (state_ == circuit_state::closed || under_way_ > 0);
}

// A success opens nothing, though by it the calls may become as many as a rate needs: as in Polly.
void circuit_breaker_core::count_success(time_point now) {
  in_a_row_ = 0;
  if (std::holds_alternative<failure_rate>(options_.opens_at)) {
    window_.add(now, 0);
  }
}

std::optional<circuit_change> circuit_breaker_core::count_failure(time_point now) {
  if (const auto* rate = std::get_if<failure_rate>(&options_.opens_at)) {
    window_.add(now, 1);
    const call_counts counted = window_.counts(now);
    if (!is_reached(*rate, counted)) {
      return std::nullopt;
    }
    return go_to(circuit_state::open, circuit_cause::failure_rate, now, counted);
  }
  ++in_a_row_;
  if (in_a_row_ < std::get<failures_in_a_row>(options_.opens_at).failures) {
    return std::nullopt;
  }
  return go_to(circuit_state::open, circuit_cause::failures_in_a_row, now,
               {.calls = in_a_row_, .failures = in_a_row_});
}

circuit_change circuit_breaker_core::go_to(circuit_state to, circuit_cause cause, time_point now,
                                           call_counts counted) {
  const circuit_change change{
      .from = state_, .to = to, .cause = cause, .at = now, .counted = counted};
  state_ = to;
  since_ = now;
  forget();
  return change;
}

void circuit_breaker_core::forget() {
  ++era_;
  window_.clear();
  in_a_row_ = 0;
  under_way_ = 0;
  successes_ = 0;
}

}  // namespace slipway
