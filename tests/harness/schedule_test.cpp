// slipway/tests/harness/schedule_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/run_trace.hpp>
#include <slipway/harness/schedule.hpp>
#include <slipway/harness/simulated_time.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(schedule, is_written_in_runs_without_the_zeros_at_its_end) {
  EXPECT_EQ((schedule{{0, 0, 0, 2, 1, 1, 0, 0}}.to_text()), "0*3 2 1*2");
  EXPECT_EQ(schedule{}.to_text(), "");
}

TEST(schedule, is_read_as_it_was_written) {
  const schedule written{{0, 0, 5, 1, 1, 1, 7}};
  EXPECT_EQ(schedule::from_text(written.to_text()), written);
}

TEST(schedule, ends_where_its_text_makes_no_sense) {
  EXPECT_THAT(schedule::from_text("1 2 x 3").choices, ElementsAre(1, 2));
  EXPECT_THAT(schedule::from_text("1 2*y").choices, ElementsAre(1));
}

TEST(schedule, asks_for_no_more_memory_than_a_run_can_have) {
  EXPECT_LE(schedule::from_text("1*99999999999 1*99999999999").choices.size(),
            std::size_t{1} << 24U);
}

TEST(choices, of_a_seed_are_the_same_on_every_machine) {
  seeded_choices drawn(42);
  std::vector<std::size_t> numbers;
  for (int i = 0; i != 8; ++i) {
    numbers.push_back(drawn.choose({10, false, {}}));
  }
  EXPECT_THAT(numbers, ElementsAre(3, 1, 8, 4, 0, 2, 5, 8));
}

TEST(choices, let_time_pass_early_now_and_then) {
  seeded_choices drawn(1);
  int early = 0;
  for (int i = 0; i != 6400; ++i) {
    early += drawn.choose({3, true, {}}) == 2 ? 1 : 0;
  }
  EXPECT_GT(early, 50);
  EXPECT_LT(early, 200);
}

TEST(choices, that_were_recorded_end_in_zeros) {
  replayed_choices recorded({{2, 9}});
  EXPECT_EQ(recorded.choose({5, false, {}}), 2U);
  EXPECT_EQ(recorded.choose({5, false, {}}), 4U);
  EXPECT_EQ(recorded.choose({5, false, {}}), 0U);
}

TEST(trace, has_another_hash_when_a_word_a_border_or_a_time_differs) {
  const auto hash = [](auto at, const char* who, const char* what) {
    run_trace made(run_trace::detail::hash_only);
    made.add(time_point(at), who, what);
    return made.hash();
  };
  EXPECT_EQ(hash(1s, "a", "bc"), hash(1s, "a", "bc"));
  EXPECT_NE(hash(1s, "a", "bc"), hash(1s, "ab", "c"));
  EXPECT_NE(hash(1s, "a", "bc"), hash(2s, "a", "bc"));
  EXPECT_NE(hash(1s, "a", "bc"), hash(1s, "a", "bd"));
}

TEST(trace, keeps_its_lines_when_asked_to) {
  run_trace kept(run_trace::detail::lines);
  kept.add(time_point(1500ms), "pool/1", "ends", "exit code 3");
  EXPECT_THAT(kept.lines(), ElementsAre("1.500000 pool/1 ends exit code 3"));
}

TEST(simulated_time, gives_out_only_what_is_due_first) {
  simulated_time time(time_point{});
  std::string ran;
  time.run_after(2s, [&] { ran += "late"; });
  time.run_after(1s, [&] { ran += "a"; });
  time.run_after(1s, [&] { ran += "b"; });
  EXPECT_EQ(time.due(), 0U);
  time.pass_until(time_point(5s));
  ASSERT_EQ(time.due(), 2U);
  time.take_due(1)();
  EXPECT_EQ(ran, "b");
}

TEST(simulated_time, does_not_run_what_was_cancelled) {
  simulated_time time(time_point{});
  const auto timer = time.set(time_point(1s), [] { FAIL(); });
  time.cancel(timer);
  EXPECT_EQ(time.pending(), 0U);
  time.cancel(timer);
}

}  // namespace
}  // namespace slipway::harness
