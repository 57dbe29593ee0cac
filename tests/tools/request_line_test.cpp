// What a line of requests may say; what is wrong with a line concerns that line only.
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/request_line.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace slipway::tools {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const std::vector<std::string> one_pool{"scores"};
const std::vector<std::string> two_pools{"scores", "texts"};

TEST(request_line, a_command_is_all_that_is_needed_with_one_pool) {
  const auto request = read_request(R"({"command": "score"})", 3, one_pool);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->line, 3U);
  EXPECT_EQ(request->pool, "scores");
  EXPECT_EQ(request->command, "score");
  EXPECT_TRUE(request->args.is_nil());
  EXPECT_FALSE(request->id);
  EXPECT_FALSE(request->timeout);
}

TEST(request_line, every_field_is_read) {
  const auto request = read_request(
      R"({"id": {"a": [1]}, "pool": "texts", "command": "c", "args": {"x": 1}, "timeout_ms": 250,
          "checkout": "anonymous"})",
      1, two_pools);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->id->to_json(), R"({"a":[1]})");
  EXPECT_EQ(request->pool, "texts");
  EXPECT_EQ(request->args.to_json(), R"({"x":1})");
  EXPECT_EQ(request->timeout, 250ms);
}

TEST(request_line, a_session_is_the_other_type_of_checkout) {
  const auto request =
      read_request(R"({"command": "count", "checkout": {"session": "s 1"}})", 1, one_pool);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->session, "s 1");
}

struct wrong_line {
  const char* what;
  const char* text;
  request_errc code;
  const char* told;
};

void PrintTo(const wrong_line& one, std::ostream* out) {
  *out << one.what;
}

class wrong_request : public testing::TestWithParam<wrong_line> {};

TEST_P(wrong_request, is_a_typed_error_that_names_line_field_found_and_expected) {
  const auto request = read_request(GetParam().text, 7, two_pools);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, GetParam().code);
  EXPECT_EQ(request.error().line, 7U);
  EXPECT_THAT(request.error().message, HasSubstr("line 7 "));
  EXPECT_THAT(request.error().message, HasSubstr(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    one_fault, wrong_request,
    testing::Values(
        wrong_line{"no_json", "score 1 2", request_errc::invalid_request, "is no JSON"},
        wrong_line{"half_an_object", R"({"command": )", request_errc::invalid_request,
                   "is no JSON"},
        wrong_line{"two_objects", R"({"command": "a"} {})", request_errc::invalid_request,
                   "is no JSON"},
        wrong_line{"an_array", "[1]", request_errc::invalid_request,
                   "is array [1], expected a JSON object"},
        wrong_line{"no_command", R"({"pool": "texts"})", request_errc::invalid_request,
                   "has no command, expected a string that is not empty"},
        wrong_line{"empty_command", R"({"command": "", "pool": "texts"})",
                   request_errc::invalid_request, "has command string \"\""},
        wrong_line{"command_is_a_number", R"({"command": 4, "pool": "texts"})",
                   request_errc::invalid_request, "has command integer 4"},
        wrong_line{"args_are_a_list", R"({"command": "c", "pool": "texts", "args": [1]})",
                   request_errc::invalid_request, "has args array [1], expected an object"},
        wrong_line{"timeout_is_zero", R"({"command": "c", "pool": "texts", "timeout_ms": 0})",
                   request_errc::invalid_request, "has timeout_ms integer 0"},
        wrong_line{"timeout_is_a_text", R"({"command": "c", "pool": "texts", "timeout_ms": "1s"})",
                   request_errc::invalid_request, "has timeout_ms string \"1s\""},
        wrong_line{"unknown_field", R"({"command": "c", "pool": "texts", "arg": {}})",
                   request_errc::invalid_request, "has the unknown field \"arg\""},
        wrong_line{"no_pool_among_two", R"({"command": "c"})", request_errc::unknown_pool,
                   "has no pool, expected one of: scores, texts"},
        wrong_line{"unknown_pool", R"({"command": "c", "pool": "x"})", request_errc::unknown_pool,
                   "has pool string \"x\", expected one of: scores, texts"},
        // The predecessor's pool crashed on this one, and every later checkout failed with it.
        wrong_line{
            "unknown_checkout_type", R"({"command": "c", "pool": "texts", "checkout": "test"})",
            request_errc::invalid_checkout_type,
            "has the checkout type string \"test\", expected \"anonymous\" or {\"session\": ID}"},
        wrong_line{"checkout_of_a_session_without_a_name",
                   R"({"command": "c", "pool": "texts", "checkout": {"session": ""}})",
                   request_errc::invalid_checkout_type, "has the checkout type map"}),
    [](const auto& tested) { return std::string(tested.param.what); });

TEST(request_line, the_id_of_a_wrong_request_is_kept) {
  const auto request = read_request(R"({"id": 12, "comand": "c"})", 1, one_pool);
  ASSERT_FALSE(request);
  ASSERT_TRUE(request.error().id);
  EXPECT_EQ(request.error().id->to_json(), "12");
}

}  // namespace
}  // namespace slipway::tools
