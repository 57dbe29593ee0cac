// slipway/harness/faulty_ports.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/faulty_ports.hpp>
#include <slipway/harness/internal/fault_server.hpp>
#include <slipway/harness/internal/spawn_refusal.hpp>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::harness {
namespace {

std::string name_of(const process_spec& spec) {
  const auto named = std::find(spec.arguments.begin(), spec.arguments.end(), "--worker-id");
  if (named != spec.arguments.end() && named + 1 != spec.arguments.end()) {
    return *(named + 1);
  }
  const auto slash = spec.program.rfind('/');
  return slash == std::string::npos ? spec.program : spec.program.substr(slash + 1);
}

// Of "licences/3" it is "licences".
std::string pool_of(const std::string& worker) {
  const auto slash = worker.rfind('/');
  return slash == std::string::npos ? std::string() : worker.substr(0, slash);
}

// Then starting it has its own error, which a relay in between would hide.
bool surely_fails(const std::string& program) {
  return program.starts_with('/') && ::access(program.c_str(), X_OK) != 0;
}

}  // namespace

class faulty_ports::impl {
 public:
  impl(std::shared_ptr<port_source> real, std::shared_ptr<timer_service> timers,
       std::shared_ptr<fault_injector> faults, process_fault_options options)
      : real_(std::move(real)),
        timers_(std::move(timers)),
        faults_(std::move(faults)),
        options_(std::move(options)),
        server_(std::make_shared<internal::fault_server>(faults_)) {}

  void open(process_spec spec, port_options options, port_owner_ptr owner, port::opened done) {
    const fault_subject who = subject_of(spec);
    std::vector<injected_fault> at_once;
    for (auto& struck : faults_at_spawn(who)) {
      if (const auto* failed = std::get_if<fault_what::spawn_failure>(&struck.what)) {
        faults_->forget(who);
        spawn_error refused = spawn_refusal(failed->error, spec.program);
        refused.message += " (injected)";
        fail(std::move(refused), std::move(options), std::move(done));
        return;
      }
      at_once.push_back(std::move(struck));
    }
    if (surely_fails(spec.program)) {
      faults_->forget(who);
      real_->open(std::move(spec), std::move(options), std::move(owner), std::move(done));
      return;
    }
    const std::uint64_t token = server_->expect(who, std::move(at_once));
    options.on_exit = [server = server_, token,
                       then = std::move(options.on_exit)](const port_exit& exit) {
      server->forget(token);
      if (then) {
        then(exit);
      }
    };
    real_->open(behind_relay(std::move(spec), token), std::move(options), std::move(owner),
                [server = server_, token, done = std::move(done)](auto opened) {
                  if (!opened) {
                    server->forget(token);
                  }
                  done(std::move(opened));
                });
  }

  void stop() {
    real_->stop();
    server_->stop();
  }

  void look() { server_->look(); }

 private:
  fault_subject subject_of(const process_spec& spec) {
    fault_subject who;
    who.name = name_of(spec);
    who.pool = pool_of(who.name);
    if (const auto tag = options_.tags.find(who.pool); tag != options_.tags.end()) {
      who.tag = tag->second;
    }
    const std::lock_guard guard(mutex_);
    who.worker = ++started_[who.pool];
    return who;
  }

  std::vector<injected_fault> faults_at_spawn(const fault_subject& who) {
    std::vector<injected_fault> struck;
    for (const auto what : {fault_event::kind::enters_state, fault_event::kind::spawn}) {
      for (auto& each :
           faults_->on({.what = what, .state = process_state::before_spawn, .who = who})) {
        struck.push_back(std::move(each));
      }
    }
    return struck;
  }

  void fail(spawn_error error, port_options options, port::opened done) {
    // Shared, since a task has to be copyable.
    auto given = std::make_shared<port_options>(std::move(options));
    timers_->run_after(duration::zero(),
                       [error = std::move(error), given, done = std::move(done)]() mutable {
                         done(failure(std::move(error)));
                         given->held_while_alive.reset();
                       });
  }

  [[nodiscard]] process_spec behind_relay(process_spec spec, std::uint64_t token) const {
    std::vector<std::string> arguments{server_->address(), std::to_string(token),
                                       std::exchange(spec.program, options_.relay)};
    arguments.insert(arguments.end(), spec.arguments.begin(), spec.arguments.end());
    spec.arguments = std::move(arguments);
    return spec;
  }

  const std::shared_ptr<port_source> real_;
  const std::shared_ptr<timer_service> timers_;
  const std::shared_ptr<fault_injector> faults_;
  const process_fault_options options_;
  const std::shared_ptr<internal::fault_server> server_;
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> started_;  // by pool
};

faulty_ports::faulty_ports(std::shared_ptr<port_source> real, std::shared_ptr<timer_service> timers,
                           std::shared_ptr<fault_injector> faults, process_fault_options options)
    : impl_(std::make_unique<impl>(std::move(real), std::move(timers), std::move(faults),
                                   std::move(options))) {}

faulty_ports::~faulty_ports() = default;

void faulty_ports::open(process_spec spec, port_options options, port_owner_ptr owner,
                        port::opened done) {
  impl_->open(std::move(spec), std::move(options), std::move(owner), std::move(done));
}

void faulty_ports::stop() {
  impl_->stop();
}

void faulty_ports::look() {
  impl_->look();
}

machine with_faults(machine real, std::shared_ptr<fault_injector> faults,
                    process_fault_options options) {
  real.ports = std::make_shared<faulty_ports>(std::move(real.ports), real.timers, std::move(faults),
                                              std::move(options));
  return real;
}

}  // namespace slipway::harness
