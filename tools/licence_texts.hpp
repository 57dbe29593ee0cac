// slipway/tools/licence_texts.hpp
//
// The licence texts that every Debian machine has, and in C++ what examples/licences.py computes of
// them: the right answers, by which the demo judges those that came from Python.
// Belongs here: texts and answers.
// Does not: requests (demo_work).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/value.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::tools {

struct licence_text {
  std::string name;
  std::string text;  ///< ASCII: any other byte has become a blank, as no word contains it
};

/// The regular files of a folder by name; links are other names of the same texts and are left out.
[[nodiscard]] std::vector<licence_text> read_licences(const std::filesystem::path& folder);

struct word_statistics {
  std::uint64_t words = 0;
  std::uint64_t distinct = 0;
  std::string longest;
  double mean_length = 0;
  MSGPACK_DEFINE_MAP(words, distinct, longest, mean_length)

  friend bool operator==(const word_statistics&, const word_statistics&) = default;
};

struct shared_passage {
  std::uint64_t words = 0;
  std::string passage;
  MSGPACK_DEFINE_MAP(words, passage)

  friend bool operator==(const shared_passage&, const shared_passage&) = default;
};

using ngram_counts = std::vector<std::pair<std::string, std::uint64_t>>;

/// Runs of the letters a to z, in lower case.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

[[nodiscard]] word_statistics count_words(std::string_view text);
[[nodiscard]] ngram_counts most_frequent_ngrams(std::string_view text, std::size_t n,
                                                std::size_t top);
[[nodiscard]] double similarity(std::string_view left, std::string_view right);
[[nodiscard]] shared_passage longest_shared_passage(std::string_view left, std::string_view right,
                                                    std::size_t limit);

}  // namespace slipway::tools
