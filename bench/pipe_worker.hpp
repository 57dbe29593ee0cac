// bench/pipe_worker.hpp
//
// The floor: what somebody would write by hand who needs one Python worker and no safety. Two
// pipes, one write and one blocking read a call, msgpack-c. No deadline, no supervision, no second
// caller, no limit; a worker that dies or sends nonsense ends the benchmark.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/value.hpp>

#include <msgpack.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace slipway::bench {

/// How the worker's program is found.
struct pipe_worker_command {
  std::string python;
  std::string module;
  std::string python_path;
};

/// One Python worker on two pipes. Thread: one at a time.
class pipe_worker {
 public:
  /// Starts the process and waits for its answer to a ping. Throws std::system_error.
  explicit pipe_worker(const pipe_worker_command& command);
  pipe_worker(const pipe_worker&) = delete;
  pipe_worker& operator=(const pipe_worker&) = delete;
  pipe_worker(pipe_worker&&) = delete;
  pipe_worker& operator=(pipe_worker&&) = delete;
  ~pipe_worker();

  /// One request, one response. Throws std::runtime_error when the response is not the one asked
  /// for.
  msgpack::object_handle call(const std::string& command, const msgpack::object& args);

 private:
  void write_all(const char* bytes, std::size_t count) const;
  std::size_t read_some(std::size_t at);

  pid_t pid_ = -1;
  int to_worker_ = -1;
  int from_worker_ = -1;
  std::uint64_t last_id_ = 0;
  msgpack::sbuffer out_;
  std::vector<char> in_;
};

}  // namespace slipway::bench
