// slipway/actors/internal/metrics_store.hpp
//
// What `metrics` counts, and its form for prometheus-cpp.
// Belongs here: the state. Does not: the text, which is prometheus-cpp's.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/latency_histogram.hpp>
#include <slipway/actors/metrics.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <prometheus/metric_family.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway {

class metrics::store {
 public:
  void take(const telemetry_record& record);
  void add_pool(std::string name, std::function<std::optional<pool_load>()> load);
  [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const;

 private:
  using two_labels = std::pair<std::string, std::string>;
  using histograms = std::map<two_labels, latency_histogram>;

  mutable std::mutex mutex_;
  std::map<two_labels, std::uint64_t> events_;  // by event and pool
  histograms calls_;                            // by pool and outcome
  histograms waits_;                            // by pool and outcome
  histograms inits_;                            // by pool
  std::map<std::string, std::function<std::optional<pool_load>()>> pools_;
};

}  // namespace slipway
