// tests/protocol/round_trip_test.cpp
//
// Random values survive both codecs.
//
// SPDX-License-Identifier: Apache-2.0
#include "byte_helpers.hpp"
#include <slipway/protocol/envelope_codec.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace slipway {
namespace {

using test::must;

// Draws values of every kind that the codec can carry, with the edges of each kind drawn often.
class value_source {
 public:
  value_source(codec codec, unsigned seed) : codec_(codec), random_(seed) {}

  value any(int depth) {
    const int kinds = codec_ == codec::json ? 7 : 9;
    // The first two kinds hold further values and are left out at the greatest depth.
    switch (below(kinds - (depth == 0 ? 2 : 0)) + (depth == 0 ? 2 : 0)) {
      case 0:
        return value(elements(depth));
      case 1:
        return value(entries(depth));
      case 2:
        return {};
      case 3:
        return value(below(2) == 0);
      case 4:
        return value(integer());
      case 5:
        return value(floating());
      case 6:
        return value(text());
      case 7:
        return value(test::bytes_of(text()));
      default:
        return value(std::map<std::int64_t, value>{{below(9) - 4, any(0)}});
    }
  }

  std::map<std::string, value> entries(int depth) {
    std::map<std::string, value> made;
    for (int i = below(5); i > 0; --i) {
      made.emplace(text(), any(depth - 1));
    }
    return made;
  }

  std::string text() {
    static const std::vector<std::string> parts = {
        "a", "word ", "\"", "\\", "\n", std::string(1, '\0'), "é", "€", "😀", "\x7f", "\x1f"};
    std::string made;
    for (int i = below(40); i > 0; --i) {
      made += parts[static_cast<std::size_t>(below(static_cast<int>(parts.size())))];
    }
    return made;
  }

 private:
  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

  std::vector<value> elements(int depth) {
    std::vector<value> made;
    for (int i = below(20); i > 0; --i) {
      made.push_back(any(depth - 1));
    }
    return made;
  }

  // Every width of integer as often as every other.
  std::int64_t integer() { return static_cast<std::int64_t>(random_()) >> below(64); }

  // Any bit pattern; the codecs must keep it whatever number it is.
  double floating() {
    const std::uint64_t bits = random_();
    double made = 0;
    std::memcpy(&made, &bits, sizeof made);
    const bool fits = codec_ == codec::msgpack || std::isfinite(made);
    return fits ? made : 1.0;
  }

  codec codec_;
  std::mt19937_64 random_;
};

class round_trip : public testing::TestWithParam<codec> {};

INSTANTIATE_TEST_SUITE_P(both, round_trip, testing::Values(codec::msgpack, codec::json),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST_P(round_trip, keeps_random_requests) {
  byte_buffer frame;
  for (unsigned seed = 1; seed <= 500; ++seed) {
    value_source source(GetParam(), seed);
    request sent{seed, source.text(), value(source.entries(4)), source.text()};
    sent.command.push_back('c');
    must(encode_request(GetParam(), sent, frame));
    const auto read = decode_request(GetParam(), test::exact_bytes(test::payload_of(frame)).view());
    ASSERT_TRUE(read) << "seed " << seed << ": " << to_string(read.error());
    ASSERT_EQ(*read, sent) << "seed " << seed;
  }
}

TEST_P(round_trip, keeps_random_responses) {
  byte_buffer frame;
  for (unsigned seed = 1; seed <= 500; ++seed) {
    value_source source(GetParam(), seed);
    response sent{seed, source.any(5), {}};
    if (seed % 5 == 0) {
      sent.outcome = failure(remote_error{source.text(), source.text(), source.text()});
    }
    must(encode_response(GetParam(), sent, frame));
    const auto read =
        decode_response(GetParam(), test::exact_bytes(test::payload_of(frame)).view());
    ASSERT_TRUE(read) << "seed " << seed << ": " << to_string(read.error());
    ASSERT_EQ(*read, sent) << "seed " << seed;
  }
}

}  // namespace
}  // namespace slipway
