// slipway/harness/internal/relay_message.hpp
//
// What a fault relay and its harness say to each other, over a socket that keeps packets whole.
// Belongs here: the packets. Does not: sending them, or what they make the relay do (relay_core).
// Both are parts of one build, so a packet is the bytes of these values.
//
//     relay                         harness
//     report  ------------------>             and waits
//             <------------------   orders, `answers` set
//             <------------------   orders of its own accord, `answers` not set
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace slipway::harness::internal {

/// Before what the relay waits for orders.
enum class relay_moment : std::uint8_t {
  started,  ///< the worker's process runs; nothing has been passed on to it
  request,  ///< a request has come and has not been passed on
  reply,    ///< an answer has come and has not been passed on
  replied,  ///< the answer has been passed on
  closing,  ///< it is asked to end: by the shutdown command, by a signal, by the end of its input
  obeyed,   ///< what was ordered of the harness's own accord has been done, or holds from now on
};

struct relay_report {
  std::uint64_t token = 0;  ///< which relay, as its command line says
  std::uint64_t bytes = 0;  ///< of the frame, with its header
  std::int32_t child = 0;   ///< the pid of the worker's process
  relay_moment when = relay_moment::started;
  bool handshake = false;
};

enum class relay_deed : std::uint8_t {
  exit,          ///< at once; amount: the exit code
  delay,         ///< the next answer; amount: nanoseconds
  hang,          ///< nothing is passed on any more, in either direction
  half_frame,    ///< of the next answer so many bytes, 0: half of it, then as `hang`
  garbage,       ///< instead of the next answer a frame that is no envelope
  overlong,      ///< instead of it a header that announces more than any limit, then as `hang`
  wrong_id,      ///< the next answer has another id
  duplicate,     ///< the next answer comes twice
  close_stdout,  ///< at once
  close_stdin,   ///< at once
  flood,         ///< at once; amount: bytes for standard error
  grow,          ///< at once; amount: bytes of memory
};

struct relay_order {
  std::uint64_t amount = 0;
  relay_deed deed = relay_deed::hang;
};

struct relay_orders {
  bool answers = false;  ///< a report
  std::vector<relay_order> orders{};
};

/// No longer packet is sent: sessions with longer names have none, for a relay.
inline constexpr std::size_t max_relay_packet_bytes = 4096;

/// A report and the session that the request belongs to, which may be empty.
[[nodiscard]] std::string pack(const relay_report& report, std::string_view session);
[[nodiscard]] std::string pack(const relay_orders& orders);

struct unpacked_report {
  relay_report report;
  std::string session;
};
/// Nothing when it is none.
[[nodiscard]] std::optional<unpacked_report> unpack_report(std::string_view packet);
[[nodiscard]] std::optional<relay_orders> unpack_orders(std::string_view packet);

}  // namespace slipway::harness::internal
