// tests/supervision/spec_reader_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/spec_reader.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace slipway {
namespace {

using namespace std::chrono_literals;

value json(const std::string& text) {
  return value::from_json(text).value();
}

std::string child_flaw(const std::string& text) {
  const auto flaw = read_child(json(text)).flaw;
  return flaw ? std::string(to_string(flaw->code)) + " " + flaw->value : "none";
}

std::string dynamic_child_flaw(const std::string& text) {
  const auto flaw = read_dynamic_child(json(text)).flaw;
  return flaw ? std::string(to_string(flaw->code)) + " " + flaw->value : "none";
}

TEST(spec_reader, a_child_spec_is_read_with_the_defaults_of_otp) {
  const child_description least = read_child(json(R"({"id": "a"})"));
  EXPECT_FALSE(least.flaw);
  EXPECT_EQ(least.rules, child_rules{.id = "a"});
  const child_description all = read_child(json(
      R"({"id": "a", "restart": "transient", "shutdown": 20, "type": "supervisor",
          "significant": true, "modules": ["m"], "args": [1, "x"]})"));
  EXPECT_FALSE(all.flaw);
  EXPECT_EQ(all.rules.restart, restart_type::transient);
  EXPECT_EQ(all.rules.shutdown, shutdown_type::timeout(20ms));
  EXPECT_EQ(all.rules.type, child_type::supervisor);
  EXPECT_TRUE(all.rules.significant);
  ASSERT_EQ(all.rules.arguments.size(), 2u);
  EXPECT_EQ(*all.rules.arguments[1].get<value>(), value("x"));
}

TEST(spec_reader, each_flaw_of_a_child_spec_has_the_name_of_otp_and_the_offending_value) {
  EXPECT_EQ(child_flaw(R"("bogus")"), R"(invalid_child_spec "bogus")");
  EXPECT_EQ(child_flaw(R"({"id": "a", "start": "f"})"), R"(invalid_mfa "f")");
  EXPECT_EQ(child_flaw(R"({"id": "a", "restart": 1})"), "invalid_restart_type 1");
  EXPECT_EQ(child_flaw(R"({"id": "a", "shutdown": -1})"), "invalid_shutdown -1");
  EXPECT_EQ(child_flaw(R"({"id": "a", "shutdown": 0})"), "none");
  EXPECT_EQ(child_flaw(R"({"id": "a", "shutdown": 1.5})"), "invalid_shutdown 1.5");
  EXPECT_EQ(child_flaw(R"({"id": "a", "type": "x"})"), R"(invalid_child_type "x")");
  EXPECT_EQ(child_flaw(R"({"id": "a", "significant": 1})"), "invalid_significant 1");
  EXPECT_EQ(child_flaw(R"({"id": "a", "modules": "x"})"), R"(invalid_modules "x")");
  EXPECT_EQ(child_flaw(R"({"id": "a", "modules": ["x", 1]})"), "invalid_module 1");
  EXPECT_EQ(child_flaw(R"({"id": "a", "type": "x", "restart": "y"})"),
            R"(invalid_restart_type "y")");
}

TEST(spec_reader, a_dynamic_supervisor_names_flaws_as_elixir_does) {
  EXPECT_EQ(dynamic_child_flaw(R"({"restart": "x"})"), R"(invalid_child_spec {"restart":"x"})");
  EXPECT_EQ(dynamic_child_flaw(R"({"id": "a", "shutdown": 0})"), "invalid_shutdown 0");
  EXPECT_EQ(dynamic_child_flaw(R"({"id": "a", "modules": [1]})"), "invalid_modules [1]");
}

TEST(spec_reader, flags_are_read_from_a_map_or_an_array) {
  const auto map = read_flags(json(R"({"intensity": 3, "period": 2})"));
  EXPECT_EQ(map, (supervisor_flags{.intensity = 3, .period = 2s}));
  const auto array = read_flags(json(R"(["rest_for_one", 0, 3])"));
  EXPECT_EQ(array, (supervisor_flags{
                       .strategy = restart_strategy::rest_for_one, .intensity = 0, .period = 3s}));
  EXPECT_EQ(read_flags(json(R"("bogus")")).error().code, spec_errc::invalid_type);
  EXPECT_EQ(read_flags(json(R"({"intensity": -1})")).error().value, "-1");
  EXPECT_EQ(read_flags(json(R"({"period": 0, "strategy": "x"})")).error().code,
            spec_errc::invalid_strategy);
  EXPECT_EQ(read_flags(json(R"({"auto_shutdown": "x"})")).error().field, "auto_shutdown");
}

TEST(spec_reader, flags_of_a_dynamic_supervisor_are_read) {
  const auto flags = read_dynamic_flags(
      json(R"({"max_restarts": 1, "max_children": 5, "extra_arguments": ["x"]})"));
  ASSERT_TRUE(flags);
  EXPECT_EQ(flags->max_restarts, 1u);
  EXPECT_EQ(flags->max_children, 5u);
  EXPECT_EQ(flags->extra_arguments.size(), 1u);
  EXPECT_EQ(read_dynamic_flags(json(R"({"max_children": "infinity"})"))->max_children,
            std::nullopt);
  EXPECT_EQ(read_dynamic_flags(json(R"({"max_children": -1})")).error().code,
            spec_errc::invalid_max_children);
  EXPECT_EQ(read_dynamic_flags(json(R"({"strategy": "one_for_all"})")).error().code,
            spec_errc::invalid_strategy);
}

}  // namespace
}  // namespace slipway
