// slipway/tools/breaker_config.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/breaker_config.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace slipway::tools {

using harness::toml_table;
using harness::whole_range;

namespace {

using std::chrono::milliseconds;

constexpr whole_range counted{1, std::numeric_limits<std::uint32_t>::max()};
// A day: a breaker that is longer open is a switch.
constexpr whole_range day_in_ms{1, std::int64_t{24} * 3600 * 1000};

void read_count(toml_table& table, std::string_view key, std::uint32_t& to) {
  if (const auto given = table.whole(key, counted)) {
    to = static_cast<std::uint32_t>(*given);
  }
}

failure_rate read_rate(toml_table& table, std::int64_t percent) {
  constexpr double all = 100;
  failure_rate rate{.share = static_cast<double>(percent) / all};
  if (const auto window = table.whole("window_ms", day_in_ms)) {
    rate.window = milliseconds(*window);
  }
  read_count(table, "least_calls", rate.least_calls);
  return rate;
}

void read_threshold(toml_table& table, circuit_breaker_options& options) {
  failures_in_a_row row;
  read_count(table, "failures", row.failures);
  options.opens_at = row;
  if (const auto percent = table.whole("failure_percent", {1, 100})) {
    if (table.has("failures")) {
      table.fault("failure_percent", "failure_percent together with failures", "one of the two");
    }
    options.opens_at = read_rate(table, *percent);
    return;
  }
  for (const char* key : {"window_ms", "least_calls"}) {
    if (table.has(key) && !table.has("failure_percent")) {
      table.fault(key, std::string(key) + " without failure_percent", "both");
    }
    static_cast<void>(table.whole(key));
  }
}

}  // namespace

std::optional<circuit_breaker_options> read_breaker(toml_table& pool, std::string_view key) {
  auto table = pool.table(key);
  if (!table) {
    return std::nullopt;
  }
  circuit_breaker_options options;
  read_threshold(*table, options);
  if (const auto open = table->whole("open_ms", day_in_ms)) {
    options.open_for = milliseconds(*open);
  }
  read_count(*table, "probes_under_way", options.probes.under_way);
  read_count(*table, "probes_needed", options.probes.successes);
  table->report_unknown();
  return options;
}

}  // namespace slipway::tools
