// slipway/tools/default_python.hpp
//
// Which interpreter to take when nobody names one.
// Belongs here: the candidates and the choice.
// Does not: what is asked of one (interpreter_check).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/python_pool_options.hpp>

#include <optional>
#include <string>
#include <vector>

namespace slipway::tools {

/// Debian's own, which has Debian's msgpack, and the one on the PATH, which may be another.
[[nodiscard]] std::vector<std::string> python_candidates();

/// The first candidate in which the workers of `options` can run.
[[nodiscard]] std::optional<std::string> find_python(python_pool_options options);

}  // namespace slipway::tools
