// slipway/actors/internal/exchange_progress.hpp
//
// How far one exchange (a frame out, a frame in) has come. The blocking and the asynchronous
// exchange differ only in how they wait; what is read and written in between is here.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/internal/incoming_frames.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace slipway::internal {

/// What an exchange that failed leaves to be told.
struct exchange_findings {
  bool sent = false;  ///< the whole request
  bool is_protocol_error = false;
  std::string error_text{};
  /// What has come of an answer that is not whole yet, in words; nothing when none has begun.
  std::optional<std::string> unfinished_answer{};
};

/// One frame on its way out and one on its way in, over non-blocking pipes.
class exchange_progress {
 public:
  enum class write_state { complete, blocked, broken };
  enum class read_state { frame, blocked, closed, broken };

  exchange_progress(int command_fd, int response_fd, incoming_frames& incoming,
                    std::span<const std::byte> frame)
      : command_fd_(command_fd), response_fd_(response_fd), incoming_(incoming), unsent_(frame) {}

  /// Writes as much as the pipe takes. `broken`: the process no longer reads; `error_text` says
  /// why.
  [[nodiscard]] write_state write();

  /// Reads until a frame is whole or the pipe is empty; passes over one that is owed. `closed`: end of the stream; `broken`: the
  /// bytes are no frame, or the system refused; `error_text` says which.
  [[nodiscard]] read_state read();

  [[nodiscard]] std::span<const std::byte> frame() const { return received_; }
  [[nodiscard]] bool sent() const { return unsent_.empty(); }
  [[nodiscard]] exchange_findings findings() const {
    return {sent(), protocol_error_, error_text_, incoming_.unfinished_answer()};
  }
  [[nodiscard]] bool is_protocol_error() const { return protocol_error_; }
  [[nodiscard]] const std::string& error_text() const { return error_text_; }

 private:
  int command_fd_;
  int response_fd_;
  incoming_frames& incoming_;
  std::span<const std::byte> unsent_;
  std::span<const std::byte> received_;
  bool protocol_error_ = false;
  std::string error_text_;
};

}  // namespace slipway::internal
