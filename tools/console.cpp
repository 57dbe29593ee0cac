// slipway/tools/console.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/console.hpp>

#include <cerrno>
#include <cstdlib>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace slipway::tools {
namespace {

constexpr std::string_view erase_line = "\r\x1b[2K";

// Called before any thread is started that could change the environment.
std::string variable(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here calls setenv
  return text == nullptr ? "" : text;
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const std::string locale = variable(name); !locale.empty()) {
      return locale.find("UTF-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    }
  }
  return false;
}

}  // namespace

console console::on(int descriptor) {
  const std::string terminal = variable("TERM");
  const bool live = ::isatty(descriptor) == 1 && !terminal.empty() && terminal != "dumb";
  return {descriptor, live ? kind::terminal : kind::log,
          terminal_style{live && variable("NO_COLOR").empty(), speaks_utf8()}};
}

void console::line(std::string_view text) {
  std::lock_guard guard(mutex_);
  std::string out;
  if (!status_.empty()) {
    out += erase_line;
  }
  out.append(text).append("\n").append(status_);
  write(out);
}

void console::status(std::string_view text) {
  std::lock_guard guard(mutex_);
  if (kind_ == kind::terminal && text != status_) {
    write(std::string(erase_line).append(text));
    status_ = text;
  }
}

std::size_t console::width() const {
  winsize size{};
  if (kind_ == kind::log) {
    return 0;
  }
  constexpr std::size_t usual_width = 80;
  return ::ioctl(descriptor_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                         : usual_width;
}

void console::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd watched{descriptor_, POLLOUT, 0};
      ::poll(&watched, 1, -1);
    } else if (errno != EINTR) {
      // Nobody looks any more, and there is nowhere else to say so.
      return;
    }
  }
}

}  // namespace slipway::tools
