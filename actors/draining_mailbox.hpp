// slipway/actors/draining_mailbox.hpp
//
// A mailbox whose messages are handled on the threads that send them: a sender that finds the owner
// idle handles its own message at once; one that finds it busy leaves the message to whoever is
// handling.
// Belongs here: the queue and the rule of who drains it.
// Does not: what a message means, actors, clocks.
// Invariants: (1) at most one thread runs the handler at any instant;
//             (2) messages of one sender are handled in the order in which they were posted;
//             (3) no thread ever waits for another;
//             (4) what the handler wrote is visible to the next run of the handler on any thread.
// Source: CAF's actor_pool overrides enqueue to the same end; the stack of the busy state is the
//         one of CAF's lifo_inbox.
// Differs: no lock, and a handler may post to its own mailbox.
//
//     idle --post: CAS--> busy (handle own message, then drain) --drain finds nothing: CAS--> idle
//     busy --post: push on the stack, return--> busy
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace slipway {

/// A lock-free many-senders mailbox, drained by its senders.
template <class Message>
class draining_mailbox {
 public:
  using handler = std::function<void(Message&&)>;

  /// @param handle  called once for each message, never by two threads at a time. It must not
  /// throw, and
  ///                it should be brief: the sender that happens to drain pays for all.
  explicit draining_mailbox(handler handle) : handle_(std::move(handle)) {}

  draining_mailbox(const draining_mailbox&) = delete;
  draining_mailbox& operator=(const draining_mailbox&) = delete;
  draining_mailbox(draining_mailbox&&) = delete;
  draining_mailbox& operator=(draining_mailbox&&) = delete;

  ~draining_mailbox() {
    link* left = head_.load(std::memory_order_acquire);
    if (left != nullptr && left != &busy_) {
      destroy(left);
    }
  }

  /// Hands over one message. It has been handled on return if nobody was draining; otherwise it
  /// will be, by the thread that is. Thread: any, also the handler itself. Cost: no allocation when
  /// idle.
  void post(Message message) {
    link* seen = nullptr;
    if (head_.compare_exchange_strong(seen, &busy_, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
      handle_(std::move(message));
      drain();
      return;
    }
    auto waiting = std::make_unique<node>(std::move(message));
    for (;;) {
      if (seen == nullptr) {
        if (head_.compare_exchange_weak(seen, &busy_, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
          handle_(std::move(waiting->message));
          drain();
          return;
        }
      } else {
        waiting->next = seen;
        if (head_.compare_exchange_weak(seen, waiting.get(), std::memory_order_release,
                                        std::memory_order_relaxed)) {
          static_cast<void>(waiting.release());
          return;
        }
      }
    }
  }

 private:
  struct link {
    link* next = nullptr;
  };
  struct node : link {
    explicit node(Message&& m) : message(std::move(m)) {}
    Message message;
  };

  void drain() {
    for (;;) {
      link* seen = &busy_;
      if (head_.compare_exchange_strong(seen, nullptr, std::memory_order_release,
                                        std::memory_order_relaxed)) {
        return;
      }
      link* oldest = reversed(head_.exchange(&busy_, std::memory_order_acquire));
      while (oldest != nullptr) {
        std::unique_ptr<node> taken(static_cast<node*>(oldest));
        oldest = oldest->next;
        handle_(std::move(taken->message));
      }
    }
  }

  // The stack holds the newest message first and ends in the busy mark; mailboxes deliver the
  // oldest.
  link* reversed(link* newest) {
    link* oldest = nullptr;
    while (newest != &busy_) {
      oldest = std::exchange(newest, std::exchange(newest->next, oldest));
    }
    return oldest;
  }

  void destroy(link* newest) {
    for (link* next = reversed(newest); next != nullptr;) {
      std::unique_ptr<node> owned(static_cast<node*>(next));
      next = next->next;
    }
  }

  handler handle_;
  link busy_;
  // Null: idle. The busy mark: somebody drains and nothing waits. Else the newest message that
  // waits.
  std::atomic<link*> head_{nullptr};
};

}  // namespace slipway
