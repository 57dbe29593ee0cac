// slipway/protocol/envelope_decode.cpp
//
// The reading half of envelope_codec.hpp: finds the fields of a map, then reads each as its type.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/envelope_codec.hpp>
#include <slipway/protocol/internal/json_read.hpp>
#include <slipway/protocol/internal/msgpack_build.hpp>
#include <slipway/protocol/internal/msgpack_scan.hpp>
#include <slipway/protocol/internal/utf8.hpp>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace slipway {
namespace {

using internal::msgpack_extent;
using internal::msgpack_kind;
using internal::msgpack_scanner;
using internal::msgpack_token;

// A field that is looked for, and where it was found.
struct field_slot {
  std::string_view name;
  std::string_view path;  // what errors call it
  std::optional<msgpack_extent> found = std::nullopt;

  explicit field_slot(std::string_view field) : field_slot(field, field) {}
  field_slot(std::string_view field, std::string_view field_path) : name(field), path(field_path) {}
};

// Reads the fields of one envelope. The first error is kept and everything after it gives defaults,
// so that a whole envelope is read without asking after each field; `finish` tells how it went.
class envelope_reader {
 public:
  envelope_reader(std::span<const std::byte> payload, const decode_limits& limits)
      : payload_(payload), limits_(&limits) {}

  // Judges the structure of the whole payload and finds the fields of its map.
  void open(std::span<field_slot> slots);

  [[nodiscard]] std::uint64_t id(const field_slot& slot);
  [[nodiscard]] bool flag(const field_slot& slot);
  [[nodiscard]] std::string text(const field_slot& slot);
  [[nodiscard]] std::optional<std::string> optional_text(const field_slot& slot);
  [[nodiscard]] std::string command(const field_slot& slot);
  [[nodiscard]] value args(const field_slot& slot);
  [[nodiscard]] value any(const field_slot& slot);
  [[nodiscard]] remote_error error(const field_slot& slot);

  template <class Envelope>
  [[nodiscard]] result<Envelope, wire_error> finish(Envelope read) {
    if (error_) {
      return failure(*std::move(error_));
    }
    return read;
  }

 private:
  void find_fields(msgpack_scanner& scanner, std::span<field_slot> slots, std::size_t depth);
  void find_value(msgpack_scanner& scanner, std::string_view key, std::span<field_slot> slots,
                  std::size_t depth);
  [[nodiscard]] msgpack_token head(const field_slot& slot) const;
  [[nodiscard]] std::optional<msgpack_token> read_as(const field_slot& slot, msgpack_kind expected);
  void fail(wire_error error);
  void fail(wire_errc code, const field_slot& slot, std::string message);
  void fail_kind(const field_slot& slot, std::string_view expected, msgpack_kind found);

  std::span<const std::byte> payload_;
  const decode_limits* limits_;
  std::optional<wire_error> error_;
};

void envelope_reader::fail(wire_error error) {
  if (!error_) {
    error_ = std::move(error);
  }
}

void envelope_reader::fail(wire_errc code, const field_slot& slot, std::string message) {
  fail({.code = code,
        .message = std::move(message),
        .field = std::string(slot.path),
        .offset = slot.found ? slot.found->begin : 0,
        .first_bytes = quote_bytes(payload_)});
}

void envelope_reader::fail_kind(const field_slot& slot, std::string_view expected,
                                msgpack_kind found) {
  fail(wire_errc::wrong_type, slot,
       "expected a value of kind " + std::string(expected) + ", found " +
           std::string(to_string(found)));
}

void envelope_reader::open(std::span<field_slot> slots) {
  if (auto unfit = internal::unfit_payload(payload_, *limits_)) {
    return fail(*std::move(unfit));
  }
  msgpack_scanner scanner(payload_, *limits_);
  find_fields(scanner, slots, 0);
  if (!error_ && !scanner.finish()) {
    fail(scanner.error());
  }
}

void envelope_reader::find_fields(msgpack_scanner& scanner, std::span<field_slot> slots,
                                  std::size_t depth) {
  const auto fail_at = [this](wire_errc code, std::size_t offset, std::string message) {
    fail({.code = code,
          .message = std::move(message),
          .field = {},
          .offset = offset,
          .first_bytes = quote_bytes(payload_)});
  };
  const std::size_t map_at = scanner.offset();
  msgpack_token map;
  if (!scanner.read(map, depth)) {
    return fail(scanner.error());
  }
  if (map.kind != msgpack_kind::map) {
    return fail_at(wire_errc::not_a_map, map_at,
                   "expected a map, found " + std::string(to_string(map.kind)));
  }
  for (std::uint64_t i = 0; i < map.number && !error_; ++i) {
    const std::size_t key_at = scanner.offset();
    msgpack_token key;
    if (!scanner.read(key, depth + 1)) {
      return fail(scanner.error());
    }
    if (key.kind != msgpack_kind::string) {
      return fail_at(wire_errc::non_string_key, key_at,
                     "expected a string as key, found " + std::string(to_string(key.kind)));
    }
    find_value(scanner, key.bytes, slots, depth + 1);
  }
}

void envelope_reader::find_value(msgpack_scanner& scanner, std::string_view key,
                                 std::span<field_slot> slots, std::size_t depth) {
  msgpack_extent extent;
  if (!scanner.skip(extent, depth)) {
    return fail(scanner.error());
  }
  for (field_slot& slot : slots) {
    if (slot.name == key) {
      if (slot.found) {
        fail(wire_errc::duplicate_field, slot, "the field occurs twice");
      }
      slot.found = extent;
      return;
    }
  }
}

// Reads the head of a value that has been walked over already, which therefore is sound.
msgpack_token envelope_reader::head(const field_slot& slot) const {
  msgpack_scanner scanner(payload_, *limits_, slot.found->begin);
  msgpack_token token;
  (void)scanner.read(token, 0);
  return token;
}

std::optional<msgpack_token> envelope_reader::read_as(const field_slot& slot,
                                                      msgpack_kind expected) {
  if (error_) {
    return std::nullopt;
  }
  if (!slot.found) {
    fail(wire_errc::missing_field, slot,
         "the field is missing, expected a value of kind " + std::string(to_string(expected)));
    return std::nullopt;
  }
  const msgpack_token token = head(slot);
  if (token.kind != expected) {
    fail_kind(slot, to_string(expected), token.kind);
    return std::nullopt;
  }
  return token;
}

std::uint64_t envelope_reader::id(const field_slot& slot) {
  if (!error_ && slot.found && head(slot).kind == msgpack_kind::negative_integer) {
    fail(wire_errc::id_out_of_range, slot, "the id is a negative number");
  }
  const auto token = read_as(slot, msgpack_kind::unsigned_integer);
  return token ? token->number : 0;
}

bool envelope_reader::flag(const field_slot& slot) {
  const auto token = read_as(slot, msgpack_kind::boolean);
  return token && token->number != 0;
}

std::string envelope_reader::text(const field_slot& slot) {
  const auto token = read_as(slot, msgpack_kind::string);
  if (!token) {
    return {};
  }
  if (const auto invalid = internal::first_invalid_utf8(token->bytes)) {
    fail(wire_errc::invalid_utf8, slot,
         "the text is not UTF-8 at its byte " + std::to_string(*invalid));
    return {};
  }
  return std::string(token->bytes);
}

std::optional<std::string> envelope_reader::optional_text(const field_slot& slot) {
  return slot.found ? std::optional(text(slot)) : std::nullopt;
}

std::string envelope_reader::command(const field_slot& slot) {
  std::string read = text(slot);
  if (read.empty()) {
    fail(wire_errc::empty_command, slot, "the command is empty, expected the name of one");
  }
  return read;
}

value envelope_reader::args(const field_slot& slot) {
  if (!slot.found) {
    return value::map({});
  }
  return read_as(slot, msgpack_kind::map) ? internal::build_value(payload_, *slot.found) : value();
}

value envelope_reader::any(const field_slot& slot) {
  return !error_ && slot.found ? internal::build_value(payload_, *slot.found) : value();
}

remote_error envelope_reader::error(const field_slot& slot) {
  if (error_ || !slot.found || head(slot).kind == msgpack_kind::string) {
    return {.type = {}, .message = text(slot), .traceback = {}};
  }
  if (const msgpack_kind kind = head(slot).kind; kind != msgpack_kind::map) {
    fail_kind(slot, "string or map", kind);
    return {};
  }
  std::array slots{field_slot("type", "error.type"), field_slot("message", "error.message"),
                   field_slot("traceback", "error.traceback")};
  msgpack_scanner scanner(payload_, *limits_, slot.found->begin);
  find_fields(scanner, slots, 1);
  return {.type = optional_text(slots[0]).value_or(""),
          .message = text(slots[1]),
          .traceback = optional_text(slots[2]).value_or("")};
}

result<request, wire_error> read_request(std::span<const std::byte> payload,
                                         const decode_limits& limits) {
  std::array slots{field_slot("id"), field_slot("command"), field_slot("args"),
                   field_slot("timestamp")};
  envelope_reader reader(payload, limits);
  reader.open(slots);
  request read;
  read.id = reader.id(slots[0]);
  read.command = reader.command(slots[1]);
  read.args = reader.args(slots[2]);
  read.timestamp = reader.optional_text(slots[3]);
  return reader.finish(std::move(read));
}

result<response, wire_error> read_response(std::span<const std::byte> payload,
                                           const decode_limits& limits) {
  std::array slots{field_slot("id"), field_slot("success"), field_slot("result"),
                   field_slot("error"), field_slot("timestamp")};
  envelope_reader reader(payload, limits);
  reader.open(slots);
  response read;
  read.id = reader.id(slots[0]);
  if (reader.flag(slots[1])) {
    read.outcome = reader.any(slots[2]);
  } else {
    read.outcome = failure(reader.error(slots[3]));
  }
  read.timestamp = reader.optional_text(slots[4]);
  return reader.finish(std::move(read));
}

// Lets `read` see a JSON payload as MessagePack; its errors then quote the JSON.
template <class Envelope>
result<Envelope, wire_error> read_json(
    result<Envelope, wire_error> (&read)(std::span<const std::byte>, const decode_limits&),
    std::span<const std::byte> payload, const decode_limits& limits) {
  byte_buffer rewritten;
  const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
  if (auto done = internal::rewrite_json(text, limits, rewritten); !done) {
    return failure(std::move(done).error());
  }
  // The text has kept the limit; what it became may be longer.
  decode_limits unbounded_length = limits;
  unbounded_length.max_bytes = rewritten.size();
  return read(rewritten, unbounded_length).map_error([&](wire_error error) {
    error.offset = 0;
    error.first_bytes = quote_bytes(payload);
    return error;
  });
}

}  // namespace

result<request, wire_error> decode_request(codec codec, std::span<const std::byte> payload,
                                           const decode_limits& limits) {
  return codec == codec::json ? read_json(read_request, payload, limits)
                              : read_request(payload, limits);
}

result<response, wire_error> decode_response(codec codec, std::span<const std::byte> payload,
                                             const decode_limits& limits) {
  return codec == codec::json ? read_json(read_response, payload, limits)
                              : read_response(payload, limits);
}

result<response, wire_error> decode_response_to(codec codec, std::uint64_t expected_id,
                                                std::span<const std::byte> payload,
                                                const decode_limits& limits) {
  auto read = decode_response(codec, payload, limits);
  if (read && read->id != expected_id) {
    return failure(wire_error{.code = wire_errc::id_mismatch,
                              .message = "expected the response to request " +
                                         std::to_string(expected_id) + ", found the one to " +
                                         std::to_string(read->id),
                              .field = "id",
                              .offset = 0,
                              .first_bytes = quote_bytes(payload)});
  }
  return read;
}

}  // namespace slipway
