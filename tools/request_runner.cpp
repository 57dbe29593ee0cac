// slipway/tools/request_runner.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/request_runner.hpp>
#include <slipway/tools/retry_rule.hpp>

#include <utility>

namespace slipway::tools {

request_runner::request_runner(runner_options options, runner_parts parts)
    : options_(std::move(options)), parts_(std::move(parts)), working_(options_.concurrency) {
  threads_.reserve(options_.concurrency);
  for (std::size_t i = 0; i < options_.concurrency; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

request_runner::~request_runner() {
  for (auto& thread : threads_) {
    thread.join();
  }
}

bool request_runner::wait_for(duration length) {
  std::unique_lock lock(mutex_);
  return finished_.wait_for(lock, length, [this] { return working_ == 0; });
}

void request_runner::work() {
  while (const auto taken = take()) {
    parts_.output.put(taken->place, answer(taken->line));
  }
  {
    std::lock_guard guard(mutex_);
    --working_;
  }
  finished_.notify_all();
}

// Places are given out under the lock and in order: only so may wait_for_room be asked.
std::optional<request_runner::taken_line> request_runner::take() {
  std::lock_guard guard(input_mutex_);
  if (!parts_.output.wait_for_room(next_place_)) {
    return std::nullopt;
  }
  auto line = parts_.input.next();
  if (!line) {
    return std::nullopt;
  }
  parts_.statistics.taken(parts_.input.bytes_given());
  return taken_line{next_place_++, std::move(*line)};
}

std::string request_runner::answer(const input_line& line) {
  const auto refused = [this](const request_error& error) {
    auto written = write_result(error);
    parts_.statistics.finished(written.code, 0, duration::zero());
    return std::move(written.line);
  };
  if (line.too_long) {
    return refused({request_errc::invalid_request, line.number, std::nullopt,
                    "line " + std::to_string(line.number) + " is too long for a request"});
  }
  const auto request = read_request(line.text, line.number, options_.pools);
  if (!request) {
    return refused(request.error());
  }
  const finished_call finished = call(*request);
  auto written = write_result(*request, finished);
  parts_.statistics.finished(written.code, finished.attempts, finished.took);
  return std::move(written.line);
}

result<value, call_error> request_runner::call_through_restart(const request_line& request) {
  constexpr duration look_again = std::chrono::milliseconds(10);
  const time_point patience_ends =
      deadline_after(time_point::clock::now(), options_.restart_patience);
  for (;;) {
    auto outcome = parts_.call(request);
    if (outcome || !finds_no_pool(outcome.error()) || time_point::clock::now() >= patience_ends ||
        parts_.hopeless(request) || parts_.stop.wait_for(look_again)) {
      return outcome;
    }
  }
}

finished_call request_runner::call(const request_line& request) {
  const time_point begun = time_point::clock::now();
  const auto finished = [&](result<value, call_error> outcome, unsigned attempts) {
    return finished_call{std::move(outcome), attempts, time_point::clock::now() - begun};
  };
  for (unsigned attempts = 1;; ++attempts) {
    if (auto why = parts_.hopeless(request)) {
      return finished(failure(std::move(*why)), attempts - 1);
    }
    auto outcome = call_through_restart(request);
    if (!outcome && finds_no_pool(outcome.error())) {
      if (auto why = parts_.hopeless(request)) {
        return finished(failure(std::move(*why)), attempts);
      }
    }
    const auto delay =
        outcome ? std::nullopt : retry_after(outcome.error(), attempts, options_.retries);
    if (!delay || parts_.stop.wait_for(*delay)) {
      return finished(std::move(outcome), attempts);
    }
  }
}

}  // namespace slipway::tools
