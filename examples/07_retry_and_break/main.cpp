// Learn: to call again what failed, and to stop calling what keeps failing.
//
//     retry_and_break [PYTHON]    run in the root of the source tree
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/retrying_client.hpp>
#include <slipway/actors/system.hpp>

#include <chrono>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;
using slipway::value;

namespace {

int failed(const std::string& why) {
  return std::puts(why.c_str()), 1;
}

}  // namespace

int main(int argc, char** argv) {
  auto system = slipway::system::start({.name = "example"});
  if (!system) {
    return failed(system.error().message);
  }
  // Each command is refused by itself once it has failed three times in a row.
  auto prices = (*system)->start_pool({
      .name = "prices",
      .size = 1,
      .python = argc > 1 ? argv[1] : "/usr/bin/python3",
      .module = "examples/07_retry_and_break/prices.py",
      .command_breaker = slipway::circuit_breaker_options{.opens_at = slipway::failures_in_a_row{3},
                                                          .open_for = 1h},
  });
  if (!prices) {
    return failed(prices.error().message);
  }

  // To ask for a price twice does no harm; only what is idempotent is called again once it was sent.
  slipway::retry_options options;
  options.policy = {.attempts = 3, .command = slipway::idempotence::idempotent};
  options.on_retry = [](const slipway::call_error& error, slipway::duration) {
    std::printf("again, after: %s\n", to_string(error).c_str());
  };
  auto patient = slipway::retrying_client::make(*prices, options);
  if (!patient) {
    return failed(patient.error());
  }
  const value item = value::map({{"item", value("rope")}});
  const auto price = patient->call<double>("price", item, 20s);
  if (!price) {
    return failed(describe(price.error()));
  }
  std::printf("the price is %.2f\n", *price);

  // Three attempts, three dead workers. The error has them all.
  const auto broken = patient->call<double>("broken_price", item, 20s);
  if (broken) {
    return failed("it cannot work");
  }
  std::puts(describe(broken.error()).c_str());

  // Now no worker dies any more for it, and other commands work as ever.
  const auto refused = prices->call<double>("broken_price", item, 20s);
  if (refused || refused.error().code != slipway::call_errc::circuit_open) {
    return failed("the breaker should be open");
  }
  std::puts(to_string(refused.error()).c_str());
  return prices->call<double>("price", item, 20s) ? 0 : 1;
}
