// slipway/tools/input_lines.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/input_lines.hpp>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace slipway::tools {
namespace {

constexpr std::size_t read_bytes = std::size_t{64} * 1024;

std::string system_text() {
  return std::generic_category().message(errno);
}

bool blank(const std::string& text) {
  return text.find_first_not_of(" \t\r") == std::string::npos;
}

}  // namespace

input_lines::input_lines(unique_fd input, const stop_request& stop, std::size_t max_line_bytes)
    : input_(std::move(input)), stop_(&stop), max_line_bytes_(max_line_bytes) {
  struct stat about {};
  if (::fstat(input_.get(), &about) == 0 && S_ISREG(about.st_mode)) {
    total_bytes_ = static_cast<std::uint64_t>(about.st_size);
  }
}

std::optional<input_line> input_lines::next() {
  while (!stop_->asked()) {
    if (auto line = cut()) {
      if (!line->too_long && blank(line->text)) {
        continue;
      }
      return line;
    }
    if (ended_ || !read_more()) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// The next line in the buffer; at the end of the input, what is left there.
std::optional<input_line> input_lines::cut() {
  const std::size_t end = buffer_.find('\n', searched_);
  if (end != std::string::npos) {
    std::string text = buffer_.substr(begin_, end - begin_);
    bytes_given_ += text.size() + 1;
    begin_ = searched_ = end + 1;
    return taken(std::move(text));
  }
  const std::size_t waiting = buffer_.size() - begin_;
  if (ended_) {
    if (waiting == 0 && !skipping_) {
      return std::nullopt;
    }
    std::string text = buffer_.substr(begin_);
    bytes_given_ += text.size();
    begin_ = searched_ = buffer_.size();
    return taken(std::move(text));
  }
  if (waiting > max_line_bytes_) {
    skipping_ = true;
    bytes_given_ += waiting;
    buffer_.clear();
    begin_ = 0;
  }
  searched_ = buffer_.size();
  return std::nullopt;
}

input_line input_lines::taken(std::string text) {
  input_line line{++number_, {}, std::exchange(skipping_, false) || text.size() > max_line_bytes_};
  if (!line.too_long) {
    line.text = std::move(text);
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (number_ == 1 && line.text.starts_with(byte_order_mark)) {
      line.text.erase(0, byte_order_mark.size());
    }
  }
  return line;
}

// Waits for bytes or for the wish to stop; false when there will be no more.
bool input_lines::read_more() {
  std::array<pollfd, 2> watched{{{input_.get(), POLLIN, 0}, {stop_->descriptor(), POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {
    if (errno != EINTR) {
      failed_ = system_text();
      return false;
    }
  }
  if (watched[1].revents != 0) {
    return false;
  }
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  const std::size_t held = buffer_.size();
  buffer_.resize(held + read_bytes);
  const ssize_t got = ::read(input_.get(), buffer_.data() + held, read_bytes);
  buffer_.resize(held + (got > 0 ? static_cast<std::size_t>(got) : 0));
  if (got < 0 && errno != EINTR && errno != EAGAIN) {
    failed_ = system_text();
    return false;
  }
  ended_ = got == 0;
  return true;
}

result<unique_fd, std::string> open_input(const std::string& path) {
  unique_fd opened(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (!opened) {
    return failure("cannot read " + path + ": " + system_text());
  }
  if (::fstat(opened.get(), &about) == 0 && S_ISDIR(about.st_mode)) {
    return failure("cannot read " + path + ": it is a folder");
  }
  return opened;
}

}  // namespace slipway::tools
