// slipway/tools/result_sink.hpp
//
// Brings result lines into the order of their requests, within bounded memory.
// Belongs here: what may be written when, and who has to wait.
// Does not: what a line says.
// Invariants: (1) each line is written once;
//             (2) in order, line n is written after all before it;
//             (3) at most `max_lines` lines and about `max_bytes` bytes are held back: whoever
//                 would add to more waits in wait_for_room;
//             (4) after a failed write nothing more is written.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::tools {

/// Puts numbered texts back into order. Value type; one thread at a time.
class reorder_buffer {
 public:
  /// Takes text number `place`, counted from 0 without gaps, each once.
  void put(std::uint64_t place, std::string text);
  /// All that can be given out now, joined; it is then forgotten.
  [[nodiscard]] std::string take();

  /// The place of the next text to be given out.
  [[nodiscard]] std::uint64_t next() const { return next_; }
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }

 private:
  std::map<std::uint64_t, std::string> held_;
  std::uint64_t next_ = 0;
  std::size_t held_bytes_ = 0;
};

enum class result_order : std::uint8_t { of_requests, as_finished };

struct sink_limits {
  /// How far the newest request may be ahead of the oldest unfinished one.
  std::size_t max_lines = 4096;
  std::size_t max_bytes = std::size_t{256} * 1024 * 1024;
};

/// Thread: any.
class result_sink {
 public:
  /// Writes a text, or gives the reason why it cannot.
  using writer = std::function<std::optional<std::string>(std::string_view)>;

  result_sink(result_order order, writer write, sink_limits limits = {});

  /// Blocks until request `place` may begin. Requests must ask in their order, one at a time.
  /// @returns false when nothing can be written any more.
  [[nodiscard]] bool wait_for_room(std::uint64_t place);

  /// Writes the line, or holds it back until those before it are there.
  void put(std::uint64_t place, std::string line);

  /// Why writing failed, if it did.
  [[nodiscard]] std::optional<std::string> failed() const;

 private:
  const result_order order_;
  const writer write_;
  const sink_limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  reorder_buffer buffer_;
  std::optional<std::string> failed_;
};

}  // namespace slipway::tools
