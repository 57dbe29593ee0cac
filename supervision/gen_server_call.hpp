// slipway/supervision/gen_server_call.hpp
//
// Calls to a gen_server: who asked (`from`), the answer under way (`pending_reply`), how it fails.
// Belongs here: one request and its one outcome.
// Does not: sending it (gen_server.hpp).
// Invariants: (1) a pending reply is resolved exactly once: by the reply, or by the request being
//                 dropped without one, which the end of its server always does;
//             (2) later replies are ignored.
// Source: OTP gen_server:call/3, send_request/2, wait_response/2, reply/2.
// Differs: a request that a living server drops without a reply fails at once (`no_reply`), where
//         OTP's caller waits for its timeout.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/result.hpp>
#include <slipway/supervision/detail/server_life.hpp>
#include <slipway/supervision/exit_reason.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::gen_server {

/// No limit to a wait.
inline constexpr std::chrono::milliseconds infinity = std::chrono::milliseconds::max();
/// OTP's default for calls.
inline constexpr std::chrono::milliseconds default_call_timeout{5000};

enum class call_errc : std::uint8_t {
  timeout,   ///< no reply in time; the request may still be handled
  down,      ///< the server ended before it replied
  noproc,    ///< there was no such server (any more) when the call was made
  no_reply,  ///< the server dropped the request and lives on
};

[[nodiscard]] std::string_view to_string(call_errc code) noexcept;

struct call_error {
  call_errc code = call_errc::timeout;
  exit_reason reason = {};  ///< down: why the server ended; noproc and timeout: those reasons
  friend bool operator==(const call_error&, const call_error&) = default;
};

/// `down: error std::runtime_error: no space left`.
[[nodiscard]] std::string to_string(const call_error& error);

namespace detail {

/// Where the one outcome of a request is put and waited for.
template <class Reply>
class reply_slot {
 public:
  using outcome = result<Reply, call_error>;

  void resolve(outcome given) {
    {
      const std::lock_guard guard{mutex_};
      if (resolved_) {
        return;
      }
      resolved_ = true;
      outcome_.emplace(std::move(given));
    }
    changed_.notify_all();
  }

  // Nothing: not in time, or taken before.
  std::optional<outcome> take(std::chrono::milliseconds timeout) {
    std::unique_lock guard{mutex_};
    const auto resolved = [this] { return resolved_; };
    if (timeout == infinity) {
      changed_.wait(guard, resolved);
    } else {
      changed_.wait_for(guard, timeout, resolved);
    }
    return std::exchange(outcome_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool resolved_ = false;
  std::optional<outcome> outcome_;
};

/// Held by all copies of a `from`: when the last one goes without a reply there will be none.
template <class Reply>
class reply_duty {
 public:
  reply_duty(std::shared_ptr<reply_slot<Reply>> slot,
             std::shared_ptr<const detail::server_life> life)
      : slot_(std::move(slot)), life_(std::move(life)) {}
  reply_duty(const reply_duty&) = delete;
  reply_duty& operator=(const reply_duty&) = delete;
  reply_duty(reply_duty&&) = delete;
  reply_duty& operator=(reply_duty&&) = delete;
  ~reply_duty() {
    auto reason = life_->reason();
    slot_->resolve(failure(reason ? call_error{call_errc::down, std::move(*reason)}
                                  : call_error{call_errc::no_reply}));
  }

  void fulfil(Reply value) { slot_->resolve(std::move(value)); }

 private:
  std::shared_ptr<reply_slot<Reply>> slot_;
  std::shared_ptr<const detail::server_life> life_;
};

}  // namespace detail

/// Who made a call. A server that returned `noreply` keeps it and replies later, from any thread.
/// OTP's `From`; copies are one.
template <class Reply>
class from {
 public:
  from(std::shared_ptr<detail::reply_slot<Reply>> slot,
       std::shared_ptr<const detail::server_life> life)
      : duty_(std::make_shared<detail::reply_duty<Reply>>(std::move(slot), std::move(life))) {}

  /// gen_server:reply/2. The first one counts.
  void reply(Reply value) const { duty_->fulfil(std::move(value)); }

 private:
  std::shared_ptr<detail::reply_duty<Reply>> duty_;
};

/// A call under way: gen_server:send_request/2.
template <class Reply>
class pending_reply {
 public:
  explicit pending_reply(std::shared_ptr<detail::reply_slot<Reply>> slot)
      : slot_(std::move(slot)) {}

  /// Waits for the outcome and takes it. After a timeout it can be waited for again; once taken,
  /// there is nothing more to come, and further waits are timeouts. Thread: any plain thread.
  [[nodiscard]] result<Reply, call_error> wait(std::chrono::milliseconds timeout) {
    if (auto outcome = slot_->take(timeout)) {
      return std::move(*outcome);
    }
    return failure(call_error{call_errc::timeout, exit_reason::timeout()});
  }

 private:
  std::shared_ptr<detail::reply_slot<Reply>> slot_;
};

}  // namespace slipway::gen_server
