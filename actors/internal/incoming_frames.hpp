// slipway/actors/internal/incoming_frames.hpp
//
// What comes from a process, frame by frame, without the late answer to a probe.
// Belongs here: which frame is passed over, what is left of one that has begun.
// Does not: reading (exchange_progress, and simulated ports), who may (port_core).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/frame_codec.hpp>
#include <slipway/protocol/result.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace slipway::internal {

/// Thread: whoever holds the exchange.
class incoming_frames {
 public:
  using payload = std::span<const std::byte>;
  using answer_test = std::function<bool(payload)>;

  explicit incoming_frames(std::size_t max_frame_bytes) : decoder_(max_frame_bytes) {}

  /// Where the bytes go, as they come.
  [[nodiscard]] frame_decoder& bytes() { return decoder_; }

  /// The next whole frame that is not the answer to a probe; as frame_decoder::next.
  [[nodiscard]] result<std::optional<payload>, wire_error> next();

  /// A probe was written, whose answer this accepts.
  void expect(answer_test is_answer) { owed_ = std::move(is_answer); }
  /// Whether the answer to a probe is still to come.
  [[nodiscard]] bool owed() const { return owed_ != nullptr; }

  /// Whether bytes wait that answer nothing.
  [[nodiscard]] bool unasked() const { return decoder_.buffered() != 0 && !owed(); }

  /// What has come of an answer that is not whole yet, in words; nothing when none has begun.
  [[nodiscard]] std::optional<std::string> unfinished_answer() const;

 private:
  frame_decoder decoder_;
  answer_test owed_;
};

}  // namespace slipway::internal
