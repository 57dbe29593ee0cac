// slipway/harness/fault_plan_code.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_plan_code.hpp>
#include <slipway/harness/fault_text.hpp>

#include <array>
#include <cstdio>
#include <type_traits>

namespace slipway::harness {
namespace {

template <class... Cases>
struct cases : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
cases(Cases...) -> cases<Cases...>;

std::string quoted(const std::string& text) {
  std::string made = "\"";
  for (const char each : text) {
    if (each == '"' || each == '\\') {
      made += '\\';
    }
    made += each;
  }
  return made + "\"";
}

std::string code_of(duration time) {
  return "std::chrono::nanoseconds(" +
         std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count()) + ")";
}

std::string code_of(double number) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.17g", number);
  return text.data();
}

std::string code_of(const fault_trigger& when) {
  using namespace fault_when;
  const std::string made = std::visit(
      cases{[](const nth_request& at) { return "nth_request{" + std::to_string(at.n) + "}"; },
            [](const nth_frame& at) { return "nth_frame{" + std::to_string(at.n) + "}"; },
            [](const at_byte& at) { return "at_byte{" + std::to_string(at.offset) + "}"; },
            [](const enters& at) {
              return "enters{process_state::" + std::string(name_of(at.state)) + "}";
            },
            [](const at_random& at) {
              return "at_random{" + code_of(at.probability) +
                     ", fault_chance::" + std::string(name_of(at.at)) + "}";
            },
            [](const at_time& at) { return "at_time{" + code_of(at.after) + "}"; },
            [](const after_fault& at) {
              return "after_fault{" + quoted(at.rule) + ", " + code_of(at.delay) + "}";
            }},
      when);
  return "fault_when::" + made;
}

std::string code_of(const exit_reason& reason) {
  std::string made = "exit_reason{exit_kind::" + std::string(to_string(reason.kind)) + ", " +
                     quoted(reason.type) + ", " + quoted(reason.message) + ", nullptr, {";
  for (const auto& line : reason.stderr_tail) {
    made += quoted(line) + ", ";
  }
  made += "}}";
  return reason.cause ? made + ".with_cause(" + code_of(*reason.cause) + ")" : made;
}

std::string fields_of(const fault& what) {
  using namespace fault_what;
  return std::visit(cases{[](const exit& each) { return std::to_string(each.code); },
                          [](const stderr_flood& each) { return std::to_string(each.bytes); },
                          [](const memory_growth& each) { return std::to_string(each.bytes); },
                          [](const spawn_failure& each) {
                            return "spawn_fault::" + std::string(name_of(each.error));
                          },
                          [](const stop& each) { return code_of(each.lasts); },
                          [](const actor_block& each) { return code_of(each.lasts); },
                          [](const actor_exit& each) { return code_of(each.reason); },
                          [](const auto& each) -> std::string {
                            if constexpr (requires { each.by; }) {
                              return code_of(each.by);
                            } else {
                              return {};
                            }
                          }},
                    what);
}

std::string code_of(const fault& what) {
  return "fault_what::" + std::string(name_of(what)) + "{" + fields_of(what) + "}";
}

std::string code_of(const fault_target& whom) {
  std::string made =
      "{" + quoted(whom.name) + ", " + quoted(whom.tag) + ", " + quoted(whom.session);
  if (whom.worker) {
    made += ", " + std::to_string(*whom.worker);
  }
  return made + "}";
}

}  // namespace

std::string code_of(const fault_rule& rule) {
  return "{" + quoted(rule.name) + ", " + code_of(rule.when) + ", " + code_of(rule.what) + ", " +
         code_of(rule.whom) + ", " + (rule.times ? std::to_string(*rule.times) : "std::nullopt") +
         "}";
}

}  // namespace slipway::harness
