// Learn: to pool anything that is scarce, here licence tokens, with the callbacks of NimblePool.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/io_loop.hpp>
#include <slipway/actors/pool.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <variant>

using namespace std::chrono_literals;

// A worker behaviour. Its callbacks run in the pool, one at a time; what each may return is a type.
struct licence_tokens {
  struct pool_state {
    unsigned issued = 0;
  };
  struct worker_state {
    unsigned number = 0;
    unsigned uses = 0;
  };
  using client_state = unsigned;  // what a client holds: the token's number
  using command = std::string;    // what a client asks with: its name
  static constexpr unsigned most_uses = 2;

  slipway::init_return<worker_state> init_worker(slipway::worker_id, pool_state& pool) {
    return slipway::init_ok<worker_state>{{++pool.issued, 0}};
  }
  slipway::checkout_return<client_state> handle_checkout(const command& who, slipway::request_id,
                                                         worker_state& token, pool_state&) {
    if (who.empty()) {
      return slipway::outcome::skip{"the token is fine, but nobody may use it without a name"};
    }
    return slipway::checkout_ok<client_state>{token.number};
  }
  slipway::checkin_return handle_checkin(client_state&, slipway::request_id, worker_state& token,
                                         pool_state&) {
    if (++token.uses == most_uses) {
      // Removed for good: the pool issues another in its place.
      return slipway::outcome::remove{slipway::exit_reason::shutdown("used up")};
    }
    return slipway::outcome::ok{};
  }
};

int main() {
  const auto clock = std::make_shared<slipway::steady_clock>();
  const auto timers = std::make_shared<slipway::io_loop>();
  const auto started = slipway::pool<licence_tokens>::start(
      {.name = "tokens", .core = {.pool_size = 2}}, {}, {}, clock, timers);
  if (!started) {
    return std::puts(started.error().message.c_str()), 1;
  }
  const auto& tokens = *started;

  for (const char* who : {"ann", "bob", "cleo", "dan", "eve"}) {
    auto token = tokens->checkout(who, 1s);
    if (!token) {
      return std::puts(token.error().message.c_str()), 1;
    }
    std::printf("%-4s uses token %u\n", who, token->state());
  }  // Checked in as the lease leaves its scope.

  const auto refused = tokens->checkout("", 1s);
  std::printf("''   %s\n", refused.error().message.c_str());
  std::printf("%s\n", to_string(tokens->status()).c_str());
  tokens->stop(slipway::exit_reason::shutdown());
  return refused.error().code == slipway::checkout_errc::skipped ? 0 : 1;
}
