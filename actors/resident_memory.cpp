// slipway/actors/resident_memory.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/resident_memory.hpp>
#include <slipway/actors/unique_fd.hpp>

#include <array>
#include <charconv>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace slipway {

std::optional<std::uint64_t> resident_memory_of(int pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/statm";
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    return std::nullopt;
  }
  std::array<char, 256> buffer{};
  const ssize_t length = ::read(file.get(), buffer.data(), buffer.size());
  if (length <= 0) {
    return std::nullopt;
  }
  const std::string_view text(buffer.data(), static_cast<std::size_t>(length));
  const auto space = text.find(' ');
  if (space == std::string_view::npos) {
    return std::nullopt;
  }
  std::uint64_t pages = 0;
  const auto [end, failed] =
      std::from_chars(text.data() + space + 1, text.data() + text.size(), pages);
  // A zombie has none.
  if (failed != std::errc() || pages == 0) {
    return std::nullopt;
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace slipway
