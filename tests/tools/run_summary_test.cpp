// The figures at the end of a run.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/run_summary.hpp>

#include <gtest/gtest.h>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;

TEST(run_summary, outcomes_are_counted_by_code) {
  run_statistics statistics;
  statistics.finished("ok", 1, 1ms);
  statistics.finished("ok", 3, 2ms);
  statistics.finished("timeout", 1, 3ms);
  statistics.finished("invalid_request", 0, 0ms);
  const auto figures = statistics.figures();
  EXPECT_EQ(figures.ok, 2U);
  EXPECT_EQ(figures.failed(), 2U);
  EXPECT_EQ(figures.requests(), 4U);
  EXPECT_EQ(figures.attempts, 5U);
}

TEST(run_summary, a_line_that_was_never_called_has_no_latency) {
  run_statistics statistics;
  statistics.finished("invalid_request", 0, 0ms);
  statistics.finished("ok", 1, 7ms);
  EXPECT_EQ(statistics.figures().latency.count(), 1U);
}

TEST(run_summary, the_text_has_requests_latency_throughput_and_workers) {
  run_statistics statistics;
  for (int i = 0; i < 98; ++i) {
    statistics.finished("ok", 1, 10ms);
  }
  statistics.finished("worker_died", 3, 10ms);
  statistics.finished("invalid_request", 0, 0ms);
  EXPECT_EQ(summary_text(statistics.figures(), {6, 2, 1, 1}, 4s),
            "requests    100: 98 ok, 2 failed (invalid_request 1, worker_died 1), 2 retries\n"
            "latency     p50 10.0 ms, p95 10.0 ms, p99 10.0 ms, longest 10.0 ms\n"
            "throughput  25.0 requests/s in 4.00 s\n"
            "workers     6 started, 2 removed, 1 failed to start; pool restarts 1\n");
}

TEST(run_summary, without_a_call_there_is_no_latency) {
  EXPECT_EQ(summary_text({}, {}, 0s),
            "requests    0: 0 ok, 0 failed\n"
            "throughput  0.0 requests/s in 0.00 µs\n"
            "workers     0 started, 0 removed; pool restarts 0\n");
}

}  // namespace
}  // namespace slipway::tools
