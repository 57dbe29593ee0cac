// slipway/supervision/gen_server.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/gen_server.hpp>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace slipway::gen_server {

std::string_view to_string(call_errc code) noexcept {
  switch (code) {
    case call_errc::timeout:
      return "timeout";
    case call_errc::down:
      return "down";
    case call_errc::noproc:
      return "noproc";
    case call_errc::no_reply:
      break;
  }
  return "no_reply";
}

std::string to_string(const call_error& error) {
  std::string text(to_string(error.code));
  if (error.code == call_errc::down) {
    text += ": " + slipway::to_string(error.reason);
  }
  return text;
}

std::string_view to_string(start_errc code) noexcept {
  switch (code) {
    case start_errc::ignored:
      return "ignored";
    case start_errc::failed:
      return "failed";
    case start_errc::already_started:
      return "already_started";
    case start_errc::name_refused:
      return "name_refused";
    case start_errc::timeout:
      break;
  }
  return "timeout";
}

std::string to_string(const start_error& error) {
  std::string text(to_string(error.code));
  if (error.code == start_errc::failed) {
    text += ": " + slipway::to_string(error.reason);
  }
  return text;
}

namespace detail {

namespace {

/// Where a starting server's word is waited for.
class start_slot {
 public:
  void tell(detail::server_started how) {
    {
      const std::lock_guard guard{mutex_};
      told_ = std::move(how);
    }
    changed_.notify_all();
  }

  std::optional<detail::server_started> wait(std::chrono::milliseconds timeout) {
    std::unique_lock guard{mutex_};
    const auto told = [this] { return told_.has_value(); };
    if (timeout == infinity) {
      changed_.wait(guard, told);
    } else {
      changed_.wait_for(guard, timeout, told);
    }
    return told_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<detail::server_started> told_;
};

start_error name_error(registry_error refused) {
  start_error error;
  error.code = refused.code == registry_errc::already_registered ? start_errc::already_started
                                                                 : start_errc::name_refused;
  error.reason = exit_reason::error(std::string(slipway::to_string(refused.code)), refused.message);
  error.running = std::move(refused.holder);
  return error;
}

// The name is taken before the first callback runs, as in OTP: a second server of that name does no
// harm before it is refused.
result<caf::actor, start_error> spawn_named(caf::actor_system& system, const start_options& options,
                                            detail::server_setup setup) {
  if (options.registry != nullptr && !options.name.empty()) {
    setup.before_end = [names = *options.registry, name = options.name](const auto& server) {
      names.unregister_name(name, server);
    };
  }
  caf::actor server = detail::spawn_server(system, std::move(setup));
  if (!options.name.empty()) {
    auto named = options.registry != nullptr
                     ? options.registry->register_name(options.name, server)
                     : failure(registry_error{registry_errc::empty_name,
                                              "the name \"" + options.name + "\" has no registry"});
    if (!named) {
      return failure(name_error(std::move(named).error()));
    }
  }
  detail::begin(server);
  return server;
}

}  // namespace

result<caf::actor, start_error> start_and_wait(caf::actor_system& system,
                                               const start_options& options,
                                               detail::server_setup setup) {
  const auto slot = std::make_shared<start_slot>();
  setup.acknowledge = [slot](detail::server_started how) { slot->tell(std::move(how)); };
  auto server = spawn_named(system, options, std::move(setup));
  if (!server) {
    return server;
  }
  const auto told = slot->wait(options.timeout);
  if (!told) {
    detail::kill(*server);
    return failure(start_error{start_errc::timeout, exit_reason::timeout()});
  }
  if (std::holds_alternative<ignore_t>(*told)) {
    return failure(start_error{start_errc::ignored});
  }
  if (const auto* why_not = std::get_if<exit_reason>(&*told)) {
    return failure(start_error{start_errc::failed, *why_not});
  }
  return server;
}

start_result start_supervised(start_context& supervised, const start_options& options,
                              std::unique_ptr<detail::server_callbacks> callbacks) {
  auto server = spawn_named(
      supervised.system(), options,
      {.callbacks = std::move(callbacks),
       .parent = supervised.supervisor(),
       .parent_signals = true,
       .acknowledge = [to = supervised.acknowledger()](const detail::server_started& how) {
         if (std::holds_alternative<ignore_t>(how)) {
           to.ignored();
         } else if (const auto* why_not = std::get_if<exit_reason>(&how)) {
           to.failed(*why_not);
         } else {
           to.started();
         }
       }});
  if (!server) {
    return server.error().reason;
  }
  return starting_child{*server};
}

}  // namespace detail

}  // namespace slipway::gen_server
