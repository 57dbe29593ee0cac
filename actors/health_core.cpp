// slipway/actors/health_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/health_core.hpp>

#include <chrono>
#include <utility>

namespace slipway {
namespace {

std::string ms(duration length) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(length).count()) +
         " ms";
}

exit_reason failed(std::string message) {
  return exit_reason::error("health_check", std::move(message));
}

}  // namespace

health_core::health_core(health_options options) : options_(options) {}

bool health_core::wants_ping() const {
  return !unfit_ && !checked_out_at_;
}

void health_core::ping_sent() {
  pinged_ = true;
}

health_step health_core::ping_answered() {
  if (unfit_ || !std::exchange(pinged_, false)) {
    return {};
  }
  failed_checks_ = 0;
  return {.recovered = std::exchange(degraded_, false)};
}

health_step health_core::ping_unanswered() {
  if (unfit_ || !std::exchange(pinged_, false)) {
    return {};
  }
  ++failed_checks_;
  health_step step =
      failed_checks_ >= options_.failures
          ? give_up(failed(std::to_string(failed_checks_) + " checks in a row without an answer"))
          : degrade("no answer to a check within " + ms(options_.timeout));
  step.failed_checks = failed_checks_;
  return step;
}

void health_core::ping_overtaken() {
  pinged_ = false;
}

health_step health_core::ping_garbled(const std::string& what) {
  if (unfit_ || !std::exchange(pinged_, false)) {
    return {};
  }
  health_step step = give_up(failed("idle, it sent " + what));
  step.failed_checks = ++failed_checks_;
  return step;
}

void health_core::checked_out(time_point now) {
  checked_out_at_ = now;
}

health_step health_core::checked_in(time_point now) {
  const auto since = std::exchange(checked_out_at_, std::nullopt);
  if (unfit_ || !since || !options_.slow_call) {
    return {};
  }
  const duration took = now - *since;
  if (took <= *options_.slow_call) {
    slow_calls_ = 0;
    return {};
  }
  ++slow_calls_;
  const std::string slow = "longer than " + ms(*options_.slow_call);
  if (slow_calls_ >= options_.failures) {
    return give_up(failed(std::to_string(slow_calls_) + " calls in a row took " + slow +
                          ", the last " + ms(took)));
  }
  return degrade("a call took " + ms(took) + ", " + slow);
}

health_step health_core::flooded() {
  if (unfit_ || !options_.max_stderr) {
    return {};
  }
  return give_up(exit_reason::error(
      "stderr_flood", "more than " + std::to_string(options_.max_stderr->bytes) +
                          " bytes of standard error within " + ms(options_.max_stderr->window)));
}

health_step health_core::degrade(std::string why) {
  if (std::exchange(degraded_, true)) {
    return {};
  }
  return {.degraded = std::move(why)};
}

health_step health_core::give_up(exit_reason reason) {
  unfit_ = reason;
  return {.unfit = std::move(reason)};
}

}  // namespace slipway
