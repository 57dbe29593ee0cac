// slipway/actors/call_error_json.hpp
//
// A call_error as JSON.
// Belongs here: which fields there are, in which order.
// Does not: reading it back. docs/configuration.md documents the same object, as it is that of the
//           results of `slipway run`.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/call_error.hpp>

#include <string>

namespace slipway {

/// One object on one line. What is empty is left out. Bytes that are no UTF-8 become U+FFFD, since a
/// worker's standard error may hold anything.
[[nodiscard]] std::string to_json(const call_error& error);

}  // namespace slipway
