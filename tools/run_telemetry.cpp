// slipway/tools/run_telemetry.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/run_telemetry.hpp>

#include <utility>

namespace slipway::tools {

result<std::unique_ptr<run_telemetry>, std::string> run_telemetry::start(
    const run_settings& wanted) {
  auto made = std::make_unique<run_telemetry>();
  if (!wanted.metrics_port && wanted.trace_file.empty()) {
    return made;
  }
  made->target_ = std::make_shared<telemetry>();
  if (wanted.metrics_port) {
    made->numbers_.emplace();
    auto server = metrics_server::start(*made->numbers_, *wanted.metrics_port);
    if (!server) {
      return failure(std::move(server.error()));
    }
    made->server_ = std::move(*server);
    made->target_->attach("", made->numbers_->handler());
  }
  if (!wanted.trace_file.empty()) {
    auto trace = trace_file::create(wanted.trace_file, time_point::clock::now());
    if (!trace) {
      return failure(std::move(trace.error()));
    }
    made->trace_ = std::move(*trace);
    made->target_->attach("", made->trace_->handler());
  }
  return made;
}

void run_telemetry::add_pools(const running_tree& tree) {
  if (numbers_) {
    for (const auto& name : tree.pool_names()) {
      numbers_->add_pool(name, [pool = tree.pool(name)] { return pool.load(); });
    }
  }
}

std::optional<std::string> run_telemetry::url() const {
  return server_ ? std::optional(server_->url()) : std::nullopt;
}

std::optional<std::string> run_telemetry::trace_failed() {
  if (!trace_) {
    return std::nullopt;
  }
  trace_->flush();
  return trace_->failed();
}

}  // namespace slipway::tools
