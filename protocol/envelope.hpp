// slipway/protocol/envelope.hpp
//
// What host and worker say to each other: a request and its response.
// Belongs here: the two as values.
// Does not: their bytes (envelope_codec.hpp), who sends them.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/protocol/value.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace slipway {

/// One command to a worker.
struct request {
  /// Tells the response that answers it; unique among the requests that wait on one worker.
  std::uint64_t id = 0;
  /// The command's name: UTF-8, not empty.
  std::string command;
  /// A map of named arguments. Nil stands for none when a request is written; one that was read
  /// always has a map.
  value args;
  /// When it was sent, ISO 8601; for logs only, nothing decides by it.
  std::optional<std::string> timestamp;

  friend bool operator==(const request&, const request&) = default;
};

/// An error that the worker's own code raised: the command failed, the worker lives.
struct remote_error {
  /// The exception's class, for instance `ValueError`; empty when the worker sent a text only.
  std::string type;
  /// What it says.
  std::string message;
  /// Where it was raised, several lines as the worker's language prints them; may be empty.
  std::string traceback;

  friend bool operator==(const remote_error&, const remote_error&) = default;
};

/// Gives `type: message`, without the traceback.
[[nodiscard]] std::string to_string(const remote_error& error);

/// A worker's answer to one request.
struct response {
  /// The request's id.
  std::uint64_t id = 0;
  /// What the command gave, or the error that it raised.
  result<value, remote_error> outcome;
  /// When it was sent, ISO 8601; for logs only.
  std::optional<std::string> timestamp;

  friend bool operator==(const response&, const response&) = default;
};

}  // namespace slipway
