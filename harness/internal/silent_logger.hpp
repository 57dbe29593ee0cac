// slipway/harness/internal/silent_logger.hpp
//
// What a simulated host logs to: nobody reads it, and its text would cost more than the run.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <memory>

namespace slipway::harness {

[[nodiscard]] inline std::shared_ptr<spdlog::logger> silent_logger() {
  auto logger = std::make_shared<spdlog::logger>("simulation",
                                                 std::make_shared<spdlog::sinks::null_sink_st>());
  logger->set_level(spdlog::level::off);
  return logger;
}

}  // namespace slipway::harness
