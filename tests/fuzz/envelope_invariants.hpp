// tests/fuzz/envelope_invariants.hpp
//
// What holds for every payload that the envelope codec is given. The first byte of the input
// chooses the codec: even for msgpack, odd for JSON.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "invariant.hpp"
#include <slipway/protocol/envelope_codec.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace slipway::fuzz {

/// An error must be of use: a sentence, printable, with the payload quoted.
inline void check_error(const wire_error& error, std::span<const std::byte> payload) {
  require(!error.message.empty(), "an error has a message");
  require(error.offset <= payload.size(), "an error lies within the payload");
  require(error.first_bytes == quote_bytes(payload), "an error quotes the payload");
  require(to_string(error).size() < 1000, "an error is of bounded length");
}

/// What was decoded encodes, and decodes to the same.
inline void check_request(codec codec, std::span<const std::byte> payload) {
  const auto read = decode_request(codec, payload);
  if (!read) {
    return check_error(read.error(), payload);
  }
  require(!read->command.empty() && read->args.is_map(), "a request has a command and arguments");
  byte_buffer frame;
  require(encode_request(codec, *read, frame).has_value(),
          "a request that was read can be written");
  const auto again = decode_request(codec, std::span(frame).subspan(frame_header_bytes));
  require(again.has_value() && *again == *read, "a request written and read is the same");
}

/// The same for responses.
inline void check_response(codec codec, std::span<const std::byte> payload) {
  const auto read = decode_response(codec, payload);
  if (!read) {
    return check_error(read.error(), payload);
  }
  byte_buffer frame;
  require(encode_response(codec, *read, frame).has_value(),
          "a response that was read can be written");
  const auto again =
      decode_response_to(codec, read->id, std::span(frame).subspan(frame_header_bytes));
  require(again.has_value() && *again == *read, "a response written and read is the same");
}

/// Every form of a value says the same.
inline void check_value(const value& read) {
  const std::string text = read.to_text(100);
  require(text.size() <= 103, "the text of a value is of bounded length");
  require(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }),
          "the text of a value is printable");
  const value copied(read.object());
  require(copied == read, "a copy is equal");
  if (const auto json = read.to_json()) {
    const auto again = value::from_json(*json);
    require(again.has_value() && *again == read, "a value written as JSON and read is the same");
  }
}

/// Our scan and msgpack-c must agree on what is MessagePack: it guards msgpack-c and must neither
/// let through what that one refuses nor refuse what it accepts.
inline void check_msgpack(std::span<const std::byte> payload) {
  const auto ours = value::from_msgpack(payload);
  if (!ours && (ours.error().code == wire_errc::nested_too_deep ||
                ours.error().code == wire_errc::too_many_items)) {
    return;  // limits of ours; msgpack-c would allocate what is announced
  }
  std::size_t end = 0;
  bool theirs = true;
  msgpack::object_handle handle;
  try {
    // Limits in number of bytes: a container that announces more elements than that is truncated.
    const std::size_t most = payload.size() + 1;
    const msgpack::unpack_limit limits(most, most, most, most, most, most);
    msgpack::unpack(handle, reinterpret_cast<const char*>(payload.data()), payload.size(), end,
                    nullptr, nullptr, limits);
  } catch (const std::exception&) {
    theirs = false;
  }
  const bool trailing = !ours && ours.error().code == wire_errc::trailing_bytes;
  require(theirs == (ours.has_value() || trailing),
          "our scan and msgpack-c agree on what is sound");
  require(!trailing || end == ours.error().offset, "both end at the same byte");
  if (ours) {
    require(end == payload.size(), "msgpack-c reads all that our scan passed");
    require(value(handle.get()) == *ours, "our value is the one that msgpack-c reads");
    check_value(*ours);
  }
}

/// Checks every invariant of the envelope codec on one input.
inline void check_envelopes(std::span<const std::byte> input) {
  if (input.empty()) {
    return;
  }
  const bool json = (std::to_integer<unsigned>(input[0]) & 1U) != 0;
  // In an allocation of exactly its size, so that a read past its end is seen.
  const std::size_t size = input.size() - 1;
  const auto memory = std::make_unique<std::byte[]>(size);
  std::copy(input.begin() + 1, input.end(), memory.get());
  const std::span<const std::byte> payload(memory.get(), size);

  check_request(json ? codec::json : codec::msgpack, payload);
  check_response(json ? codec::json : codec::msgpack, payload);
  if (!json) {
    return check_msgpack(payload);
  }
  const auto read = value::from_json({reinterpret_cast<const char*>(payload.data()), size});
  if (read) {
    check_value(*read);
  }
}

}  // namespace slipway::fuzz
