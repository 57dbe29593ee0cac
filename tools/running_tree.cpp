// slipway/tools/running_tree.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/running_tree.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <utility>

namespace slipway::tools {
namespace {

result<std::shared_ptr<spdlog::logger>, std::string> make_logger(const std::string& log_file) {
  if (log_file.empty()) {
    return std::make_shared<spdlog::logger>("slipway",
                                            std::make_shared<spdlog::sinks::null_sink_mt>());
  }
  try {
    auto logger = std::make_shared<spdlog::logger>(
        "slipway", std::make_shared<spdlog::sinks::basic_file_sink_mt>(log_file));
    logger->flush_on(spdlog::level::info);
    return logger;
  } catch (const spdlog::spdlog_ex& error) {
    return failure("cannot write the log " + log_file + ": " + error.what());
  }
}

}  // namespace

result<std::unique_ptr<running_tree>, std::string> running_tree::start(
    const run_config& config, const std::string& log_file, event_handler listener,
    std::shared_ptr<telemetry> telemetry_target) {
  auto logger = make_logger(log_file);
  if (!logger) {
    return failure(std::move(logger).error());
  }
  std::unique_ptr<running_tree> tree(new running_tree());
  system_options options = config.system;
  options.logger = std::move(*logger);
  options.watch = std::move(telemetry_target);
  options.on_event = [&watch = tree->watch_,
                      listener = std::move(listener)](const runtime_event& event) {
    watch.take(event, time_point::clock::now());
    if (listener) {
      listener(event);
    }
  };
  auto started = system::start(std::move(options));
  if (!started) {
    return failure(started.error().message);
  }
  tree->system_ = std::move(*started);
  tree->pools_ = config.pools;
  for (const auto& pool : config.pools) {
    auto client = tree->system_->start_pool(pool);
    if (!client) {
      return failure("cannot start pool '" + pool.name + "': " + client.error().message);
    }
    tree->clients_.emplace(pool.name, std::move(*client));
  }
  return tree;
}

void running_tree::wait_ready(std::size_t workers, const stop_request& stop) const {
  constexpr duration look_again = std::chrono::milliseconds(2);
  const auto ready = [&](const python_pool_options& pool) {
    return pool.lazy || watch_.ready_count(pool.name) >= std::min(workers, pool.size);
  };
  while (!std::all_of(pools_.begin(), pools_.end(), ready) && !given_up() &&
         !stop.wait_for(look_again)) {
  }
}

std::vector<std::string> running_tree::pool_names() const {
  std::vector<std::string> names;
  for (const auto& pool : pools_) {
    names.push_back(pool.name);
  }
  return names;
}

std::size_t running_tree::worker_count() const {
  std::size_t count = 0;
  for (const auto& pool : pools_) {
    count += pool.size;
  }
  return count;
}

std::optional<pool_end> running_tree::given_up() const {
  if (auto failed = watch_.start_failure()) {
    return failed;
  }
  if (const auto ended = system_->ended(); ended && !stopped_) {
    return watch_.last_pool_end().value_or(pool_end{"", *ended, pool_end::kind::gave_up});
  }
  return std::nullopt;
}

void running_tree::stop() {
  // A tree that gave up has ended by itself, and that is what it must go on saying.
  if (system_ && !system_->ended() && !stopped_.exchange(true)) {
    system_->stop();
  }
}

}  // namespace slipway::tools
