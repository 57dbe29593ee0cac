// slipway/actors/metrics.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/metrics_store.hpp>

#include <array>
#include <limits>
#include <prometheus/text_serializer.h>

namespace slipway {
namespace {

using family = prometheus::MetricFamily;
using prometheus::ClientMetric;
using prometheus::MetricType;

// Bounds of buckets, as powers of two in nanoseconds: 8 microseconds to 137 seconds.
constexpr unsigned first_bound = 13;
constexpr unsigned last_bound = 37;

duration length_of(const telemetry_record& record, std::string_view key) {
  return std::chrono::round<duration>(std::chrono::duration<double>(record.measurement(key)));
}

ClientMetric::Histogram as_prometheus(const latency_histogram& from) {
  ClientMetric::Histogram histogram;
  histogram.sample_count = from.count();
  histogram.sample_sum = from.sum_s();
  for (unsigned exponent = first_bound; exponent <= last_bound; ++exponent) {
    histogram.bucket.push_back(
        {from.count_below(exponent), static_cast<double>(std::uint64_t{1} << exponent) / 1e9});
  }
  histogram.bucket.push_back({from.count(), std::numeric_limits<double>::infinity()});
  return histogram;
}

template <class Counted>
family family_of(std::string name, std::string help, MetricType type, const Counted& counted,
                 const std::array<const char*, 2>& labels) {
  family made{std::move(name), std::move(help), type, {}};
  for (const auto& [values, amount] : counted) {
    ClientMetric metric;
    metric.label.push_back({labels[0], values.first});
    if (labels[1] != nullptr) {
      metric.label.push_back({labels[1], values.second});
    }
    if constexpr (std::is_same_v<std::decay_t<decltype(amount)>, latency_histogram>) {
      metric.histogram = as_prometheus(amount);
    } else if (type == MetricType::Counter) {
      metric.counter.value = static_cast<double>(amount);
    } else {
      metric.gauge.value = static_cast<double>(amount);
    }
    made.metric.push_back(std::move(metric));
  }
  return made;
}

}  // namespace

void metrics::store::take(const telemetry_record& record) {
  const std::string pool(record.text("pool"));
  std::lock_guard guard(mutex_);
  ++events_[{std::string(to_string(record.event)), pool}];
  switch (record.event) {
    case telemetry_event::call_stop:
      calls_[{pool, "ok"}].add(length_of(record, "duration_s"));
      break;
    case telemetry_event::call_exception:
      calls_[{pool, std::string(record.text("code"))}].add(length_of(record, "duration_s"));
      break;
    case telemetry_event::pool_checkout:
      waits_[{pool, "ok"}].add(length_of(record, "wait_s"));
      break;
    case telemetry_event::pool_cancel:
      waits_[{pool, std::string(record.text("reason"))}].add(length_of(record, "wait_s"));
      break;
    case telemetry_event::worker_ready:
      inits_[{pool, ""}].add(length_of(record, "duration_s"));
      break;
    default:
      break;
  }
}

void metrics::store::add_pool(std::string name, std::function<std::optional<pool_load>()> load) {
  std::lock_guard guard(mutex_);
  pools_.insert_or_assign(std::move(name), std::move(load));
}

std::vector<prometheus::MetricFamily> metrics::store::collect() const {
  std::lock_guard guard(mutex_);
  std::map<two_labels, std::size_t> workers;
  std::map<two_labels, std::size_t> queued;
  std::map<two_labels, double> oldest;
  for (const auto& [name, ask] : pools_) {
    if (const auto load = ask()) {
      workers[{name, "starting"}] = load->starting;
      workers[{name, "idle"}] = load->idle;
      workers[{name, "busy"}] = load->checked_out;
      queued[{name, ""}] = load->queue_length;
      oldest[{name, ""}] =
          std::chrono::duration<double>(load->oldest_wait.value_or(duration::zero())).count();
    }
  }
  std::vector<family> families;
  const auto add = [&families](family next) {
    if (!next.metric.empty()) {
      families.push_back(std::move(next));
    }
  };
  add(family_of("slipway_events_total", "Telemetry events, by name", MetricType::Counter, events_,
                {"event", "pool"}));
  add(family_of("slipway_call_duration_seconds", "Calls from start to outcome",
                MetricType::Histogram, calls_, {"pool", "outcome"}));
  add(family_of("slipway_checkout_wait_seconds", "Waits of calls for a worker",
                MetricType::Histogram, waits_, {"pool", "outcome"}));
  add(family_of("slipway_worker_init_duration_seconds", "Starts of workers until ready",
                MetricType::Histogram, inits_, {"pool", nullptr}));
  add(family_of("slipway_pool_workers", "Workers now, by state", MetricType::Gauge, workers,
                {"pool", "state"}));
  add(family_of("slipway_pool_queue_length", "Requests that wait for a worker now",
                MetricType::Gauge, queued, {"pool", nullptr}));
  add(family_of("slipway_pool_oldest_wait_seconds", "How long the oldest request has waited",
                MetricType::Gauge, oldest, {"pool", nullptr}));
  return families;
}

metrics::metrics() : store_(std::make_shared<store>()) {}

telemetry_handler metrics::handler() const {
  // Weakly: a pool holds its telemetry, that this handler, and the store what asks the pool.
  return [weak = std::weak_ptr(store_)](const telemetry_record& record) {
    if (const auto alive = weak.lock()) {
      alive->take(record);
    }
  };
}

void metrics::add_pool(std::string name, std::function<std::optional<pool_load>()> load) {
  store_->add_pool(std::move(name), std::move(load));
}

std::string metrics::text() const {
  return prometheus::TextSerializer().Serialize(store_->collect());
}

}  // namespace slipway
