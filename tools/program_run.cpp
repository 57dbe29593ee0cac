// slipway/tools/program_run.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/unique_fd.hpp>
#include <slipway/tools/program_run.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::tools {
namespace {

struct pipe_pair {
  unique_fd read;
  unique_fd write;
};

result<pipe_pair, int> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return failure(errno);
  }
  return pipe_pair{unique_fd(ends[0]), unique_fd(ends[1])};
}

std::vector<std::string> environment_of(const process_spec& spec) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!spec.environment.contains(std::string(text.substr(0, text.find('='))))) {
      entries.emplace_back(text);
    }
  }
  for (const auto& [name, text] : spec.environment) {
    entries.push_back(std::string(name).append("=").append(text));
  }
  return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// What posix_spawn is told; its parts are freed in the end.
class spawn_settings {
 public:
  spawn_settings(const process_spec& spec, int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    if (!spec.working_directory.empty()) {
      ::posix_spawn_file_actions_addchdir_np(&actions_, spec.working_directory.c_str());
    }
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;
  spawn_settings(spawn_settings&&) = delete;
  spawn_settings& operator=(spawn_settings&&) = delete;
  ~spawn_settings() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }

  int start(const process_spec& spec, pid_t& pid) {
    std::vector<std::string> arguments = spec.arguments;
    arguments.insert(arguments.begin(), spec.program);
    std::vector<std::string> environment = environment_of(spec);
    return ::posix_spawnp(&pid, spec.program.c_str(), &actions_, &attributes_,
                          pointers_to(arguments).data(), pointers_to(environment).data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Reads both until they end. False: `deadline` came first.
bool collect(const pipe_pair& out, const pipe_pair& err, program_output& into,
             time_point deadline) {
  std::array<pollfd, 2> watched{{{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}}};
  const std::array<std::string*, 2> texts{&into.out, &into.err};
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - time_point::clock::now());
    if (left.count() <= 0) {
      return false;
    }
    if (::poll(watched.data(), watched.size(), static_cast<int>(left.count())) <= 0) {
      continue;
    }
    for (std::size_t i = 0; i < watched.size(); ++i) {
      std::array<char, 4096> bytes{};
      if (watched.at(i).revents == 0) {
        continue;
      }
      const ssize_t got = ::read(watched.at(i).fd, bytes.data(), bytes.size());
      if (got > 0) {
        texts.at(i)->append(bytes.data(), static_cast<std::size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        watched.at(i).fd = -1;
      }
    }
  }
  return true;
}

exit_status reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    return {exit_status::kind::signaled, WTERMSIG(status)};
  }
  return {exit_status::kind::exited, WEXITSTATUS(status)};
}

}  // namespace

result<program_output, std::string> run_program(const process_spec& spec, duration patience) {
  const auto cannot_start = [&](int cause) {
    return failure("cannot start " + spec.program + ": " + std::generic_category().message(cause));
  };
  auto out = make_pipe();
  auto err = make_pipe();
  if (!out || !err) {
    return cannot_start(out ? err.error() : out.error());
  }
  pid_t pid = 0;
  if (const int failed = spawn_settings(spec, out->write.get(), err->write.get()).start(spec, pid);
      failed != 0) {
    return cannot_start(failed);
  }
  out->write.reset();
  err->write.reset();
  program_output output;
  const bool in_time =
      collect(*out, *err, output, deadline_after(time_point::clock::now(), patience));
  if (!in_time) {
    ::kill(pid, SIGKILL);
  }
  output.status = reap(pid);
  if (!in_time) {
    return failure(spec.program + " did not end in time");
  }
  return output;
}

}  // namespace slipway::tools
