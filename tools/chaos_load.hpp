// slipway/tools/chaos_load.hpp
//
// Calls without pause: so many at a time, each begun when the one before it has ended.
// Belongs here: the threads. Does not: what becomes of the calls (chaos_record).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/value.hpp>
#include <slipway/tools/answer_check.hpp>
#include <slipway/tools/chaos_record.hpp>
#include <slipway/tools/running_tree.hpp>
#include <slipway/tools/stop_request.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace slipway::tools {

struct chaos_calls {
  std::string command;
  value args;
  answer_check own{};                ///< whether an answer is its caller's own
  std::vector<std::string> pools{};  ///< not empty; the threads take them in turn
  std::size_t concurrency = 1;
  duration timeout{};
};

/// From construction to `finish`.
class chaos_load {
 public:
  chaos_load(chaos_calls calls, const running_tree& tree, chaos_record& record);
  chaos_load(const chaos_load&) = delete;
  chaos_load& operator=(const chaos_load&) = delete;
  chaos_load(chaos_load&&) = delete;
  chaos_load& operator=(chaos_load&&) = delete;
  /// Waits for the calls under way, however long they take.
  ~chaos_load();

  /// No call is begun any more. @returns whether those under way ended within `patience`.
  [[nodiscard]] bool finish(duration patience);

 private:
  void call_on(const client& pool);

  const chaos_calls calls_;
  const running_tree& tree_;
  chaos_record& record_;
  stop_request over_;
  std::atomic<std::uint64_t> last_number_{0};
  std::vector<std::thread> threads_;
};

}  // namespace slipway::tools
