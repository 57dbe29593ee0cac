// What is written down of a run under faults, and what is said of it.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/chaos_record.hpp>
#include <slipway/tools/chaos_report.hpp>
#include <slipway/tools/chaos_view.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace slipway::tools {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

time_point at(int ms) {
  return time_point() + milliseconds(ms);
}

void tell(chaos_record& record, telemetry_event event, int ms, std::string_view worker = "",
          std::string_view status = "") {
  const std::array<telemetry_metadatum, 3> said{
      {{"pool", "echo"}, {"worker", worker}, {"status", status}}};
  record.take(telemetry_record{.event = event, .at = at(ms), .metadata = said});
}

void call(chaos_record& record, const std::string& code, int ms) {
  tell(record, telemetry_event::call_start, ms);
  record.call_begins();
  const bool right = code == "ok";
  call_error failed;
  failed.code = code == "timeout" ? call_errc::timeout : call_errc::worker_died;
  failed.worker = "echo/1";
  record.call_ends(right ? result<value, call_error>(value()) : failure(failed), std::nullopt,
                   at(ms + 1), milliseconds(1));
  tell(record, code == "ok" ? telemetry_event::call_stop : telemetry_event::call_exception, ms + 1);
}

chaos_setting one_second() {
  return {.config = "run.toml", .plan_file = "plan.toml", .length = std::chrono::seconds(1)};
}

TEST(chaos_record, a_worker_is_a_track_of_states_from_its_start_to_its_end) {
  chaos_record record(one_second(), at(0));
  tell(record, telemetry_event::worker_init_start, 10, "echo/1");
  tell(record, telemetry_event::worker_ready, 50, "echo/1");
  tell(record, telemetry_event::worker_removed, 80, "echo/1");
  tell(record, telemetry_event::worker_exit, 90, "echo/1", "killed by signal 9 (Killed)");
  tell(record, telemetry_event::worker_init_start, 95, "echo/2");
  const chaos_log log = record.log(at(100));
  ASSERT_EQ(log.workers.size(), 2U);
  const auto& spans = log.workers[0].spans;
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0].state, "starting");
  EXPECT_EQ(spans[1].state, "ready");
  EXPECT_EQ(spans[1].from, milliseconds(50));
  EXPECT_EQ(spans[1].to, milliseconds(80));
  EXPECT_EQ(spans[2].to, milliseconds(90));
  EXPECT_EQ(log.workers[0].end, "killed by signal 9 (Killed)");
  EXPECT_EQ(log.workers[1].spans.back().to, milliseconds(100));
  EXPECT_EQ(log.workers[1].end, "");
}

TEST(chaos_record, a_namesake_after_a_restart_of_the_pool_is_another_worker) {
  chaos_record record(one_second(), at(0));
  tell(record, telemetry_event::worker_init_start, 10, "echo/1");
  tell(record, telemetry_event::worker_exit, 20, "echo/1", "exit code 1");
  tell(record, telemetry_event::worker_init_start, 30, "echo/1");
  EXPECT_EQ(record.log(at(40)).workers.size(), 2U);
}

TEST(chaos_record, faults_are_counted_by_kind_and_told_once) {
  chaos_record record(one_second(), at(0));
  record.take(harness::injected_fault{
      .what = harness::fault_what::kill{}, .who = {.name = "echo/1"}, .at = at(5)});
  record.take(harness::injected_fault{
      .rule_name = "pause", .what = harness::fault_what::stop{milliseconds(300)}, .at = at(6)});
  EXPECT_EQ(record.faults_after(0).size(), 2U);
  const auto rest = record.faults_after(1);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].lasts, milliseconds(300));
  EXPECT_THAT(record.log(at(9)).faults_by_kind,
              ElementsAre(testing::Pair("kill", 1), testing::Pair("stop", 1)));
}

TEST(chaos_report, what_holds_under_any_fault_is_that_each_call_ends_once_and_nothing_is_left) {
  chaos_record record(one_second(), at(0));
  call(record, "ok", 10);
  call(record, "worker_died", 20);
  EXPECT_THAT(broken_invariants(record.log(at(30))), IsEmpty());
  record.call_begins();
  EXPECT_THAT(broken_invariants(record.log(at(30))), ElementsAre("1 calls have no outcome"));
  chaos_log left;
  left.left = {"child process 7 (python3)"};
  EXPECT_THAT(broken_invariants(left), ElementsAre("left over: child process 7 (python3)"));
}

TEST(chaos_report, an_end_that_the_tree_told_twice_or_not_at_all_is_found) {
  chaos_record record(one_second(), at(0));
  call(record, "ok", 10);
  tell(record, telemetry_event::call_stop, 12);
  EXPECT_THAT(broken_invariants(record.log(at(30))),
              ElementsAre("of 1 calls the tree told 1 beginnings and 2 ends"));
}

TEST(chaos_report, an_answer_that_is_another_calls_is_a_broken_promise) {
  chaos_record record(one_second(), at(0));
  for (const char* flaw : {"asked with n = 1 and answered with n = 2", "and another"}) {
    tell(record, telemetry_event::call_start, 10);
    record.call_begins();
    record.call_ends(value(), flaw, at(11), milliseconds(1));
    tell(record, telemetry_event::call_stop, 11);
  }
  const chaos_log log = record.log(at(30));
  EXPECT_THAT(log.outcomes, ElementsAre(testing::Pair("wrong_answer", 2)));
  EXPECT_THAT(broken_invariants(log),
              ElementsAre("2 answers are not their callers' own; the first: asked with n = 1 and "
                          "answered with n = 2"));
}

TEST(chaos_report, the_json_has_all_counts_and_one_entry_a_bin) {
  chaos_record record(one_second(), at(0));
  for (int i = 0; i < 10; ++i) {
    call(record, i == 3 ? "timeout" : "ok", i * 50);
  }
  const auto report = nlohmann::json::parse(to_json(record.log(at(1000))));
  EXPECT_EQ(report["calls"], 10);
  EXPECT_EQ(report["held"], true);
  EXPECT_EQ(report["outcomes"]["ok"], 9);
  EXPECT_EQ(report["timeline"]["failures"].size(), 1U);
  std::uint64_t sum = 0;
  for (const auto& [code, bins] : report["timeline"]["calls"]["outcomes"].items()) {
    EXPECT_EQ(bins.size(), report["timeline"]["calls"]["slowest_ms"].size());
    for (const auto& each : bins) {
      sum += each.get<std::uint64_t>();
    }
  }
  EXPECT_EQ(sum, 10U);
}

TEST(chaos_report, the_page_needs_nothing_else_and_no_text_ends_its_script) {
  chaos_record record(one_second(), at(0));
  tell(record, telemetry_event::worker_init_start, 10, "echo/1");
  tell(record, telemetry_event::worker_exit, 20, "echo/1", "</script><b>\xff");
  const std::string page = to_html(record.log(at(30)));
  EXPECT_THAT(page, HasSubstr("<\\/script><b>"));
  EXPECT_THAT(page, testing::Not(HasSubstr("/*REPORT*/null")));
  EXPECT_THAT(page, testing::Not(testing::ContainsRegex("(src|href)=")));
  const auto first = page.find("</script>");
  EXPECT_EQ(page.find("</script>", first + 1), std::string::npos);
}

TEST(chaos_view, each_worker_has_a_sign_for_what_it_does) {
  pool_load load;
  load.pool_size = 5;
  load.starting = 1;
  load.idle = 1;
  load.checked_out = 2;
  EXPECT_EQ(workers_text("echo", load, {}), "echo ##o.x");
}

}  // namespace
}  // namespace slipway::tools
