// Who is struck, and until when it counts as such.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/demo_chaos.hpp>

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <map>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace slipway::tools {
namespace {

namespace events = runtime_events;

/// A process that does nothing until it is killed.
class idle_process {
 public:
  idle_process() {
    std::string program = "/bin/sleep";
    std::string seconds = "1000";
    const std::array<char*, 3> words{program.data(), seconds.data(), nullptr};
    EXPECT_EQ(::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, words.data(), environ), 0);
  }
  idle_process(const idle_process&) = delete;
  idle_process& operator=(const idle_process&) = delete;
  idle_process(idle_process&&) = delete;
  idle_process& operator=(idle_process&&) = delete;
  ~idle_process() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] bool is_stopped() const {
    int status = 0;
    return ::waitpid(pid_, &status, WUNTRACED) == pid_ && WIFSTOPPED(status);
  }

 private:
  pid_t pid_ = 0;
};

TEST(worker_roster, a_worker_is_struck_once_and_the_last_two_are_spared) {
  const std::array<idle_process, 3> processes;
  worker_roster roster;
  std::mt19937 random;
  std::map<std::string, const idle_process*> by_name;
  for (const auto& process : processes) {
    EXPECT_FALSE(roster.strike(SIGSTOP, random));
    const std::string name = "p/" + std::to_string(process.pid());
    by_name[name] = &process;
    roster.take(events::worker_ready{"p", name, process.pid(), {}});
  }
  const auto struck = roster.strike(SIGSTOP, random);
  ASSERT_TRUE(struck);
  EXPECT_TRUE(by_name.at(struck->worker)->is_stopped());
  EXPECT_FALSE(roster.strike(SIGSTOP, random));
}

TEST(worker_roster, a_worker_counts_as_struck_until_its_process_has_ended) {
  const std::array<idle_process, 3> processes;
  worker_roster roster;
  std::mt19937 random;
  for (const auto& process : processes) {
    roster.take(events::worker_ready{"p", "p/" + std::to_string(process.pid()), process.pid(), {}});
  }
  const auto struck = roster.strike(SIGSTOP, random);
  ASSERT_TRUE(struck);
  EXPECT_EQ(roster.struck(), 1U);
  roster.take(events::worker_removed{"p", struck->worker, exit_reason::timeout()});
  EXPECT_EQ(roster.struck(), 1U);
  roster.take(events::worker_exited{"p", struck->worker, struck->os_pid, {}, true});
  EXPECT_EQ(roster.struck(), 0U);
}

}  // namespace
}  // namespace slipway::tools
