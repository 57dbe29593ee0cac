// slipway/tools/demo_work.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/demo_work.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace slipway::tools {
namespace {

constexpr std::size_t ngrams_wanted = 5;
constexpr std::size_t longest_ngram = 4;
constexpr std::size_t passage_limit = 800;

template <class Answer>
demo_request make(std::string command, value args, Answer right) {
  return {std::move(command), std::move(args), [right = std::move(right)](const value& given) {
            const auto answer = given.as<Answer>();
            return answer && *answer == right;
          }};
}

void add_single(std::vector<demo_request>& requests, const licence_text& licence) {
  const value text(licence.text);
  requests.push_back(
      make("word_statistics", value::map({{"text", text}}), count_words(licence.text)));
  for (std::size_t n = 1; n <= longest_ngram; ++n) {
    requests.push_back(
        make("ngrams", value::map({{"text", text}, {"n", value(n)}, {"top", value(ngrams_wanted)}}),
             most_frequent_ngrams(licence.text, n, ngrams_wanted)));
  }
}

void add_pair(std::vector<demo_request>& requests, const licence_text& left,
              const licence_text& right) {
  const value a(left.text);
  const value b(right.text);
  requests.push_back(make("similarity", value::map({{"left", a}, {"right", b}}),
                          similarity(left.text, right.text)));
  requests.push_back(make("shared_passage",
                          value::map({{"left", a}, {"right", b}, {"limit", value(passage_limit)}}),
                          longest_shared_passage(left.text, right.text, passage_limit)));
}

}  // namespace

std::vector<demo_request> make_demo_requests(const std::vector<licence_text>& licences) {
  std::vector<demo_request> requests;
  for (auto left = licences.begin(); left != licences.end(); ++left) {
    add_single(requests, *left);
    for (auto right = left + 1; right != licences.end(); ++right) {
      add_pair(requests, *left, *right);
    }
  }
  std::shuffle(requests.begin(), requests.end(), std::mt19937());
  return requests;
}

}  // namespace slipway::tools
