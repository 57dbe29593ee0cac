// slipway/supervision/argument.hpp
//
// What a start function is called with: any C++ value, handed on without a look into it.
// Belongs here: the wrapper that lets a core hold arguments it does not know.
// Does not: who puts them together (dynamic_supervisor_core.hpp) or takes them apart
// (start_context).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <any>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace slipway {

/// One argument. Copies share the value, which nobody may change any more.
/// Thread  any: the value is read only.
class argument {
 public:
  /// Keeps a copy of `given`; a string literal becomes a std::string.
  template <class T>
  requires(!std::is_same_v<T, argument>)
      // NOLINTNEXTLINE(google-explicit-constructor): a list of arguments is written as values.
      argument(T given)
      : value_(std::make_shared<const std::any>(kept(std::move(given)))) {}

  /// The value; null when it is of another type.
  template <class T>
  [[nodiscard]] const T* get() const noexcept {
    return std::any_cast<T>(value_.get());
  }

  /// Whether both are copies of one argument. The values cannot be compared: their types are
  /// unknown.
  friend bool operator==(const argument&, const argument&) = default;

 private:
  template <class T>
  static auto kept(T given) {
    if constexpr (std::is_convertible_v<T, const char*>) {
      return std::string(given);
    } else {
      return given;
    }
  }

  std::shared_ptr<const std::any> value_;
};

using argument_list = std::vector<argument>;

}  // namespace slipway
