// slipway/actors/detail/pool_actor.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/detail/pool_actor.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/make_actor.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>

#include <utility>

namespace slipway::detail {
namespace {

class pool_actor final : public caf::monitorable_actor {
 public:
  explicit pool_actor(caf::actor_config& config) : caf::monitorable_actor(config) {
    register_at_system();
  }

  const char* name() const override { return "slipway.pool"; }

  void run(pool_controls pool) { pool_ = std::move(pool); }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* /*host*/) override {
    const auto& content = what->content();
    if (content.match_elements<caf::exit_msg>()) {
      const exit_reason reason = from_caf(content.get_as<caf::exit_msg>(0).reason);
      // As for any actor: a kill cannot be trapped, and a normal exit of somebody else is none of
      // its business.
      if (reason.kind == exit_kind::killed) {
        pool_.kill();
      } else if (reason.kind != exit_kind::normal) {
        pool_.stop(reason);
      }
    } else {
      bounce(what, caf::sec::unexpected_message);
    }
  }

  void ended(const exit_reason& reason) {
    if (cleanup(to_caf(reason), nullptr)) {
      unregister_from_system();
    }
  }

  void on_destroy() override {
    if (!getf(is_cleaned_up_flag)) {
      cleanup(caf::exit_reason::unreachable, nullptr);
      caf::monitorable_actor::on_destroy();
      unregister_from_system();
    }
  }

 private:
  pool_controls pool_;
};

}  // namespace

start_result start_pool_actor(start_context& context, const pool_starter& start,
                              std::size_t min_ready, duration start_timeout) {
  caf::actor_system& system = context.system();
  caf::actor_config config;
  auto self = caf::make_actor<pool_actor, caf::actor>(system.next_actor_id(), system.node(),
                                                      &system, config);
  auto* state = static_cast<pool_actor*>(caf::actor_cast<caf::abstract_actor*>(self));
  // The pool holds its actor until it has ended, and lets go of it then.
  auto pool = start([self, state](const exit_reason& reason) { state->ended(reason); });
  if (!pool) {
    if (pool.error().code == pool_start_errc::ignored) {
      return ignore;
    }
    return pool.error().reason;
  }
  state->run(*pool);
  if (min_ready == 0) {
    return self;
  }
  pool->async_wait_until_ready(min_ready, start_timeout,
                               [stop = pool->stop, acknowledger = context.acknowledger()](
                                   result<void, checkout_error> ready) {
                                 if (ready) {
                                   acknowledger.started();
                                 } else {
                                   stop(start_timed_out(ready.error()));
                                 }
                               });
  return starting_child{self};
}

}  // namespace slipway::detail
