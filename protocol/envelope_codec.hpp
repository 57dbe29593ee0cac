// slipway/protocol/envelope_codec.hpp
//
// Requests and responses to frames and back, in either codec.
//
// A payload is exactly one map with string keys:
//
//     request    id       unsigned integer             required
//                command  string, UTF-8, not empty     required
//                args     map                          optional, an empty map when missing
//     response   id       unsigned integer             required
//                success  bool                         required
//                result   any value                    when success; nil when missing
//                error    string, or a map of          when not success; required then
//                         type (optional), message, traceback (optional), all strings
//     both       timestamp  string                     optional
//
// Other keys are ignored, so that either side may add some; one of these twice is an error.
// Belongs here: the fields, their types, their errors.
// Does not: reading and writing streams.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/byte_buffer.hpp>
#include <slipway/protocol/codec.hpp>
#include <slipway/protocol/decode_limits.hpp>
#include <slipway/protocol/envelope.hpp>
#include <slipway/protocol/frame_codec.hpp>
#include <slipway/protocol/msgpack_sink.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>
#include <slipway/protocol/wire_error.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string_view>
#include <type_traits>

namespace slipway {

/// Writes a request as a complete frame into `out`, whose former contents are dropped and whose
/// memory is reused.
/// @param max_frame_bytes  the longest payload that the other side accepts.
/// Errors  `empty_command`, `invalid_utf8` (command, timestamp), `wrong_type` (args that are
///          neither map nor nil), `frame_too_long`; with JSON also those of `value::to_json`. `out`
///          is then empty.
[[nodiscard]] result<void, wire_error> encode_request(
    codec codec, const request& request, byte_buffer& out,
    std::size_t max_frame_bytes = default_max_frame_bytes);

/// The same from the parts of a request without a timestamp.
[[nodiscard]] result<void, wire_error> encode_request(
    codec codec, std::uint64_t id, std::string_view command, const value& args, byte_buffer& out,
    std::size_t max_frame_bytes = default_max_frame_bytes);

namespace detail {

/// Writes the frame's header and, as msgpack, all of a request before the value of `args`.
[[nodiscard]] result<void, wire_error> begin_msgpack_request(std::uint64_t id,
                                                             std::string_view command,
                                                             byte_buffer& out);

/// Checks that what was appended at `args_at` is a map and finishes the frame.
[[nodiscard]] result<void, wire_error> finish_msgpack_request(std::size_t args_at, byte_buffer& out,
                                                              std::size_t max_frame_bytes);

/// Makes the error for arguments of type `type` that their adaptor could not pack because of
/// `reason`.
[[nodiscard]] wire_error packing_error(const std::string& type, std::string_view reason);

}  // namespace detail

/// The same for arguments of any type that msgpack-c packs as a map: `std::map<std::string, …>` or
/// a struct with `MSGPACK_DEFINE_MAP`. With msgpack they go straight into `out`, without a value
/// between.
/// Errors  as above, and `conversion_failed` when the type's adaptor throws.
template <class Args>
[[nodiscard]] result<void, wire_error> encode_request(
    codec codec, std::uint64_t id, std::string_view command, const Args& args, byte_buffer& out,
    std::size_t max_frame_bytes = default_max_frame_bytes) {
  // The barrier for adaptors that users write.
  try {
    if (codec == codec::json) {
      return encode_request(codec, id, command, value(args), out, max_frame_bytes);
    }
    if (auto begun = detail::begin_msgpack_request(id, command, out); !begun) {
      return begun;
    }
    const std::size_t args_at = out.size();
    byte_sink sink(out);
    msgpack::packer<byte_sink>(sink).pack(args);
    return detail::finish_msgpack_request(args_at, out, max_frame_bytes);
  } catch (const std::exception& thrown) {
    out.clear();
    return failure(detail::packing_error(detail::type_label<Args>(), thrown.what()));
  }
}

/// Writes a response as a complete frame into `out`. A remote error with neither type nor traceback
/// is written as a string.
/// Errors  `invalid_utf8` (the error's texts, timestamp), `frame_too_long`; with JSON also those of
///         `value::to_json`. `out` is then empty.
[[nodiscard]] result<void, wire_error> encode_response(
    codec codec, const response& response, byte_buffer& out,
    std::size_t max_frame_bytes = default_max_frame_bytes);

/// Reads a request from the payload of one frame. Reads no byte outside of `payload`, and allocates
/// nothing for it before all of it has been found sound and within the limits.
/// Errors  `empty_payload`, `frame_too_long`, `truncated_payload`, `malformed_msgpack`,
///          `malformed_json`, `nested_too_deep`, `too_many_items`, `trailing_bytes`,
///          `invalid_utf8`, `number_out_of_range` of the payload; `not_a_map`, `non_string_key`,
///          `duplicate_field`, `missing_field`, `wrong_type`, `empty_command`, `id_out_of_range` of
///          the envelope. The structure is judged first, then the fields in the order of the table
///          above.
[[nodiscard]] result<request, wire_error> decode_request(codec codec,
                                                         std::span<const std::byte> payload,
                                                         const decode_limits& limits = {});

/// Reads a response likewise.
[[nodiscard]] result<response, wire_error> decode_response(codec codec,
                                                           std::span<const std::byte> payload,
                                                           const decode_limits& limits = {});

/// Reads the response to one certain request.
/// Errors  those of `decode_response`, and `id_mismatch` naming both ids.
[[nodiscard]] result<response, wire_error> decode_response_to(codec codec,
                                                              std::uint64_t expected_id,
                                                              std::span<const std::byte> payload,
                                                              const decode_limits& limits = {});

}  // namespace slipway
