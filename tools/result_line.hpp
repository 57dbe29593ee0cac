// slipway/tools/result_line.hpp
//
// One line of results.jsonl.
//
//     {"line":1,"id":7,"ok":true,"result":0.5,"attempts":1,"ms":12.345}
//     {"line":2,"ok":false,"error":{"code":"worker_died","effect":"unknown",
//      "category":"connection",…},"attempts":1,"ms":3.210}
//
// Belongs here: the shape of a line.
// Does not: the object under "error" (actors/call_error_json.hpp), their order (result_sink),
//           statistics (run_summary).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>
#include <slipway/tools/request_line.hpp>

#include <string>

namespace slipway::tools {

/// What became of one request.
struct finished_call {
  result<value, call_error> outcome;
  unsigned attempts = 1;
  duration took{};  ///< from its first attempt to its outcome
};

/// What the line says of the request, and the code by which it is counted.
struct written_result {
  std::string line;  ///< without the line end
  std::string code;  ///< "ok", or the code of the error
};

/// A result that has no JSON form (binary, NaN) is an `unexpected_result`: its command was carried
/// out.
[[nodiscard]] written_result write_result(const request_line& request, const finished_call& call);

/// The line of a line that was no request; `effect` is `not_sent`.
[[nodiscard]] written_result write_result(const request_error& error);

}  // namespace slipway::tools
