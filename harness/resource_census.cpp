// slipway/harness/resource_census.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/clock.hpp>
#include <slipway/harness/resource_census.hpp>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <poll.h>

namespace slipway::harness {
namespace {

namespace fs = std::filesystem;

constexpr int look_again_ms = 5;

std::optional<int> number_of(const fs::path& entry) {
  const std::string name = entry.filename().string();
  int number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  return failed == std::errc() && end == name.data() + name.size() ? std::optional(number)
                                                                   : std::nullopt;
}

std::string command_and_state(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  // "pid (command) state …"; the command may hold spaces and parentheses.
  const auto begin = text.find('(');
  const auto end = text.rfind(')');
  if (begin == std::string::npos || end == std::string::npos || end + 2 >= text.size()) {
    return "?";
  }
  return text.substr(begin + 1, end - begin - 1) + ", state " + text[end + 2];
}

}  // namespace

resource_census resource_census::take() {
  resource_census census;
  std::error_code gone;
  for (const auto& task : fs::directory_iterator("/proc/self/task", gone)) {
    if (const auto id = number_of(task.path())) {
      census.threads_.insert(*id);
    }
    std::ifstream children(task.path() / "children");
    for (int pid = 0; children >> pid;) {
      census.children_.emplace(pid, command_and_state(pid));
    }
  }
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", gone)) {
    const auto number = number_of(entry.path());
    std::error_code closed;
    const auto target = fs::read_symlink(entry.path(), closed);
    // The descriptor by which this very folder is read shows up in it as well.
    if (number && !closed && target.string().find("/proc/") != 0) {
      census.descriptors_.emplace(*number, target.string());
    }
  }
  return census;
}

std::vector<std::string> resource_census::leftovers_since(const resource_census& before) const {
  std::vector<std::string> left;
  for (const auto& [pid, what] : children_) {
    if (!before.children_.contains(pid)) {
      left.push_back("child process " + std::to_string(pid) + " (" + what + ")");
    }
  }
  for (const auto& [number, what] : descriptors_) {
    if (!before.descriptors_.contains(number)) {
      left.push_back("file descriptor " + std::to_string(number) + " (" + what + ")");
    }
  }
  for (const int id : threads_) {
    if (!before.threads_.contains(id)) {
      left.push_back("thread " + std::to_string(id));
    }
  }
  return left;
}

std::vector<std::string> leftovers_since(const resource_census& before, time_point deadline) {
  const steady_clock time;
  for (;;) {
    auto left = resource_census::take().leftovers_since(before);
    if (left.empty() || time.now() >= deadline) {
      return left;
    }
    // No event tells that a thread has left /proc, so it is looked at again after a while.
    ::poll(nullptr, 0, look_again_ms);
  }
}

}  // namespace slipway::harness
