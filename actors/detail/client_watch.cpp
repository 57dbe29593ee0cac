// slipway/actors/detail/client_watch.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/detail/client_watch.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/abstract_actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/attachable.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

namespace slipway::detail {
namespace {

class client_watch final : public caf::attachable {
 public:
  // Any number that CAF gives no meaning to; the pointer tells the watches of one client apart.
  static constexpr std::size_t token_type = std::numeric_limits<std::size_t>::max();

  client_watch(const void* id, std::function<void(const exit_reason&)> on_exit)
      : id_(id), on_exit_(std::move(on_exit)) {}

  void actor_exited(const caf::error& reason, caf::execution_unit* /*host*/) override {
    on_exit_(from_caf(reason));
  }
  bool matches(const token& what) override { return what.subtype == token_type && what.ptr == id_; }

 private:
  const void* id_;
  std::function<void(const exit_reason&)> on_exit_;
};

}  // namespace

void watch_client(const caf::strong_actor_ptr& client, const void* id,
                  std::function<void(const exit_reason&)> on_exit) {
  if (client) {
    client->get()->attach(std::make_unique<client_watch>(id, std::move(on_exit)));
  }
}

void unwatch_client(const caf::strong_actor_ptr& client, const void* id) {
  if (client) {
    client->get()->detach(caf::attachable::token(client_watch::token_type, id));
  }
}

}  // namespace slipway::detail
