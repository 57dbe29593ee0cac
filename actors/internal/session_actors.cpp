// slipway/actors/internal/session_actors.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/detail/gateway.hpp>
#include <slipway/actors/internal/session_actors.hpp>
#include <slipway/actors/internal/session_call.hpp>
#include <slipway/actors/python_pool_actor.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/make_actor.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>

namespace slipway::internal {
namespace {

// Lives as long as its session: the end of one is the end of the other.
class session_actor final : public detail::gateway {
 public:
  session_actor(caf::actor_config& config, std::shared_ptr<session_handle> handle)
      : detail::gateway(config), handle_(std::move(handle)) {}

  const char* name() const override { return "slipway.session"; }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* /*host*/) override {
    const auto& content = what->content();
    if (content.match_elements<call_atom, std::string, value, duration>()) {
      call(what->sender, what->mid, content.get_as<std::string>(1), content.get_as<value>(2),
           content.get_as<duration>(3));
    } else if (content.match_elements<caf::exit_msg>()) {
      exit(from_caf(content.get_as<caf::exit_msg>(0).reason));
    } else {
      bounce(what, caf::sec::unexpected_message);
    }
  }

  void ended(const exit_reason& reason) { cleanup(to_caf(reason), nullptr); }

 private:
  void call(const caf::strong_actor_ptr& client, caf::message_id id, const std::string& command,
            const value& args, duration timeout) {
    std::make_shared<session_call>(handle_, command, timeout,
                                   [client, id](result<value, call_error> outcome) {
                                     if (client && id.is_request()) {
                                       client->enqueue(
                                           nullptr, id.response_id(),
                                           outcome ? caf::make_message(std::move(*outcome))
                                                   : caf::make_message(to_caf(outcome.error())),
                                           nullptr);
                                     }
                                   })
        ->start(args);
  }

  void exit(const exit_reason& reason) {
    // As for any actor: a normal exit of somebody else is none of its business.
    if (reason.kind == exit_kind::normal) {
      return;
    }
    std::optional<session_remains> remains;
    const auto& pool = handle_->pool;
    // A tree that stops ends the workers, too.
    if (pool->sessions()->end(handle_->session->number, reason, remains) && remains &&
        reason.kind != exit_kind::shutdown) {
      clean_up(pool, *remains, pool->options().call_timeout, nullptr);
    }
  }

  const std::shared_ptr<session_handle> handle_;
};

session_error not_started(const std::string& session, const std::string& why) {
  return {session_errc::start_failed, "session '" + session + "' has no actor: " + why};
}

}  // namespace

class session_actors::listener final : public session_listener {
 public:
  listener(std::shared_ptr<session_actors> actors, std::weak_ptr<pool_slot> pool)
      : actors_(std::move(actors)), pool_(std::move(pool)) {}

  std::optional<session_error> begun(const std::shared_ptr<session_record>& session) override {
    const auto pool = pool_.lock();
    return pool ? actors_->start(pool, session) : std::nullopt;
  }
  void ended(session_number session, const exit_reason& reason) override {
    if (const auto pool = pool_.lock()) {
      actors_->ended({pool.get(), session}, reason);
    }
  }

 private:
  const std::shared_ptr<session_actors> actors_;
  const std::weak_ptr<pool_slot> pool_;
};

void session_actors::serve(const std::shared_ptr<pool_slot>& pool) {
  pool->sessions()->listen(std::make_shared<listener>(shared_from_this(), pool));
}

caf::actor session_actors::actor_of(const pool_slot& pool, session_number session) const {
  std::lock_guard guard(mutex_);
  const auto found = actors_.find({&pool, session});
  return found == actors_.end() ? caf::actor{} : found->second;
}

std::optional<session_error> session_actors::start(const std::shared_ptr<pool_slot>& pool,
                                                   const std::shared_ptr<session_record>& session) {
  const auto supervisor = supervisor_();
  if (!supervisor) {
    return not_started(session->id, supervisor.error());
  }
  child_spec spec;
  spec.id = session->id;
  spec.restart = restart_type::temporary;
  spec.start = [self = shared_from_this(), pool, session](start_context& context) -> start_result {
    auto handle = std::make_shared<session_handle>();
    handle->pool = pool;
    handle->session = session;
    caf::actor_config config;
    auto& system = context.system();
    auto made = caf::make_actor<session_actor, caf::actor>(system.next_actor_id(), system.node(),
                                                           &system, config, std::move(handle));
    const key which{pool.get(), session->number};
    {
      std::lock_guard guard(self->mutex_);
      self->actors_.emplace(which, made);
    }
    if (!pool->sessions()->status(session->number)) {
      // It ended while its supervisor was busy.
      self->ended(which, exit_reason::normal());
    }
    return made;
  };
  const auto started =
      dynamic_supervisor_handle(system_, *supervisor).start_child(std::move(spec), patience_);
  if (!started) {
    return not_started(session->id, to_string(started.error()));
  }
  return std::nullopt;
}

void session_actors::ended(const key& which, const exit_reason& reason) {
  caf::actor over;
  {
    std::lock_guard guard(mutex_);
    if (auto found = actors_.extract(which); !found.empty()) {
      over = std::move(found.mapped());
    }
  }
  if (over) {
    static_cast<session_actor*>(caf::actor_cast<caf::abstract_actor*>(over))->ended(reason);
  }
}

}  // namespace slipway::internal
