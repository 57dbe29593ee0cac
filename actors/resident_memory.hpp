// slipway/actors/resident_memory.hpp
//
// How much memory a process of this machine holds.
// Belongs here: reading it from /proc. Does not: judging it (recycle_core).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace slipway {

/// The resident set of a process in bytes, pages that it shares with others included; nothing when
/// there is no such process or /proc cannot be read. Some 10 us, blocks on no disk. Thread: any.
/// Source: proc(5), /proc/PID/statm, the second field.
[[nodiscard]] std::optional<std::uint64_t> resident_memory_of(int pid);

}  // namespace slipway
