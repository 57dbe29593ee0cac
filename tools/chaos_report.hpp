// slipway/tools/chaos_report.hpp
//
// What came of a run under faults: what it proves, in words, as JSON and as a page.
// Belongs here: the judgement and the three forms. Does not: what happened (chaos_record).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/tools/chaos_log.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace slipway::tools {

/// What does not hold, one sentence each; empty when all that must hold under any faults did: each
/// call ends exactly once, no answer is another call's, and nothing is left.
[[nodiscard]] std::vector<std::string> broken_invariants(const chaos_log& log);

/// For a terminal: calls, latency, faults, restarts.
[[nodiscard]] std::vector<std::string> report_lines(const chaos_log& log);

/// One JSON object; docs/chaos.md lists its keys. Times are in seconds from the start of the tree.
[[nodiscard]] std::string to_json(const chaos_log& log);

/// One HTML file that needs no other.
[[nodiscard]] std::string to_html(const chaos_log& log);

/// The page before the report is put into it. From chaos_page.html.
[[nodiscard]] std::string_view chaos_page();

}  // namespace slipway::tools
