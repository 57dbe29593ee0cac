// slipway/supervision/name_registry.hpp
//
// Names of actors: who answers to `cache`, and waiting until somebody does.
// Belongs here: registering, looking up, waiting.
// Does not: starting what is named (gen_server.hpp).
// Invariants: (1) a name has at most one actor, alive at its registration;
//             (2) who has seen the end of an actor, by a monitor or otherwise, finds its names
//                 free;
//             (3) a registry keeps no actor alive.
// Source: erlang:register/2, whereis/1, registered/0.
// Differs: a registry is an object, one for each host that wants one, so two systems in one process
//         do not see each other's names.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

enum class registry_errc : std::uint8_t {
  already_registered,  ///< another living actor has the name
  no_actor,            ///< the actor is null, or has ended
  empty_name,
  timeout,  ///< nobody took the name in time
};

[[nodiscard]] std::string_view to_string(registry_errc code) noexcept;

struct registry_error {
  registry_errc code = registry_errc::timeout;
  std::string message;  ///< one sentence that has the name
  caf::actor holder{};  ///< already_registered: who has it
};

/// Names and their actors. A value: copies share the names. Thread: any.
class name_registry {
 public:
  name_registry();

  /// Gives `actor` the name until it ends. An actor may have several names.
  /// Errors: already_registered, no_actor, empty_name.
  [[nodiscard]] result<void, registry_error> register_name(const std::string& name,
                                                           const caf::actor& actor) const;

  /// Frees a name. False: nobody had it.
  // NOLINTNEXTLINE(modernize-use-nodiscard): the name is free afterwards, whatever it says.
  bool unregister_name(const std::string& name) const;

  /// Frees a name if it is this actor's. False: it was not.
  // NOLINTNEXTLINE(modernize-use-nodiscard): the name is not its own afterwards, whatever it says.
  bool unregister_name(const std::string& name, const caf::actor_addr& holder) const;

  /// Who has the name; null when nobody has. `erlang:whereis/1`.
  [[nodiscard]] caf::actor whereis(const std::string& name) const;

  /// All names in use, sorted.
  [[nodiscard]] std::vector<std::string> registered() const;

  /// Blocks until somebody has the name, at the longest for `deadline`; a name that is in use is
  /// answered at once. Thread: plain threads only. Errors: timeout.
  [[nodiscard]] result<caf::actor, registry_error> wait_until_registered(
      const std::string& name, std::chrono::milliseconds deadline) const;

 private:
  struct names;
  std::shared_ptr<names> names_;
};

}  // namespace slipway
