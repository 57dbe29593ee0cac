// slipway/tools/run_summary.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/duration_text.hpp>
#include <slipway/tools/run_summary.hpp>

#include <array>
#include <cstdio>
#include <numeric>

namespace slipway::tools {
namespace {

std::string rate_text(std::uint64_t requests, duration elapsed) {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const double rate = seconds > 0 ? static_cast<double>(requests) / seconds : 0.0;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), rate < 100 ? "%.1f" : "%.0f", rate);
  return text.data();
}

std::string failed_text(const run_figures& figures) {
  std::string codes;
  for (const auto& [code, count] : figures.failed_by_code) {
    codes += (codes.empty() ? " (" : ", ") + code + " " + std::to_string(count);
  }
  return std::to_string(figures.failed()) + " failed" + (codes.empty() ? "" : codes + ")");
}

}  // namespace

std::uint64_t run_figures::failed() const {
  return std::accumulate(failed_by_code.begin(), failed_by_code.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& entry) { return sum + entry.second; });
}

void run_statistics::finished(const std::string& code, unsigned attempts, duration took) {
  std::lock_guard guard(mutex_);
  if (code == "ok") {
    ++figures_.ok;
  } else {
    ++figures_.failed_by_code[code];
  }
  figures_.attempts += attempts;
  if (attempts > 0) {
    figures_.latency.add(took);
  }
}

void run_statistics::taken(std::uint64_t input_bytes) {
  std::lock_guard guard(mutex_);
  figures_.input_bytes = input_bytes;
}

run_figures run_statistics::figures() const {
  std::lock_guard guard(mutex_);
  return figures_;
}

std::string summary_text(const run_figures& figures, const tree_counts& tree, duration elapsed) {
  const auto& latency = figures.latency;
  const std::uint64_t calls = latency.count();
  std::string text = "requests    " + std::to_string(figures.requests()) + ": " +
                     std::to_string(figures.ok) + " ok, " + failed_text(figures);
  if (figures.attempts > calls) {
    text += ", " + std::to_string(figures.attempts - calls) + " retries";
  }
  if (calls > 0) {
    text += "\nlatency     p50 " + to_text(latency.percentile(0.50)) + ", p95 " +
            to_text(latency.percentile(0.95)) + ", p99 " + to_text(latency.percentile(0.99)) +
            ", longest " + to_text(latency.greatest());
  }
  text += "\nthroughput  " + rate_text(figures.requests(), elapsed) + " requests/s in " +
          to_text(elapsed);
  text += "\nworkers     " + std::to_string(tree.workers_started) + " started, " +
          std::to_string(tree.workers_removed) + " removed";
  if (tree.init_failures > 0) {
    text += ", " + std::to_string(tree.init_failures) + " failed to start";
  }
  return text + "; pool restarts " + std::to_string(tree.pool_restarts) + "\n";
}

}  // namespace slipway::tools
