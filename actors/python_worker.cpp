// slipway/actors/python_worker.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/health_checker.hpp>
#include <slipway/actors/internal/process_guard.hpp>
#include <slipway/actors/internal/python_start.hpp>
#include <slipway/actors/internal/session_table.hpp>
#include <slipway/actors/python_worker.hpp>

#include <utility>

namespace slipway {

const char* to_string(init_stage stage) {
  switch (stage) {
    case init_stage::environment:
      return "environment";
    case init_stage::spawn:
      return "spawn";
    case init_stage::handshake:
      return "handshake";
    case init_stage::module_import:
      break;
  }
  return "module_import";
}

namespace {

exit_reason port_closed(const port& process) {
  // The end of a process that nobody asked to end has been published before the pool hears of it.
  const auto exit = process.wait_exited(time_point{});
  return exit ? exit_reason::error("port_closed", "the process ended: " + to_string(exit->status))
                    .with_stderr_tail(exit->stderr_tail)
              : exit_reason::error("port_closed", "the process is ending");
}

}  // namespace

python_worker::python_worker(runtime& shared, python_pool_options options,
                             std::shared_ptr<worker_roster> workers,
                             std::shared_ptr<internal::session_table> sessions, std::uint64_t run)
    : runtime_(&shared),
      options_(std::make_shared<const python_pool_options>(std::move(options))),
      workers_(workers ? std::move(workers) : std::make_shared<worker_roster>()),
      sessions_(std::move(sessions)),
      run_(run) {}

std::optional<worker_wish> python_worker::wish_of(const command& wanted) {
  const auto* of_session = std::get_if<session_checkout>(&wanted);
  return of_session != nullptr ? of_session->wish : std::nullopt;
}

init_return<python_worker::worker_state, python_worker::message> python_worker::init_worker(
    worker_id id, pool_state& pool) {
  auto start = std::make_shared<internal::python_start>(*runtime_, options_, id, pool.owner);
  workers_->add(start->record());
  return init_async<worker_state, message>{[start](const auto& link) { start->begin(link); },
                                           [start] { start->abort(); }};
}

checkout_return<python_worker::client_state> python_worker::handle_checkout(
    const command& /*wanted*/, request_id /*from*/, worker_state& worker, pool_state& pool) {
  if (auto why = worker.record->unfit()) {
    return outcome::remove{std::move(*why)};
  }
  auto client = std::make_shared<port_owner>();
  if (auto handed = worker.process->connect(*pool.owner, client); !handed) {
    return outcome::remove{exit_reason::error("checkout_failed", handed.error().message)
                               .with_cause(port_closed(*worker.process))};
  }
  worker.record->checked_out(runtime_->time()->now());
  return checkout_ok<client_state>{
      {worker.process, std::move(client), worker.name, worker_ref{run_, worker.id}, worker.record}};
}

checkin_return python_worker::handle_checkin(client_state& client, request_id /*from*/,
                                             worker_state& worker, pool_state& pool) {
  if (auto handed = worker.process->connect(*client.owner, pool.owner); !handed) {
    return outcome::remove{port_closed(*worker.process)};
  }
  internal::report(*runtime_, options_->name, worker.name,
                   worker.record->checked_in(client.call_failed ? lease_end::error : lease_end::ok,
                                             runtime_->time()->now()));
  if (auto why = worker.record->unfit()) {
    return outcome::remove{std::move(*why)};
  }
  return outcome::ok{};
}

info_return python_worker::handle_info(const message& /*what*/, worker_state& worker) {
  if (!worker.process->running()) {
    return outcome::remove{port_closed(*worker.process)};
  }
  if (auto why = worker.record->unfit()) {
    return outcome::remove{std::move(*why)};
  }
  return outcome::ok{};
}

ping_return python_worker::handle_ping(worker_state& worker, const pool_state& /*pool*/) {
  if (!worker.process->running()) {
    return outcome::remove{port_closed(*worker.process)};
  }
  if (options_->lazy) {
    return outcome::remove{exit_reason::shutdown("idle")};
  }
  return outcome::ok{};
}

void python_worker::terminate_worker(const exit_reason& reason, const worker_state& worker,
                                     pool_state& /*pool*/) {
  runtime_->report(runtime_events::worker_removed{options_->name, worker.name, reason});
  worker.record->removed(reason, runtime_->time()->now());
  if (sessions_) {
    sessions_->worker_lost({run_, worker.id}, worker.name, reason);
  }
  if (reason.is_abnormal()) {
    worker.process->kill();
  } else {
    worker.process->close();
  }
  worker.guard->release();
}

}  // namespace slipway
