// slipway/tools/output_file.hpp
//
// Where results go: a file or standard output, written through at once.
// Belongs here: opening, writing whole texts, the first error.
// Does not: order (result_sink).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/unique_fd.hpp>
#include <slipway/protocol/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace slipway::tools {

class output_file {
 public:
  /// Opens for writing and empties it; "-" is standard output.
  /// @param not_this  a descriptor whose file must not be overwritten: the input's.
  /// Errors  a sentence that names the file.
  [[nodiscard]] static result<output_file, std::string> open(const std::string& path, int not_this);

  explicit output_file(unique_fd output) : output_(std::move(output)) {}

  /// Writes all of `text`. @returns nothing when it has been written, else the system's text.
  [[nodiscard]] std::optional<std::string> write(std::string_view text);

  [[nodiscard]] bool is_terminal() const;

 private:
  unique_fd output_;
};

}  // namespace slipway::tools
