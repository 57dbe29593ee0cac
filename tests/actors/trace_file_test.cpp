// The trace as a program reads it: JSON at any time, tracks with names, slices that nest.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/trace_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace slipway {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class trace : public ::testing::Test {
 protected:
  trace()
      : path_(std::filesystem::temp_directory_path() /
              ("slipway-trace-" + std::to_string(::getpid()) + ".json")),
        file_(trace_file::create(path_.string(), zero).value()) {
    events.attach("", file_->handler());
  }
  ~trace() override { std::filesystem::remove(path_); }

  json content() {
    std::ifstream stream(path_);
    return json::parse(stream);
  }
  void finish() { file_.reset(); }
  void flush() { file_->flush(); }

  void ready(const std::string& worker, time_point at, double took) {
    const std::array<telemetry_measurement, 1> measurements{{{"duration_s", took}}};
    const std::array<telemetry_metadatum, 1> metadata{{{"worker", worker}}};
    events.emit({telemetry_event::worker_ready, at, measurements, metadata});
  }
  void checkin(const std::string& worker, time_point at, double held, double exchange,
               const std::string& command = "echo") {
    const std::array<telemetry_measurement, 2> measurements{
        {{"held_s", held}, {"exchange_s", exchange}}};
    const std::array<telemetry_metadatum, 2> metadata{{{"worker", worker}, {"command", command}}};
    events.emit({telemetry_event::pool_checkin, at, measurements, metadata});
  }

  // "init 0+1000" of each slice, in microseconds.
  std::vector<std::string> slices() {
    std::vector<std::string> found;
    for (const auto& each : content()) {
      if (each["ph"] == "X") {
        found.push_back(each["name"].get<std::string>() + " " +
                        std::to_string(std::lround(each["ts"].get<double>())) + "+" +
                        std::to_string(std::lround(each["dur"].get<double>())));
      }
    }
    return found;
  }

  const time_point zero{1h};
  telemetry events;

 private:
  std::filesystem::path path_;
  std::unique_ptr<trace_file> file_;
};

TEST_F(trace, a_call_lies_within_the_time_that_its_worker_was_busy) {
  ready("echo/1", zero + 2ms, 0.001);
  checkin("echo/1", zero + 10ms, 0.004, 0.003);
  finish();
  EXPECT_THAT(slices(), ElementsAre("init 1000+1000", "busy 6000+4000", "echo 6000+3000"));
}

TEST_F(trace, every_track_is_named_once) {
  ready("echo/1", zero + 2ms, 0.001);
  checkin("echo/1", zero + 10ms, 0.004, 0.003);
  ready("echo/2", zero + 12ms, 0.001);
  finish();
  std::vector<std::string> names;
  for (const auto& each : content()) {
    if (each["name"] == "thread_name") {
      names.push_back(each["args"]["name"]);
    }
  }
  EXPECT_THAT(names, ElementsAre("echo/1", "echo/2"));
}

TEST_F(trace, slices_of_one_worker_never_overlap_even_when_an_old_one_is_told_late) {
  ready("echo/1", zero + 10ms, 0.004);
  checkin("echo/1", zero + 12ms, 0.008, 0.008);
  checkin("echo/1", zero + 11ms, 0.008, 0.008);
  finish();
  EXPECT_THAT(slices(), ElementsAre("init 6000+4000", "busy 10000+2000", "echo 10000+2000",
                                    "busy 12000+0", "echo 12000+0"));
}

TEST_F(trace, is_json_before_it_is_closed) {
  EXPECT_EQ(content().size(), 1U);
  ready("echo/1", zero + 2ms, 0.001);
  flush();
  EXPECT_EQ(content().size(), 3U);
  flush();
  ready("echo/1", zero + 4ms, 0.001);
  flush();
  EXPECT_EQ(content().size(), 4U);
}

TEST_F(trace, is_json_after_many_events_without_a_flush) {
  for (int i = 1; i <= 2000; ++i) {
    checkin("echo/1", zero + i * 1ms, 0.0005, 0.0004);
  }
  EXPECT_GT(content().size(), 3000U);
}

TEST_F(trace, what_is_no_ascii_is_escaped) {
  checkin("echo/1", zero + 1ms, 0.0005, 0.0004, "a\"b\\c\nd\xff");
  finish();
  EXPECT_EQ(content().back()["name"], "a\"b\\c\nd\xc3\xbf");
}

TEST_F(trace, a_worker_that_is_removed_is_a_point_on_its_track) {
  const std::array<telemetry_metadatum, 2> metadata{{{"worker", "echo/1"}, {"reason", "killed"}}};
  events.emit({telemetry_event::worker_removed, zero + 1ms, {}, metadata});
  finish();
  const json last = content().back();
  EXPECT_EQ(last["ph"], "i");
  EXPECT_EQ(last["name"], "pool.worker.removed");
  EXPECT_EQ(last["args"]["reason"], "killed");
}

TEST_F(trace, after_its_end_the_handler_does_nothing) {
  finish();
  ready("echo/1", zero + 2ms, 0.001);
  EXPECT_EQ(content().size(), 1U);
}

TEST_F(trace, threads_write_at_once) {
  std::vector<std::thread> running;
  for (int i = 0; i < 4; ++i) {
    running.emplace_back([this, worker = "echo/" + std::to_string(i)] {
      for (int round = 1; round <= 500; ++round) {
        checkin(worker, zero + round * 1ms, 0.0005, 0.0004);
      }
    });
  }
  for (auto& each : running) {
    each.join();
  }
  finish();
  EXPECT_EQ(slices().size(), 4000U);
}

TEST(trace_file, a_place_that_cannot_be_written_is_an_error) {
  const auto none = trace_file::create("/nonexistent/trace.json", {});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error(), HasSubstr("/nonexistent/trace.json: No such file"));
}

TEST(trace_file, a_full_disk_is_an_error) {
  EXPECT_FALSE(trace_file::create("/dev/full", {}));
}

}  // namespace
}  // namespace slipway
