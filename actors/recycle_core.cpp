// slipway/actors/recycle_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/recycle_core.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace slipway {

std::optional<std::string> flaw_of(const recycle_options& options) {
  if (!options.max_requests && !options.max_age && !options.max_idle &&
      !options.max_resident_bytes) {
    return "one of max_requests, max_age, max_idle and max_resident_bytes must be given";
  }
  if (options.max_requests == 0U) {
    return "max_requests must be at least 1";
  }
  if (options.max_age && *options.max_age <= duration::zero()) {
    return "max_age must be above zero";
  }
  if (options.max_idle && *options.max_idle <= duration::zero()) {
    return "max_idle must be above zero";
  }
  if (options.max_resident_bytes == 0U) {
    return "max_resident_bytes must be at least 1";
  }
  if (!(options.jitter >= 0 && options.jitter < 1)) {
    return "jitter must be from 0 to below 1";
  }
  if (options.at_once == 0) {
    return "at_once must be at least 1";
  }
  if (options.check_interval <= duration::zero()) {
    return "check_interval must be above zero";
  }
  return std::nullopt;
}

namespace {

// In the order of urgency.
enum class recycle_limit : std::uint8_t { resident_bytes, requests, age, idle };

struct passed_limit {
  recycle_limit limit;
  std::string text;
};

// What is taken off is rounded down, so that a limit of one stays one.
std::uint64_t lowered(std::uint64_t limit, double by) {
  return limit - static_cast<std::uint64_t>(static_cast<double>(limit) * by);
}

std::string compared(const char* limit, std::uint64_t found, std::uint64_t own, const char* unit) {
  return std::string(limit) + ": " + std::to_string(found) + " of " + std::to_string(own) + unit;
}

std::uint64_t whole_milliseconds(duration length) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
}

std::optional<std::string> longer_than(const char* limit, std::optional<duration> found,
                                       const std::optional<duration>& most, double lower_by) {
  if (!found || !most) {
    return std::nullopt;
  }
  const duration own(
      static_cast<duration::rep>(lowered(static_cast<std::uint64_t>(most->count()), lower_by)));
  if (*found < own) {
    return std::nullopt;
  }
  return compared(limit, whole_milliseconds(*found), whole_milliseconds(own), " ms");
}

std::optional<std::string> more_than(const char* limit, std::optional<std::uint64_t> found,
                                     const std::optional<std::uint64_t>& most, double lower_by,
                                     const char* unit) {
  if (!found || !most) {
    return std::nullopt;
  }
  const std::uint64_t own = lowered(*most, lower_by);
  return *found < own ? std::nullopt : std::optional(compared(limit, *found, own, unit));
}

std::optional<passed_limit> most_urgent(const recycle_options& limits, const worker_vitals& found,
                                        double lower_by) {
  if (auto text = more_than("max_resident_bytes", found.resident_bytes, limits.max_resident_bytes,
                            lower_by, " bytes")) {
    return passed_limit{recycle_limit::resident_bytes, std::move(*text)};
  }
  if (auto text = more_than("max_requests", found.served, limits.max_requests, lower_by, "")) {
    return passed_limit{recycle_limit::requests, std::move(*text)};
  }
  if (auto text = longer_than("max_age", found.age, limits.max_age, lower_by)) {
    return passed_limit{recycle_limit::age, std::move(*text)};
  }
  if (auto text = longer_than("max_idle", found.idle, limits.max_idle, lower_by)) {
    return passed_limit{recycle_limit::idle, std::move(*text)};
  }
  return std::nullopt;
}

}  // namespace

std::vector<recycle_order> recycle_core::look(const std::vector<worker_vitals>& workers,
                                              const std::function<double()>& chance) {
  std::map<worker_id, double> all_lowered_by;
  std::vector<std::pair<worker_id, passed_limit>> due;
  std::size_t retiring = 0;
  for (const auto& each : workers) {
    const auto known = lowered_by_.find(each.worker);
    const double lower_by = known == lowered_by_.end() ? options_.jitter * chance() : known->second;
    all_lowered_by.emplace(each.worker, lower_by);
    if (each.retiring) {
      ++retiring;
    } else if (auto passed = most_urgent(options_, each, lower_by)) {
      due.emplace_back(each.worker, std::move(*passed));
    }
  }
  lowered_by_ = std::move(all_lowered_by);
  std::sort(due.begin(), due.end(), [](const auto& left, const auto& right) {
    return std::pair(left.second.limit, left.first) < std::pair(right.second.limit, right.first);
  });
  const std::size_t room = options_.at_once > retiring ? options_.at_once - retiring : 0;
  std::vector<recycle_order> orders;
  for (auto& [worker, passed] : due) {
    if (orders.size() == room) {
      break;
    }
    orders.push_back({worker, exit_reason::shutdown(std::move(passed.text))});
  }
  return orders;
}

}  // namespace slipway
