// slipway/tools/chaos_report.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/chaos_report.hpp>
#include <slipway/tools/duration_text.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <utility>

namespace slipway::tools {
namespace {

using json = nlohmann::json;

/// In seconds, to the tenth of a millisecond.
double seconds(duration length) {
  return std::round(std::chrono::duration<double>(length).count() * 1e4) / 1e4;
}

double milliseconds(duration length) {
  return std::round(std::chrono::duration<double, std::milli>(length).count() * 1e3) / 1e3;
}

json worker_json(const worker_track& worker) {
  json spans = json::array();
  for (const auto& span : worker.spans) {
    spans.push_back({span.state, seconds(span.from), seconds(span.to)});
  }
  return {{"name", worker.name}, {"pool", worker.pool}, {"spans", spans}, {"end", worker.end}};
}

json fault_json(const fault_mark& fault) {
  return {{"at", seconds(fault.at)}, {"kind", fault.kind}, {"text", fault.text},
          {"who", fault.who},        {"rule", fault.rule}, {"lasts", seconds(fault.lasts)}};
}

json bins_json(const chaos_log& log) {
  json by_outcome = json::object();
  for (const auto& [code, count] : log.outcomes) {
    json counts = json::array();
    for (const auto& bin : log.bins) {
      const auto found = bin.outcomes.find(code);
      counts.push_back(found == bin.outcomes.end() ? 0 : found->second);
    }
    by_outcome[code] = std::move(counts);
  }
  json slowest = json::array();
  for (const auto& bin : log.bins) {
    slowest.push_back(milliseconds(bin.slowest));
  }
  return {{"width", std::chrono::duration<double>(log.bin_width).count()},
          {"outcomes", by_outcome},
          {"slowest_ms", slowest}};
}

json timeline_json(const chaos_log& log) {
  json workers = json::array();
  for (const auto& each : log.workers) {
    workers.push_back(worker_json(each));
  }
  json faults = json::array();
  for (const auto& each : log.faults) {
    faults.push_back(fault_json(each));
  }
  json moments = json::array();
  for (const auto& each : log.moments) {
    moments.push_back({{"at", seconds(each.at)}, {"text", each.text}});
  }
  json failures = json::array();
  for (const auto& each : log.failures) {
    failures.push_back({{"at", seconds(each.at)},
                        {"ms", milliseconds(each.took)},
                        {"code", each.code},
                        {"worker", each.worker}});
  }
  return {{"workers", workers},
          {"faults", faults},
          {"moments", moments},
          {"calls", bins_json(log)},
          {"failures", failures}};
}

/// 16 digits: JavaScript knows no number as great.
std::string hex(std::uint64_t number) {
  return fmt::format("{:016x}", number);
}

/// ": 40 kill, 17 stop"; empty when there are none.
std::string listed(const outcome_counts& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text.append(text.empty() ? ": " : ", ").append(std::to_string(count)).append(" ").append(name);
  }
  return text;
}

json report_json(const chaos_log& log) {
  const auto broken = broken_invariants(log);
  return {{"config", log.setting.config},
          {"plan_file", log.setting.plan_file},
          {"plan", log.setting.plan},
          {"seed", log.setting.seed},
          {"command", log.setting.command},
          {"echo", log.setting.echo},
          {"concurrency", log.setting.concurrency},
          {"simulated", log.trace_hash.has_value()},
          {"trace_hash", log.trace_hash ? hex(*log.trace_hash) : ""},
          {"elapsed", seconds(log.elapsed)},
          {"held", broken.empty()},
          {"broken", broken},
          {"gave_up", log.gave_up},
          {"calls", log.calls_begun},
          {"outcomes", log.outcomes},
          {"latency_ms",
           {{"p50", milliseconds(log.latency.percentile(0.5))},
            {"p99", milliseconds(log.latency.percentile(0.99))},
            {"greatest", milliseconds(log.latency.greatest())}}},
          {"faults", log.faults_by_kind},
          {"workers_started", log.tree.workers_started},
          {"workers_removed", log.tree.workers_removed},
          {"starts_failed", log.tree.init_failures},
          {"pool_restarts", log.tree.pool_restarts},
          {"timeline", timeline_json(log)}};
}

std::string text_of(const json& object) {
  // A worker's last words may be no UTF-8.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::vector<std::string> broken_invariants(const chaos_log& log) {
  std::vector<std::string> broken;
  if (log.calls_ended < log.calls_begun) {
    broken.push_back(std::to_string(log.calls_begun - log.calls_ended) + " calls have no outcome");
  } else if (log.tree_began != log.calls_begun || log.tree_ended != log.calls_begun) {
    broken.push_back("of " + std::to_string(log.calls_begun) + " calls the tree told " +
                     std::to_string(log.tree_began) + " beginnings and " +
                     std::to_string(log.tree_ended) + " ends");
  }
  if (log.calls_overdue > 0) {
    broken.push_back(std::to_string(log.calls_overdue) + " calls did not end in time");
  }
  if (const auto wrong = log.outcomes.find(chaos_log::wrong_answer); wrong != log.outcomes.end()) {
    broken.push_back(std::to_string(wrong->second) +
                     " answers are not their callers' own; the first: " + log.first_wrong_answer);
  }
  for (const auto& each : log.left) {
    broken.push_back("left over: " + each);
  }
  return broken;
}

std::vector<std::string> report_lines(const chaos_log& log) {
  const double elapsed = std::chrono::duration<double>(log.elapsed).count();
  const double rate = elapsed > 0 ? static_cast<double>(log.calls_ended) / elapsed : 0;
  std::vector<std::string> lines{
      "calls     " + std::to_string(log.calls_ended) + listed(log.outcomes) + "; " +
          std::to_string(std::lround(rate)) + "/s",
      "latency   p50 " + to_text(log.latency.percentile(0.5)) + ", p99 " +
          to_text(log.latency.percentile(0.99)) + ", greatest " + to_text(log.latency.greatest()),
      "faults    " + std::to_string(log.faults.size()) + listed(log.faults_by_kind),
      "workers   " + std::to_string(log.tree.workers_started) + " started, " +
          std::to_string(log.tree.workers_removed) + " removed, " +
          std::to_string(log.tree.init_failures) + " failed to start; pools restarted " +
          std::to_string(log.tree.pool_restarts) + " times"};
  if (log.trace_hash) {
    lines.push_back("trace     " + hex(*log.trace_hash) +
                    ", the same for this seed on any machine");
  }
  return lines;
}

std::string to_json(const chaos_log& log) {
  return text_of(report_json(log)) + "\n";
}

std::string to_html(const chaos_log& log) {
  std::string data = text_of(report_json(log));
  // Within a script only this could end it.
  for (auto at = data.find("</"); at != std::string::npos; at = data.find("</", at)) {
    data.replace(at, 2, "<\\/");
  }
  constexpr std::string_view place = "/*REPORT*/null";
  std::string page(chaos_page());
  if (const auto at = page.find(place); at != std::string::npos) {
    page.replace(at, place.size(), data);
  }
  return page;
}

}  // namespace slipway::tools
