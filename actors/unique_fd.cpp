// slipway/actors/unique_fd.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/unique_fd.hpp>

#include <unistd.h>

namespace slipway {

void unique_fd::reset() noexcept {
  if (fd_ >= 0) {
    // On Linux the descriptor is gone even when close reports EINTR, so it is never retried.
    ::close(std::exchange(fd_, -1));
  }
}

}  // namespace slipway
