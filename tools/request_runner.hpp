// slipway/tools/request_runner.hpp
//
// Carries requests from lines of input to lines of output, several at a time.
// Belongs here: who takes which line, retries, the end.
// Does not: what a call is (the caller is given), order (result_sink), text forms (request_line,
// result_line).
// Invariants: (1) every line that was taken gets exactly one result;
//             (2) no line is taken after a stop was asked for, nor after a result could not be
//                 written.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/input_lines.hpp>
#include <slipway/tools/request_line.hpp>
#include <slipway/tools/result_line.hpp>
#include <slipway/tools/result_sink.hpp>
#include <slipway/tools/run_summary.hpp>
#include <slipway/tools/stop_request.hpp>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace slipway::tools {

struct runner_options {
  std::size_t concurrency = 1;
  unsigned retries = 0;
  /// How long a request waits for its pool while that is being restarted. No worker has seen it, so
  /// this is no retry; without it, a run would burn thousands of requests in the instant between
  /// end and restart.
  duration restart_patience = std::chrono::seconds(30);
  std::vector<std::string> pools{};  ///< what a request may name
};

/// What the runner works with; all of it outlives the runner.
struct runner_parts {
  input_lines& input;
  result_sink& output;
  run_statistics& statistics;
  const stop_request& stop;
  /// Makes one call and blocks until its outcome is there. Thread: any number at once.
  std::function<result<value, call_error>(const request_line&)> call;
  /// Why no further call makes sense, if that is so: then it is the outcome. Asked before each
  /// attempt.
  std::function<std::optional<call_error>(const request_line&)> hopeless;
};

class request_runner {
 public:
  /// Starts the threads.
  request_runner(runner_options options, runner_parts parts);
  request_runner(const request_runner&) = delete;
  request_runner& operator=(const request_runner&) = delete;
  request_runner(request_runner&&) = delete;
  request_runner& operator=(request_runner&&) = delete;
  /// Waits until all requests that were taken are finished.
  ~request_runner();

  /// @returns whether all is done before `length` has passed.
  [[nodiscard]] bool wait_for(duration length);

 private:
  struct taken_line {
    std::uint64_t place = 0;
    input_line line;
  };

  void work();
  [[nodiscard]] std::optional<taken_line> take();
  [[nodiscard]] std::string answer(const input_line& line);
  [[nodiscard]] finished_call call(const request_line& request);
  [[nodiscard]] result<value, call_error> call_through_restart(const request_line& request);

  const runner_options options_;
  const runner_parts parts_;
  std::mutex input_mutex_;
  std::uint64_t next_place_ = 0;
  std::mutex mutex_;
  std::condition_variable finished_;
  std::size_t working_;
  std::vector<std::thread> threads_;
};

}  // namespace slipway::tools
