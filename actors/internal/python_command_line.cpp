// slipway/actors/internal/python_command_line.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/python_command_line.hpp>

#include <cstdlib>
#include <unistd.h>

namespace slipway::internal {
namespace {

// Ours first, then what the host's own environment says.
std::string python_path(const python_pool_options& options) {
  std::string path;
  const auto append = [&path](const std::string& folder) {
    if (!folder.empty()) {
      path += (path.empty() ? "" : ":") + folder;
    }
  };
  for (const auto& folder : options.python_path) {
    append(folder);
  }
  append(options.package_dir);
  // Read only: a host that calls setenv beside threads is at fault.
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (const char* inherited = std::getenv("PYTHONPATH"); inherited != nullptr) {
    append(inherited);
  }
  return path;
}

}  // namespace

process_spec worker_command_line(const python_pool_options& options,
                                 const std::string& worker_name) {
  process_spec spec;
  spec.program = options.python;
  if (options.script.empty()) {
    spec.arguments = {"-m", "slipway_worker"};
  } else {
    spec.arguments = {options.script};
  }
  for (const char* argument : {"--mode", "pool-worker", "--worker-id"}) {
    spec.arguments.emplace_back(argument);
  }
  spec.arguments.push_back(worker_name);
  if (options.script.empty()) {
    const std::vector<std::string> ours{
        "--module",          options.module,
        "--codec",           std::string(to_string(options.wire_codec)),
        "--max-frame-bytes", std::to_string(options.max_frame_bytes),
        "--parent-pid",      std::to_string(::getpid())};
    spec.arguments.insert(spec.arguments.end(), ours.begin(), ours.end());
  }
  spec.environment = options.environment;
  // A PYTHONPATH in the pool's own environment replaces the host's, not ours.
  const auto own = spec.environment.find("PYTHONPATH");
  const std::string ahead = python_path(options);
  spec.environment["PYTHONPATH"] =
      own == spec.environment.end() ? ahead : own->second + ":" + ahead;
  spec.working_directory = options.working_directory;
  spec.limits = options.limits;
  return spec;
}

}  // namespace slipway::internal
