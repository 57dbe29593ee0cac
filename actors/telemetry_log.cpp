// slipway/actors/telemetry_log.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/telemetry_log.hpp>

#include <spdlog/logger.h>

#include <array>
#include <cstdio>
#include <utility>

namespace slipway {

std::string to_string(const telemetry_record& record) {
  std::string text(to_string(record.event));
  for (const auto& each : record.measurements) {
    std::array<char, 40> number{};
    std::snprintf(number.data(), number.size(), "=%.9g", each.amount);
    text.append(" ").append(each.key).append(number.data());
  }
  for (const auto& each : record.metadata) {
    text.append(" ").append(each.key).append("=").append(each.text);
  }
  return text;
}

telemetry_handler log_handler(std::shared_ptr<spdlog::logger> logger,
                              spdlog::level::level_enum level) {
  return [logger = std::move(logger), level](const telemetry_record& record) {
    if (logger->should_log(level)) {
      logger->log(level, to_string(record));
    }
  };
}

}  // namespace slipway
