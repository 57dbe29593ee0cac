// tests/conformance/driven_pool.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include "driven_pool.hpp"

#include "scripted_worker.hpp"
#include <slipway/actors/pool.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace slipway::conformance {

namespace {

template <class W>
class lease_of final : public driven_lease {
 public:
  explicit lease_of(lease<W> held) : held_(std::move(held)) {}

  [[nodiscard]] std::string& state() override { return held_.state(); }
  void update(std::string message) override { held_.update(std::move(message)); }
  void checkin() override { held_.checkin(); }
  void cancel(exit_reason reason) override { held_.cancel(std::move(reason)); }
  void client_down(exit_reason reason) override { held_.client_down(std::move(reason)); }

 private:
  lease<W> held_;
};

template <class W>
class pool_of final : public driven_pool {
 public:
  explicit pool_of(std::shared_ptr<pool<W>> real) : real_(std::move(real)) {}

  std::shared_ptr<ticket> checkout(std::string command, duration timeout,
                                   std::function<void(checkout_result)> done) override {
    return real_->async_checkout(std::move(command), timeout,
                                 [done = std::move(done)](typename pool<W>::checkout_result given) {
                                   if (given) {
                                     done(std::make_shared<lease_of<W>>(std::move(*given)));
                                   } else {
                                     done(failure(std::move(given.error())));
                                   }
                                 });
  }
  void client_down(const std::shared_ptr<ticket>& of, exit_reason reason) override {
    real_->client_down(of, std::move(reason));
  }
  void checkin(request_id request, std::string state) override {
    real_->checkin(request, std::move(state));
  }
  void update(request_id request, std::string message) override {
    real_->update(request, std::move(message));
  }
  void cancel(request_id request, exit_reason reason) override {
    real_->cancel(request, std::move(reason));
  }
  void send_info(json message) override { real_->send_info(std::move(message)); }
  void stop(exit_reason reason) override { real_->stop(std::move(reason)); }
  void kill() override { real_->kill(); }
  void inspect(std::function<void()> look) override {
    real_->inspect([look = std::move(look)](const pool_core& /*core*/) { look(); });
  }

 private:
  std::shared_ptr<pool<W>> real_;
};

using start_function = driven_start (*)(pool_script&, const pool_core_options&, const clock&,
                                        timer_service&, std::function<void(const exit_reason&)>);

template <class Type>
std::shared_ptr<Type> unowned(Type& outlives) {
  return {std::shared_ptr<void>(), &outlives};
}

template <callback_set Has>
driven_start start_with(pool_script& script, const pool_core_options& options, const clock& time,
                        timer_service& timers, std::function<void(const exit_reason&)> on_exit) {
  using worker = scripted_worker<Has>;
  auto started = pool<worker>::start({.name = "pool", .core = options}, worker(script), "p0",
                                     unowned(time), unowned(timers), std::move(on_exit));
  if (!started) {
    return failure(std::move(started.error()));
  }
  return std::make_shared<pool_of<worker>>(std::move(*started));
}

constexpr std::size_t update_bit = 1;
constexpr std::size_t info_bit = 2;

template <std::size_t... Bits>
constexpr std::array<start_function, sizeof...(Bits)> all_starts(std::index_sequence<Bits...>) {
  return {&start_with<callback_set{(Bits & update_bit) != 0, (Bits & info_bit) != 0}>...};
}

}  // namespace

driven_start start_driven_pool(pool_script& script, const pool_core_options& options,
                               const clock& time, timer_service& timers,
                               std::function<void(const exit_reason&)> on_exit) {
  static constexpr auto starts = all_starts(std::make_index_sequence<4>());
  const std::size_t has = (script.implements("handle_update") ? update_bit : 0) |
                          (script.implements("handle_info") ? info_bit : 0);
  return starts.at(has)(script, options, time, timers, std::move(on_exit));
}

}  // namespace slipway::conformance
