// slipway/tools/result_line.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/call_error_json.hpp>
#include <slipway/tools/json_text.hpp>
#include <slipway/tools/result_line.hpp>

#include <array>
#include <cstdio>
#include <optional>

namespace slipway::tools {
namespace {

std::string milliseconds_text(duration length) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f",
                std::chrono::duration<double, std::milli>(length).count());
  return text.data();
}

json_object line_head(std::uint64_t line, const std::optional<value>& id) {
  json_object object;
  object.add("line", line);
  if (id) {
    // It was read from JSON, so it has a JSON form.
    object.add_json("id", id->to_json().value_or("null"));
  }
  return object;
}

call_error not_json(const request_line& request, const wire_error& error) {
  call_error told;
  told.code = call_errc::unexpected_result;
  told.effect = call_effect::unknown;
  told.message =
      "'" + request.command + "' gave a result that has no JSON form: " + to_string(error);
  return told;
}

written_result write_failure(const request_line& request, const finished_call& call,
                             const call_error& error) {
  auto object = line_head(request.line, request.id);
  object.add("ok", false).add_json("error", to_json(error));
  object.add("attempts", std::uint64_t{call.attempts});
  object.add_json("ms", milliseconds_text(call.took));
  return {object.text(), to_string(error.code)};
}

}  // namespace

written_result write_result(const request_line& request, const finished_call& call) {
  if (!call.outcome) {
    return write_failure(request, call, call.outcome.error());
  }
  const auto json = call.outcome->to_json();
  if (!json) {
    return write_failure(request, call, not_json(request, json.error()));
  }
  auto object = line_head(request.line, request.id);
  object.add("ok", true).add_json("result", *json);
  object.add("attempts", std::uint64_t{call.attempts});
  object.add_json("ms", milliseconds_text(call.took));
  return {object.text(), "ok"};
}

written_result write_result(const request_error& error) {
  auto object = line_head(error.line, error.id);
  json_object inner;
  inner.add("code", to_string(error.code));
  inner.add("effect", to_string(call_effect::not_sent));
  inner.add("message", std::string_view(error.message));
  object.add("ok", false).add_json("error", inner.text());
  object.add("attempts", std::uint64_t{0}).add_json("ms", "0.000");
  return {object.text(), to_string(error.code)};
}

}  // namespace slipway::tools
