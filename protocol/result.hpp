// slipway/protocol/result.hpp
//
// The one way in which Slipway's functions fail: a value or a typed error, never an exception.
// Belongs here: the alias and its maker.
// Does not: any concrete error; each layer defines its own.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tl/expected.hpp>

#include <type_traits>
#include <utility>

namespace slipway {

/// A value of type `T`, or the typed error `E` that says why there is none.
template <class T, class E>
using result = tl::expected<T, E>;

/// Makes the failed state of a `result`: `return failure(wire_error{…});`.
template <class E>
[[nodiscard]] tl::unexpected<std::decay_t<E>> failure(E&& error) {
  return tl::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace slipway
