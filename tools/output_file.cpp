// slipway/tools/output_file.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/output_file.hpp>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace slipway::tools {
namespace {

constexpr mode_t new_file_mode = 0666;

std::string system_text() {
  return std::generic_category().message(errno);
}

bool same_regular_file(int left, int right) {
  struct stat one {};
  struct stat other {};
  return ::fstat(left, &one) == 0 && ::fstat(right, &other) == 0 && S_ISREG(one.st_mode) &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

result<output_file, std::string> output_file::open(const std::string& path, int not_this) {
  // Emptied only once it is known to be another file than the input.
  unique_fd opened(path == "-"
                       ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                       : ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, new_file_mode));
  if (!opened) {
    return failure("cannot write " + path + ": " + system_text());
  }
  if (same_regular_file(opened.get(), not_this)) {
    return failure("cannot write " + path + ": it is the input");
  }
  if (path != "-" && ::ftruncate(opened.get(), 0) != 0 && errno != EINVAL) {
    return failure("cannot empty " + path + ": " + system_text());
  }
  return output_file(std::move(opened));
}

std::optional<std::string> output_file::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(output_.get(), text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Somebody else's non-blocking pipe or terminal.
      pollfd watched{output_.get(), POLLOUT, 0};
      ::poll(&watched, 1, -1);
    } else if (errno != EINTR) {
      return system_text();
    }
  }
  return std::nullopt;
}

bool output_file::is_terminal() const {
  return ::isatty(output_.get()) == 1;
}

}  // namespace slipway::tools
