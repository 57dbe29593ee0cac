// slipway/actors/python_pool_options.hpp
//
// What a pool of Python workers is made of; every timeout and limit has its documented default
// here.
// Belongs here: the options.
// Does not: reading them from a file (tools), acting on them.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/circuit_breaker_core.hpp>
#include <slipway/actors/error_policy.hpp>
#include <slipway/actors/health_options.hpp>
#include <slipway/actors/package_dir.hpp>
#include <slipway/actors/pool_core.hpp>
#include <slipway/actors/process_spec.hpp>
#include <slipway/actors/recycle_options.hpp>
#include <slipway/actors/session_options.hpp>
#include <slipway/actors/time.hpp>
#include <slipway/protocol/codec.hpp>
#include <slipway/protocol/frame_codec.hpp>

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway {

struct python_pool_options {
  /// Unique in its system; also the first part of its workers' names.
  std::string name = "python";

  /// How many workers. One per core is the usual start; NimblePool's default is 10.
  std::size_t size = 4;
  /// True: a worker is started when a call needs one. False, the default: all are, at once.
  bool lazy = false;
  /// How many calls may wait for a worker before further ones fail as `overloaded`.
  std::size_t max_queue = std::numeric_limits<std::size_t>::max();

  /// The interpreter: a path (also that of a virtual environment), or a name on the PATH.
  std::string python = "python3";
  /// The module with the commands: a dotted name, or the path of a .py file.
  std::string module{};
  /// Instead of `module`: a bridge script that speaks the protocol by itself.
  std::string script{};
  /// Folders in which modules are looked for, before those of the host's PYTHONPATH.
  std::vector<std::string> python_path{};
  /// Where the package `slipway_worker` lies; the build or the installation knows it.
  std::string package_dir = default_package_dir();
  std::map<std::string, std::string> environment{};
  std::string working_directory{};
  resource_limits limits{};

  /// What the worker speaks. Bridge scripts of the older kind speak JSON.
  codec wire_codec = codec::msgpack;
  std::size_t max_frame_bytes = default_max_frame_bytes;

  /// From the start of a worker to its answer to the handshake. Importing a large framework takes
  /// long.
  duration init_timeout = std::chrono::seconds(10);
  /// For calls that name no timeout of their own.
  duration call_timeout = std::chrono::seconds(30);
  /// How long a blocking call looks for its answer without sleeping, as long as the worker's
  /// answers usually come within that time. Spares a quick command the waking of a sleeping core,
  /// for at most this much processor time a call, which it lends to whoever else wants to run.
  /// Zero: sleep at once.
  duration busy_poll = std::chrono::microseconds(100);
  /// What a worker that is asked to end gets after the shutdown command, and again after SIGTERM.
  duration shutdown_grace = std::chrono::seconds(1);
  duration terminate_grace = std::chrono::seconds(1);
  init_retry retry{};

  /// How many workers start at one time: more than can import side by side only time out together.
  std::size_t init_concurrency = 8;
  /// The pool has started when so many workers are ready, or has failed to after `start_timeout`.
  /// A lazy pool starts these at once. Zero, the default: it has started when they have begun.
  std::size_t min_ready = 0;
  duration start_timeout = std::chrono::seconds(30);
  /// Whether a lazy pool ends a worker that is still starting when the call it is for is cancelled.
  slipway::cancelled_init cancelled_init = slipway::cancelled_init::keep;
  /// How often idle workers are looked after, and how long one has been idle then at least. A lazy
  /// pool gives such a worker back, an eager one makes sure that its process runs. None: never.
  std::optional<duration> worker_idle_timeout{};
  /// How many in one such round; none: all.
  std::optional<std::size_t> max_idle_pings{};

  /// What failures of calls mean and what helps.
  error_policy errors{};
  /// When calls of the whole pool are refused for a while (`circuit_open`); none, the default: never.
  std::optional<circuit_breaker_options> breaker{};
  /// The same for each command by itself; none: never.
  std::optional<circuit_breaker_options> command_breaker{};

  session_options sessions{};
  /// How sick workers are noticed before a call meets them; none: they are not looked for.
  std::optional<health_options> health{};
  /// When workers are replaced although nothing is wrong with them. None: never.
  std::optional<recycle_options> recycle{};
};

}  // namespace slipway
