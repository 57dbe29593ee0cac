// slipway/harness/internal/fault_server.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/clock.hpp>
#include <slipway/actors/internal/signal_free_thread.hpp>
#include <slipway/actors/unique_fd.hpp>
#include <slipway/harness/internal/fault_server.hpp>
#include <slipway/harness/internal/relay_message.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <system_error>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace slipway::harness::internal {
namespace {

// How often is looked for what is due by time, while anything may be.
constexpr int tick_ms = 5;
constexpr int backlog = 128;
// For relays that cannot obey, as those whose process somebody else has stopped.
constexpr duration obedience_patience = std::chrono::seconds(10);

unique_fd pidfd_of(int pid) {
  return unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// By pidfd, so that no process which got the number later is hit.
void signal(const unique_fd& process, int number) {
  if (process) {
    ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
  }
}

// What a relay does; nothing for what it does not.
std::optional<relay_order> order_of(const injected_fault& struck) {
  using namespace fault_what;
  const auto delay = [](duration by) {
    const auto nanoseconds = std::chrono::nanoseconds(by).count();
    return relay_order{static_cast<std::uint64_t>(nanoseconds < 0 ? 0 : nanoseconds),
                       relay_deed::delay};
  };
  return std::visit(
      [&]<class Fault>(const Fault& given) -> std::optional<relay_order> {
        if constexpr (std::is_same_v<Fault, slow_start> || std::is_same_v<Fault, slow_reply> ||
                      std::is_same_v<Fault, late_reply>) {
          return delay(given.by);
        } else if constexpr (std::is_same_v<Fault, exit>) {
          return relay_order{static_cast<std::uint64_t>(given.code), relay_deed::exit};
        } else if constexpr (std::is_same_v<Fault, silent_start> || std::is_same_v<Fault, hang>) {
          return relay_order{0, relay_deed::hang};
        } else if constexpr (std::is_same_v<Fault, half_frame>) {
          return relay_order{struck.bytes_before, relay_deed::half_frame};
        } else if constexpr (std::is_same_v<Fault, garbage_frame>) {
          return relay_order{0, relay_deed::garbage};
        } else if constexpr (std::is_same_v<Fault, overlong_length>) {
          return relay_order{0, relay_deed::overlong};
        } else if constexpr (std::is_same_v<Fault, wrong_id>) {
          return relay_order{0, relay_deed::wrong_id};
        } else if constexpr (std::is_same_v<Fault, duplicate_reply>) {
          return relay_order{0, relay_deed::duplicate};
        } else if constexpr (std::is_same_v<Fault, close_stdout>) {
          return relay_order{0, relay_deed::close_stdout};
        } else if constexpr (std::is_same_v<Fault, close_stdin>) {
          return relay_order{0, relay_deed::close_stdin};
        } else if constexpr (std::is_same_v<Fault, stderr_flood>) {
          return relay_order{given.bytes, relay_deed::flood};
        } else if constexpr (std::is_same_v<Fault, memory_growth>) {
          return relay_order{given.bytes, relay_deed::grow};
        } else {
          return std::nullopt;
        }
      },
      struck.what);
}

// Unique on the machine, and known to nobody who was not told.
std::string unique_address(const void* self, const clock& time) {
  static std::atomic<unsigned> next{0};
  return "slipway-faults-" + std::to_string(::getpid()) + "-" +
         std::to_string(reinterpret_cast<std::uintptr_t>(self)) + "-" +
         std::to_string(time.now().time_since_epoch().count()) + "-" + std::to_string(++next);
}

unique_fd listen_at(const std::string& name) {
  unique_fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A name that begins with a zero byte is no file, so none is left.
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(socket.get(), backlog) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot listen for fault relays");
  }
  return socket;
}

std::optional<ucred> peer_of(const unique_fd& socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 ||
      peer.uid != ::geteuid()) {
    return std::nullopt;
  }
  return peer;
}

}  // namespace

class fault_server::impl {
 public:
  explicit impl(std::shared_ptr<fault_injector> faults)
      : faults_(std::move(faults)),
        address_(unique_address(this, time_)),
        listener_(listen_at(address_)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) {
      throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    thread_ = slipway::internal::signal_free_thread([this] { run(); });
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  impl(impl&&) = delete;
  impl& operator=(impl&&) = delete;
  ~impl() { stop(); }

  [[nodiscard]] const std::string& address() const { return address_; }

  std::uint64_t expect(fault_subject who, std::vector<injected_fault> at_once) {
    const std::lock_guard guard(mutex_);
    const std::uint64_t token = ++last_token_;
    workers_[token] = {std::move(who), std::move(at_once)};
    return token;
  }

  void forget(std::uint64_t token) {
    const std::lock_guard guard(mutex_);
    if (const auto found = workers_.find(token); found != workers_.end()) {
      faults_->forget(found->second.who);
      workers_.erase(found);
    }
    obeyed_.notify_all();
  }

  void look() {
    std::unique_lock lock(mutex_);
    strike_due();
    wake();
    obeyed_.wait_for(lock, obedience_patience, [this] {
      return std::none_of(workers_.begin(), workers_.end(), [](const auto& each) {
        return each.second.unobeyed != 0 && !each.second.runs_again;
      });
    });
  }

  void stop() {
    if (!thread_.joinable()) {
      return;
    }
    stopping_ = true;
    wake();
    thread_.join();
    listener_.reset();
    connections_.clear();
    const std::lock_guard guard(mutex_);
    for (auto& [token, stopped] : workers_) {
      let_run(stopped);
    }
    workers_.clear();
  }

 private:
  struct worker {
    fault_subject who;
    std::vector<injected_fault> at_once;
    unique_fd socket{};   // a copy of its connection's
    unique_fd process{};  // the relay's pidfd
    unique_fd child{};    // that of the real worker
    std::optional<time_point> runs_again{};
    unsigned unobeyed = 0;  // orders of our own accord
  };
  struct connection {
    unique_fd socket;
    int pid = 0;
    std::uint64_t token = 0;
  };

  // -- the thread ---------------------------------------------------------------------------------

  void run() {
    while (!stopping_) {
      std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const auto& each : connections_) {
        watched.push_back({each.socket.get(), POLLIN, 0});
      }
      const bool timed = something_is_timed();
      if (::poll(watched.data(), watched.size(), timed ? tick_ms : -1) < 0) {
        continue;
      }
      std::uint64_t woken = 0;
      static_cast<void>(::read(wake_.get(), &woken, sizeof woken));
      auto next = connections_.begin();
      for (std::size_t i = 2; i < watched.size(); ++i) {
        const auto each = next++;
        if (watched[i].revents != 0 && !hear(*each)) {
          all_obeyed(each->token);
          connections_.erase(each);
        }
      }
      accept_all();
      const std::lock_guard guard(mutex_);
      strike_due();
    }
  }

  void wake() {
    const std::uint64_t one = 1;
    static_cast<void>(::write(wake_.get(), &one, sizeof one));
  }

  bool something_is_timed() {
    const std::lock_guard guard(mutex_);
    for (const auto& [token, each] : workers_) {
      if (each.runs_again) {
        return true;
      }
    }
    return faults_->next_due().has_value();
  }

  void accept_all() {
    for (;;) {
      unique_fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket) {
        return;
      }
      if (const auto peer = peer_of(socket)) {
        connections_.push_back({std::move(socket), peer->pid, 0});
      }
    }
  }

  // False: the relay has gone.
  bool hear(connection& from) {
    std::array<char, max_relay_packet_bytes> packet{};
    const ssize_t got = ::recv(from.socket.get(), packet.data(), packet.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      return true;
    }
    const auto heard =
        got <= 0 ? std::nullopt : unpack_report({packet.data(), static_cast<std::size_t>(got)});
    if (!heard) {
      return false;
    }
    from.token = heard->report.token;
    if (heard->report.when == relay_moment::obeyed) {
      all_obeyed(from.token);
    }
    const std::lock_guard guard(mutex_);
    const auto found = workers_.find(from.token);
    std::vector<relay_order> orders;
    if (found != workers_.end()) {
      orders = orders_at(*heard, from, found->second);
    }
    send(from.socket, {true, std::move(orders)});
    return true;
  }

  void all_obeyed(std::uint64_t token) {
    const std::lock_guard guard(mutex_);
    if (const auto found = workers_.find(token); found != workers_.end()) {
      found->second.unobeyed = 0;
    }
    obeyed_.notify_all();
  }

  static void send(const unique_fd& socket, const relay_orders& orders) {
    const std::string packet = pack(orders);
    ::send(socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL);
  }

  // -- what strikes, with the lock held -----------------------------------------------------------

  std::vector<relay_order> orders_at(const unpacked_report& heard, const connection& from,
                                     worker& of) {
    const relay_report& report = heard.report;
    std::vector<injected_fault> struck;
    if (report.when == relay_moment::started) {
      of.process = pidfd_of(from.pid);
      of.child = pidfd_of(report.child);
      of.socket = unique_fd(::fcntl(from.socket.get(), F_DUPFD_CLOEXEC, 0));
      struck = std::exchange(of.at_once, {});
    }
    if (!heard.session.empty()) {
      of.who.session = heard.session;
    }
    for (const fault_event& event : events_of(report, of.who)) {
      for (auto& each : faults_->on(event)) {
        struck.push_back(std::move(each));
      }
    }
    std::vector<relay_order> orders;
    for (const injected_fault& each : struck) {
      if (const auto order = order_of(each)) {
        orders.push_back(*order);
      } else {
        signal_worker(each.what, of);
      }
    }
    return orders;
  }

  static std::vector<fault_event> events_of(const relay_report& report, const fault_subject& who) {
    using kind = fault_event::kind;
    const auto enters = [&](process_state state) {
      return fault_event{.what = kind::enters_state, .state = state, .who = who};
    };
    const auto frame = [&](kind what) {
      return fault_event{
          .what = what, .bytes = report.bytes, .handshake = report.handshake, .who = who};
    };
    switch (report.when) {
      case relay_moment::started:
        return {enters(process_state::starting)};
      case relay_moment::request:
        return {enters(report.handshake ? process_state::handshaking : process_state::busy),
                frame(kind::request)};
      case relay_moment::reply:
        return {frame(kind::reply)};
      case relay_moment::replied:
        return {enters(process_state::ready)};
      case relay_moment::obeyed:
        return {};
      case relay_moment::closing:
        break;
    }
    return {enters(process_state::terminating)};
  }

  void strike_due() {
    for (const auto& each : faults_->due()) {
      for (auto& [token, candidate] : workers_) {
        if (candidate.who.name != each.who.name) {
          continue;
        }
        if (!candidate.socket) {
          candidate.at_once.push_back(each);
        } else if (const auto order = order_of(each)) {
          send(candidate.socket, {false, {*order}});
          ++candidate.unobeyed;
        } else {
          signal_worker(each.what, candidate);
        }
      }
    }
    for (auto& [token, each] : workers_) {
      if (each.runs_again && *each.runs_again <= time_.now()) {
        let_run(each);
      }
    }
  }

  void signal_worker(const fault& what, worker& of) {
    if (std::holds_alternative<fault_what::kill>(what)) {
      // The kernel kills the child with its relay.
      signal(of.process, SIGKILL);
    } else if (const auto* stop = std::get_if<fault_what::stop>(&what)) {
      signal(of.process, SIGSTOP);
      signal(of.child, SIGSTOP);
      of.runs_again = deadline_after(time_.now(), stop->lasts);
    }
  }

  static void let_run(worker& stopped) {
    if (std::exchange(stopped.runs_again, std::nullopt)) {
      signal(stopped.child, SIGCONT);
      signal(stopped.process, SIGCONT);
    }
  }

  const std::shared_ptr<fault_injector> faults_;
  const steady_clock time_;
  const std::string address_;
  unique_fd listener_;
  unique_fd wake_;
  std::list<connection> connections_;  // the thread's own

  std::mutex mutex_;
  std::condition_variable obeyed_;
  std::uint64_t last_token_ = 0;
  std::map<std::uint64_t, worker> workers_;

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

fault_server::fault_server(std::shared_ptr<fault_injector> faults)
    : impl_(std::make_unique<impl>(std::move(faults))) {}

fault_server::~fault_server() = default;

const std::string& fault_server::address() const {
  return impl_->address();
}

std::uint64_t fault_server::expect(fault_subject who, std::vector<injected_fault> at_once) {
  return impl_->expect(std::move(who), std::move(at_once));
}

void fault_server::forget(std::uint64_t token) {
  impl_->forget(token);
}

void fault_server::look() {
  impl_->look();
}

void fault_server::stop() {
  impl_->stop();
}

}  // namespace slipway::harness::internal
