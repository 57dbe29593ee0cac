// slipway/tools/licence_texts.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/licence_texts.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <system_error>

namespace slipway::tools {
namespace {

constexpr unsigned char last_ascii = 0x7F;

std::string ascii_of(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > last_ascii; },
      ' ');
  return text;
}

std::string joined(const std::vector<std::string>& words, std::size_t begin, std::size_t count) {
  std::string text;
  for (std::size_t i = begin; i < begin + count; ++i) {
    text += (i == begin ? "" : " ") + words[i];
  }
  return text;
}

std::map<std::string, std::uint64_t> count_ngrams(std::string_view text, std::size_t n) {
  const auto words = words_of(text);
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t i = 0; i + n <= words.size(); ++i) {
    ++counts[joined(words, i, n)];
  }
  return counts;
}

std::uint64_t square_sum(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [ngram, count] : counts) {
    sum += count * count;
  }
  return sum;
}

}  // namespace

std::vector<licence_text> read_licences(const std::filesystem::path& folder) {
  std::vector<licence_text> licences;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.is_symlink() || !entry.is_regular_file()) {
      continue;
    }
    std::ifstream file(entry.path(), std::ios::binary);
    licences.push_back(
        {entry.path().filename().string(), ascii_of({std::istreambuf_iterator<char>(file), {}})});
  }
  std::sort(licences.begin(), licences.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
  return licences;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  bool within = false;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool letter = lower >= 'a' && lower <= 'z';
    if (letter && !within) {
      words.emplace_back();
    }
    if (letter) {
      words.back() += lower;
    }
    within = letter;
  }
  return words;
}

word_statistics count_words(std::string_view text) {
  const auto words = words_of(text);
  word_statistics counted;
  std::size_t letters = 0;
  for (const auto& word : words) {
    letters += word.size();
    if (word.size() > counted.longest.size()) {
      counted.longest = word;
    }
  }
  counted.words = words.size();
  counted.distinct = std::set<std::string>(words.begin(), words.end()).size();
  counted.mean_length =
      words.empty() ? 0.0 : static_cast<double>(letters) / static_cast<double>(words.size());
  return counted;
}

ngram_counts most_frequent_ngrams(std::string_view text, std::size_t n, std::size_t top) {
  const auto counts = count_ngrams(text, n);
  ngram_counts sorted(counts.begin(), counts.end());
  // Stable, and the map was in the order of the alphabet.
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& left, const auto& right) { return left.second > right.second; });
  sorted.resize(std::min(sorted.size(), top));
  return sorted;
}

// Only whole numbers below 2^53 up to the last two operations, which IEEE 754 rounds correctly: so
// Python gets the same bits.
double similarity(std::string_view left, std::string_view right) {
  const auto a = count_ngrams(left, 2);
  const auto b = count_ngrams(right, 2);
  std::uint64_t shared = 0;
  for (const auto& [ngram, count] : a) {
    const auto found = b.find(ngram);
    shared += found == b.end() ? 0 : count * found->second;
  }
  const std::uint64_t lengths = square_sum(a) * square_sum(b);
  return lengths == 0 ? 0.0 : static_cast<double>(shared) / std::sqrt(static_cast<double>(lengths));
}

shared_passage longest_shared_passage(std::string_view left, std::string_view right,
                                      std::size_t limit) {
  auto a = words_of(left);
  auto b = words_of(right);
  a.resize(std::min(a.size(), limit));
  b.resize(std::min(b.size(), limit));
  std::size_t best = 0;
  std::size_t best_end = 0;
  // run[j]: how many words before a[i] and b[j] are the same in both.
  std::vector<std::size_t> run(b.size() + 1);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = b.size(); j > 0; --j) {
      run[j] = a[i - 1] == b[j - 1] ? run[j - 1] + 1 : 0;
      if (run[j] > best) {
        best = run[j];
        best_end = i;
      }
    }
  }
  return {best, joined(a, best_end - best, best)};
}

}  // namespace slipway::tools
