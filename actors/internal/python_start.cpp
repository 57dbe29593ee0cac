// slipway/actors/internal/python_start.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/process_guard.hpp>
#include <slipway/actors/internal/python_command_line.hpp>
#include <slipway/actors/internal/python_start.hpp>
#include <slipway/protocol/envelope_codec.hpp>
#include <slipway/protocol/wire_error.hpp>

#include <spdlog/logger.h>

#include <array>
#include <utility>

namespace slipway::internal {
namespace {

// The exit codes of slipway_worker/exit_codes.py.
constexpr int exit_environment = 81;
constexpr int exit_start_failed = 82;

// Any will do: a handshake is the first exchange of its process. Not 0, so that a worker which
// leaves the id out is not taken for one that answers.
constexpr std::uint64_t handshake_id = 1;
constexpr std::uint64_t shutdown_id = 2;

exit_reason stage_failure(init_stage stage, std::string message) {
  return exit_reason::error(to_string(stage), std::move(message));
}

init_stage stage_of(const exit_status& status) {
  if (status.how == exit_status::kind::exited && status.value == exit_environment) {
    return init_stage::environment;
  }
  if (status.how == exit_status::kind::exited && status.value == exit_start_failed) {
    return init_stage::module_import;
  }
  return init_stage::handshake;
}

std::vector<std::byte> shutdown_frame(const python_pool_options& options) {
  byte_buffer frame;
  // It always fits and is always encodable; an empty frame would mean that none is sent.
  static_cast<void>(encode_request(options.wire_codec, shutdown_id, "shutdown", value(), frame));
  return frame;
}

// The answer of a worker that knows no versions, as bridge scripts of the older kind, is a good
// one.
std::optional<exit_reason> check_version(const value& answer, const python_pool_options& options) {
  const auto version = answer.find("protocol");
  const auto codec = answer.find("codec");
  const bool same_version = !version || version->as<std::uint32_t>() == protocol_version;
  const bool same_codec =
      !codec || codec->as<std::string>() == std::string(to_string(options.wire_codec));
  if (same_version && same_codec) {
    return std::nullopt;
  }
  return stage_failure(init_stage::handshake,
                       "protocol mismatch: the host speaks version " +
                           std::to_string(protocol_version) + " with " +
                           std::string(to_string(options.wire_codec)) + ", the worker version " +
                           (version ? version->to_text() : "unknown") + " with " +
                           (codec ? codec->to_text() : "unknown"));
}

}  // namespace

python_start::python_start(runtime& shared, std::shared_ptr<const python_pool_options> options,
                           worker_id id, port_owner_ptr owner)
    : runtime_(shared),
      options_(std::move(options)),
      owner_(std::move(owner)),
      id_(id),
      name_(options_->name + "/" + std::to_string(static_cast<std::uint64_t>(id))),
      record_(
          std::make_shared<worker_record>(id, name_, options_->health, runtime_.time()->now())) {}

void python_start::begin(const link_type& link) {
  link_.emplace(link);
  begun_ = runtime_.time()->now();
  if (const auto& watch = runtime_.watch()) {
    const std::array<telemetry_metadatum, 2> metadata{
        {{"pool", options_->name}, {"worker", name_}}};
    watch->emit({telemetry_event::worker_init_start, begun_, {}, metadata});
  }
  port_options options;
  options.shutdown_frame = shutdown_frame(*options_);
  options.shutdown_grace = options_->shutdown_grace;
  options.terminate_grace = options_->terminate_grace;
  options.max_frame_bytes = options_->max_frame_bytes;
  options.busy_poll = options_->busy_poll;
  options.on_stderr_line = [&shared = runtime_, name = name_](std::string_view line) {
    shared.log().info("[{}] {}", name, line);
  };
  if (options_->health && options_->health->max_stderr) {
    options.max_stderr = options_->health->max_stderr;
    options.on_stderr_flood = [self = shared_from_this()] { self->flooded(); };
  }
  options.on_exit = [self = shared_from_this()](const port_exit& exit) { self->ended(exit); };
  options.held_while_alive = runtime_.hold();
  runtime_.ports().open(
      worker_command_line(*options_, name_), std::move(options), owner_,
      [self = shared_from_this()](auto process) { self->opened(std::move(process)); });
}

void python_start::abort() {
  {
    std::lock_guard guard(mutex_);
    aborted_ = true;
    if (process_) {
      process_->kill();
    }
  }
  record_->start_cancelled(runtime_.time()->now());
  runtime_.report(runtime_events::worker_init_cancelled{options_->name, name_});
}

void python_start::ended(const port_exit& exit) {
  int pid = 0;
  {
    // The port holds the callback that holds this start, so this start lets go of the port.
    std::lock_guard guard(mutex_);
    pid = process_->os_pid();
    process_.reset();
  }
  record_->exited(exit.status, runtime_.time()->now());
  runtime_.report(
      runtime_events::worker_exited{options_->name, name_, pid, exit.status, exit.asked});
  link_->info();
}

void python_start::flooded() {
  if (record_->flooded().unfit) {
    const stderr_limit& limit = *options_->health->max_stderr;
    runtime_.report(runtime_events::stderr_flood{options_->name, name_, limit.bytes, limit.window});
    record_->tell_pool();
  }
}

void python_start::opened(result<std::shared_ptr<port>, spawn_error> process) {
  if (!process) {
    const spawn_error& error = process.error();
    fail(stage_failure(
        error.code == spawn_errc::program_not_found ? init_stage::environment : init_stage::spawn,
        std::string(to_string(error.code)) + ": " + error.message));
    return;
  }
  {
    std::lock_guard guard(mutex_);
    process_ = std::move(*process);
    if (aborted_) {
      process_->kill();
      return;
    }
  }
  link_->handshaking();
  shake_hands();
}

void python_start::shake_hands() {
  byte_buffer frame;
  const value hello = value::map(
      {{"protocol", value(protocol_version)}, {"codec", value(to_string(options_->wire_codec))}});
  if (auto encoded = encode_request(options_->wire_codec, handshake_id, "ping", hello, frame);
      !encoded) {
    fail(stage_failure(init_stage::handshake, to_string(encoded.error())));
    return;
  }
  process_->async_exchange(
      owner_, std::move(frame), deadline_after(begun_, options_->init_timeout),
      [self = shared_from_this()](auto answer) { self->answered(std::move(answer)); });
}

void python_start::answered(result<port::payload, port_error> answer) {
  if (!answer) {
    const port_error& error = answer.error();
    const init_stage stage = error.exit ? stage_of(error.exit->status) : init_stage::handshake;
    std::string message = error.message;
    if (error.code == port_errc::timeout) {
      message = "no answer to the handshake within the init timeout";
      if (error.unfinished_answer) {
        message += ": " + *error.unfinished_answer;
      }
    }
    auto reason = stage_failure(stage, std::move(message));
    fail(reason.with_stderr_tail(error.exit ? error.exit->stderr_tail : process_->stderr_lines()));
    return;
  }
  if (auto refused = check(*answer)) {
    fail(refused->with_stderr_tail(process_->stderr_lines()));
    return;
  }
  std::shared_ptr<port> process;
  {
    std::lock_guard guard(mutex_);
    if (aborted_) {
      return;
    }
    process = process_;
  }
  record_->ready(
      process, owner_, [link = *link_] { link.info(); }, runtime_.time()->now());
  runtime_.report(runtime_events::worker_ready{options_->name, name_, process->os_pid(),
                                               runtime_.time()->now() - begun_});
  link_->ready(
      {process, name_, id_, runtime_.hold(), std::make_shared<process_guard>(process), record_});
}

std::optional<exit_reason> python_start::check(port::payload answer) const {
  const auto decoded = decode_response_to(options_->wire_codec, handshake_id, answer);
  if (!decoded) {
    const wire_error& error = decoded.error();
    return exit_reason::error(
        error.code == wire_errc::id_mismatch ? "response_id_mismatch" : "malformed_init_response",
        to_string(error) + ", answer begins with " + error.first_bytes);
  }
  if (!decoded->outcome) {
    return stage_failure(init_stage::handshake, to_string(decoded->outcome.error()));
  }
  if (!decoded->outcome->is_map()) {
    return exit_reason::error("malformed_init_response",
                              "expected a map, got " + std::string(decoded->outcome->type_name()) +
                                  ", answer begins with " + quote_bytes(answer));
  }
  return check_version(*decoded->outcome, *options_);
}

void python_start::fail(exit_reason reason) {
  {
    std::lock_guard guard(mutex_);
    if (process_) {
      process_->kill();
    }
    if (aborted_) {
      return;
    }
  }
  record_->start_failed(reason, runtime_.time()->now());
  runtime_.report(runtime_events::worker_init_failed{options_->name, name_, reason});
  link_->failed(std::move(reason));
}

}  // namespace slipway::internal
