// slipway/actors/bridge.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/bridge.hpp>
#include <slipway/actors/clock.hpp>
#include <slipway/actors/internal/bridge_answers_core.hpp>
#include <slipway/actors/internal/bridge_workers.hpp>

#include <array>
#include <atomic>
#include <utility>

namespace slipway {
namespace {

constexpr std::array backends{bridge_backend::mock, bridge_backend::loopback,
                              bridge_backend::single, bridge_backend::pool};

call_error made(call_errc code, call_effect effect, std::string message) {
  call_error error;
  error.code = code;
  error.effect = effect;
  error.message = std::move(message);
  return error;
}

struct removal {
  std::uint64_t programs_removed = 0;
  MSGPACK_DEFINE_MAP(programs_removed)
};

bool has_processes(bridge_backend backend) {
  return backend == bridge_backend::single || backend == bridge_backend::pool;
}

value args_of(const program_ref& program) {
  return value::map({{"program_id", value(program.id)},
                     {"session_id", program.session_id ? value(*program.session_id) : value()}});
}

}  // namespace

const char* to_string(bridge_backend backend) {
  switch (backend) {
    case bridge_backend::mock:
      return "mock";
    case bridge_backend::loopback:
      return "loopback";
    case bridge_backend::single:
      return "single";
    case bridge_backend::pool:
      break;
  }
  return "pool";
}

std::optional<bridge_backend> bridge_backend_from_string(std::string_view name) {
  for (const auto backend : backends) {
    if (name == to_string(backend)) {
      return backend;
    }
  }
  return std::nullopt;
}

const char* to_string(bridge_errc code) {
  switch (code) {
    case bridge_errc::missing_key:
      return "missing_key";
    case bridge_errc::contradiction:
      return "contradiction";
    case bridge_errc::invalid_value:
      return "invalid_value";
    case bridge_errc::start_failed:
      break;
  }
  return "start_failed";
}

std::optional<bridge_error> flaw_of(const bridge_config& config) {
  if (!config.backend) {
    return bridge_error{
        bridge_errc::missing_key,
        {"backend"},
        "backend must be mock, loopback, single or pool; nothing is chosen for you"};
  }
  const bridge_backend backend = *config.backend;
  const auto excludes = [&](const std::string& key) {
    return bridge_error{bridge_errc::contradiction,
                        {"backend", key},
                        "backend = " + std::string(to_string(backend)) + " excludes " + key};
  };
  const bool processes = has_processes(backend);
  const std::array<std::pair<const char*, bool>, 8> refused{{
      {"size", config.size && backend != bridge_backend::pool},
      {"python", config.python && !processes},
      {"module", config.module && !processes},
      {"script", config.script && !processes},
      {"python_path", !config.python_path.empty() && !processes},
      {"init_timeout", config.init_timeout && !processes},
      {"codec", config.wire_codec && backend == bridge_backend::mock},
      {"answers", !config.answers.empty() && processes},
  }};
  for (const auto& [key, at_fault] : refused) {
    if (at_fault) {
      return excludes(key);
    }
  }
  if (config.module && config.script) {
    return bridge_error{bridge_errc::contradiction, {"module", "script"}, "module excludes script"};
  }
  const std::array<std::pair<const char*, bool>, 5> invalid{{
      {"name", config.name.empty()},
      {"size", config.size == 0U},
      {"python", config.python && config.python->empty()},
      {"module", config.module && config.module->empty()},
      {"script", config.script && config.script->empty()},
  }};
  for (const auto& [key, at_fault] : invalid) {
    if (at_fault) {
      return bridge_error{
          bridge_errc::invalid_value,
          {key},
          std::string(key) +
              (key == std::string_view("size") ? " must be at least 1" : " must not be empty")};
    }
  }
  return std::nullopt;
}

class bridge::impl {
 public:
  impl(bridge_config config, std::unique_ptr<internal::bridge_workers> workers)
      : config_(std::move(config)), workers_(std::move(workers)), opened_(clock_.now()) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  impl(impl&&) = delete;
  impl& operator=(impl&&) = delete;
  ~impl() { workers_->stop(); }

  reply<value> call(const std::string& command, const value& args, duration timeout) {
    if (stopped_) {
      return failure(made(call_errc::pool_stopped, call_effect::not_sent,
                          "'" + command + "': bridge '" + config_.name + "' was shut down"));
    }
    auto outcome =
        valid(command, args).and_then([&] { return carried_out(command, args, timeout); });
    ++commands_;
    if (!outcome) {
      ++errors_;
    }
    return outcome;
  }

  [[nodiscard]] const bridge_config& config() const { return config_; }

 private:
  // What the codecs refuse, so that a back end without one refuses it, too.
  static result<void, call_error> valid(const std::string& command, const value& args) {
    const char* flaw = nullptr;
    if (command.empty()) {
      flaw = "a command needs a name";
    } else if (!args.is_map() && !args.is_nil()) {
      flaw = "the arguments must be a map";
    }
    if (flaw != nullptr) {
      return failure(
          made(call_errc::invalid_argument, call_effect::not_sent, "'" + command + "': " + flaw));
    }
    return {};
  }

  reply<value> carried_out(const std::string& command, const value& args, duration timeout) {
    if (command == "shutdown") {
      stopped_ = true;
      workers_->stop();
      return value::map({{"status", value("shutting_down")}});
    }
    const auto deadline = deadline_after(clock_.now(), timeout);
    const auto route = internal::route(command, args, workers_->size(), turn_++);
    std::vector<value> answers;
    for (auto worker = route.first; worker < route.first + route.count; ++worker) {
      auto answer = workers_->call(worker, command, args, deadline - clock_.now());
      if (!answer) {
        if (!answers.empty()) {
          answer.error().effect = call_effect::unknown;
        }
        return answer;
      }
      answers.push_back(std::move(*answer));
    }
    auto merged = internal::merge(command, answers);
    if (!merged) {
      return failure(made(call_errc::unexpected_result, call_effect::unknown,
                          "'" + command + "': " + merged.error()));
    }
    return command == "get_stats" ? with_counts(*merged) : std::move(*merged);
  }

  [[nodiscard]] value with_counts(const value& stats) const {
    const std::chrono::duration<double> uptime = clock_.now() - opened_;
    return value::map({{"programs_count", *stats.find("programs_count")},
                       {"command_count", value(commands_.load())},
                       {"error_count", value(errors_.load())},
                       {"uptime_s", value(uptime.count())},
                       {"workers", *stats.find("workers")}});
  }

  const bridge_config config_;
  const std::unique_ptr<internal::bridge_workers> workers_;
  const steady_clock clock_;
  const time_point opened_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::size_t> turn_{0};
  std::atomic<std::uint64_t> commands_{0};
  std::atomic<std::uint64_t> errors_{0};
};

bridge::bridge(std::shared_ptr<impl> state) : impl_(std::move(state)) {}

bridge_backend bridge::backend() const {
  return *impl_->config().backend;
}

bridge::reply<value> bridge::call(std::string_view command, const value& args,
                                  duration timeout) const {
  return impl_->call(std::string(command), args, timeout);
}

bridge::reply<value> bridge::call(std::string_view command, const value& args) const {
  return call(command, args, impl_->config().call_timeout);
}

template <class R>
bridge::reply<R> bridge::typed(std::string_view command, const value& args) const {
  return call(command, args).and_then([&](const value& given) -> reply<R> {
    auto made_of = given.as<R>();
    if (!made_of) {
      return failure(
          made(call_errc::unexpected_result, call_effect::unknown,
               std::string("'").append(command).append("': ") + to_string(made_of.error())));
    }
    return std::move(*made_of);
  });
}

bridge::reply<void> bridge::done(std::string_view command, const value& args) const {
  return call(command, args).map([](const value& /*given*/) {});
}

bridge::reply<std::uint64_t> bridge::removed(std::string_view command, const value& args) const {
  return typed<removal>(command, args).map([](const removal& of) { return of.programs_removed; });
}

bridge::reply<void> bridge::ping() const {
  return done("ping", {});
}

bridge::reply<void> bridge::create_program(const new_program& program) const {
  return done(
      "create_program",
      value::map({{"id", value(program.id)},
                  {"signature", program.signature},
                  {"session_id", program.session_id ? value(*program.session_id) : value()}}));
}

bridge::reply<program_outputs> bridge::execute_program(const program_ref& program,
                                                       const value& inputs) const {
  return typed<program_outputs>(
      "execute_program",
      value::map({{"program_id", value(program.id)},
                  {"inputs", inputs},
                  {"session_id", program.session_id ? value(*program.session_id) : value()}}));
}

bridge::reply<program_list> bridge::list_programs(
    const std::optional<std::string>& session_id) const {
  return typed<program_list>(
      "list_programs", session_id ? value::map({{"session_id", value(*session_id)}}) : value());
}

bridge::reply<program_info> bridge::get_program_info(const program_ref& program) const {
  return typed<program_info>("get_program_info", args_of(program));
}

bridge::reply<void> bridge::delete_program(const program_ref& program) const {
  return done("delete_program", args_of(program));
}

bridge::reply<bridge_stats> bridge::get_stats() const {
  return typed<bridge_stats>("get_stats", {});
}

bridge::reply<std::uint64_t> bridge::cleanup_session(const std::string& session_id) const {
  return removed("cleanup_session", value::map({{"session_id", value(session_id)}}));
}

bridge::reply<std::uint64_t> bridge::cleanup() const {
  return removed("cleanup", {});
}

bridge::reply<std::uint64_t> bridge::reset_state() const {
  return removed("reset_state", {});
}

bridge::reply<void> bridge::configure_lm(const value& options) const {
  return done("configure_lm", options);
}

bridge::reply<void> bridge::shutdown() const {
  return done("shutdown", {});
}

result<bridge, bridge_error> open_bridge(bridge_config config) {
  if (auto flaw = flaw_of(config)) {
    return failure(std::move(*flaw));
  }
  std::unique_ptr<internal::bridge_workers> workers;
  if (has_processes(*config.backend)) {
    auto started = internal::python_workers(config);
    if (!started) {
      return failure(std::move(started).error());
    }
    workers = std::move(*started);
  } else {
    workers = internal::in_process_workers(config);
  }
  return bridge(std::make_shared<bridge::impl>(std::move(config), std::move(workers)));
}

}  // namespace slipway
