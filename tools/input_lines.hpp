// slipway/tools/input_lines.hpp
//
// The lines of a file or of standard input, one at a time.
// Belongs here: cutting bytes into lines within bounded memory, ending early when asked to.
// Does not: what a line means.
// Invariants: (1) memory is bounded by the longest line that is accepted;
//             (2) an over-long line is skipped whole and reported as such;
//             (3) numbers count every line, also those that are passed over.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/unique_fd.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/tools/stop_request.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace slipway::tools {

struct input_line {
  std::uint64_t number = 0;  ///< counted from 1
  std::string text{};        ///< without its line end; empty when it was too long
  bool too_long = false;
};

class input_lines {
 public:
  static constexpr std::size_t default_max_line_bytes = std::size_t{64} * 1024 * 1024;

  /// @param input  what to read from; a file, pipe or terminal.
  /// @param stop   ends the lines early, also while a read waits; must live as long.
  input_lines(unique_fd input, const stop_request& stop,
              std::size_t max_line_bytes = default_max_line_bytes);

  /// The next line that is not blank; nothing at the end, after `stop`, or after a failed read.
  [[nodiscard]] std::optional<input_line> next();

  /// Set when reading failed: the system's text.
  [[nodiscard]] const std::optional<std::string>& failed() const { return failed_; }

  [[nodiscard]] std::uint64_t bytes_given() const { return bytes_given_; }
  /// Of a regular file; nothing for pipes and terminals.
  [[nodiscard]] std::optional<std::uint64_t> total_bytes() const { return total_bytes_; }

 private:
  [[nodiscard]] std::optional<input_line> cut();
  [[nodiscard]] bool read_more();
  [[nodiscard]] input_line taken(std::string text);

  unique_fd input_;
  const stop_request* stop_;
  std::size_t max_line_bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;
  bool skipping_ = false;
  bool ended_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_given_ = 0;
  std::optional<std::uint64_t> total_bytes_;
  std::optional<std::string> failed_;
};

/// Opens a file for reading; "-" is standard input. Errors  a sentence that names the file.
[[nodiscard]] result<unique_fd, std::string> open_input(const std::string& path);

}  // namespace slipway::tools
