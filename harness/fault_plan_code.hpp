// slipway/harness/fault_plan_code.hpp
//
// Rules of a fault plan as the C++ that makes them.
// Belongs here: the text. Does not: TOML (fault_plan_toml), words for humans (fault_text).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_plan.hpp>

#include <string>

namespace slipway::harness {

/// An expression for use after `using namespace slipway; using namespace slipway::harness;`.
[[nodiscard]] std::string code_of(const fault_rule& rule);

}  // namespace slipway::harness
