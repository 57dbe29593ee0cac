// slipway/tools/request_line.hpp
//
// One line of requests.jsonl, read and checked.
//
//     {"id": 7, "pool": "scores", "command": "score", "args": {"features": [1, 2]}, "timeout_ms":
//     500}
//
// Belongs here: the fields and what each may be.
// Does not: reading lines (input_lines), calling.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/time.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tools {

struct request_line {
  std::uint64_t line = 0;     ///< counted from 1
  std::optional<value> id{};  ///< any JSON; comes back in the result
  std::string pool{};
  std::string command{};
  std::optional<std::string> session{};  ///< none: any worker
  value args{};                          ///< a map, or nil for none
  std::optional<duration> timeout{};     ///< none: the pool's call_timeout
};

/// Why a line is no request. It costs nothing but its own result.
enum class request_errc : std::uint8_t {
  invalid_request,        ///< no JSON object, or a field is missing, unknown or of the wrong kind
  invalid_checkout_type,  ///< `checkout` is neither "anonymous" nor {"session": id}
  unknown_pool,           ///< no pool has this name, or there are several and none is named
};

[[nodiscard]] const char* to_string(request_errc code);

struct request_error {
  request_errc code = request_errc::invalid_request;
  std::uint64_t line = 0;
  std::optional<value> id{};  ///< as far as the line could be read
  std::string message;        ///< names the line, the field, what was found and what was expected
};

/// Reads a line.
/// @param pools  the names that there are; not empty. With one of them `pool` may be left out.
[[nodiscard]] result<request_line, request_error> read_request(
    std::string_view text, std::uint64_t line, const std::vector<std::string>& pools);

}  // namespace slipway::tools
