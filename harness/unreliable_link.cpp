// slipway/harness/unreliable_link.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/simulated_time.hpp>
#include <slipway/harness/unreliable_link.hpp>
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/make_actor.hpp>
#include <caf/message.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/system_messages.hpp>

#include <condition_variable>
#include <utility>

namespace slipway::harness {
namespace {

// What becomes of one message.
struct passage {
  bool drop = false;
  bool hold = false;
  bool twice = false;
  duration delay{};
};

class unreliable_link final : public caf::monitorable_actor {
 public:
  unreliable_link(caf::actor_config& config, caf::actor target, link_options options)
      : caf::monitorable_actor(config), target_(std::move(target)), options_(std::move(options)) {
    register_at_system();
  }

  const char* name() const override { return "slipway.unreliable_link"; }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    const auto& content = what->content();
    if (content.match_elements<caf::exit_msg>() || content.match_elements<caf::down_msg>()) {
      target_->enqueue(std::move(what), host);
      return;
    }
    // Nobody is there to be struck; the sender learns that.
    if (getf(is_cleaned_up_flag)) {
      target_->enqueue(std::move(what), host);
      return;
    }
    const passage way = faults_of_message();
    caf::mailbox_element_ptr held_back;
    if (!way.drop) {
      const std::lock_guard guard(mutex_);
      held_back = std::exchange(held_, nullptr);
      if (way.hold && !held_back) {
        held_ = std::move(what);
        return;
      }
    }
    if (way.drop) {
      return;
    }
    if (way.twice) {
      pass_on(
          caf::make_mailbox_element(what->sender, what->mid, {}, what->copy_content_to_message()),
          way.delay, host);
    }
    pass_on(std::move(what), way.delay, host);
    if (held_back) {
      target_->enqueue(std::move(held_back), host);
    }
  }

  void ended(const caf::error& reason) {
    if (cleanup(caf::error(reason), nullptr)) {
      unregister_from_system();
    }
  }

  void suffer(const fault& what) const {
    if (const auto* left = std::get_if<fault_what::actor_exit>(&what)) {
      end_target(to_caf(left->reason));
    } else if (std::holds_alternative<fault_what::actor_kill>(what)) {
      end_target(caf::exit_reason::kill);
    } else if (options_.callbacks) {
      options_.callbacks->arm(what);
    }
  }

  void on_destroy() override {
    if (!getf(is_cleaned_up_flag)) {
      cleanup(caf::exit_reason::unreachable, nullptr);
      caf::monitorable_actor::on_destroy();
      unregister_from_system();
    }
  }

 private:
  passage faults_of_message() {
    using namespace fault_what;
    passage way;
    const fault_event event{.what = fault_event::kind::message, .who = options_.who};
    for (const auto& struck : options_.faults->on(event)) {
      if (std::holds_alternative<drop_message>(struck.what)) {
        way.drop = true;
      } else if (const auto* delayed = std::get_if<delay_message>(&struck.what)) {
        way.delay += delayed->by;
      } else if (std::holds_alternative<duplicate_message>(struck.what)) {
        way.twice = true;
      } else if (std::holds_alternative<reorder_message>(struck.what)) {
        way.hold = true;
      } else {
        suffer(struck.what);
      }
    }
    return way;
  }

  void end_target(caf::error reason) const {
    target_->enqueue(nullptr, caf::make_message_id(),
                     caf::make_message(caf::exit_msg{target_->address(), std::move(reason)}),
                     nullptr);
  }

  void pass_on(caf::mailbox_element_ptr what, duration delay, caf::execution_unit* host) {
    if (delay <= duration::zero()) {
      target_->enqueue(std::move(what), host);
      return;
    }
    // Shared, since a task has to be copyable.
    auto later = std::make_shared<caf::mailbox_element_ptr>(std::move(what));
    options_.timers->run_after(
        delay, [target = target_, later] { target->enqueue(std::move(*later), nullptr); });
  }

  const caf::actor target_;
  const link_options options_;
  std::mutex mutex_;
  caf::mailbox_element_ptr held_;
};

}  // namespace

fault_point::fault_point(std::shared_ptr<timer_service> timers)
    : simulated_(dynamic_cast<simulated_time*>(timers.get()) != nullptr),
      timers_(std::move(timers)) {}

void fault_point::arm(const fault& what) {
  if (std::holds_alternative<fault_what::actor_throw>(what) ||
      std::holds_alternative<fault_what::actor_block>(what)) {
    const std::lock_guard guard(mutex_);
    armed_ = what;
  }
}

duration fault_point::pass_without_waiting() {
  std::optional<fault> struck;
  {
    const std::lock_guard guard(mutex_);
    struck = std::exchange(armed_, std::nullopt);
  }
  if (!struck) {
    return duration::zero();
  }
  if (const auto* block = std::get_if<fault_what::actor_block>(&*struck)) {
    return block->lasts;
  }
  throw injected_exception();
}

void fault_point::pass() {
  const duration lasts = pass_without_waiting();
  if (lasts <= duration::zero()) {
    return;
  }
  if (simulated_) {
    throw std::logic_error(
        "a callback cannot block in a simulation, which has one thread: "
        "use pass_without_waiting and simulation::keep_busy");
  }
  struct gate {
    std::mutex mutex;
    std::condition_variable opened;
    bool open = false;
  };
  auto waits = std::make_shared<gate>();
  timers_->run_after(lasts, [waits] {
    const std::lock_guard guard(waits->mutex);
    waits->open = true;
    waits->opened.notify_all();
  });
  std::unique_lock lock(waits->mutex);
  waits->opened.wait(lock, [&] { return waits->open; });
}

caf::actor make_unreliable_link(const caf::actor& target, link_options options) {
  caf::actor_system& system = target.home_system();
  caf::actor_config config;
  const auto faults = options.faults;
  const fault_subject who = options.who;
  auto link = caf::make_actor<unreliable_link, caf::actor>(
      system.next_actor_id(), system.node(), &system, config, target, std::move(options));
  target->attach_functor([addr = link.address(), faults, who](const caf::error& reason) {
    faults->forget(who);
    if (const auto self = caf::actor_cast<caf::actor>(addr)) {
      static_cast<unreliable_link*>(caf::actor_cast<caf::abstract_actor*>(self))->ended(reason);
    }
  });
  return link;
}

void strike(const caf::actor& link, const fault& what) {
  if (const auto* to =
          dynamic_cast<unreliable_link*>(caf::actor_cast<caf::abstract_actor*>(link))) {
    to->suffer(what);
  }
}

}  // namespace slipway::harness
