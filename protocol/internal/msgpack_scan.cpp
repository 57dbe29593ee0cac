// slipway/protocol/internal/msgpack_scan.cpp
//
// The formats of the MessagePack specification, one case each.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/internal/msgpack_scan.hpp>

#include <msgpack.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace slipway::internal {
namespace {

bool is_container(msgpack_kind kind) {
  return kind == msgpack_kind::array || kind == msgpack_kind::map;
}

std::uint64_t elements_of(const msgpack_token& container) {
  return container.kind == msgpack_kind::map ? 2 * container.number : container.number;
}

}  // namespace

std::string_view to_string(msgpack_kind kind) {
  switch (kind) {
    case msgpack_kind::nil:
      return "nil";
    case msgpack_kind::boolean:
      return "bool";
    case msgpack_kind::unsigned_integer:
      return "unsigned integer";
    case msgpack_kind::negative_integer:
      return "negative integer";
    case msgpack_kind::floating:
      return "float";
    case msgpack_kind::string:
      return "string";
    case msgpack_kind::binary:
      return "binary";
    case msgpack_kind::extension:
      return "extension";
    case msgpack_kind::array:
      return "array";
    case msgpack_kind::map:
      return "map";
  }
  return "unknown kind";
}

std::optional<wire_error> unfit_payload(std::span<const std::byte> payload,
                                        const decode_limits& limits) {
  if (payload.empty()) {
    return wire_error{.code = wire_errc::empty_payload,
                      .message = "the payload is empty, expected one value",
                      .field = {},
                      .offset = 0,
                      .first_bytes = {}};
  }
  // No frame is longer than its header can say, and no string's or container's length either.
  constexpr std::size_t greatest = std::numeric_limits<std::uint32_t>::max();
  const std::size_t limit = std::min(limits.max_bytes, greatest);
  if (payload.size() > limit) {
    return wire_error{.code = wire_errc::frame_too_long,
                      .message = "the payload has " + std::to_string(payload.size()) +
                                 " bytes, the limit is " + std::to_string(limit),
                      .field = {},
                      .offset = 0,
                      .first_bytes = quote_bytes(payload)};
  }
  return std::nullopt;
}

bool msgpack_scanner::fail(wire_errc code, std::string_view message) {
  error_ = {.code = code,
            .message = std::string(message),
            .field = {},
            .offset = offset_,
            .first_bytes = quote_bytes(payload_)};
  return false;
}

bool msgpack_scanner::read(msgpack_token& token, std::size_t depth) {
  if (left() == 0) {
    return fail(wire_errc::truncated_payload, "the payload ends where a value should begin");
  }
  const auto lead = std::to_integer<unsigned>(payload_[offset_]);
  token.bytes = {};
  bool sound = true;
  ++offset_;
  if (lead <= 0x7f) {
    token.kind = msgpack_kind::unsigned_integer;
    token.number = lead;
  } else if (lead >= 0xe0) {
    token.kind = msgpack_kind::negative_integer;
    token.number = static_cast<std::uint64_t>(static_cast<std::int64_t>(lead) - 256);
  } else if (lead <= 0x8f) {
    token.kind = msgpack_kind::map;
    token.number = lead & 0xfU;
  } else if (lead <= 0x9f) {
    token.kind = msgpack_kind::array;
    token.number = lead & 0xfU;
  } else if (lead <= 0xbf) {
    sound = read_bytes(msgpack_kind::string, lead & 0x1fU, token);
  } else {
    sound = read_tagged(lead, token);
  }
  return sound && (!is_container(token.kind) || admit_container(token, depth));
}

bool msgpack_scanner::read_tagged(unsigned lead, msgpack_token& token) {
  const auto width_from = [lead](unsigned first) { return std::size_t{1} << (lead - first); };
  switch (lead) {
    case 0xc0:
      token.kind = msgpack_kind::nil;
      return true;
    case 0xc2:
    case 0xc3:
      token.kind = msgpack_kind::boolean;
      token.number = lead - 0xc2;
      return true;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return read_sized(msgpack_kind::binary, width_from(0xc4), token);
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return read_sized(msgpack_kind::extension, width_from(0xc7), token);
    case 0xca:
    case 0xcb:
      token.kind = msgpack_kind::floating;
      return read_number(4 * width_from(0xca), token.number);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      token.kind = msgpack_kind::unsigned_integer;
      return read_number(width_from(0xcc), token.number);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return read_signed(width_from(0xd0), token);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return read_bytes(msgpack_kind::extension, width_from(0xd4) + 1, token);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return read_sized(msgpack_kind::string, width_from(0xd9), token);
    case 0xdc:
    case 0xdd:
      token.kind = msgpack_kind::array;
      return read_number(2 * width_from(0xdc), token.number);
    case 0xde:
    case 0xdf:
      token.kind = msgpack_kind::map;
      return read_number(2 * width_from(0xde), token.number);
    default:
      --offset_;
      return fail(wire_errc::malformed_msgpack, "the byte 0xc1 begins no MessagePack value");
  }
}

bool msgpack_scanner::read_number(std::size_t width, std::uint64_t& number) {
  if (left() < width) {
    return fail(wire_errc::truncated_payload, "the payload ends within a number or a length");
  }
  number = 0;
  for (const std::byte byte : payload_.subspan(offset_, width)) {
    number = number << 8U | std::to_integer<std::uint64_t>(byte);
  }
  offset_ += width;
  return true;
}

bool msgpack_scanner::read_signed(std::size_t width, msgpack_token& token) {
  if (!read_number(width, token.number)) {
    return false;
  }
  const std::uint64_t sign = std::uint64_t{1} << (8 * width - 1);
  const bool negative = (token.number & sign) != 0;
  if (negative) {
    token.number |= ~(sign - 1);
  }
  token.kind = negative ? msgpack_kind::negative_integer : msgpack_kind::unsigned_integer;
  return true;
}

bool msgpack_scanner::read_sized(msgpack_kind kind, std::size_t width, msgpack_token& token) {
  std::uint64_t count = 0;
  if (!read_number(width, count)) {
    return false;
  }
  // The length of an extension does not count the byte that holds its type.
  return read_bytes(kind, kind == msgpack_kind::extension ? count + 1 : count, token);
}

bool msgpack_scanner::read_bytes(msgpack_kind kind, std::uint64_t count, msgpack_token& token) {
  if (left() < count) {
    return fail(wire_errc::truncated_payload, "a value of kind " + std::string(to_string(kind)) +
                                                  " announces " + std::to_string(count) +
                                                  " bytes, " + std::to_string(left()) + " follow");
  }
  token.kind = kind;
  token.number = count;
  token.bytes = {reinterpret_cast<const char*>(payload_.data()) + offset_,
                 static_cast<std::size_t>(count)};
  offset_ += static_cast<std::size_t>(count);
  return true;
}

bool msgpack_scanner::admit_container(const msgpack_token& token, std::size_t depth) {
  const std::size_t max_depth = std::min(limits_->max_depth, greatest_max_depth);
  if (depth >= max_depth) {
    return fail(wire_errc::nested_too_deep,
                "more than " + std::to_string(max_depth) + " containers lie within each other");
  }
  const std::uint64_t elements = elements_of(token);
  if (elements > limits_->max_items - items_) {
    return fail(wire_errc::too_many_items, "a container announces " + std::to_string(elements) +
                                               " elements after " + std::to_string(items_) +
                                               ", the limit is " +
                                               std::to_string(limits_->max_items));
  }
  // Each element takes a byte at least, so this is seen long before the payload has been walked
  // through.
  if (elements > left()) {
    return fail(wire_errc::truncated_payload, "a container announces " + std::to_string(elements) +
                                                  " elements, " + std::to_string(left()) +
                                                  " bytes follow");
  }
  items_ += static_cast<std::size_t>(elements);
  return true;
}

bool msgpack_scanner::skip(msgpack_extent& extent, std::size_t depth) {
  extent.begin = offset_;
  zone_bytes_ = 0;
  if (!skip_value(depth)) {
    return false;
  }
  extent.end = offset_;
  extent.zone_bytes = zone_bytes_;
  return true;
}

bool msgpack_scanner::skip_value(std::size_t depth) {
  msgpack_token token;
  if (!read(token, depth)) {
    return false;
  }
  if (!is_container(token.kind)) {
    zone_bytes_ += token.bytes.size();
    return true;
  }
  const std::uint64_t elements = elements_of(token);
  if (elements != 0) {
    // A map's entry is a pair of objects, so both kinds of containers take one object an element.
    zone_bytes_ +=
        static_cast<std::size_t>(elements) * sizeof(msgpack::object) + alignof(msgpack::object);
  }
  for (std::uint64_t i = 0; i < elements; ++i) {
    if (!skip_value(depth + 1)) {
      return false;
    }
  }
  return true;
}

bool msgpack_scanner::finish() {
  if (left() != 0) {
    return fail(wire_errc::trailing_bytes,
                std::to_string(left()) + " bytes follow the one value of the payload");
  }
  return true;
}

}  // namespace slipway::internal
