// tests/supervision/supervisor_rules_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/dynamic_supervisor_core.hpp>
#include <slipway/supervision/supervisor_core.hpp>
#include <slipway/supervision/supervisor_rules.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace slipway {
namespace {

using namespace std::chrono_literals;

template <class Enum>
constexpr Enum out_of_range = static_cast<Enum>(99);

std::string fault(const supervisor_flags& flags) {
  const auto error = check(flags);
  return error ? error->field : "none";
}

std::string fault(const child_rules& rules,
                  auto_shutdown_type auto_shutdown = auto_shutdown_type::never) {
  const auto error = check(rules, auto_shutdown);
  return error ? error->field : "none";
}

TEST(supervisor_rules, the_defaults_are_those_of_otp) {
  const supervisor_flags flags;
  EXPECT_EQ(flags.strategy, restart_strategy::one_for_one);
  EXPECT_EQ(flags.intensity, 1u);
  EXPECT_EQ(flags.period, 5s);
  EXPECT_EQ(flags.auto_shutdown, auto_shutdown_type::never);
  const child_rules rules{.id = "a"};
  EXPECT_EQ(rules.restart, restart_type::permanent);
  EXPECT_EQ(rules.effective_shutdown(), shutdown_type::timeout(5s));
  EXPECT_EQ((child_rules{.id = "s", .type = child_type::supervisor}.effective_shutdown()),
            shutdown_type::infinity());
  EXPECT_FALSE(rules.significant);
}

TEST(supervisor_rules, each_invalid_flag_is_named) {
  EXPECT_EQ(fault(supervisor_flags{}), "none");
  EXPECT_EQ(fault({.strategy = restart_strategy::one_for_all, .intensity = 0, .period = 1ms}),
            "none");
  EXPECT_EQ(fault({.strategy = restart_strategy::simple_one_for_one}), "none");
  EXPECT_EQ(fault({.strategy = out_of_range<restart_strategy>}), "strategy");
  EXPECT_EQ(fault({.period = 0ms}), "period");
  EXPECT_EQ(fault({.period = -1ms}), "period");
  EXPECT_EQ(fault({.auto_shutdown = out_of_range<auto_shutdown_type>}), "auto_shutdown");
  EXPECT_EQ(fault({.resolution = 0ms}), "resolution");
}

TEST(supervisor_rules, each_invalid_field_of_a_spec_is_named) {
  const auto any = auto_shutdown_type::any_significant;
  EXPECT_EQ(fault(child_rules{.id = "a"}), "none");
  EXPECT_EQ(fault(child_rules{}), "id");
  EXPECT_EQ(fault({.id = "a", .restart = out_of_range<restart_type>}), "restart");
  EXPECT_EQ(fault({.id = "a", .shutdown = shutdown_type::timeout(-1ms)}), "shutdown");
  EXPECT_EQ(fault({.id = "a", .shutdown = shutdown_type::timeout(0ms)}), "none");
  EXPECT_EQ(fault({.id = "a", .type = out_of_range<child_type>}), "type");
  EXPECT_EQ(fault({.id = "a", .restart = restart_type::transient, .significant = true}),
            "significant");
  EXPECT_EQ(fault({.id = "a", .restart = restart_type::transient, .significant = true}, any),
            "none");
  EXPECT_EQ(fault({.id = "a", .significant = true}, any), "significant");
}

TEST(supervisor_rules, a_refused_start_names_the_flaw_as_otp_does) {
  const auto flaw = check(child_rules{.id = "a", .shutdown = shutdown_type::timeout(-1ms)},
                          auto_shutdown_type::never);
  ASSERT_TRUE(flaw);
  EXPECT_EQ(to_string(start_refused(*flaw)),
            "error start_spec: child \"a\": shutdown must not be negative, not -1 (caused by error "
            "invalid_shutdown: -1)");
}

TEST(supervisor_rules, of_two_flaws_the_one_is_reported_that_otp_looks_for_first) {
  const spec_error text{spec_errc::invalid_child_type, "a", "type", "must be worker", "\"x\""};
  const child_rules significant{.id = "a", .significant = true};
  EXPECT_EQ(check(significant, 1, text, auto_shutdown_type::never)->code,
            spec_errc::bad_combination);
  EXPECT_EQ(check(significant, 0, text, auto_shutdown_type::never)->code, spec_errc::missing_start);
  EXPECT_EQ(check(child_rules{.id = "a"}, 1, text, auto_shutdown_type::never)->code,
            spec_errc::invalid_child_type);
}

TEST(supervisor_rules, a_dynamic_supervisor_knows_one_strategy_and_no_shutdown_time_of_zero) {
  EXPECT_FALSE(check(dynamic_supervisor_flags{}));
  EXPECT_EQ(check(dynamic_supervisor_flags{.strategy = restart_strategy::one_for_all})->code,
            spec_errc::invalid_strategy);
  EXPECT_EQ(check(dynamic_supervisor_flags{.max_seconds = 0ms})->field, "max_seconds");
  const auto dynamic_fault = [](const child_rules& rules, recipe_number start) {
    return check_dynamic(rules, start, std::nullopt).value_or(spec_error{.field = "none"}).field;
  };
  EXPECT_EQ(dynamic_fault({.id = "a", .significant = true}, 1), "none");
  EXPECT_EQ(dynamic_fault({.id = "a", .shutdown = shutdown_type::timeout(0ms)}, 1), "shutdown");
  EXPECT_EQ(dynamic_fault({.id = "a"}, 0), "start");
  EXPECT_EQ(dynamic_fault({}, 1), "id");
}

TEST(supervisor_rules, shutdown_types_print) {
  EXPECT_EQ(to_string(shutdown_type::brutal_kill()), "brutal_kill");
  EXPECT_EQ(to_string(shutdown_type::timeout(250ms)), "250 ms");
  EXPECT_EQ(to_string(shutdown_type::infinity()), "infinity");
}

// The cores of all kinds look at all flags, also at those that OTP does not have.
template <class Core, class Setup>
void expect_refused(Setup setup) {
  Core core{std::move(setup)};
  const auto done = core.step(supervisor_input::start{}, monotonic_time{0});
  ASSERT_FALSE(done.empty());
  const auto* end = std::get_if<supervisor_action::terminate>(&done.back());
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->reason.type, "supervisor_data");
}

TEST(supervisor_rules, a_backoff_that_makes_no_sense_fails_the_start_of_every_kind_of_supervisor) {
  const restart_backoff wrong{.factor = 0.5};
  expect_refused<supervisor_core>(supervisor_setup{.flags = {.backoff = wrong}});
  expect_refused<dynamic_supervisor_core>(dynamic_supervisor_setup{.flags = {.backoff = wrong}});
  expect_refused<dynamic_supervisor_core>(supervisor_setup{
      .flags = {.strategy = restart_strategy::simple_one_for_one, .backoff = wrong},
      .children = {{{.id = "template"}, 1}}});
}

TEST(supervisor_rules, a_backoff_that_makes_no_sense_is_refused_and_named) {
  for (const restart_backoff& wrong :
       {restart_backoff{.first = std::chrono::milliseconds(-1)}, restart_backoff{.factor = 0.5},
        restart_backoff{.factor = std::nan("")},
        restart_backoff{.cap = std::chrono::milliseconds(-1)}, restart_backoff{.jitter = 1.5},
        restart_backoff{.jitter = std::nan("")}}) {
    const auto flaw = check(supervisor_flags{.backoff = wrong});
    ASSERT_TRUE(flaw);
    EXPECT_EQ(flaw->field, "backoff");
    EXPECT_TRUE(check(dynamic_supervisor_flags{.backoff = wrong}));
  }
  EXPECT_FALSE(check(supervisor_flags{.backoff = restart_backoff::exponential(
                                          std::chrono::milliseconds(1), std::chrono::hours(1))}));
}

}  // namespace
}  // namespace slipway
