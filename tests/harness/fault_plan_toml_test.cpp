// Fault plans as text: every kind and trigger, there and back; what is wrong is told.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_plan_toml.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/random_source.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace slipway::harness {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

std::vector<std::string> wrong_in(const std::string& text) {
  std::vector<std::string> lines;
  if (const auto plan = read_fault_plan_text(text, "p.toml"); !plan) {
    for (const auto& each : plan.error()) {
      lines.push_back(to_string(each));
    }
  }
  return lines;
}

std::string with_line(const std::string& line) {
  return "[[fault]]\nwhat = \"kill\"\nwhen = { request = 1 }\n" + line + "\n";
}

TEST(fault_plan_toml, a_plan_reads_as_it_is_meant) {
  const auto plan = read_fault_plan_text(R"(
[[fault]]
name = "slow"
what = "slow_reply"
by_ms = 20
when = { probability = 0.25, at = "each_reply" }
whom = { name = "echo", tag = "a", session = "s", worker = 2 }
times = "always"

[[fault]]
what = "spawn_failure"
error = "emfile"
when = { after = "slow", delay_ms = 5 }
)",
                                         "p.toml");
  ASSERT_TRUE(plan) << to_string(plan.error().at(0));
  const fault_plan expected{{{.name = "slow",
                              .when = fault_when::at_random{0.25, fault_chance::each_reply},
                              .what = fault_what::slow_reply{milliseconds(20)},
                              .whom = {.name = "echo", .tag = "a", .session = "s", .worker = 2},
                              .times = std::nullopt},
                             {.when = fault_when::after_fault{"slow", milliseconds(5)},
                              .what = fault_what::spawn_failure{spawn_fault::emfile}}}};
  EXPECT_EQ(plan->rules, expected.rules);
}

TEST(fault_plan_toml, what_is_wrong_is_told_with_its_place_and_what_is_allowed) {
  EXPECT_THAT(
      wrong_in(with_line("times = 0")),
      ElementsAre("p.toml:4:9: fault.times: found the whole number 0, expected a whole number "
                  "of at least 1"));
  EXPECT_THAT(
      wrong_in(with_line("times = \"ever\"")),
      ElementsAre("p.toml:4:9: fault.times: found the string \"ever\", expected one of: always"));
  EXPECT_THAT(
      wrong_in(with_line("whom = { pool = \"echo\" }")),
      ElementsAre("p.toml:4:10: fault.whom.pool: found an unknown key, expected one of: name, "
                  "session, tag, worker"));
  EXPECT_THAT(wrong_in("[[fault]]\nwhat = \"kil\"\nwhen = { probability = 1.5 }\n"),
              ElementsAre(testing::StartsWith("p.toml:2:8: fault.what: found the string \"kil\", "
                                              "expected one of: kill, stop, exit, "),
                          "p.toml:3:24: fault.when.probability: found the number 1.5, expected a "
                          "number from 0 to 1"));
  EXPECT_THAT(wrong_in("[[fault]]\nwhat = \"hang\"\n"),
              ElementsAre(testing::HasSubstr("fault.when: found nothing, expected a table")));
  EXPECT_THAT(wrong_in(with_line("")), testing::IsEmpty());
  EXPECT_THAT(
      wrong_in("[[fault]]\nwhat = \"kill\"\nwhen = { after = \"x\" }\n"),
      ElementsAre("p.toml:3:8: fault.when: found a fault after \"x\", expected the name of a "
                  "fault of this plan"));
  EXPECT_THAT(
      wrong_in(with_line("name = \"a\"") + with_line("name = \"a\"")),
      ElementsAre("p.toml:8:8: fault.name: found \"a\" a second time, expected a name of its own"));
  EXPECT_THAT(wrong_in("fault = 3"), ElementsAre(testing::HasSubstr("[[fault]]")));
  EXPECT_THAT(wrong_in("[[fault]"), ElementsAre(testing::HasSubstr("expected valid TOML")));
  EXPECT_THAT(wrong_in(with_line("by_ms = 3")), ElementsAre(testing::HasSubstr("an unknown key")));
}

TEST(fault_plan_toml, a_file_that_is_not_there_is_told) {
  const auto plan = read_fault_plan("/no/such/plan.toml");
  ASSERT_FALSE(plan);
  EXPECT_EQ(to_string(plan.error().at(0)),
            "/no/such/plan.toml: found nothing that can be read, expected a fault plan in TOML");
}

TEST(fault_plan_toml, the_plans_among_the_examples_can_be_read) {
  int read = 0;
  for (const auto& file : std::filesystem::directory_iterator(SLIPWAY_TEST_PLANS)) {
    const auto plan = read_fault_plan(file.path());
    EXPECT_TRUE(plan) << (plan ? "" : to_string(plan.error().at(0)));
    ++read;
  }
  EXPECT_GT(read, 0);
}

TEST(fault_plan_toml, the_page_on_plans_has_every_word_of_the_vocabulary) {
  std::ifstream file(std::string(SLIPWAY_TEST_DOCS) + "/faults-plan.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto has = [&](std::string_view word) {
    EXPECT_THAT(page, testing::ContainsRegex("[`\"]" + std::string(word) + "[`\"]"));
  };
  for (const auto& each : all_faults()) {
    has(name_of(each));
  }
  for (const auto each : all_process_states()) {
    has(name_of(each));
  }
  for (const auto each : all_fault_chances()) {
    has(name_of(each));
  }
  for (const auto each : all_spawn_faults()) {
    has(name_of(each));
  }
}

// -- there and back -------------------------------------------------------------------------------

class random_plan {
 public:
  explicit random_plan(std::uint64_t seed) : random_(seed) {}

  fault_plan make() {
    fault_plan plan;
    const std::uint64_t count = random_.below(6);
    for (std::uint64_t i = 0; i < count; ++i) {
      plan.rules.push_back({.name = random_.chance(0.5) ? "rule " + std::to_string(i) : "",
                            .when = trigger(plan),
                            .what = any_fault(),
                            .whom = {.name = text(), .tag = text(), .session = text()},
                            .times = times()});
      if (random_.chance(0.5)) {
        plan.rules.back().whom.worker = 1 + random_.below(9);
      }
    }
    return plan;
  }

 private:
  std::string text() {
    constexpr std::array<const char*, 7> texts{
        "", "", "echo", "a \"b\" \\ c", "line\nend\ttab", "schön", "\x01\x7f"};
    return texts.at(random_.below(texts.size()));
  }
  std::uint64_t number() { return 1 + random_.next() / 2 % std::uint64_t{0x7FFFFFFFFFFFFFFE}; }
  duration length() {
    return random_.chance(0.5) ? duration(milliseconds(random_.below(100'000)))
                               : duration(static_cast<std::int64_t>(number()));
  }
  std::optional<std::uint64_t> times() {
    return random_.chance(0.3) ? std::nullopt : std::optional(1 + random_.below(4));
  }
  template <class Value>
  Value any(std::span<const Value> values) {
    return values[random_.below(values.size())];
  }

  fault_trigger trigger(const fault_plan& before) {
    switch (random_.below(7)) {
      case 0:
        return fault_when::nth_request{number()};
      case 1:
        return fault_when::nth_frame{number()};
      case 2:
        return fault_when::at_byte{number()};
      case 3:
        return fault_when::enters{any(all_process_states())};
      case 4:
        return fault_when::at_random{
            static_cast<double>(random_.next() >> 11U) / 9007199254740992.0,
            any(all_fault_chances())};
      case 5:
        return fault_when::at_time{length()};
      default:
        for (const auto& rule : before.rules) {
          if (!rule.name.empty()) {
            return fault_when::after_fault{rule.name, length()};
          }
        }
        return fault_when::nth_request{};
    }
  }

  exit_reason reason(int depth) {
    exit_reason made =
        random_.chance(0.5) ? exit_reason::error(text(), text()) : exit_reason::shutdown(text());
    if (random_.chance(0.5)) {
      made.stderr_tail = {text(), text()};
    }
    if (depth < 3 && random_.chance(0.5)) {
      made.cause = std::make_shared<const exit_reason>(reason(depth + 1));
    }
    return made;
  }

  fault any_fault() {
    fault what = any(all_faults());
    std::visit(
        [this](auto& each) {
          if constexpr (requires { each.by; }) {
            each.by = length();
          } else if constexpr (requires { each.lasts; }) {
            each.lasts = length();
          } else if constexpr (requires { each.bytes; }) {
            each.bytes = number();
          } else if constexpr (requires { each.code; }) {
            each.code = static_cast<int>(random_.below(256));
          } else if constexpr (requires { each.error; }) {
            each.error = any(all_spawn_faults());
          } else if constexpr (requires { each.reason; }) {
            each.reason = reason(0);
          }
        },
        what);
    return what;
  }

  random_source random_;
};

TEST(fault_plan_toml, every_plan_that_is_written_reads_as_the_same_plan) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    const fault_plan plan = random_plan(seed).make();
    const std::string text = to_toml(plan);
    const auto read = read_fault_plan_text(text, "p.toml");
    ASSERT_TRUE(read) << "seed " << seed << ": " << to_string(read.error().at(0)) << "\n" << text;
    ASSERT_EQ(read->rules, plan.rules) << "seed " << seed << "\n" << text;
  }
}

TEST(fault_plan_toml, a_number_that_toml_has_not_becomes_the_greatest) {
  fault_plan plan{{{.when = fault_when::at_byte{std::numeric_limits<std::uint64_t>::max()}}}};
  EXPECT_THAT(to_toml(plan), testing::HasSubstr("byte = 9223372036854775807"));
}

}  // namespace
}  // namespace slipway::harness
