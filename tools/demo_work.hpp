// slipway/tools/demo_work.hpp
//
// The requests of the demo, each with the answer that is right.
// Belongs here: making them.
// Does not: sending them (demo_command), counting answers (demo_verdict).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/value.hpp>
#include <slipway/tools/licence_texts.hpp>

#include <functional>
#include <string>
#include <vector>

namespace slipway::tools {

struct demo_request {
  std::string command;
  value args;
  std::function<bool(const value&)> is_right;
};

/// Statistics and n-grams of each text, similarity and longest shared passage of each pair; mixed,
/// but in the same order each time. Cost: computes every right answer, tens of milliseconds for
/// Debian's texts.
[[nodiscard]] std::vector<demo_request> make_demo_requests(
    const std::vector<licence_text>& licences);

}  // namespace slipway::tools
