// slipway/tools/config_reader.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/toml_table.hpp>
#include <slipway/tools/breaker_config.hpp>
#include <slipway/tools/config_reader.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <system_error>
#include <utility>

namespace slipway::tools {

using harness::toml_document;
using harness::toml_fault;
using harness::toml_table;
using harness::whole_range;

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t most_workers = 1024;
// What slipway_worker accepts; see its protocol.py.
constexpr whole_range frame_bytes_range{4096, 0xFFFFFFFF};
// A year: more is a mistake, and far from where adding to a clock could overflow.
constexpr std::int64_t longest_ms = std::int64_t{365} * 24 * 3600 * 1000;
constexpr whole_range positive{1, std::numeric_limits<std::int64_t>::max()};

/// Where relative paths of the file begin.
class path_base {
 public:
  explicit path_base(const std::string& file)
      : folder_(std::filesystem::absolute(file).parent_path()) {}

  [[nodiscard]] std::string absolute(const std::string& path) const {
    return (folder_ / path).lexically_normal().string();
  }
  /// A program without a slash is looked for on the PATH.
  [[nodiscard]] std::string program(const std::string& name) const {
    return name.find('/') == std::string::npos ? name : absolute(name);
  }
  /// A module that is no file is a dotted name.
  [[nodiscard]] std::string module(const std::string& name) const {
    return name.ends_with(".py") ? absolute(name) : name;
  }

 private:
  std::filesystem::path folder_;
};

void read_duration(toml_table& table, std::string_view key, std::int64_t least, duration& to) {
  if (const auto given = table.whole(key, {least, longest_ms})) {
    to = milliseconds(*given);
  }
}

void read_system(toml_table& root, run_config& config) {
  auto table = root.table("system");
  if (!table) {
    return;
  }
  if (auto name = table->text("name")) {
    config.system.name = std::move(*name);
  }
  if (const auto intensity = table->whole("intensity", {0, 1'000'000})) {
    config.system.intensity = static_cast<unsigned>(*intensity);
  }
  if (const auto period = table->whole("period_ms", {1, longest_ms})) {
    config.system.period = milliseconds(*period);
  }
  table->report_unknown();
}

void read_interpreter(toml_table& pool, const path_base& base, python_pool_options& options) {
  const auto python = pool.text("python");
  const auto venv = pool.text("venv");
  if (python && venv) {
    pool.fault("venv", "venv together with python", "one of the two");
  }
  if (python) {
    options.python = base.program(*python);
  } else if (venv) {
    options.python = base.absolute(*venv + "/bin/python");
  }
}

void read_code(toml_table& pool, const path_base& base, python_pool_options& options) {
  const bool has_either = pool.has("module") || pool.has("script");
  const auto module = pool.text("module");
  const auto script = pool.text("script");
  if (!has_either) {
    pool.fault("module", "nothing", "a module (dotted name or .py file), or a script");
  }
  if (module && script) {
    pool.fault("script", "script together with module", "one of the two");
  }
  if (module) {
    options.module = base.module(*module);
  } else if (script) {
    options.script = base.absolute(*script);
  }
  for (const auto& folder : pool.texts("python_path").value_or(std::vector<std::string>())) {
    options.python_path.push_back(base.absolute(folder));
  }
}

void read_surroundings(toml_table& pool, const path_base& base, python_pool_options& options) {
  if (auto environment = pool.text_map("env")) {
    options.environment = std::move(*environment);
  }
  if (const auto directory = pool.text("working_directory")) {
    options.working_directory = base.absolute(*directory);
  }
  auto limits = pool.table("limits");
  if (!limits) {
    return;
  }
  const auto read = [&](std::string_view key, std::optional<std::uint64_t>& to) {
    if (const auto given = limits->whole(key, positive)) {
      to = static_cast<std::uint64_t>(*given);
    }
  };
  read("address_space_bytes", options.limits.address_space_bytes);
  read("cpu_seconds", options.limits.cpu_seconds);
  read("open_files", options.limits.open_files);
  read("file_size_bytes", options.limits.file_size_bytes);
  limits->report_unknown();
}

void read_size(toml_table& pool, python_pool_options& options) {
  if (const auto size = pool.whole("size", {1, most_workers})) {
    options.size = static_cast<std::size_t>(*size);
  }
  options.lazy = pool.flag("lazy").value_or(options.lazy);
  if (const auto queue = pool.whole("max_queue")) {
    options.max_queue = static_cast<std::size_t>(*queue);
  }
}

void read_start(toml_table& pool, python_pool_options& options) {
  const std::int64_t size = static_cast<std::int64_t>(options.size);
  if (const auto ready = pool.whole("min_ready", {0, size})) {
    options.min_ready = static_cast<std::size_t>(*ready);
  }
  if (const auto at_once = pool.whole("init_concurrency", positive)) {
    options.init_concurrency = static_cast<std::size_t>(*at_once);
  }
  read_duration(pool, "start_timeout_ms", 1, options.start_timeout);
  if (const auto policy = pool.text("cancelled_init")) {
    if (*policy != "keep" && *policy != "abort") {
      pool.fault("cancelled_init", "\"" + *policy + "\"", "\"keep\" or \"abort\"");
    }
    options.cancelled_init = *policy == "abort" ? cancelled_init::abort : cancelled_init::keep;
  }
}

void read_idle(toml_table& pool, python_pool_options& options) {
  if (const auto idle = pool.whole("worker_idle_timeout_ms", {1, longest_ms})) {
    options.worker_idle_timeout = milliseconds(*idle);
  }
  if (const auto most = pool.whole("max_idle_pings", positive)) {
    options.max_idle_pings = static_cast<std::size_t>(*most);
  }
}

void read_sessions(toml_table& pool, session_options& options) {
  auto sessions = pool.table("sessions");
  if (!sessions) {
    return;
  }
  if (const auto mode = sessions->text("mode")) {
    if (const auto known = affinity_from_string(*mode)) {
      options.mode = *known;
    } else {
      sessions->fault("mode", "\"" + *mode + "\"",
                      R"("hint", "strict_queue" or "strict_fail_fast")");
    }
  }
  if (const auto lifetime = sessions->whole("time_to_live_ms", {1, longest_ms})) {
    options.time_to_live = milliseconds(*lifetime);
  }
  if (const auto most = sessions->whole("max_sessions", positive)) {
    options.max_sessions = static_cast<std::size_t>(*most);
  }
  sessions->report_unknown();
}

void read_health(toml_table& pool, python_pool_options& options) {
  auto table = pool.table("health");
  if (!table) {
    return;
  }
  health_options health;
  read_duration(*table, "interval_ms", 1, health.interval);
  health.timeout = std::min(health.timeout, health.interval);
  read_duration(*table, "timeout_ms", 1, health.timeout);
  if (health.timeout > health.interval) {
    table->fault("timeout_ms", "a timeout above interval_ms", "one that is not longer");
  }
  if (const auto failures = table->whole("failures", {1, 1'000'000})) {
    health.failures = static_cast<std::uint32_t>(*failures);
  }
  if (const auto slow = table->whole("slow_call_ms", {1, longest_ms})) {
    health.slow_call = milliseconds(*slow);
  }
  if (const auto bytes = table->whole("max_stderr_bytes")) {
    if (*bytes == 0) {
      health.max_stderr = std::nullopt;
    } else {
      health.max_stderr->bytes = static_cast<std::size_t>(*bytes);
    }
  }
  if (const auto window = table->whole("stderr_window_ms", {1, longest_ms});
      window && health.max_stderr) {
    health.max_stderr->window = milliseconds(*window);
  }
  table->report_unknown();
  options.health = health;
}

void read_recycle(toml_table& pool, python_pool_options& options) {
  auto table = pool.table("recycle");
  if (!table) {
    return;
  }
  recycle_options& recycle = options.recycle.emplace();
  const auto count = [&](std::string_view key, std::optional<std::uint64_t>& to) {
    if (const auto given = table->whole(key, positive)) {
      to = static_cast<std::uint64_t>(*given);
    }
  };
  const auto time = [&](std::string_view key, std::optional<duration>& to) {
    if (const auto given = table->whole(key, {1, longest_ms})) {
      to = milliseconds(*given);
    }
  };
  count("max_requests", recycle.max_requests);
  time("max_age_ms", recycle.max_age);
  time("max_idle_ms", recycle.max_idle);
  count("max_resident_bytes", recycle.max_resident_bytes);
  if (const auto percent = table->whole("jitter_percent", {0, 99})) {
    recycle.jitter = static_cast<double>(*percent) / 100;
  }
  if (const auto at_once = table->whole("at_once", positive)) {
    recycle.at_once = static_cast<std::size_t>(*at_once);
  }
  read_duration(*table, "check_interval_ms", 1, recycle.check_interval);
  if (!table->has("max_requests") && !table->has("max_age_ms") && !table->has("max_idle_ms") &&
      !table->has("max_resident_bytes")) {
    pool.fault("recycle", "no limit",
               "max_requests, max_age_ms, max_idle_ms or max_resident_bytes");
  }
  table->report_unknown();
}

void read_wire(toml_table& pool, python_pool_options& options) {
  if (const auto name = pool.text("codec")) {
    if (const auto known = codec_from_string(*name)) {
      options.wire_codec = *known;
    } else {
      pool.fault("codec", "\"" + *name + "\"", "\"msgpack\" or \"json\"");
    }
  }
  if (const auto bytes = pool.whole("max_frame_bytes", frame_bytes_range)) {
    options.max_frame_bytes = static_cast<std::size_t>(*bytes);
  }
}

void read_times(toml_table& pool, python_pool_options& options) {
  read_duration(pool, "init_timeout_ms", 1, options.init_timeout);
  read_duration(pool, "call_timeout_ms", 1, options.call_timeout);
  read_duration(pool, "shutdown_grace_ms", 0, options.shutdown_grace);
  read_duration(pool, "terminate_grace_ms", 0, options.terminate_grace);
  if (const auto look = pool.whole("busy_poll_us", {0, 1'000'000})) {
    options.busy_poll = std::chrono::microseconds(*look);
  }
  if (const auto retries = pool.whole("init_retries", {0, 1'000'000})) {
    options.retry.retries = static_cast<std::uint32_t>(*retries);
  }
  read_duration(pool, "init_retry_first_ms", 1, options.retry.first);
  read_duration(pool, "init_retry_longest_ms", 1, options.retry.longest);
  if (options.retry.first > options.retry.longest) {
    pool.fault("init_retry_first_ms", "a first delay above init_retry_longest_ms",
               "one that is not longer");
  }
}

void read_name(toml_table& pool, std::set<std::string>& taken, python_pool_options& options) {
  auto name = pool.text("name");
  if (!name) {
    if (!pool.has("name")) {
      pool.fault("name", "nothing", "a name that no other pool has");
    }
    return;
  }
  if (!taken.insert(*name).second) {
    pool.fault("name", "the name \"" + *name + "\" of an earlier pool", "a name of its own");
  }
  options.name = std::move(*name);
}

void read_pools(toml_table& root, const path_base& base, const std::string& package_dir,
                run_config& config) {
  auto tables = root.tables("pool");
  if (!root.has("pool")) {
    root.fault("pool", "nothing", "at least one [[pool]]");
  }
  std::set<std::string> taken;
  for (auto& pool : tables) {
    python_pool_options options{.package_dir = package_dir};
    read_name(pool, taken, options);
    read_size(pool, options);
    read_start(pool, options);
    read_idle(pool, options);
    read_health(pool, options);
    read_recycle(pool, options);
    read_interpreter(pool, base, options);
    read_code(pool, base, options);
    read_surroundings(pool, base, options);
    read_wire(pool, options);
    read_times(pool, options);
    options.breaker = read_breaker(pool, "breaker");
    options.command_breaker = read_breaker(pool, "command_breaker");
    read_sessions(pool, options.sessions);
    pool.report_unknown();
    config.pools.push_back(std::move(options));
  }
}

}  // namespace

result<run_config, std::vector<toml_fault>> read_config_text(std::string_view text,
                                                             const std::string& file,
                                                             const std::string& package_dir) {
  auto document = toml_document::parse(text, file);
  if (!document) {
    return failure(std::move(document.error()));
  }
  toml_table root = document->root();
  run_config config;
  config.file = file;
  read_system(root, config);
  read_pools(root, path_base(file), package_dir, config);
  root.report_unknown();
  if (auto faults = document->faults(); !faults.empty()) {
    return failure(std::move(faults));
  }
  return config;
}

result<run_config, std::vector<toml_fault>> read_config(const std::filesystem::path& file,
                                                        const std::string& package_dir) {
  const auto unreadable = [&](std::string found) {
    return failure(
        std::vector<toml_fault>{{file.string(), 0, 0, "", std::move(found), "a TOML file"}});
  };
  std::error_code failed;
  if (std::filesystem::is_directory(file, failed)) {
    return unreadable("a folder");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return unreadable(std::filesystem::exists(file, failed) ? "a file that cannot be read"
                                                            : "no such file");
  }
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return read_config_text(text, file.string(), package_dir);
}

}  // namespace slipway::tools
