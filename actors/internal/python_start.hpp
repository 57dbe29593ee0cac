// slipway/actors/internal/python_start.hpp
//
// The asynchronous start of one Python worker: process, handshake, verdict.
// Belongs here: the steps, their failures by stage, aborting.
// Does not: trying again (pool_core).
//
//     starting --process runs--> handshaking --good answer--> ready
//     starting, handshaking --anything else--> failed, with the stage; the process is killed
//     starting, handshaking --abort--> aborted; the process is killed, the link hears nothing more
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/port.hpp>
#include <slipway/actors/python_pool_options.hpp>
#include <slipway/actors/python_worker.hpp>
#include <slipway/actors/runtime.hpp>
#include <slipway/actors/worker_behaviour.hpp>
#include <slipway/actors/worker_record.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace slipway::internal {

/// One attempt. `begin` and `abort` run in the pool, everything else on the I/O thread.
class python_start : public std::enable_shared_from_this<python_start> {
 public:
  using link_type = worker_link<python_worker::worker_state, python_worker::message>;

  python_start(runtime& shared, std::shared_ptr<const python_pool_options> options, worker_id id,
               port_owner_ptr owner);

  void begin(const link_type& link);
  void abort();

  [[nodiscard]] const std::shared_ptr<worker_record>& record() const { return record_; }

 private:
  void ended(const port_exit& exit);
  void flooded();
  void opened(result<std::shared_ptr<port>, spawn_error> process);
  void shake_hands();
  void answered(result<port::payload, port_error> answer);
  [[nodiscard]] std::optional<exit_reason> check(port::payload answer) const;
  void fail(exit_reason reason);

  runtime& runtime_;
  std::shared_ptr<const python_pool_options> options_;
  port_owner_ptr owner_;
  worker_id id_;
  std::string name_;
  std::shared_ptr<worker_record> record_;
  std::optional<link_type> link_;
  time_point begun_;
  std::mutex mutex_;
  bool aborted_ = false;
  // From `opened` to `ended`; changed on the I/O thread only, and under the lock for `abort`.
  std::shared_ptr<port> process_;
};

}  // namespace slipway::internal
