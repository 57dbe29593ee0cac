// Learn: to test what your own tree does when its workers break, by a plan, and that nothing is left.
//
//     break_on_purpose [PYTHON]        run in the root of the source tree
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/supervised_test.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using namespace slipway::harness;
using slipway::call_errc;
using slipway::value;

namespace {

std::string& python() {
  static std::string path = "/usr/bin/python3";
  return path;
}

// Every test has a system of its own. When it ends, a process, a descriptor, a thread or a file that
// is left fails it by name.
class licences : public supervised_test {
 protected:
  static slipway::python_pool_options pool() {
    return {.name = "licences",
            .size = 2,
            .python = python(),
            .module = "examples/licences.py",
            .environment = {{"PYTHONDONTWRITEBYTECODE", "1"}}};
  }
  static auto words(const slipway::client& calls, slipway::duration timeout = 20s) {
    return calls.call("word_statistics", value::map({{"text", value("to be or not")}}), timeout);
  }
};

TEST_F(licences, lose_one_call_when_a_worker_is_killed_and_serve_the_next) {
  // The first request that any worker gets kills it, once.
  break_by({{{.when = fault_when::nth_request{1}, .what = fault_what::kill{}}}});
  const slipway::client calls = start_ready(pool());
  const auto lost = words(calls);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, call_errc::worker_died);
  EXPECT_TRUE(words(calls));
}

TEST_F(licences, are_counted_although_their_worker_cannot_be_spawned_at_first) {
  break_by({{{.when = fault_when::enters{process_state::before_spawn},
              .what = fault_what::spawn_failure{spawn_fault::eagain},
              .times = 2}}});
  EXPECT_TRUE(words(start_ready(pool())));
  EXPECT_EQ(isolated().faults().size(), 2U);
}

TEST_F(licences, are_not_mixed_up_by_a_worker_that_answers_somebody_else) {
  break_by({{{.when = fault_when::nth_request{2}, .what = fault_what::wrong_id{}}}});
  const slipway::client calls = start_ready(pool(), 2);
  int refused = 0;
  for (int call = 0; call < 6; ++call) {
    const auto answer = words(calls);
    refused += !answer && answer.error().code == call_errc::protocol_error ? 1 : 0;
  }
  EXPECT_EQ(refused, 1);
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  python() = argc > 1 ? argv[1] : python();
  return RUN_ALL_TESTS();
}
