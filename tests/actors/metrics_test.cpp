// The numbers made of events. That the text is Prometheus' is tested with the command.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/metrics.hpp>
#include <slipway/actors/metrics_server.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace slipway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void tell_call(telemetry& to, double seconds) {
  const std::array<telemetry_measurement, 1> measurements{{{"duration_s", seconds}}};
  const std::array<telemetry_metadatum, 1> metadata{{{"pool", "scores"}}};
  to.emit({telemetry_event::call_stop, {}, measurements, metadata});
}

TEST(metrics, events_are_counted_by_name_and_pool) {
  telemetry events;
  const metrics numbers;
  events.attach("", numbers.handler());
  tell_call(events, 1);
  tell_call(events, 1);
  EXPECT_THAT(numbers.text(),
              HasSubstr(R"(slipway_events_total{event="call.stop",pool="scores"} 2)"));
}

TEST(metrics, durations_of_calls_are_a_histogram_by_pool_and_outcome) {
  telemetry events;
  const metrics numbers;
  events.attach("", numbers.handler());
  tell_call(events, 0.000'001);
  tell_call(events, 0.5);
  const std::string text = numbers.text();
  EXPECT_THAT(text, HasSubstr("# TYPE slipway_call_duration_seconds histogram"));
  const std::string series =
      R"(slipway_call_duration_seconds_bucket{pool="scores",outcome="ok",le=)";
  EXPECT_THAT(text, HasSubstr(series + "\"1.6384e-05\"} 1"));
  EXPECT_THAT(text, HasSubstr(series + "\"0.268435456\"} 1"));
  EXPECT_THAT(text, HasSubstr(series + "\"0.536870912\"} 2"));
  EXPECT_THAT(text, HasSubstr(series + "\"+Inf\"} 2"));
}

TEST(metrics, the_load_of_a_pool_is_asked_at_each_scrape) {
  metrics numbers;
  pool_load load;
  load.idle = 3;
  numbers.add_pool("scores", [&] { return load; });
  EXPECT_THAT(numbers.text(), HasSubstr(R"(slipway_pool_workers{pool="scores",state="idle"} 3)"));
  load.idle = 1;
  load.queue_length = 7;
  EXPECT_THAT(numbers.text(), HasSubstr(R"(slipway_pool_workers{pool="scores",state="idle"} 1)"));
  EXPECT_THAT(numbers.text(), HasSubstr(R"(slipway_pool_queue_length{pool="scores"} 7)"));
}

TEST(metrics, a_pool_that_has_not_been_started_has_no_gauges) {
  metrics numbers;
  numbers.add_pool("scores", [] { return std::nullopt; });
  EXPECT_THAT(numbers.text(), Not(HasSubstr("scores")));
}

TEST(metrics, a_name_with_quotes_and_line_ends_is_escaped) {
  metrics numbers;
  numbers.add_pool("a\"b\\c\nd", [] { return pool_load{}; });
  EXPECT_THAT(numbers.text(), HasSubstr(R"(slipway_pool_queue_length{pool="a\"b\\c\nd"} 0)"));
}

TEST(metrics, two_of_them_know_nothing_of_each_other) {
  telemetry events;
  const metrics one;
  const metrics other;
  events.attach("", one.handler());
  tell_call(events, 1);
  EXPECT_EQ(other.text(), "");
}

TEST(metrics_server, a_free_port_is_found_and_a_taken_one_is_an_error) {
  const metrics numbers;
  const auto server = metrics_server::start(numbers, 0);
  ASSERT_TRUE(server) << server.error();
  EXPECT_NE((*server)->port(), 0);
  const auto second = metrics_server::start(numbers, (*server)->port());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), HasSubstr("127.0.0.1:" + std::to_string((*server)->port())));
}

}  // namespace
}  // namespace slipway
