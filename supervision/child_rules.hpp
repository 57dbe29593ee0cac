// slipway/supervision/child_rules.hpp
//
// The part of a child spec that decides: everything but the function that starts the child.
// Belongs here: ids, restart, shutdown and child types, their defaults and their validity.
// Does not: start functions (child_spec.hpp), which need CAF.
// Source: OTP supervisor.erl, check_childspec/2; defaults as there.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/supervision/argument.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

/// Names a child within its supervisor. Not empty.
using child_id = std::string;

/// The n-th start of anything under one supervisor: each start, also of the same child, has its own
/// number. Numbers begin at 1 and are never used again.
using run_number = std::uint64_t;

/// When a child that ended is started again.
enum class restart_type : std::uint8_t {
  permanent,  ///< always
  transient,  ///< after an abnormal end only (exit_reason::is_abnormal)
  temporary,  ///< never; its spec is forgotten as well
};

/// What a child is. A label: it decides the default shutdown and is counted by count_children.
enum class child_type : std::uint8_t { worker, supervisor };

/// How a child is asked to end.
class shutdown_type {
 public:
  enum class how : std::uint8_t { brutal_kill, timeout, infinity };

  /// Five seconds: OTP's default for workers.
  constexpr shutdown_type() noexcept = default;

  /// The child is killed without being asked.
  [[nodiscard]] static constexpr shutdown_type brutal_kill() noexcept {
    return {how::brutal_kill, std::chrono::milliseconds{0}};
  }
  /// The child is asked with reason `shutdown`, and killed when it has not ended `limit` later.
  /// @param limit  not negative.
  [[nodiscard]] static constexpr shutdown_type timeout(std::chrono::milliseconds limit) noexcept {
    return {how::timeout, limit};
  }
  /// The child is asked, and waited for as long as it takes. For supervisors, which end in bounded
  /// time when all below them do.
  [[nodiscard]] static constexpr shutdown_type infinity() noexcept {
    return {how::infinity, std::chrono::milliseconds{0}};
  }

  [[nodiscard]] constexpr how kind() const noexcept { return kind_; }
  /// The time that a child is given to end; meaningful for `timeout` only.
  [[nodiscard]] constexpr std::chrono::milliseconds limit() const noexcept { return limit_; }

  friend constexpr bool operator==(const shutdown_type&, const shutdown_type&) noexcept = default;

 private:
  constexpr shutdown_type(how kind, std::chrono::milliseconds limit) noexcept
      : kind_(kind), limit_(limit) {}

  how kind_ = how::timeout;
  std::chrono::milliseconds limit_{5000};
};

/// What a supervisor must know of a child to decide about it.
struct child_rules {
  child_id id = {};
  restart_type restart = restart_type::permanent;
  /// Not given: 5000 ms for a worker, infinity for a supervisor.
  std::optional<shutdown_type> shutdown = {};
  child_type type = child_type::worker;
  /// Its end may end the supervisor: see auto_shutdown_type.
  bool significant = false;
  /// What the start function is called with.
  argument_list arguments = {};

  /// The shutdown that holds, the default filled in.
  [[nodiscard]] shutdown_type effective_shutdown() const noexcept {
    return shutdown.value_or(type == child_type::supervisor ? shutdown_type::infinity()
                                                            : shutdown_type{});
  }

  friend bool operator==(const child_rules&, const child_rules&) = default;
};

[[nodiscard]] std::string_view to_string(restart_type restart) noexcept;
[[nodiscard]] std::string_view to_string(child_type type) noexcept;
/// `brutal_kill`, `5000 ms` or `infinity`.
[[nodiscard]] std::string to_string(const shutdown_type& shutdown);

}  // namespace slipway
