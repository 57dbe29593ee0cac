// slipway/actors/pool_handle.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/pool_handle.hpp>

#include <cstdint>

namespace slipway {

caf::error to_caf(const checkout_error& error) {
  return {static_cast<std::uint8_t>(static_cast<int>(error.code) + 1), checkout_error_category,
          caf::make_message(error)};
}

std::optional<checkout_error> checkout_error_from(const caf::error& error) {
  if (error.category() != checkout_error_category ||
      !error.context().match_elements<checkout_error>()) {
    return std::nullopt;
  }
  return error.context().get_as<checkout_error>(0);
}

}  // namespace slipway
