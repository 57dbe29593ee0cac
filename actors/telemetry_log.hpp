// slipway/actors/telemetry_log.hpp
//
// A telemetry handler that writes each event as a line of a log.
// Belongs here: the line. Does not: what is worth a line (the prefix it is attached with).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/telemetry.hpp>

#include <spdlog/common.h>

#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace slipway {

/// "pool.checkout wait_s=0.00021 queue_length=3 pool=scores worker=scores/2".
[[nodiscard]] std::string to_string(const telemetry_record& record);

[[nodiscard]] telemetry_handler log_handler(std::shared_ptr<spdlog::logger> logger,
                                            spdlog::level::level_enum level);

}  // namespace slipway
