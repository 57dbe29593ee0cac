// slipway/actors/python_pool_actor.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/detail/client_watch.hpp>
#include <slipway/actors/detail/gateway.hpp>
#include <slipway/actors/internal/async_call.hpp>
#include <slipway/actors/pool_slot.hpp>
#include <slipway/actors/python_pool_actor.hpp>
#include <slipway/protocol/envelope_codec.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/make_actor.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>

#include <utility>

namespace slipway {
namespace {

using internal::async_call;

class python_gateway final : public detail::gateway {
 public:
  python_gateway(caf::actor_config& config, std::shared_ptr<pool_slot> slot)
      : detail::gateway(config), slot_(std::move(slot)) {}

  const char* name() const override { return "slipway.python_pool"; }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* /*host*/) override {
    const auto& content = what->content();
    if (content.match_elements<call_atom, std::string, value, duration>()) {
      call(what->sender, what->mid, content.get_as<std::string>(1), content.get_as<value>(2),
           content.get_as<duration>(3));
    } else if (content.match_elements<caf::exit_msg>()) {
      // It stands for the pool's place, which lives as long as the system.
    } else {
      bounce(what, caf::sec::unexpected_message);
    }
  }

 private:
  void call(const caf::strong_actor_ptr& client, caf::message_id id, const std::string& command,
            const value& args, duration timeout) {
    const auto& options = slot_->options();
    internal::call_subject subject{command, slot_->next_request_id(), options.wire_codec};
    byte_buffer frame;
    if (auto encoded = encode_request(options.wire_codec, subject.id, command, args, frame,
                                      options.max_frame_bytes);
        !encoded) {
      reply(
          client, id,
          failure(internal::classified(internal::not_encodable(command, encoded.error()), *slot_)));
      return;
    }
    // Filled below: the completion must find the watch that it ends, and the watch needs the call.
    auto watched = std::make_shared<const async_call*>(nullptr);
    auto running =
        std::make_shared<async_call>(slot_, std::move(subject), std::move(frame), timeout,
                                     [client, id, watched](result<value, call_error> outcome) {
                                       detail::unwatch_client(client, *watched);
                                       reply(client, id, std::move(outcome));
                                     });
    *watched = running.get();
    detail::watch_client(client, running.get(),
                         [call = std::weak_ptr(running)](const exit_reason& reason) {
                           if (const auto waiting = call.lock()) {
                             waiting->client_down(reason);
                           }
                         });
    running->start();
  }

  static void reply(const caf::strong_actor_ptr& client, caf::message_id id,
                    result<value, call_error> outcome) {
    if (client && id.is_request()) {
      client->enqueue(nullptr, id.response_id(),
                      outcome ? caf::make_message(std::move(*outcome))
                              : caf::make_message(to_caf(outcome.error())),
                      nullptr);
    }
  }

  std::shared_ptr<pool_slot> slot_;
};

}  // namespace

caf::error to_caf(const call_error& error) {
  return {static_cast<std::uint8_t>(static_cast<int>(error.code) + 1), call_error_category,
          caf::make_message(error)};
}

std::optional<call_error> call_error_from(const caf::error& error) {
  if (error.category() != call_error_category || !error.context().match_elements<call_error>()) {
    return std::nullopt;
  }
  return error.context().get_as<call_error>(0);
}

python_pool_actor make_python_pool_actor(caf::actor_system& system,
                                         std::shared_ptr<pool_slot> slot) {
  caf::actor_config config;
  return caf::make_actor<python_gateway, python_pool_actor>(system.next_actor_id(), system.node(),
                                                            &system, config, std::move(slot));
}

}  // namespace slipway
