// slipway/actors/unique_fd.hpp
//
// Sole owner of one file descriptor.
// Belongs here: closing it once.
// Does not: reading, writing or opening.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace slipway {

/// Closes its descriptor when it goes. Value type; -1 stands for none.
class unique_fd {
 public:
  unique_fd() = default;
  explicit unique_fd(int fd) : fd_(fd) {}
  unique_fd(const unique_fd&) = delete;
  unique_fd& operator=(const unique_fd&) = delete;
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~unique_fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

}  // namespace slipway
