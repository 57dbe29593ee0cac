// slipway/harness/internal/spawn_refusal.hpp
//
// What the machine says when it refuses to start a program, in the words of a real spawner.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/process_spec.hpp>
#include <slipway/harness/fault_plan.hpp>

#include <string>

namespace slipway::harness {

[[nodiscard]] spawn_error spawn_refusal(spawn_fault why, const std::string& program);

}  // namespace slipway::harness
