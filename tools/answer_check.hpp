// slipway/tools/answer_check.hpp
//
// Whether an answer is that of the call which got it: each call has a number of its own in one of its
// arguments, and a right answer has the same number under the same name.
// Belongs here: numbering calls, looking at answers. Does not: calling, counting (chaos_record).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace slipway::tools {

/// Thread: any.
class answer_check {
 public:
  /// Every answer is right.
  answer_check() = default;
  /// @param field  of the arguments and of the answer.
  explicit answer_check(std::string field) : field_(std::move(field)) {}

  /// @returns empty when nothing is checked.
  [[nodiscard]] const std::string& field() const { return field_; }

  /// The arguments of the call with this number.
  /// @param args  a map with texts as keys.
  [[nodiscard]] value args_of(std::uint64_t number, const value& args) const;

  /// What is wrong with the answer to the call with this number, in words.
  [[nodiscard]] std::optional<std::string> flaw_of(std::uint64_t number, const value& answer) const;

 private:
  std::string field_{};
};

}  // namespace slipway::tools
