// slipway/tests/harness/fault_matrix.hpp
//
// The matrix {process fault} x {state of the process}: what each cell is, playing it on a real pool of
// one Python worker, and the page that tells what came out.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/fault_plan.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace slipway::harness {

/// One row: a fault, sized so that it is noticed and no cell takes long.
struct matrix_row {
  std::string name;
  fault what;
  std::string how;  ///< for the page: what is done in these cells
};

[[nodiscard]] std::vector<matrix_row> matrix_rows();

/// Why there can be no such cell; empty: it can.
[[nodiscard]] std::string impossible(const fault& what, process_state when);

/// What came out of one cell.
struct cell_outcome {
  std::string verdict;               ///< for the table: one or two words
  std::string first;                 ///< the call during which, or after which, the fault struck
  std::string next;                  ///< the call after that
  std::string worker;                ///< what became of the worker
  std::vector<std::string> wrong{};  ///< what must not be in any cell
};

/// Plays one cell on a system of its own. Thread: any; cells do not disturb each other.
[[nodiscard]] cell_outcome play(const matrix_row& row, process_state when);

/// The whole of docs/faults.md; outcomes in the order of rows, and in a row of all_process_states().
[[nodiscard]] std::string matrix_page(const std::vector<matrix_row>& rows,
                                      const std::vector<cell_outcome>& outcomes);

}  // namespace slipway::harness
