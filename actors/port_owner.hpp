// slipway/actors/port_owner.hpp
//
// Who a port belongs to. An owner that ends takes its ports with it, as an Erlang process does.
// Belongs here: identity, liveness, the set of ports owned.
// Does not: the port's own state.
// Invariants: (1) a port is in the set of exactly the owner that it names;
//             (2) an ended owner's set is empty and stays so.
// Source: Erlang ports: "if the port owner terminates, so does the port"; erlang:port_connect/2.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>

namespace slipway {

class port;

/// One owner of ports. Thread: any.
class port_owner {
 public:
  port_owner() = default;
  port_owner(const port_owner&) = delete;
  port_owner& operator=(const port_owner&) = delete;
  port_owner(port_owner&&) = delete;
  port_owner& operator=(port_owner&&) = delete;
  ~port_owner();

  [[nodiscard]] bool alive() const;

  /// Ends the owner. Each port that it still owns is closed at once. A second call does nothing.
  void end();

 private:
  friend class port;

  // Both are called with the port's own lock held; the order is always port, then owner.
  [[nodiscard]] bool adopt(const std::shared_ptr<port>& adopted);
  void release(const port* released);

  mutable std::mutex mutex_;
  bool alive_ = true;
  // Ordered, because an owner of one port then allocates no more than that port's entry.
  std::map<const port*, std::weak_ptr<port>> ports_;
};

using port_owner_ptr = std::shared_ptr<port_owner>;

}  // namespace slipway
