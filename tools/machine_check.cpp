// slipway/tools/machine_check.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/unique_fd.hpp>
#include <slipway/tools/machine_check.hpp>

#include <limits>
#include <string>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace slipway::tools {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
// Three pipes and a pidfd, and while one is being started the other ends of its pipes.
constexpr std::uint64_t files_per_worker = 4;
constexpr std::uint64_t files_besides = 64;
constexpr unsigned mark_close_on_exec = 4;  // CLOSE_RANGE_CLOEXEC, Linux 5.11

std::uint64_t soft_limit(__rlimit_resource resource) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  return limit.rlim_cur == RLIM_INFINITY ? unlimited : limit.rlim_cur;
}

std::string limit_text(std::uint64_t limit) {
  return limit == unlimited ? "no limit" : "at most " + std::to_string(limit);
}

finding kernel_finding(const char* subject, bool has, const char* since) {
  if (has) {
    return {finding_level::ok, subject, "supported"};
  }
  return {finding_level::fail, subject, "this kernel does not support it",
          std::string("use Linux ") + since + " or newer; some sandboxes forbid it as well"};
}

finding files_finding(std::uint64_t limit, std::uint64_t needed, std::size_t workers) {
  const std::string text = limit_text(limit) + "; " + std::to_string(workers) +
                           " workers need about " + std::to_string(needed);
  if (limit < needed) {
    return {finding_level::fail, "open files", text,
            "ulimit -n " + std::to_string(2 * needed) + ", or fewer workers"};
  }
  return {finding_level::ok, "open files", text};
}

finding processes_finding(std::uint64_t limit, std::size_t workers) {
  // The limit counts every thread of the user, so what is free is not known: a worker has one or
  // two.
  const std::uint64_t comfortable = 4 * std::uint64_t{workers} + 64;
  if (limit < comfortable) {
    return {finding_level::warn, "processes", limit_text(limit) + " of this user",
            "ulimit -u " + std::to_string(2 * comfortable) + " if workers cannot be started"};
  }
  return {finding_level::ok, "processes", limit_text(limit) + " of this user"};
}

}  // namespace

machine_limits read_machine_limits() {
  const unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  const bool close_range = ::syscall(SYS_close_range, ~0U, ~0U, mark_close_on_exec) == 0;
  return {soft_limit(RLIMIT_NOFILE), soft_limit(RLIMIT_NPROC), static_cast<bool>(pidfd),
          close_range};
}

std::vector<finding> judge_machine(const machine_limits& limits, std::size_t workers) {
  return {kernel_finding("pidfd", limits.has_pidfd, "5.3"),
          kernel_finding("close_range", limits.has_close_range, "5.11"),
          files_finding(limits.open_files, files_per_worker * workers + files_besides, workers),
          processes_finding(limits.processes, workers)};
}

}  // namespace slipway::tools
