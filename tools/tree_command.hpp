// slipway/tools/tree_command.hpp
//
// Starts a tree and prints its picture.
// Belongs here: the course of `slipway tree`.
// Does not: the picture and its forms (supervision_tree).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/exit_code.hpp>
#include <slipway/tools/settings.hpp>

namespace slipway::tools {

[[nodiscard]] exit_code perform(const tree_settings& wanted);

}  // namespace slipway::tools
