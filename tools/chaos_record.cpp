// slipway/tools/chaos_record.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_text.hpp>
#include <slipway/tools/chaos_record.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace slipway::tools {
namespace {

/// A chart of the whole run has about so many columns.
constexpr int columns = 400;

duration lasting(const harness::fault& what) {
  return std::visit(
      [](const auto& each) {
        if constexpr (requires { each.lasts; }) {
          return each.lasts;
        } else {
          return duration::zero();
        }
      },
      what);
}

std::string moment_text(const telemetry_record& record) {
  std::string text(to_string(record.event));
  for (const char* key : {"pool", "supervisor", "child", "reason"}) {
    if (const auto said = record.text(key); !said.empty()) {
      text.append(" ").append(said);
    }
  }
  return text;
}

}  // namespace

chaos_record::chaos_record(chaos_setting setting, time_point zero) : zero_(zero) {
  log_.bin_width = std::max<duration>(setting.length / columns, std::chrono::milliseconds(20));
  log_.setting = std::move(setting);
}

void chaos_record::take(const telemetry_record& record) {
  std::lock_guard guard(mutex_);
  const duration at = record.at - zero_;
  switch (record.event) {
    case telemetry_event::call_start:
      ++log_.tree_began;
      break;
    case telemetry_event::call_stop:
    case telemetry_event::call_exception:
      ++log_.tree_ended;
      break;
    case telemetry_event::pool_start:
    case telemetry_event::pool_exit:
    case telemetry_event::supervisor_restart:
    case telemetry_event::supervisor_gave_up:
    case telemetry_event::breaker_change:
      log_.moments.push_back({at, moment_text(record)});
      break;
    default:
      take_worker(record, at);
  }
}

void chaos_record::take_worker(const telemetry_record& record, duration at) {
  const std::string_view worker = record.text("worker");
  switch (record.event) {
    case telemetry_event::worker_init_start:
      begin(worker, record.text("pool"), at);
      break;
    case telemetry_event::worker_ready:
    case telemetry_event::worker_recovered:
      change(worker, "ready", at);
      break;
    case telemetry_event::worker_degraded:
      change(worker, "degraded", at);
      break;
    case telemetry_event::worker_removed:
      change(worker, "ending", at);
      break;
    case telemetry_event::worker_exit:
      end(worker, std::string(record.text("status")), at);
      break;
    case telemetry_event::worker_init_failed:
      end(worker, "did not start: " + std::string(record.text("reason")), at);
      break;
    case telemetry_event::worker_init_cancelled:
      end(worker, "its start was cancelled", at);
      break;
    default:
      break;
  }
}

void chaos_record::begin(std::string_view worker, std::string_view pool, duration at) {
  living_.insert_or_assign(std::string(worker), log_.workers.size());
  log_.workers.push_back({std::string(worker), std::string(pool), {{"starting", at, at}}});
}

void chaos_record::change(std::string_view worker, std::string_view state, duration at) {
  const auto found = living_.find(worker);
  if (found == living_.end()) {
    return;
  }
  auto& spans = log_.workers[found->second].spans;
  spans.back().to = at;
  spans.push_back({state, at, at});
}

void chaos_record::end(std::string_view worker, std::string why, duration at) {
  const auto found = living_.find(worker);
  if (found == living_.end()) {
    return;
  }
  worker_track& track = log_.workers[found->second];
  track.spans.back().to = at;
  track.end = std::move(why);
  living_.erase(found);
}

void chaos_record::take(const harness::injected_fault& fault) {
  const std::string kind(harness::name_of(fault.what));
  std::lock_guard guard(mutex_);
  ++log_.faults_by_kind[kind];
  log_.faults.push_back({fault.at - zero_, kind, harness::to_string(fault.what), fault.who.name,
                         fault.rule_name, lasting(fault.what)});
}

void chaos_record::call_begins() {
  std::lock_guard guard(mutex_);
  ++log_.calls_begun;
}

void chaos_record::call_ends(const result<value, call_error>& outcome,
                             const std::optional<std::string>& flaw, time_point at, duration took) {
  std::lock_guard guard(mutex_);
  if (!outcome) {
    count_end(to_string(outcome.error().code), outcome.error().worker, at, took);
  } else if (flaw) {
    log_.first_wrong_answer = log_.first_wrong_answer.empty() ? *flaw : log_.first_wrong_answer;
    count_end(chaos_log::wrong_answer, "", at, took);
  } else {
    count_end("ok", "", at, took);
  }
}

void chaos_record::count_end(const std::string& code, std::string_view worker, time_point at,
                             duration took) {
  ++log_.calls_ended;
  ++log_.outcomes[code];
  log_.latency.add(took);
  const duration since = std::max(at - zero_, duration::zero());
  const auto place = static_cast<std::size_t>(since / log_.bin_width);
  if (log_.bins.size() <= place) {
    log_.bins.resize(place + 1);
  }
  call_bin& bin = log_.bins[place];
  ++bin.outcomes[code];
  bin.slowest = std::max(bin.slowest, took);
  if (code != "ok" && log_.failures.size() < chaos_log::most_failures) {
    log_.failures.push_back({since, took, code, std::string(worker)});
  }
}

std::uint64_t chaos_record::calls_under_way() const {
  std::lock_guard guard(mutex_);
  return log_.calls_begun - log_.calls_ended;
}

std::uint64_t chaos_record::ok() const {
  std::lock_guard guard(mutex_);
  const auto found = log_.outcomes.find("ok");
  return found == log_.outcomes.end() ? 0 : found->second;
}

std::uint64_t chaos_record::failed() const {
  const std::uint64_t right = ok();
  std::lock_guard guard(mutex_);
  return log_.calls_ended - std::min(right, log_.calls_ended);
}

std::vector<fault_mark> chaos_record::faults_after(std::size_t told) const {
  std::lock_guard guard(mutex_);
  const auto first = static_cast<std::ptrdiff_t>(std::min(told, log_.faults.size()));
  return {log_.faults.begin() + first, log_.faults.end()};
}

chaos_log chaos_record::log(time_point now) const {
  std::lock_guard guard(mutex_);
  chaos_log copy = log_;
  copy.elapsed = now - zero_;
  for (const auto& [name, place] : living_) {
    copy.workers[place].spans.back().to = copy.elapsed;
  }
  return copy;
}

}  // namespace slipway::tools
