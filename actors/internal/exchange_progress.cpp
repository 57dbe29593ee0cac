// slipway/actors/internal/exchange_progress.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/exchange_progress.hpp>
#include <slipway/actors/internal/sigpipe_guard.hpp>

#include <cerrno>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>

namespace slipway::internal {
namespace {

// A pipe holds 64 KiB, so one read of this size takes all that can be there.
constexpr std::size_t read_chunk_bytes = std::size_t{64} * 1024;

// Since Linux 6.18 a write can be asked to raise no SIGPIPE; Debian 12's headers have no name for
// it.
constexpr int rwf_nosignal = 0x100;

// An older kernel refuses the flag before it writes; there two more system calls hold the signal
// back.
ssize_t write_without_sigpipe(int fd, std::span<const std::byte> bytes) {
  const iovec whole{const_cast<std::byte*>(bytes.data()), bytes.size()};
  const ssize_t written = ::pwritev2(fd, &whole, 1, -1, rwf_nosignal);
  if (written >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) {
    return written;
  }
  const sigpipe_guard guard;
  const ssize_t guarded = ::write(fd, bytes.data(), bytes.size());
  if (guarded < 0 && errno == EPIPE) {
    guard.consume();
    errno = EPIPE;
  }
  return guarded;
}

}  // namespace

exchange_progress::write_state exchange_progress::write() {
  while (!unsent_.empty()) {
    const ssize_t written = write_without_sigpipe(command_fd_, unsent_);
    if (written >= 0) {
      unsent_ = unsent_.subspan(static_cast<std::size_t>(written));
      if (!unsent_.empty()) {
        // The pipe took less than it was offered, so it is full: no need to be told so.
        return write_state::blocked;
      }
    } else if (errno == EAGAIN) {
      return write_state::blocked;
    } else if (errno != EINTR) {
      error_text_ = "writing the request: " + std::generic_category().message(errno);
      return write_state::broken;
    }
  }
  return write_state::complete;
}

exchange_progress::read_state exchange_progress::read() {
  for (bool drained = false;;) {
    auto next = incoming_.next();
    if (!next) {
      protocol_error_ = true;
      error_text_ = to_string(next.error());
      return read_state::broken;
    }
    if (next->has_value()) {
      received_ = **next;
      return read_state::frame;
    }
    if (drained) {
      return read_state::blocked;
    }
    const auto space = incoming_.bytes().writable(read_chunk_bytes);
    const ssize_t got = ::read(response_fd_, space.data(), space.size());
    if (got > 0) {
      incoming_.bytes().commit(static_cast<std::size_t>(got));
      // The pipe gave less than there was room for, so it is empty: no need to be told so.
      drained = static_cast<std::size_t>(got) < space.size();
    } else if (got == 0) {
      return read_state::closed;
    } else if (errno == EAGAIN) {
      return read_state::blocked;
    } else if (errno != EINTR) {
      error_text_ = "reading the answer: " + std::generic_category().message(errno);
      return read_state::broken;
    }
  }
}

}  // namespace slipway::internal
