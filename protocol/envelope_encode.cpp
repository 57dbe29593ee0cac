// slipway/protocol/envelope_encode.cpp
//
// The writing half of envelope_codec.hpp.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/envelope_codec.hpp>
#include <slipway/protocol/internal/json_write.hpp>
#include <slipway/protocol/internal/utf8.hpp>

#include <string>
#include <utility>

namespace slipway {
namespace {

using packer = msgpack::packer<byte_sink>;

wire_error field_error(wire_errc code, std::string_view field, std::string message) {
  return {.code = code,
          .message = std::move(message),
          .field = std::string(field),
          .offset = 0,
          .first_bytes = {}};
}

// The other side would refuse such a text, so it is refused here, where the effect is known: none.
result<void, wire_error> check_text(std::string_view field, std::string_view text) {
  if (const auto invalid = internal::first_invalid_utf8(text)) {
    return failure(field_error(wire_errc::invalid_utf8, field,
                               "the text is not UTF-8 at its byte " + std::to_string(*invalid)));
  }
  return {};
}

result<void, wire_error> check_timestamp(const std::optional<std::string>& timestamp) {
  return timestamp ? check_text("timestamp", *timestamp) : result<void, wire_error>();
}

result<void, wire_error> check_command(std::string_view command) {
  if (command.empty()) {
    return failure(field_error(wire_errc::empty_command, "command",
                               "the command is empty, expected the name of one"));
  }
  return check_text("command", command);
}

result<void, wire_error> check_args(const value& args) {
  if (args.is_map() || args.is_nil()) {
    return {};
  }
  return failure(field_error(wire_errc::wrong_type, "args",
                             "expected a map of arguments, found " + std::string(args.type_name()) +
                                 " " + args.to_text()));
}

result<void, wire_error> check_request(std::string_view command, const value& args,
                                       const std::optional<std::string>& timestamp) {
  return check_command(command).and_then([&] { return check_args(args); }).and_then([&] {
    return check_timestamp(timestamp);
  });
}

result<void, wire_error> check_response(const response& checked) {
  if (auto timely = check_timestamp(checked.timestamp); !timely || checked.outcome) {
    return timely;
  }
  const remote_error& error = checked.outcome.error();
  return check_text("error.type", error.type)
      .and_then([&] { return check_text("error.message", error.message); })
      .and_then([&] { return check_text("error.traceback", error.traceback); });
}

void pack_text(packer& to, std::string_view text) {
  to.pack(text);
}

void pack_args(packer& to, const value& args) {
  if (args.is_nil()) {
    to.pack_map(0);
  } else {
    to.pack(args);
  }
}

bool is_text_only(const remote_error& error) {
  return error.type.empty() && error.traceback.empty();
}

void pack_error(packer& to, const remote_error& error) {
  if (is_text_only(error)) {
    return pack_text(to, error.message);
  }
  to.pack_map(3);
  pack_text(to, "type");
  pack_text(to, error.type);
  pack_text(to, "message");
  pack_text(to, error.message);
  pack_text(to, "traceback");
  pack_text(to, error.traceback);
}

void pack_timestamp(packer& to, const std::optional<std::string>& timestamp) {
  if (timestamp) {
    pack_text(to, "timestamp");
    pack_text(to, *timestamp);
  }
}

void pack_request(byte_buffer& out, std::uint64_t id, std::string_view command, const value& args,
                  const std::optional<std::string>& timestamp) {
  byte_sink sink(out);
  packer to(sink);
  to.pack_map(timestamp ? 4 : 3);
  pack_text(to, "id");
  to.pack(id);
  pack_text(to, "command");
  pack_text(to, command);
  pack_text(to, "args");
  pack_args(to, args);
  pack_timestamp(to, timestamp);
}

void pack_response(byte_buffer& out, const response& packed) {
  byte_sink sink(out);
  packer to(sink);
  to.pack_map(packed.timestamp ? 4 : 3);
  pack_text(to, "id");
  to.pack(packed.id);
  pack_text(to, "success");
  to.pack(packed.outcome.has_value());
  if (packed.outcome) {
    pack_text(to, "result");
    to.pack(*packed.outcome);
  } else {
    pack_text(to, "error");
    pack_error(to, packed.outcome.error());
  }
  pack_timestamp(to, packed.timestamp);
}

// Appends `prefix`, which is JSON as it stands, and the text as a JSON string.
result<void, wire_error> append_text(byte_buffer& out, std::string_view prefix,
                                     std::string_view text) {
  internal::append_raw(out, prefix);
  return internal::append_json_string(out, text);
}

result<void, wire_error> append_end(byte_buffer& out, const std::optional<std::string>& timestamp) {
  if (timestamp) {
    if (auto done = append_text(out, ",\"timestamp\":", *timestamp); !done) {
      return done;
    }
  }
  internal::append_raw(out, "}");
  return {};
}

result<void, wire_error> append_args(byte_buffer& out, const value& args) {
  internal::append_raw(out, ",\"args\":");
  if (args.is_nil()) {
    internal::append_raw(out, "{}");
    return {};
  }
  return internal::append_json(out, args);
}

result<void, wire_error> append_request(byte_buffer& out, std::uint64_t id,
                                        std::string_view command, const value& args,
                                        const std::optional<std::string>& timestamp) {
  internal::append_raw(out, "{\"id\":" + std::to_string(id));
  return append_text(out, ",\"command\":", command)
      .and_then([&] { return append_args(out, args); })
      .and_then([&] { return append_end(out, timestamp); });
}

result<void, wire_error> append_error(byte_buffer& out, const remote_error& error) {
  if (is_text_only(error)) {
    return append_text(out, "", error.message);
  }
  return append_text(out, "{\"type\":", error.type)
      .and_then([&] { return append_text(out, ",\"message\":", error.message); })
      .and_then([&] { return append_text(out, ",\"traceback\":", error.traceback); })
      .map([&] { internal::append_raw(out, "}"); });
}

result<void, wire_error> append_response(byte_buffer& out, const response& appended) {
  internal::append_raw(out, "{\"id\":" + std::to_string(appended.id) + ",\"success\":");
  internal::append_raw(out, appended.outcome ? "true,\"result\":" : "false,\"error\":");
  const auto outcome = appended.outcome ? internal::append_json(out, *appended.outcome)
                                        : append_error(out, appended.outcome.error());
  return outcome.and_then([&] { return append_end(out, appended.timestamp); });
}

// A caller must not find half a frame in its buffer.
result<void, wire_error> cleared_on_failure(result<void, wire_error> done, byte_buffer& out) {
  if (!done) {
    out.clear();
  }
  return done;
}

result<void, wire_error> encode_parts(codec codec, std::uint64_t id, std::string_view command,
                                      const value& args,
                                      const std::optional<std::string>& timestamp, byte_buffer& out,
                                      std::size_t max_frame_bytes) {
  begin_frame(out);
  auto written =
      check_request(command, args, timestamp).and_then([&]() -> result<void, wire_error> {
        if (codec == codec::json) {
          return append_request(out, id, command, args, timestamp);
        }
        pack_request(out, id, command, args, timestamp);
        return {};
      });
  return cleared_on_failure(
      std::move(written).and_then([&] { return finish_frame(out, max_frame_bytes); }), out);
}

bool begins_map(std::byte lead) {
  const auto code = std::to_integer<unsigned>(lead);
  return (code >= 0x80 && code <= 0x8f) || code == 0xde || code == 0xdf;
}

}  // namespace

result<void, wire_error> encode_request(codec codec, const request& request, byte_buffer& out,
                                        std::size_t max_frame_bytes) {
  return encode_parts(codec, request.id, request.command, request.args, request.timestamp, out,
                      max_frame_bytes);
}

result<void, wire_error> encode_request(codec codec, std::uint64_t id, std::string_view command,
                                        const value& args, byte_buffer& out,
                                        std::size_t max_frame_bytes) {
  return encode_parts(codec, id, command, args, std::nullopt, out, max_frame_bytes);
}

result<void, wire_error> encode_response(codec codec, const response& response, byte_buffer& out,
                                         std::size_t max_frame_bytes) {
  begin_frame(out);
  auto written = check_response(response).and_then([&]() -> result<void, wire_error> {
    if (codec == codec::json) {
      return append_response(out, response);
    }
    pack_response(out, response);
    return {};
  });
  return cleared_on_failure(
      std::move(written).and_then([&] { return finish_frame(out, max_frame_bytes); }), out);
}

namespace detail {

result<void, wire_error> begin_msgpack_request(std::uint64_t id, std::string_view command,
                                               byte_buffer& out) {
  out.clear();
  if (auto sound = check_command(command); !sound) {
    return sound;
  }
  begin_frame(out);
  byte_sink sink(out);
  packer to(sink);
  to.pack_map(3);
  pack_text(to, "id");
  to.pack(id);
  pack_text(to, "command");
  pack_text(to, command);
  pack_text(to, "args");
  return {};
}

result<void, wire_error> finish_msgpack_request(std::size_t args_at, byte_buffer& out,
                                                std::size_t max_frame_bytes) {
  if (out.size() <= args_at || !begins_map(out[args_at])) {
    const auto args = std::span(out).subspan(args_at);
    auto error = field_error(wire_errc::wrong_type, "args",
                             "expected arguments that are packed as a map, found other bytes");
    error.first_bytes = quote_bytes(args);
    out.clear();
    return failure(std::move(error));
  }
  return finish_frame(out, max_frame_bytes);
}

wire_error packing_error(const std::string& type, std::string_view reason) {
  return field_error(wire_errc::conversion_failed, "args",
                     "the arguments of type " + type + " cannot be packed: " + std::string(reason));
}

}  // namespace detail
}  // namespace slipway
