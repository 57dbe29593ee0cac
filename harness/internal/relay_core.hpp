// slipway/harness/internal/relay_core.hpp
//
// What a fault relay does with the frames that pass through it.
// Belongs here: which frames come out, changed how, when. Does not: pipes and processes
// (relay_process), who ordered the faults (fault_server).
// Invariants: (1) without orders every byte passes, in its order;
//             (2) an order for the next answer holds for one answer;
//             (3) nothing overtakes: what comes after a delayed answer waits for it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/harness/internal/relay_message.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace slipway::harness::internal {

using relay_bytes = std::vector<std::byte>;

/// Cuts a stream into whole frames, headers included, of any length; what is none stays `rest`.
class frame_cutter {
 public:
  void feed(std::span<const std::byte> bytes);
  [[nodiscard]] std::optional<relay_bytes> next();
  /// Takes what has begun and is no whole frame.
  [[nodiscard]] relay_bytes rest();

 private:
  relay_bytes buffer_;
};

/// The command and the session of a request, if it is one of either codec.
struct request_facts {
  std::string command{};
  std::string session{};
};
/// @param frame  whole, with its header.
[[nodiscard]] request_facts facts_of(std::span<const std::byte> frame);

/// What is to be done at once.
struct relay_effects {
  std::optional<int> exit{};
  bool close_stdout = false;
  bool close_stdin = false;
  std::uint64_t flood_bytes = 0;
  std::uint64_t grow_bytes = 0;
};

/// Value type, one thread at a time.
class relay_core {
 public:
  [[nodiscard]] relay_effects obey(const relay_order& order);

  /// Whether frames still pass.
  [[nodiscard]] bool hangs() const { return hangs_; }

  /// An answer of the worker; what becomes of it waits for `take_due`.
  void answer(relay_bytes frame, time_point now);
  /// The last bytes of a worker, which are no frame.
  void leftover(relay_bytes bytes, time_point now);

  /// What is to be written to the host by now.
  [[nodiscard]] std::optional<relay_bytes> take_due(time_point now);
  /// When there is something next; nothing: never, unless more comes.
  [[nodiscard]] std::optional<time_point> next_due() const;

 private:
  struct outgoing {
    time_point at;
    relay_bytes bytes;
  };

  void send(relay_bytes bytes, time_point now);

  bool hangs_ = false;
  duration delay_{};
  std::optional<relay_order> shape_;
  std::deque<outgoing> outgoing_;
};

}  // namespace slipway::harness::internal
