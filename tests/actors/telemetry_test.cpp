// Attaching, prefixes, handlers that throw, several threads; and the table against its page.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/telemetry.hpp>
#include <slipway/actors/telemetry_log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <array>
#include <atomic>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace slipway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using event = telemetry_event;

class listening : public ::testing::Test {
 protected:
  telemetry_handler note(const std::string& as = "") {
    return [this, as](const telemetry_record& what) {
      heard.push_back(as + std::string(to_string(what.event)));
    };
  }
  void emit(event what) { target.emit({what, {}, {}, {}}); }

  telemetry target;
  std::vector<std::string> heard;
};

TEST_F(listening, a_handler_hears_the_events_below_its_prefix_and_no_others) {
  target.attach("pool.worker", note());
  for (const auto& row : telemetry_events()) {
    emit(row.event);
  }
  EXPECT_THAT(heard, ElementsAre("pool.worker.init.start", "pool.worker.ready",
                                 "pool.worker.init_failed", "pool.worker.init_cancelled",
                                 "pool.worker.exit", "pool.worker.removed", "pool.worker.degraded",
                                 "pool.worker.recovered", "pool.worker.check_failed",
                                 "pool.worker.stderr_flood", "pool.worker.recycle"));
}

TEST_F(listening, a_prefix_ends_where_a_word_ends) {
  target.attach("pool.check", note());
  target.attach("pool.checkout", note("whole "));
  emit(event::pool_checkout);
  EXPECT_THAT(heard, ElementsAre("whole pool.checkout"));
}

TEST_F(listening, the_empty_prefix_is_every_event) {
  target.attach("", note());
  for (const auto& row : telemetry_events()) {
    emit(row.event);
  }
  EXPECT_EQ(heard.size(), telemetry_events().size());
}

TEST_F(listening, an_event_is_enabled_while_somebody_hears_it) {
  EXPECT_FALSE(target.enabled(event::call_stop));
  const auto first = target.attach("call", note());
  const auto second = target.attach("call.stop", note());
  EXPECT_TRUE(target.enabled(event::call_stop));
  EXPECT_FALSE(target.enabled(event::pool_start));
  target.detach(first);
  EXPECT_TRUE(target.enabled(event::call_stop));
  EXPECT_FALSE(target.enabled(event::call_start));
  target.detach(second);
  EXPECT_FALSE(target.enabled(event::call_stop));
  emit(event::call_stop);
  EXPECT_TRUE(heard.empty());
}

TEST_F(listening, a_handler_that_throws_is_detached_and_the_others_are_told) {
  std::string told;
  target.attach("call", [](const telemetry_record&) { throw std::runtime_error("full"); });
  target.attach("telemetry", [&](const telemetry_record& what) { told = to_string(what); });
  target.attach("call", note("after "));
  emit(event::call_start);
  emit(event::call_start);
  EXPECT_EQ(told, "telemetry.handler_failed prefix=call event=call.start reason=full");
  EXPECT_THAT(heard, ElementsAre("after call.start", "after call.start"));
}

TEST_F(listening, a_handler_that_throws_at_the_report_of_its_own_failure_ends_there) {
  target.attach("", [](const telemetry_record&) { throw 7; });
  target.attach("telemetry", [](const telemetry_record&) { throw std::runtime_error("again"); });
  target.attach("telemetry", note());
  emit(event::call_start);
  EXPECT_THAT(heard, ElementsAre("telemetry.handler_failed", "telemetry.handler_failed"));
  EXPECT_FALSE(target.enabled(event::call_start));
}

TEST_F(listening, a_handler_may_attach_detach_and_emit) {
  handler_id self{};
  self = target.attach("call.start", [&](const telemetry_record&) {
    target.detach(self);
    target.attach("call.start", note("new "));
    emit(event::call_stop);
  });
  target.attach("call.stop", note());
  emit(event::call_start);
  emit(event::call_start);
  EXPECT_THAT(heard, ElementsAre("call.stop", "new call.start"));
}

TEST_F(listening, threads_emit_attach_and_detach_at_once_and_no_event_of_a_listener_is_lost) {
  constexpr int threads = 4;
  constexpr int rounds = 2000;
  std::atomic<int> counted{0};
  target.attach("call", [&](const telemetry_record&) { ++counted; });
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([this] {
      for (int round = 0; round < rounds; ++round) {
        const auto passing = target.attach("call", [](const telemetry_record&) {});
        emit(event::call_stop);
        target.detach(passing);
      }
    });
  }
  for (auto& each : running) {
    each.join();
  }
  EXPECT_EQ(counted, threads * rounds);
}

TEST(telemetry_log, a_line_has_name_measurements_and_metadata) {
  std::ostringstream out;
  auto logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  telemetry target;
  target.attach("pool", log_handler(logger, spdlog::level::info));
  const std::array<telemetry_measurement, 1> measurements{{{"wait_s", 0.25}}};
  const std::array<telemetry_metadatum, 1> metadata{{{"pool", "scores"}}};
  target.emit({event::pool_checkout, {}, measurements, metadata});
  EXPECT_THAT(out.str(), HasSubstr("[info] pool.checkout wait_s=0.25 pool=scores"));
}

TEST(telemetry_page, lists_the_table_of_the_code) {
  std::ifstream page(SLIPWAY_TELEMETRY_PAGE);
  std::vector<std::string> told;
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    in_table = line.starts_with("| ") && (in_table || line.starts_with("| event |"));
    if (in_table && line.starts_with("| `")) {
      told.push_back(line.substr(0, line.rfind(" | ")));
    }
  }
  std::vector<std::string> known;
  for (const auto& row : telemetry_events()) {
    const auto cell = [](std::string_view text) {
      return text.empty() ? "" : std::string(text) + " ";
    };
    known.push_back("| `" + std::string(row.name) + "` | " + cell(row.measurements) + "| " +
                    std::string(row.metadata));
  }
  EXPECT_EQ(told, known);
}

}  // namespace
}  // namespace slipway
