// slipway/harness/fault_text.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_text.hpp>

#include <array>
#include <chrono>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::harness {
namespace {

struct row {
  std::string_view name;
  fault_moment moment = fault_moment::any;
  bool actors = false;
};

// In the order of the variant.
constexpr std::array<row, std::variant_size_v<fault>> rows{{
    {"kill"},
    {"stop"},
    {"exit"},
    {"slow_start", fault_moment::start},
    {"silent_start", fault_moment::start},
    {"hang"},
    {"slow_reply", fault_moment::reply},
    {"half_frame", fault_moment::reply},
    {"garbage_frame", fault_moment::reply},
    {"overlong_length", fault_moment::reply},
    {"wrong_id", fault_moment::reply},
    {"duplicate_reply", fault_moment::reply},
    {"late_reply", fault_moment::reply},
    {"close_stdout"},
    {"close_stdin"},
    {"stderr_flood"},
    {"memory_growth"},
    {"spawn_failure", fault_moment::spawn},
    {"clock_jump"},
    {"actor_exit", fault_moment::any, true},
    {"actor_kill", fault_moment::any, true},
    {"actor_throw", fault_moment::any, true},
    {"actor_block", fault_moment::any, true},
    {"drop_message", fault_moment::message, true},
    {"delay_message", fault_moment::message, true},
    {"duplicate_message", fault_moment::message, true},
    {"reorder_message", fault_moment::message, true},
}};

template <std::size_t... Index>
std::array<fault, sizeof...(Index)> one_of_each(std::index_sequence<Index...> /*all*/) {
  return {fault(std::in_place_index<Index>)...};
}

constexpr std::array states{process_state::before_spawn, process_state::starting,
                            process_state::handshaking,  process_state::ready,
                            process_state::busy,         process_state::terminating};
constexpr std::array chances{fault_chance::each_request, fault_chance::each_reply,
                             fault_chance::each_spawn, fault_chance::each_message};
constexpr std::array spawn_errors{spawn_fault::enoent, spawn_fault::eacces, spawn_fault::eagain,
                                  spawn_fault::emfile};

std::string milliseconds_text(duration length) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(length).count();
  return micros % 1000 == 0 ? std::to_string(micros / 1000) + " ms"
                            : std::to_string(micros) + " us";
}

struct argument_text {
  template <class Fault>
  std::string operator()(const Fault& what) const {
    if constexpr (requires { what.by; }) {
      return " by " + milliseconds_text(what.by);
    } else if constexpr (requires { what.lasts; }) {
      return " for " + milliseconds_text(what.lasts);
    } else if constexpr (requires { what.bytes; }) {
      return " of " + std::to_string(what.bytes) + " bytes";
    } else if constexpr (requires { what.code; }) {
      return " with code " + std::to_string(what.code);
    } else if constexpr (requires { what.error; }) {
      return " " + std::string(name_of(what.error));
    } else if constexpr (requires { what.reason; }) {
      return " with " + slipway::to_string(what.reason);
    } else {
      return "";
    }
  }
};

}  // namespace

fault_moment moment_of(const fault& what) {
  return rows.at(what.index()).moment;
}

bool is_for_actors(const fault& what) {
  return rows.at(what.index()).actors;
}

bool needs_nobody(const fault& what) {
  return std::holds_alternative<fault_what::clock_jump>(what);
}

std::string_view name_of(const fault& what) {
  return rows.at(what.index()).name;
}

std::string_view name_of(process_state state) {
  switch (state) {
    case process_state::before_spawn:
      return "before_spawn";
    case process_state::starting:
      return "starting";
    case process_state::handshaking:
      return "handshaking";
    case process_state::ready:
      return "ready";
    case process_state::busy:
      return "busy";
    case process_state::terminating:
      return "terminating";
  }
  return "?";
}

std::string_view name_of(fault_chance chance) {
  switch (chance) {
    case fault_chance::each_request:
      return "each_request";
    case fault_chance::each_reply:
      return "each_reply";
    case fault_chance::each_spawn:
      return "each_spawn";
    case fault_chance::each_message:
      return "each_message";
  }
  return "?";
}

std::string_view name_of(spawn_fault error) {
  switch (error) {
    case spawn_fault::enoent:
      return "enoent";
    case spawn_fault::eacces:
      return "eacces";
    case spawn_fault::eagain:
      return "eagain";
    case spawn_fault::emfile:
      return "emfile";
  }
  return "?";
}

std::span<const fault> all_faults() {
  static const auto each = one_of_each(std::make_index_sequence<std::variant_size_v<fault>>());
  return each;
}

std::span<const process_state> all_process_states() {
  return states;
}

std::span<const fault_chance> all_fault_chances() {
  return chances;
}

std::span<const spawn_fault> all_spawn_faults() {
  return spawn_errors;
}

std::string to_string(const fault& what) {
  return std::string(name_of(what)) + std::visit(argument_text{}, what);
}

std::string to_string(const injected_fault& struck) {
  std::string text = to_string(struck.what);
  if (!struck.who.name.empty()) {
    text += " of " + struck.who.name;
  }
  if (!struck.rule_name.empty()) {
    text += " (rule '" + struck.rule_name + "')";
  }
  return text;
}

}  // namespace slipway::harness
