// slipway/actors/pool_handle.hpp
//
// Checks workers out, from actors.
//
//     auto tokens = slipway::make_pool_handle<licence_tokens>(system, place);
//     self->request(tokens, 5s, checkout_atom::value, std::string("ann"), slipway::duration(5s))
//         .then([](const std::shared_ptr<slipway::lease<licence_tokens>>& token) { … },
//               [](const caf::error& failed) { if (auto why = checkout_error_from(failed)) … });
//
// Belongs here: the typed handle and the way of checkout errors through CAF's.
// Does not: the pool. The handle stays good through all restarts of its pool. The worker is checked
// in when the last copy of the lease goes; a client that exits while it waits leaves the queue, one
// that exits while it holds a lease costs that worker (NimblePool: DOWN). The command must be a type
// that CAF lets into messages: one of its own, or CAF_ALLOW_UNSAFE_MESSAGE_TYPE(command).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/checkout_error.hpp>
#include <slipway/actors/detail/client_watch.hpp>
#include <slipway/actors/detail/gateway.hpp>
#include <slipway/actors/pool_place.hpp>

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/make_actor.hpp>
#include <caf/replies_to.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace slipway {

using checkout_atom = caf::atom_constant<caf::atom("checkout")>;

/// Takes a command and the timeout of the checkout; gives a lease, or an error from which
/// `checkout_error_from` reads the checkout_error.
template <worker_behaviour W>
using pool_handle =
    caf::typed_actor<typename caf::replies_to<checkout_atom, typename W::command,
                                              duration>::template with<std::shared_ptr<lease<W>>>>;

/// The category of errors that carry a checkout_error; the code is its checkout_errc, plus one
/// because CAF takes 0 for no error.
inline constexpr caf::atom_value checkout_error_category = caf::atom("slip.chkot");

[[nodiscard]] caf::error to_caf(const checkout_error& error);

/// Nothing when `error` is of another category, as that of a CAF timeout.
[[nodiscard]] std::optional<checkout_error> checkout_error_from(const caf::error& error);

}  // namespace slipway

// They stay within the process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slipway::checkout_error)
namespace caf {
template <class W>
struct allowed_unsafe_message_type<std::shared_ptr<slipway::lease<W>>> : std::true_type {};
}  // namespace caf

namespace slipway {
namespace detail {

template <worker_behaviour W>
class pool_gateway final : public gateway {
 public:
  using command = typename W::command;

  pool_gateway(caf::actor_config& config, std::shared_ptr<pool_place<W>> place)
      : gateway(config), place_(std::move(place)) {}

  const char* name() const override { return "slipway.pool_handle"; }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* /*host*/) override {
    const auto& content = what->content();
    if (content.match_elements<checkout_atom, command, duration>()) {
      checkout(what->sender, what->mid, content.get_as<command>(1), content.get_as<duration>(2));
    } else if (!content.match_elements<caf::exit_msg>()) {
      // An exit message is none of its business: it stands for the place, not for a pool.
      bounce(what, caf::sec::unexpected_message);
    }
  }

 private:
  void checkout(const caf::strong_actor_ptr& client, caf::message_id id, command wanted,
                duration timeout) {
    const auto pool = place_->current();
    if (!pool) {
      reply(client, id, caf::make_message(to_caf(place_->not_started())));
      return;
    }
    // Its address names the watch, which must be there before the answer may come.
    const auto watch = std::make_shared<std::weak_ptr<typename slipway::pool<W>::ticket>>();
    const auto ticket =
        pool->async_checkout(std::move(wanted), timeout, [client, id, watch](auto given) {
          reply(client, id,
                given ? leased(client, watch, std::move(*given))
                      : refused(client, watch, given.error()));
        });
    *watch = ticket;
    watch_client(client, watch.get(), [pool, weak = std::weak_ptr(ticket)](const exit_reason& why) {
      if (const auto asked = weak.lock()) {
        pool->client_down(asked, why);
      }
    });
    if (ticket->is_over()) {
      unwatch_client(client, watch.get());
    }
  }

  template <class Watch>
  static caf::message leased(const caf::strong_actor_ptr& client, const Watch& watch,
                             lease<W> given) {
    // The lease may go on whichever thread; with it goes the watch.
    return caf::make_message(
        std::shared_ptr<lease<W>>(new lease<W>(std::move(given)), [client, watch](lease<W>* held) {
          const std::unique_ptr<lease<W>> goes(held);
          unwatch_client(client, watch.get());
        }));
  }

  template <class Watch>
  static caf::message refused(const caf::strong_actor_ptr& client, const Watch& watch,
                              const checkout_error& error) {
    unwatch_client(client, watch.get());
    return caf::make_message(to_caf(error));
  }

  static void reply(const caf::strong_actor_ptr& client, caf::message_id id, caf::message what) {
    if (client && id.is_request()) {
      client->enqueue(nullptr, id.response_id(), std::move(what), nullptr);
    }
  }

  std::shared_ptr<pool_place<W>> place_;
};

}  // namespace detail

/// The actor through which workers of the pool at `place` are checked out.
template <worker_behaviour W>
[[nodiscard]] pool_handle<W> make_pool_handle(caf::actor_system& system,
                                              std::shared_ptr<pool_place<W>> place) {
  caf::actor_config config;
  return caf::make_actor<detail::pool_gateway<W>, pool_handle<W>>(
      system.next_actor_id(), system.node(), &system, config, std::move(place));
}

}  // namespace slipway
