// slipway/tests/harness/fault_matrix_test.cpp
// SPDX-License-Identifier: Apache-2.0
#include "fault_matrix.hpp"

#include <slipway/actors/clock.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/resource_census.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;

constexpr const char* page_path = SLIPWAY_TEST_DOCS "/faults.md";
// Most cells wait most of the time.
constexpr unsigned cells_at_once = 12;

struct work {
  const matrix_row* row;
  process_state when;
  cell_outcome* outcome;
};

// Those that take longest first: a failed start is noticed after ten seconds.
std::vector<work> in_good_order(const std::vector<work>& all) {
  std::vector<work> ordered;
  for (const bool starts : {true, false}) {
    for (const work& each : all) {
      if ((each.when == process_state::starting || each.when == process_state::handshaking) ==
          starts) {
        ordered.push_back(each);
      }
    }
  }
  return ordered;
}

std::string contents_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Run with SLIPWAY_REWRITE_DOCS=1 in the environment it writes docs/faults.md anew.
TEST(fault_matrix, every_fault_in_every_state_ends_as_docs_faults_md_says_and_leaves_nothing) {
  std::thread([] {}).join();  // with it a sanitizer starts a thread of its own, which stays
  const auto before = resource_census::take();
  const auto rows = matrix_rows();
  const auto columns = all_process_states();
  std::vector<cell_outcome> outcomes(rows.size() * columns.size());
  std::vector<work> cells;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < columns.size(); ++column) {
      if (impossible(rows[row].what, columns[column]).empty()) {
        cells.push_back({&rows[row], columns[column], &outcomes[row * columns.size() + column]});
      }
    }
  }
  const std::vector<work> ordered = in_good_order(cells);
  std::atomic<std::size_t> next{0};
  {
    std::vector<std::jthread> players;
    for (unsigned i = 0; i < cells_at_once; ++i) {
      players.emplace_back([&] {
        for (std::size_t mine = next++; mine < ordered.size(); mine = next++) {
          *ordered[mine].outcome = play(*ordered[mine].row, ordered[mine].when);
        }
      });
    }
  }
  for (const work& each : ordered) {
    for (const std::string& wrong : each.outcome->wrong) {
      ADD_FAILURE() << each.row->name << " while " << name_of(each.when) << ": " << wrong;
    }
  }
  const std::string page = matrix_page(rows, outcomes);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
  if (std::getenv("SLIPWAY_REWRITE_DOCS") != nullptr) {
    std::ofstream(page_path) << page;
  }
  EXPECT_EQ(page, contents_of(page_path)) << "if the page is wrong: SLIPWAY_REWRITE_DOCS=1 "
                                          << "test_fault_matrix";
  for (const auto& left : leftovers_since(before, deadline_after(steady_clock().now(), 60s))) {
    ADD_FAILURE() << "left behind: " << left;
  }
}

}  // namespace
}  // namespace slipway::harness
