// slipway/actors/internal/incoming_frames.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/incoming_frames.hpp>

namespace slipway::internal {

result<std::optional<incoming_frames::payload>, wire_error> incoming_frames::next() {
  for (;;) {
    auto next = decoder_.next();
    if (!next || !next->has_value() || !owed_ || !owed_(**next)) {
      return next;
    }
    owed_ = nullptr;
  }
}

std::optional<std::string> incoming_frames::unfinished_answer() const {
  const auto missing = decoder_.wanted();
  if (!missing) {
    return std::nullopt;
  }
  return "an answer that had begun stopped after " + std::to_string(decoder_.buffered()) +
         " bytes, " + std::to_string(*missing) + " short of its " +
         (decoder_.buffered() < frame_header_bytes ? "header" : "end");
}

}  // namespace slipway::internal
