// slipway/actors/port_owner.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/port.hpp>
#include <slipway/actors/port_owner.hpp>

#include <utility>

namespace slipway {

port_owner::~port_owner() {
  end();
}

bool port_owner::alive() const {
  std::lock_guard guard(mutex_);
  return alive_;
}

void port_owner::end() {
  decltype(ports_) left;
  {
    std::lock_guard guard(mutex_);
    alive_ = false;
    left.swap(ports_);
  }
  for (const auto& [_, weak] : left) {
    if (auto owned = weak.lock()) {
      owned->owner_down(*this);
    }
  }
}

bool port_owner::adopt(const std::shared_ptr<port>& adopted) {
  std::lock_guard guard(mutex_);
  if (alive_) {
    ports_.insert_or_assign(adopted.get(), adopted);
  }
  return alive_;
}

void port_owner::release(const port* released) {
  std::lock_guard guard(mutex_);
  ports_.erase(released);
}

}  // namespace slipway
