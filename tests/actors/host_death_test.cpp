// slipway/tests/actors/host_death_test.cpp
//
// A worker never outlives its host, whatever the worker is doing and however the host ends; nor
// does what the worker started.
//
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace slipway {
namespace {

using testing::IsEmpty;

class host_death : public live::live_test {
 protected:
  // Starts the host and waits for its word that all workers are in their states.
  void start(const char* how) {
    std::array<int, 2> words{};
    ASSERT_EQ(::pipe(words.data()), 0);
    pid_ = ::fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
      ::dup2(words[1], STDOUT_FILENO);
      ::close(words[0]);
      ::close(words[1]);
      ::execl(SLIPWAY_TEST_DOOMED_HOST, SLIPWAY_TEST_DOOMED_HOST, mark_.c_str(), how, nullptr);
      ::_exit(127);
    }
    ::close(words[1]);
    std::array<char, 8> said{};
    const auto count = ::read(words[0], said.data(), said.size());
    ::close(words[0]);
    ASSERT_EQ(std::string(said.data(), count > 0 ? static_cast<std::size_t>(count) : 0), "up\n");
  }
  [[nodiscard]] int end_of_host() const {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return status;
  }
  [[nodiscard]] std::vector<int> family() const {
    return live::processes_with("SLIPWAY_TEST_MARK=" + mark_);
  }

  std::string mark_ = live::unique_mark();
  pid_t pid_ = -1;
};

TEST_F(host_death, no_worker_and_no_grandchild_survives_a_host_that_is_killed) {
  start("wait");
  // In the moment of its exec a process shows no environment, and the grandchild may be there yet.
  EXPECT_TRUE(live::eventually([&] { return family().size() == 5; }))
      << "four workers and a grandchild: " << testing::PrintToString(family());
  ::kill(pid_, SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(end_of_host()));
  EXPECT_TRUE(live::eventually([&] { return family().empty(); }))
      << testing::PrintToString(family());
}

TEST_F(host_death, no_worker_and_no_grandchild_survives_a_host_that_leaves_without_cleaning_up) {
  start("exit");
  EXPECT_TRUE(WIFEXITED(end_of_host()));
  EXPECT_TRUE(live::eventually([&] { return family().empty(); }))
      << testing::PrintToString(family());
}

}  // namespace
}  // namespace slipway
