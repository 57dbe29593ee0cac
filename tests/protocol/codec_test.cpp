// tests/protocol/codec_test.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/codec.hpp>

#include <gtest/gtest.h>

namespace slipway {
namespace {

TEST(codec_names, each_codec_is_found_again_by_its_name) {
  for (const codec each : {codec::msgpack, codec::json}) {
    EXPECT_EQ(codec_from_string(to_string(each)), each);
  }
}

TEST(codec_names, other_words_name_no_codec) {
  for (const char* word : {"", "JSON", "msgpack ", "yaml"}) {
    EXPECT_EQ(codec_from_string(word), std::nullopt) << word;
  }
}

}  // namespace
}  // namespace slipway
