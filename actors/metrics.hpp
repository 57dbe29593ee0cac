// slipway/actors/metrics.hpp
//
// Counters, histograms and gauges of pools and calls, as Prometheus text.
//
//     auto numbers = std::make_shared<slipway::metrics>();
//     watch->attach("", numbers->handler());
//     numbers->add_pool("scores", [scores] { return scores.load(); });
//     std::cout << numbers->text();
//
// Belongs here: what is counted under which name and labels.
// Does not: serving it (metrics_server).
// Invariants: (1) nothing is global: two of them know nothing of each other;
//             (2) label values are names of events, pools and supervisors and codes of errors, so
//                 their number does not grow with the calls.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/pool_load.hpp>
#include <slipway/actors/telemetry.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

/// Thread: any.
class metrics {
 public:
  metrics();

  /// What to attach, with the prefix "" for all of it. It counts for as long as this object, or a
  /// copy of it, is there. Cost: one uncontended lock and a look-up.
  [[nodiscard]] telemetry_handler handler() const;

  /// From now on `text` has the pool's gauges. `load` is asked at each scrape and must not wait:
  /// client::load. A second call for a name replaces the first.
  void add_pool(std::string name, std::function<std::optional<pool_load>()> load);

  /// In Prometheus' text format 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  class store;
  std::shared_ptr<store> store_;
};

}  // namespace slipway
