// slipway/actors/os_port.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/async_exchange.hpp>
#include <slipway/actors/internal/blocking_exchange.hpp>
#include <slipway/actors/internal/busy_poll.hpp>
#include <slipway/actors/internal/exchange_progress.hpp>
#include <slipway/actors/internal/port_core.hpp>
#include <slipway/actors/internal/process_launcher.hpp>
#include <slipway/actors/internal/sigpipe_guard.hpp>
#include <slipway/actors/os_port.hpp>
#include <slipway/actors/resident_memory.hpp>
#include <slipway/actors/stderr_tail.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <sys/wait.h>
#include <unistd.h>

namespace slipway {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;
using boost::system::error_code;

namespace {

// What a process leaves in its pipe is read after its end, but a grandchild may hold the pipe and
// go on.
constexpr std::size_t max_stderr_after_exit_bytes = std::size_t{1024} * 1024;

exit_status status_in(const siginfo_t& info) {
  return {info.si_code == CLD_EXITED ? exit_status::kind::exited : exit_status::kind::signaled,
          info.si_status};
}

exit_status reap(int pidfd) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) != 0) {
    return {};
  }
  return status_in(info);
}

// How a process ended that is still to be reaped, and still is afterwards; nothing while it runs.
std::optional<exit_status> glimpse(int pidfd) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid == 0) {
    return std::nullopt;
  }
  return status_in(info);
}

}  // namespace

class os_port::impl {
 public:
  impl(std::shared_ptr<io_loop> loop, internal::launched_process process, port_options options)
      : loop_(std::move(loop)),
        context_(loop_->context()),
        process_(std::move(process)),
        options_(std::move(options)),
        incoming_(options_.max_frame_bytes),
        polling_(options_.busy_poll),
        exit_watch_(context_, process_.pidfd.get()),
        stderr_watch_(context_, process_.stderr_pipe.get()),
        close_timer_(context_),
        stderr_pause_(context_) {
    if (options_.max_stderr) {
      meter_.emplace(*options_.max_stderr);
    }
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  impl(impl&&) = delete;
  impl& operator=(impl&&) = delete;

  ~impl() {
    // Asio only watched them; their owner is process_.
    for (auto* watch : {&exit_watch_, &stderr_watch_}) {
      if (watch->is_open()) {
        watch->release();
      }
    }
  }

  int os_pid() const { return process_.pid; }

  void post(std::function<void()> task) { loop_->post(std::move(task)); }

  // -- ownership ----------------------------------------------------------------------------------

  result<void, port_error> adopt_first(const std::shared_ptr<os_port>& self, port_owner_ptr owner) {
    std::lock_guard guard(mutex_);
    if (!port::adopt(*owner, self)) {
      return failure(internal::owner_not_alive("the port's first owner"));
    }
    core_.give_to(std::move(owner));
    return {};
  }

  result<void, port_error> connect(const std::shared_ptr<os_port>& self, const port_owner& from,
                                   const port_owner_ptr& to) {
    std::lock_guard guard(mutex_);
    if (auto usable = core_.check_usable(from); !usable) {
      return usable;
    }
    if (core_.owned_by(*to)) {
      return {};
    }
    if (!port::adopt(*to, self)) {
      return failure(internal::owner_not_alive("the new owner"));
    }
    port::release(*core_.give_to(to), self.get());
    return {};
  }

  bool owned_by(const port_owner& owner) const {
    std::lock_guard guard(mutex_);
    return core_.owned_by(owner);
  }

  // -- exchange -----------------------------------------------------------------------------------

  result<void, port_error> begin_exchange(const port_owner& owner) {
    std::lock_guard guard(mutex_);
    return core_.begin_exchange(owner, incoming_);
  }

  void end_exchange() {
    std::lock_guard guard(mutex_);
    core_.end_exchange();
  }

  internal::exchange_progress progress(std::span<const std::byte> frame) {
    return {process_.command_pipe.get(), process_.response_pipe.get(), incoming_, frame};
  }

  // The lock is held from the look at the state to the last byte: whoever begins an exchange waits
  // for two system calls at most.
  bool probe(const port_owner& owner, std::span<const std::byte> frame, answer_test is_answer) {
    std::lock_guard guard(mutex_);
    if (!core_.may_probe(owner)) {
      return false;
    }
    // A pipe takes a frame this small whole or not at all.
    if (!incoming_.owed() &&
        progress(frame).write() == internal::exchange_progress::write_state::complete) {
      incoming_.expect(std::move(is_answer));
    }
    return incoming_.owed();
  }

  probe_result probed(const port_owner& owner) {
    using kind = probe_result::kind;
    using read_state = internal::exchange_progress::read_state;
    std::lock_guard guard(mutex_);
    if (!core_.may_probe(owner)) {
      return {kind::overtaken};
    }
    if (!incoming_.owed()) {
      return {kind::answered};
    }
    auto step = progress({});
    switch (step.read()) {
      case read_state::frame:
        return {kind::garbled, "a frame that nobody asked for"};
      case read_state::broken:
        return {kind::garbled, "what is no frame: " + step.error_text()};
      case read_state::blocked:
      case read_state::closed:
        break;
    }
    return {incoming_.owed() ? kind::unanswered : kind::answered};
  }

  result<payload, port_error> exchange(std::span<const std::byte> frame, time_point deadline) {
    auto step = progress(frame);
    const auto end =
        internal::exchange_blocking(step, process_.command_pipe.get(), process_.response_pipe.get(),
                                    process_.pidfd.get(), deadline, polling_);
    if (end == internal::exchange_end::answered) {
      return step.frame();
    }
    std::optional<port_exit> exit;
    if (end == internal::exchange_end::process_gone) {
      exit = known_exit(internal::steady_now() + internal::exit_report_patience);
    }
    return failure(internal::exchange_error(step.findings(), end, std::move(exit)));
  }

  void start_async(const std::shared_ptr<os_port>& self, std::vector<std::byte> frame,
                   time_point deadline, exchanged done) {
    async_ = std::make_shared<internal::async_exchange>(
        context_, incoming_, process_.command_pipe.get(), process_.response_pipe.get(),
        std::move(frame), [this, self, done = std::move(done)](result<payload, port_error> answer) {
          async_.reset();
          end_exchange();
          if (!answer && answer.error().code == port_errc::port_closed && !answer.error().exit) {
            internal::add_exit(answer.error(), known_exit(internal::steady_now()));
          }
          done(std::move(answer));
        });
    // Kept alive here, as it may be over before start returns.
    const auto started = async_;
    started->start(deadline, internal::exit_report_patience);
  }

  // -- end ----------------------------------------------------------------------------------------

  void watch(const std::shared_ptr<os_port>& self) {
    exit_watch_.async_wait(stream_descriptor::wait_read, [this, self](const error_code& failed) {
      if (!failed) {
        process_ended(*self);
      }
    });
    read_stderr(self);
  }

  void begin_close(const std::shared_ptr<os_port>& self) {
    switch (start_closing()) {
      case internal::close_step::none:
        return;
      case internal::close_step::ask:
        send_shutdown_frame();
        escalate(self, options_.shutdown_grace, SIGTERM);
        return;
      case internal::close_step::terminate:
        escalate(self, duration::zero(), SIGTERM);
    }
  }

  void kill() {
    std::lock_guard guard(mutex_);
    core_.kill();
    signal_group(SIGKILL);
  }

  bool running() const {
    std::lock_guard guard(mutex_);
    return core_.running();
  }

  std::optional<port_exit> wait_exited(time_point deadline) const {
    std::unique_lock lock(mutex_);
    exited_changed_.wait_until(lock, deadline, [this] { return core_.exit().has_value(); });
    return core_.exit();
  }

  std::vector<std::string> stderr_lines() const {
    std::lock_guard guard(mutex_);
    return tail_.lines();
  }

 private:
  internal::close_step start_closing() {
    std::lock_guard guard(mutex_);
    return core_.close(!options_.shutdown_frame.empty());
  }

  // The end as it will be reported; where the I/O thread has no breath to do so, as the kernel
  // tells it.
  std::optional<port_exit> known_exit(time_point deadline) const {
    if (auto reported = wait_exited(deadline)) {
      return reported;
    }
    std::lock_guard guard(mutex_);
    auto ended = core_.end();
    if (!ended) {
      if (const auto status = glimpse(process_.pidfd.get())) {
        ended = core_.end_by(*status);
      }
    }
    if (ended) {
      ended->stderr_tail = tail_.lines();
    }
    return ended;
  }

  // Called with the lock held. After the reaping the pid may be somebody else's.
  void signal_group(int signal) {
    if (core_.may_signal()) {
      ::kill(-process_.pid, signal);
    }
  }

  bool exited() const {
    std::lock_guard guard(mutex_);
    return core_.exit().has_value();
  }

  // A frame that the pipe does not take whole is as good as none: SIGTERM follows.
  void send_shutdown_frame() { static_cast<void>(progress(options_.shutdown_frame).write()); }

  void escalate(const std::shared_ptr<os_port>& self, duration after, int signal) {
    close_timer_.expires_after(after);
    close_timer_.async_wait([this, self, signal](const error_code& cancelled) {
      if (cancelled || exited()) {
        return;
      }
      {
        std::lock_guard guard(mutex_);
        signal_group(signal);
      }
      if (signal == SIGTERM) {
        escalate(self, options_.terminate_grace, SIGKILL);
      }
    });
  }

  void read_stderr(const std::shared_ptr<os_port>& self) {
    stderr_watch_.async_wait(stream_descriptor::wait_read, [this, self](const error_code& failed) {
      if (failed || take_stderr(stderr_chunk_.size()) == stream::ended) {
        return;
      }
      if (meter_ && meter_->exceeded()) {
        read_stderr_later(self);
      } else {
        read_stderr(self);
      }
    });
  }

  // Who floods shall wait for its pipe, and not the other workers for the I/O thread.
  void read_stderr_later(const std::shared_ptr<os_port>& self) {
    stderr_pause_.expires_after(std::chrono::milliseconds(1));
    stderr_pause_.async_wait([this, self](const error_code& failed) {
      if (!failed) {
        read_stderr(self);
      }
    });
  }

  enum class stream { open, ended };

  // Reads what is there, up to `limit` bytes.
  stream take_stderr(std::size_t limit) {
    for (std::size_t taken = 0; taken < limit;) {
      const ssize_t got =
          ::read(process_.stderr_pipe.get(), stderr_chunk_.data(), stderr_chunk_.size());
      if (got > 0) {
        taken += static_cast<std::size_t>(got);
        meter_stderr(static_cast<std::size_t>(got));
        report_lines([&](const auto& keep) {
          tail_.feed({stderr_chunk_.data(), static_cast<std::size_t>(got)}, keep);
        });
      } else if (got == 0) {
        return stream::ended;
      } else if (errno != EINTR) {
        return errno == EAGAIN ? stream::open : stream::ended;
      }
    }
    return stream::open;
  }

  void meter_stderr(std::size_t bytes) {
    if (meter_ && meter_->feed(bytes, internal::steady_now()) && options_.on_stderr_flood) {
      options_.on_stderr_flood();
    }
  }

  // Lines are reported without the lock: a logger may be slow, and who checks out a worker needs
  // the lock.
  template <class Feed>
  void report_lines(Feed feed) {
    const bool handed_on = options_.on_stderr_line && !(meter_ && meter_->exceeded());
    std::vector<std::string> lines;
    {
      std::lock_guard guard(mutex_);
      feed([&](std::string_view line) {
        if (handed_on) {
          lines.emplace_back(line);
        }
      });
    }
    for (const auto& line : lines) {
      options_.on_stderr_line(line);
    }
  }

  // The process is a zombie now: its pid and its group's number are still its own.
  void process_ended(const port& self) {
    port_exit end;
    {
      std::lock_guard guard(mutex_);
      signal_group(SIGKILL);
      end = core_.reaped(reap(process_.pidfd.get()));
      // An owner lives longer than most of its ports, and remembers only those that it can still
      // lose.
      if (const auto owner = core_.give_to(nullptr)) {
        port::release(*owner, &self);
      }
    }
    close_timer_.cancel();
    stderr_pause_.cancel();
    take_stderr(max_stderr_after_exit_bytes);
    report_lines([&](const auto& keep) { tail_.finish(keep); });
    stderr_watch_.release();
    exit_watch_.release();
    {
      std::lock_guard guard(mutex_);
      end.stderr_tail = tail_.lines();
      core_.report(end);
    }
    exited_changed_.notify_all();
    if (const auto pending = async_) {
      pending->process_ended(end);
    }
    if (options_.on_exit) {
      options_.on_exit(end);
    }
    options_.held_while_alive.reset();
  }

  // Held, because a client may let go of a port after the runtime has ended.
  std::shared_ptr<io_loop> loop_;
  asio::io_context& context_;
  internal::launched_process process_;
  port_options options_;

  mutable std::mutex mutex_;
  mutable std::condition_variable exited_changed_;
  internal::port_core core_;
  stderr_tail tail_;

  // Used by whoever holds the exchange; under the lock while nobody does.
  internal::incoming_frames incoming_;
  internal::busy_poll polling_;

  // Used on the I/O thread only.
  stream_descriptor exit_watch_;
  stream_descriptor stderr_watch_;
  asio::steady_timer close_timer_;
  asio::steady_timer stderr_pause_;
  std::array<char, std::size_t{16} * 1024> stderr_chunk_{};
  std::optional<stderr_meter> meter_;
  std::shared_ptr<internal::async_exchange> async_;
};

os_port::os_port(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

os_port::~os_port() = default;

void os_port::open(spawner& spawn, std::shared_ptr<io_loop> loop, process_spec spec,
                   port_options options, port_owner_ptr owner, opened done) {
  // Shared, because what is posted has to be copyable.
  auto shared = std::make_shared<port_options>(std::move(options));
  spawn.spawn(std::move(spec), [loop = std::move(loop), shared, owner = std::move(owner),
                                done = std::move(done)](auto launched) {
    auto process = std::make_shared<decltype(launched)>(std::move(launched));
    loop->post([loop, process, shared, owner, done] {
      if (*process) {
        done(adopt_process(loop, std::move(**process), std::move(*shared), owner));
      } else {
        done(failure(process->error()));
        shared->held_while_alive.reset();
      }
    });
  });
}

result<std::shared_ptr<port>, spawn_error> os_port::adopt_process(
    const std::shared_ptr<io_loop>& loop, internal::launched_process process, port_options options,
    const port_owner_ptr& owner) {
  const pid_t pid = process.pid;
  try {
    std::shared_ptr<os_port> self(
        new os_port(std::make_unique<impl>(loop, std::move(process), std::move(options))));
    self->impl_->watch(self);
    if (!self->impl_->adopt_first(self, owner)) {
      self->kill();
    }
    return self;
  } catch (const std::exception& e) {
    // The reactor has refused a descriptor: without it the end of the process would go unseen.
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return failure(spawn_error{spawn_errc::system_error,
                               std::string("cannot watch the process: ") + e.what(), 0});
  }
}

int os_port::os_pid() const {
  return impl_->os_pid();
}

result<void, port_error> os_port::connect(const port_owner& from, const port_owner_ptr& to) {
  return impl_->connect(self(), from, to);
}

result<port::payload, port_error> os_port::exchange(const port_owner& owner,
                                                    std::span<const std::byte> frame,
                                                    time_point deadline) {
  if (auto begun = impl_->begin_exchange(owner); !begun) {
    return failure(std::move(begun).error());
  }
  auto answer = impl_->exchange(frame, deadline);
  impl_->end_exchange();
  return answer;
}

void os_port::async_exchange(const port_owner_ptr& owner, std::vector<std::byte> frame,
                             time_point deadline, exchanged done) {
  impl_->post(
      [self = self(), owner, frame = std::move(frame), deadline, done = std::move(done)]() mutable {
        if (auto begun = self->impl_->begin_exchange(*owner); !begun) {
          done(failure(std::move(begun).error()));
          return;
        }
        self->impl_->start_async(self, std::move(frame), deadline, std::move(done));
      });
}

bool os_port::probe(const port_owner& owner, std::span<const std::byte> frame,
                    answer_test is_answer) {
  return impl_->probe(owner, frame, std::move(is_answer));
}

probe_result os_port::probed(const port_owner& owner) {
  return impl_->probed(owner);
}

void os_port::close() {
  impl_->post([self = self()] { self->impl_->begin_close(self); });
}

void os_port::kill() {
  impl_->kill();
}

std::optional<port_exit> os_port::wait_exited(time_point deadline) const {
  return impl_->wait_exited(deadline);
}

bool os_port::running() const {
  return impl_->running();
}

std::vector<std::string> os_port::stderr_lines() const {
  return impl_->stderr_lines();
}

std::optional<std::uint64_t> os_port::resident_bytes() const {
  const auto bytes = resident_memory_of(os_pid());
  // A process that runs still is the one that was measured.
  return running() ? bytes : std::nullopt;
}

std::shared_ptr<os_port> os_port::self() {
  return std::static_pointer_cast<os_port>(shared_from_this());
}

void os_port::owner_down(const port_owner& ended) {
  if (impl_->owned_by(ended)) {
    kill();
  }
}

os_port_source::os_port_source(std::shared_ptr<io_loop> loop)
    : loop_(std::move(loop)), spawner_(std::make_unique<spawner>()) {}

os_port_source::~os_port_source() {
  stop();
}

void os_port_source::open(process_spec spec, port_options options, port_owner_ptr owner,
                          port::opened done) {
  os_port::open(*spawner_, loop_, std::move(spec), std::move(options), std::move(owner),
                std::move(done));
}

void os_port_source::stop() {
  // The spawner's completions post to the I/O loop, so it goes first.
  spawner_.reset();
  loop_->stop();
}

}  // namespace slipway
