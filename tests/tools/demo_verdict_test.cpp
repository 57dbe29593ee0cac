// The demo must be able to fail.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/demo_verdict.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace slipway::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

call_error killed() {
  call_error error;
  error.code = call_errc::worker_died;
  error.effect = call_effect::unknown;
  error.exit = exit_status{exit_status::kind::signaled, SIGKILL};
  return error;
}

call_error hung() {
  call_error error;
  error.code = call_errc::timeout;
  error.effect = call_effect::unknown;
  return error;
}

class demo_verdict : public testing::Test {
 protected:
  void answer(bool right) { tally_.answered(tally_.begin(), right); }
  void fail(const call_error& error) { tally_.failed(tally_.begin(), error); }
  [[nodiscard]] std::vector<std::string> broken(demo_mode mode = demo_mode::plain,
                                                processes_left left = processes_left::no) const {
    return broken_promises(tally_.outcomes(), {2, 1}, mode, left);
  }

  demo_tally tally_;
};

TEST_F(demo_verdict, right_answers_and_errors_that_name_a_kill_are_what_was_promised) {
  answer(true);
  fail(killed());
  fail(killed());
  fail(hung());
  EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(demo_verdict, with_retries_an_error_that_names_a_kill_breaks_the_promise) {
  answer(true);
  fail(killed());
  EXPECT_THAT(broken(demo_mode::retry), ElementsAre("requests failed in spite of their retries"));
}

TEST_F(demo_verdict, a_wrong_answer_breaks_it) {
  answer(true);
  answer(false);
  EXPECT_THAT(broken(), ElementsAre("1 wrong answer"));
}

TEST_F(demo_verdict, a_request_without_outcome_breaks_it) {
  answer(true);
  static_cast<void>(tally_.begin());
  EXPECT_THAT(broken(), ElementsAre("1 request got no answer"));
}

TEST_F(demo_verdict, a_second_outcome_breaks_it) {
  const auto request = tally_.begin();
  tally_.answered(request, true);
  tally_.answered(request, true);
  EXPECT_THAT(broken(), ElementsAre("1 request got more than one answer"));
}

TEST_F(demo_verdict, an_error_that_names_no_kill_breaks_it) {
  answer(true);
  auto segfault = killed();
  segfault.exit->value = SIGSEGV;
  fail(segfault);
  auto queued = hung();
  queued.effect = call_effect::not_sent;
  fail(queued);
  EXPECT_THAT(broken(), ElementsAre(HasSubstr("2 errors without a kill in it")));
}

TEST_F(demo_verdict, more_casualties_than_kills_break_it) {
  answer(true);
  fail(killed());
  fail(killed());
  fail(killed());
  fail(hung());
  fail(hung());
  EXPECT_EQ(broken().size(), 2U);
}

TEST_F(demo_verdict, a_process_that_is_left_breaks_it) {
  answer(true);
  EXPECT_THAT(broken(demo_mode::plain, processes_left::yes),
              ElementsAre("worker processes are left"));
}

TEST_F(demo_verdict, a_demo_in_which_nothing_happened_proves_nothing) {
  EXPECT_EQ(broken_promises({}, {}, demo_mode::plain, processes_left::no).size(), 1U);
}

}  // namespace
}  // namespace slipway::tools
