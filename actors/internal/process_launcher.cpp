// slipway/actors/internal/process_launcher.cpp
//
// The one file that includes Boost.Process (v1, 1.74). Its pipes are not close-on-exec, its
// terminate() loses exit statuses, its limit_handles allocates after fork and its environment reads
// past the end of entries, so nothing but its fork and exec, with the report of a failed exec, is
// used.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/process_launcher.hpp>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/search_path.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <map>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace slipway::internal {
namespace {

namespace bp = boost::process;

constexpr int first_free_fd = 3;
constexpr int failed_between_fork_and_exec = 127;

spawn_error make_error(spawn_errc code, std::string message, int system_errno) {
  return {code, std::move(message), system_errno};
}

spawn_errc classify(int system_errno) {
  switch (system_errno) {
    case ENOENT:
    case ENOTDIR:
    case ENOEXEC:
      return spawn_errc::program_not_found;
    case EACCES:
    case EPERM:
      return spawn_errc::permission_denied;
    case EAGAIN:
    case ENOMEM:
      return spawn_errc::too_many_processes;
    case EMFILE:
    case ENFILE:
      return spawn_errc::too_many_files;
    default:
      return spawn_errc::system_error;
  }
}

spawn_error system_failure(const std::string& what, int system_errno) {
  return make_error(classify(system_errno),
                    what + ": " + std::generic_category().message(system_errno), system_errno);
}

struct pipe_ends {
  unique_fd read;
  unique_fd write;
};

// Takes the numbers 0 to 2 where the host has closed them. What is opened here could get one
// otherwise, and in the child it would be overwritten by a pipe that goes there: also the pipe by
// which Boost.Process reports a failed exec, of which we choose nothing.
result<std::vector<unique_fd>, spawn_error> take_standard_fds() {
  std::vector<unique_fd> taken;
  for (;;) {
    unique_fd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!next) {
      return failure(system_failure("cannot open /dev/null", errno));
    }
    if (next.get() >= first_free_fd) {
      return taken;
    }
    taken.push_back(std::move(next));
  }
}

result<pipe_ends, spawn_error> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
    return failure(system_failure("cannot make a pipe", errno));
  }
  return pipe_ends{unique_fd(fds[0]), unique_fd(fds[1])};
}

result<std::string, spawn_error> find_program(const std::string& program) {
  if (program.find('/') != std::string::npos) {
    return program;
  }
  std::string found = program.empty() ? std::string() : bp::search_path(program).string();
  if (found.empty()) {
    return failure(
        make_error(spawn_errc::program_not_found, "'" + program + "' is not on the PATH", ENOENT));
  }
  return found;
}

// An errno, or 0 when it can be entered.
int obstacle_at(const std::string& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) {
    return errno;
  }
  if (!S_ISDIR(found.st_mode)) {
    return ENOTDIR;
  }
  return ::access(directory.c_str(), X_OK) == 0 ? 0 : errno;
}

result<void, spawn_error> check_working_directory(const std::string& directory) {
  if (directory.empty()) {
    return {};
  }
  const int cause = obstacle_at(directory);
  if (cause != 0) {
    return failure(make_error(spawn_errc::bad_working_directory,
                              "working directory '" + directory +
                                  "' cannot be entered: " + std::generic_category().message(cause),
                              cause));
  }
  return {};
}

void set_limit(__rlimit_resource resource, const std::optional<std::uint64_t>& limit) {
  if (limit) {
    const rlimit value{*limit, *limit};
    ::setrlimit(resource, &value);
  }
}

// What the child does between fork and exec: system calls only, nothing that allocates or locks.
struct exec_setup : bp::extend::handler {
  const process_spec* spec = nullptr;
  int command_fd = -1;
  int response_fd = -1;
  int stderr_fd = -1;
  int lifeline_fd = -1;
  char** environment = nullptr;
  pid_t host = 0;

  template <class Executor>
  void on_setup(Executor& executor) const {
    executor.env = environment;
  }

  template <class Executor>
  void on_exec_setup(Executor& /*unused*/) const {
    ::setpgid(0, 0);
    for (int signal = 1; signal < NSIG; ++signal) {
      ::signal(signal, SIG_DFL);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    if (::dup2(command_fd, STDIN_FILENO) < 0 || ::dup2(response_fd, STDOUT_FILENO) < 0 ||
        ::dup2(stderr_fd, STDERR_FILENO) < 0) {
      ::_exit(failed_between_fork_and_exec);
    }
    // Marks what the host left open without close-on-exec; the executor's own pipe must live until
    // exec.
    ::close_range(first_free_fd, ~0U, CLOSE_RANGE_CLOEXEC);
    die_with_host();
    if (!spec->working_directory.empty() && ::chdir(spec->working_directory.c_str()) != 0) {
      ::_exit(failed_between_fork_and_exec);
    }
    set_limit(RLIMIT_AS, spec->limits.address_space_bytes);
    set_limit(RLIMIT_CPU, spec->limits.cpu_seconds);
    set_limit(RLIMIT_NOFILE, spec->limits.open_files);
    set_limit(RLIMIT_FSIZE, spec->limits.file_size_bytes);
  }

  // That nobody holds the other end of the lifeline any more is signalled to the whole group,
  // whatever the child and what it started are doing. PDEATHSIG would reach the child alone, and so
  // early that the child's end of the lifeline were gone when the host's is closed; it is for
  // kernels that know no signals of pipes.
  void die_with_host() const {
    const bool held = ::fcntl(lifeline_fd, F_SETFD, 0) == 0 &&
                      ::fcntl(lifeline_fd, F_SETOWN, -::getpgrp()) == 0 &&
                      ::fcntl(lifeline_fd, F_SETSIG, SIGKILL) == 0 &&
                      ::fcntl(lifeline_fd, F_SETFL, O_ASYNC) == 0;
    if (!held) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    if (::getppid() != host) {
      // The host died before the above took effect.
      ::_exit(failed_between_fork_and_exec);
    }
  }

  // A child whose exec failed has ended by itself; Boost.Process would leave it a zombie.
  template <class Executor>
  void on_error(Executor& executor, const std::error_code& /*unused*/) const {
    if (executor.pid > 0) {
      ::waitpid(executor.pid, nullptr, 0);
    }
  }
};

// The host's environment with what the spec adds, as execve takes it. Boost.Process 1.74 reads past
// the end of the entries of its own copy.
class child_environment {
 public:
  explicit child_environment(const std::map<std::string, std::string>& added) {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      if (!added.contains(std::string(text.substr(0, text.find('='))))) {
        entries_.emplace_back(text);
      }
    }
    for (const auto& [name, value] : added) {
      entries_.push_back(std::string(name).append("=").append(value));
    }
    for (auto& entry : entries_) {
      block_.push_back(entry.data());
    }
    block_.push_back(nullptr);
  }

  char** block() { return block_.data(); }

 private:
  std::vector<std::string> entries_;
  std::vector<char*> block_;
};

result<launched_process, spawn_error> start(const process_spec& spec, const std::string& program,
                                            pipe_ends command, pipe_ends response, pipe_ends errors,
                                            pipe_ends lifeline) {
  exec_setup setup;
  setup.spec = &spec;
  setup.command_fd = command.read.get();
  setup.response_fd = response.write.get();
  setup.stderr_fd = errors.write.get();
  setup.lifeline_fd = lifeline.read.get();
  setup.host = ::getpid();
  child_environment environment(spec.environment);
  setup.environment = environment.block();
  std::error_code failed;
  bp::child child(bp::exe = program, bp::args = spec.arguments, setup, failed);
  const pid_t pid = child.id();
  if (failed || pid <= 0) {
    // When the pipe by which a failed exec is reported cannot be made, Boost.Process gives no error
    // at all.
    const int cause = failed ? failed.value() : EMFILE;
    return failure(system_failure("cannot start '" + program + "'", cause));
  }
  child.detach();
  // By number: glibc 2.36 declares pidfd_open without C linkage. Close-on-exec is its default.
  unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const int cause = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return failure(system_failure("cannot watch '" + program + "'", cause));
  }
  for (int fd : {command.write.get(), response.read.get(), errors.read.get()}) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  return launched_process{pid,
                          std::move(pidfd),
                          std::move(command.write),
                          std::move(response.read),
                          std::move(errors.read),
                          std::move(lifeline.write)};
}

result<launched_process, spawn_error> launch(const process_spec& spec) {
  auto program = find_program(spec.program);
  if (!program) {
    return failure(std::move(program).error());
  }
  if (auto usable = check_working_directory(spec.working_directory); !usable) {
    return failure(std::move(usable).error());
  }
  const auto standard_fds = take_standard_fds();
  if (!standard_fds) {
    return failure(standard_fds.error());
  }
  auto command = make_pipe();
  auto response = make_pipe();
  auto errors = make_pipe();
  auto lifeline = make_pipe();
  for (auto* pipe : {&command, &response, &errors, &lifeline}) {
    if (!*pipe) {
      return failure(std::move(*pipe).error());
    }
  }
  return start(spec, *program, std::move(*command), std::move(*response), std::move(*errors),
               std::move(*lifeline));
}

}  // namespace

result<launched_process, spawn_error> launch_process(const process_spec& spec) {
  try {
    return launch(spec);
  } catch (const std::exception& e) {
    return failure(make_error(spawn_errc::system_error,
                              "cannot start '" + spec.program + "': " + e.what(), 0));
  }
}

}  // namespace slipway::internal
