// slipway/harness/internal/relay_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/relay_core.hpp>
#include <slipway/protocol/envelope_codec.hpp>
#include <slipway/protocol/frame_codec.hpp>

#include <algorithm>
#include <utility>

namespace slipway::harness::internal {
namespace {

constexpr unsigned bits_per_byte = 8;
// Any deed that is none to an answer.
constexpr relay_order unchanged{0, relay_deed::exit};

std::size_t announced_bytes(std::span<const std::byte> header) {
  std::size_t length = 0;
  for (const std::byte part : header.first(frame_header_bytes)) {
    length = (length << bits_per_byte) | std::to_integer<std::size_t>(part);
  }
  return length;
}

// A map in msgpack never begins with '{', and one in JSON with nothing else but blanks.
codec codec_of(std::span<const std::byte> payload) {
  const auto is_blank = [](std::byte c) {
    return c == std::byte{' '} || c == std::byte{'\n'} || c == std::byte{'\t'} ||
           c == std::byte{'\r'};
  };
  const auto first = std::find_if_not(payload.begin(), payload.end(), is_blank);
  return first != payload.end() && *first == std::byte{'{'} ? codec::json : codec::msgpack;
}

// No envelope in either codec: 0xc1 is the one byte that msgpack never uses.
relay_bytes garbage_frame() {
  constexpr std::size_t length = 8;
  relay_bytes frame(frame_header_bytes + length, std::byte{0xc1});
  std::fill_n(frame.begin(), frame_header_bytes, std::byte{0});
  frame[frame_header_bytes - 1] = std::byte{length};
  return frame;
}

relay_bytes overlong_header() {
  return relay_bytes(frame_header_bytes, std::byte{0xff});
}

// An answer that cannot be read, or written again, passes as it is: it is wrong enough.
relay_bytes with_another_id(relay_bytes frame) {
  const auto payload = std::span(frame).subspan(frame_header_bytes);
  const codec spoken = codec_of(payload);
  auto answer = decode_response(spoken, payload);
  if (!answer) {
    return frame;
  }
  // Far from all that are asked for, and within what every codec can write.
  answer->id += 1'000'000'000;
  byte_buffer changed;
  if (!encode_response(spoken, *answer, changed)) {
    return frame;
  }
  return {changed.begin(), changed.end()};
}

}  // namespace

void frame_cutter::feed(std::span<const std::byte> bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<relay_bytes> frame_cutter::next() {
  if (buffer_.size() < frame_header_bytes) {
    return std::nullopt;
  }
  const std::size_t whole = frame_header_bytes + announced_bytes(buffer_);
  if (buffer_.size() < whole) {
    return std::nullopt;
  }
  const auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(whole);
  relay_bytes frame(buffer_.begin(), end);
  buffer_.erase(buffer_.begin(), end);
  return frame;
}

relay_bytes frame_cutter::rest() {
  return std::exchange(buffer_, {});
}

request_facts facts_of(std::span<const std::byte> frame) {
  const auto payload = frame.subspan(frame_header_bytes);
  const auto asked = decode_request(codec_of(payload), payload);
  if (!asked) {
    return {};
  }
  request_facts facts{asked->command};
  if (const auto session = asked->args.find("session_id")) {
    facts.session = session->as<std::string>().value_or(std::string());
  }
  return facts;
}

relay_effects relay_core::obey(const relay_order& order) {
  relay_effects effects;
  switch (order.deed) {
    case relay_deed::exit:
      effects.exit = static_cast<int>(order.amount);
      break;
    case relay_deed::delay:
      delay_ += std::chrono::nanoseconds(order.amount);
      break;
    case relay_deed::hang:
      hangs_ = true;
      outgoing_.clear();
      break;
    case relay_deed::close_stdout:
      effects.close_stdout = true;
      break;
    case relay_deed::close_stdin:
      effects.close_stdin = true;
      break;
    case relay_deed::flood:
      effects.flood_bytes = order.amount;
      break;
    case relay_deed::grow:
      effects.grow_bytes = order.amount;
      break;
    case relay_deed::half_frame:
    case relay_deed::garbage:
    case relay_deed::overlong:
    case relay_deed::wrong_id:
    case relay_deed::duplicate:
      shape_ = order;
      break;
  }
  return effects;
}

void relay_core::answer(relay_bytes frame, time_point now) {
  if (hangs_) {
    return;
  }
  const relay_order shape = std::exchange(shape_, std::nullopt).value_or(unchanged);
  switch (shape.deed) {
    case relay_deed::half_frame:
      frame.resize(shape.amount != 0 ? std::min<std::size_t>(frame.size(), shape.amount)
                                     : std::max(frame_header_bytes, frame.size() / 2));
      send(std::move(frame), now);
      hangs_ = true;
      return;
    case relay_deed::overlong:
      send(overlong_header(), now);
      hangs_ = true;
      return;
    case relay_deed::garbage:
      send(garbage_frame(), now);
      return;
    case relay_deed::wrong_id:
      send(with_another_id(std::move(frame)), now);
      return;
    case relay_deed::duplicate:
      // In one write: who reads the first must not get away before the second is there.
      frame.reserve(2 * frame.size());
      frame.insert(frame.end(), frame.begin(), frame.end());
      send(std::move(frame), now);
      return;
    default:
      send(std::move(frame), now);
  }
}

void relay_core::leftover(relay_bytes bytes, time_point now) {
  if (!hangs_ && !bytes.empty()) {
    send(std::move(bytes), now);
  }
}

void relay_core::send(relay_bytes bytes, time_point now) {
  time_point at = deadline_after(now, std::exchange(delay_, duration::zero()));
  if (!outgoing_.empty()) {
    at = std::max(at, outgoing_.back().at);
  }
  outgoing_.push_back({at, std::move(bytes)});
}

std::optional<relay_bytes> relay_core::take_due(time_point now) {
  if (outgoing_.empty() || outgoing_.front().at > now) {
    return std::nullopt;
  }
  relay_bytes bytes = std::move(outgoing_.front().bytes);
  outgoing_.pop_front();
  return bytes;
}

std::optional<time_point> relay_core::next_due() const {
  return outgoing_.empty() ? std::nullopt : std::optional(outgoing_.front().at);
}

}  // namespace slipway::harness::internal
