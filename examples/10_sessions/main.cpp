// Learn: to keep state in a worker, and to have it again when the worker dies.
//
//     sessions [PYTHON]    run in the root of the source tree
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/session.hpp>
#include <slipway/actors/system.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using slipway::value;

namespace {

int failed(const std::string& why) {
  return std::puts(why.c_str()), 1;
}

value item(const char* name) {
  return value::map({{"item", value(name)}});
}

}  // namespace

int main(int argc, char** argv) {
  auto system = slipway::system::start({.name = "example"});
  if (!system) {
    return failed(system.error().message);
  }
  auto shop = (*system)->start_pool({
      .name = "shop",
      .size = 2,
      .python = argc > 1 ? argv[1] : "/usr/bin/python3",
      .module = "examples/10_sessions/basket.py",
  });
  if (!shop) {
    return failed(shop.error().message);
  }
  // What a new worker is told when the one with the basket has died.
  const slipway::session_spec kept{.rebuild = [](const slipway::session_loss& loss) {
    std::printf("%s was lost: %s\n", loss.session.c_str(), to_string(loss.reason).c_str());
    return std::vector<slipway::session_request>{{"add", item("apple")}};
  }};
  auto basket = shop->open_session("customer 42", kept);
  if (!basket) {
    return failed(basket.error().message);
  }
  auto count = basket->call<int>("add", item("apple"), 5s);
  if (!count) {
    return failed(to_string(count.error()));
  }
  if (auto crashed = basket->call("crash", value(), 5s); !crashed) {
    std::puts(to_string(crashed.error()).c_str());
  }
  count = basket->call<int>("add", item("pear"), 5s);
  if (!count) {
    return failed(to_string(count.error()));
  }
  std::printf("%d in the basket\n", *count);
  if (auto ended = basket->end(5s); !ended) {
    return failed(to_string(ended.error()));
  }
  return *count == 2 ? 0 : 1;
}
