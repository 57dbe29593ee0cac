// slipway/supervision/name_registry.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/name_registry.hpp>

#include <caf/abstract_actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>

#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

namespace slipway {

namespace {

// An actor that has ended tells those who watch it one after the other, in CAF's order: others may
// know before a registry does. This flag is set before anybody is told.
bool has_ended(const caf::actor& actor) {
  return caf::actor_cast<caf::abstract_actor*>(actor)->getf(
      caf::abstract_actor::is_cleaned_up_flag);
}

}  // namespace

struct name_registry::names {
  std::mutex mutex;
  std::condition_variable taken;
  std::map<std::string, caf::actor_addr> actors;

  // With the mutex held; null when nobody has it. The actor must be let go of without the mutex, since
  // that may be the end of it.
  [[nodiscard]] caf::actor find(const std::string& name) const {
    const auto entry = actors.find(name);
    return entry == actors.end()
               ? caf::actor{}
               : caf::actor_cast<caf::actor>(caf::actor_cast<caf::strong_actor_ptr>(entry->second));
  }

  // Who has the name already; null when it was free and is taken now.
  [[nodiscard]] caf::actor take(const std::string& name, const caf::actor_addr& address) {
    caf::actor holder;
    const std::lock_guard guard{mutex};
    holder = find(name);
    if (holder && !has_ended(holder)) {
      return holder;
    }
    actors.insert_or_assign(name, address);
    return {};
  }

  bool forget(const std::string& name, const caf::actor_addr& holder) {
    const std::lock_guard guard{mutex};
    const auto entry = actors.find(name);
    const bool is_theirs = entry != actors.end() && entry->second == holder;
    if (is_theirs) {
      actors.erase(entry);
    }
    return is_theirs;
  }
};

name_registry::name_registry() : names_(std::make_shared<names>()) {}

result<void, registry_error> name_registry::register_name(const std::string& name,
                                                          const caf::actor& actor) const {
  if (name.empty()) {
    return failure(
        registry_error{registry_errc::empty_name, "a name needs at least one character"});
  }
  if (!actor || has_ended(actor)) {
    return failure(
        registry_error{registry_errc::no_actor, "no living actor was given for \"" + name + '"'});
  }
  const caf::actor_addr address = actor.address();
  if (auto holder = names_->take(name, address)) {
    return failure(registry_error{registry_errc::already_registered,
                                  "the name \"" + name + "\" is in use", std::move(holder)});
  }
  names_->taken.notify_all();
  // Runs at once if the actor has ended meanwhile.
  caf::actor_cast<caf::abstract_actor*>(actor)->attach_functor(
      [weak = std::weak_ptr<names>(names_), name, address](const caf::error&) {
        if (const auto still = weak.lock()) {
          still->forget(name, address);
        }
      });
  return {};
}

bool name_registry::unregister_name(const std::string& name) const {
  const std::lock_guard guard{names_->mutex};
  return names_->actors.erase(name) != 0;
}

bool name_registry::unregister_name(const std::string& name, const caf::actor_addr& holder) const {
  return names_->forget(name, holder);
}

caf::actor name_registry::whereis(const std::string& name) const {
  caf::actor found;
  {
    const std::lock_guard guard{names_->mutex};
    found = names_->find(name);
  }
  return found && !has_ended(found) ? found : caf::actor{};
}

std::vector<std::string> name_registry::registered() const {
  std::vector<std::string> all;
  std::vector<caf::actor> looked_at;
  const std::lock_guard guard{names_->mutex};
  for (const auto& [name, actor] : names_->actors) {
    looked_at.push_back(names_->find(name));
    if (looked_at.back() && !has_ended(looked_at.back())) {
      all.push_back(name);
    }
  }
  return all;
}

result<caf::actor, registry_error> name_registry::wait_until_registered(
    const std::string& name, std::chrono::milliseconds deadline) const {
  std::vector<caf::actor> looked_at;
  std::unique_lock guard{names_->mutex};
  const bool taken = names_->taken.wait_for(guard, deadline, [&] {
    looked_at.push_back(names_->find(name));
    return looked_at.back() && !has_ended(looked_at.back());
  });
  if (taken) {
    return std::move(looked_at.back());
  }
  return failure(registry_error{
      registry_errc::timeout,
      "nobody took the name \"" + name + "\" within " + std::to_string(deadline.count()) + " ms"});
}

std::string_view to_string(registry_errc code) noexcept {
  switch (code) {
    case registry_errc::already_registered:
      return "already_registered";
    case registry_errc::no_actor:
      return "no_actor";
    case registry_errc::empty_name:
      return "empty_name";
    case registry_errc::timeout:
      break;
  }
  return "timeout";
}

}  // namespace slipway
