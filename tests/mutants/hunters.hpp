// slipway/tests/mutants/hunters.hpp
//
// What looks for mutants: each is a random life whose seed decides everything, and says what rule was
// broken.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace slipway::mutants {

struct hunter {
  std::string name;
  /// Lives one life; gives what was broken.
  std::function<std::optional<std::string>(unsigned seed)> hunt;
};

[[nodiscard]] std::vector<hunter> hunters();

}  // namespace slipway::mutants
