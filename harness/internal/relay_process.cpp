// slipway/harness/internal/relay_process.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/internal/relay_process.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace slipway::harness::internal {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;
constexpr int program_not_startable = 127;
constexpr int signal_exit_base = 128;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

unique_fd connect_to(const std::string& name) {
  unique_fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A name that begins with a zero byte is no file.
  const std::size_t length = std::min(name.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path + 1, name.data(), length);
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length)) != 0) {
    fail("the harness cannot be reached");
  }
  return socket;
}

std::pair<unique_fd, unique_fd> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    fail("pipe");
  }
  return {unique_fd(ends[0]), unique_fd(ends[1])};
}

void never_block(const unique_fd& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

sigset_t relayed_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) {
    ::sigaddset(&set, signal);
  }
  return set;
}

enum class pipe_state : std::uint8_t { open, ended };

// Reads what is there.
pipe_state read_all(const unique_fd& from, frame_cutter& into) {
  std::vector<std::byte> chunk(chunk_bytes);
  for (;;) {
    const ssize_t got = ::read(from.get(), chunk.data(), chunk.size());
    if (got > 0) {
      into.feed(std::span(chunk).first(static_cast<std::size_t>(got)));
    } else if (got == 0) {
      return pipe_state::ended;
    } else if (errno != EINTR) {
      return errno == EAGAIN ? pipe_state::open : pipe_state::ended;
    }
  }
}

// Writes what the pipe takes and keeps the rest.
pipe_state write_some(const unique_fd& to, relay_bytes& bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(to.get(), bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.erase(bytes.begin(), bytes.begin() + written);
    } else if (errno != EINTR) {
      return errno == EAGAIN ? pipe_state::open : pipe_state::ended;
    }
  }
  return pipe_state::open;
}

}  // namespace

std::optional<relay_invocation> parse_relay_arguments(const std::vector<std::string>& arguments) {
  constexpr std::size_t before_program = 2;
  if (arguments.size() <= before_program) {
    return std::nullopt;
  }
  relay_invocation parsed{arguments[0], 0, {arguments.begin() + before_program, arguments.end()}};
  const char* const end = arguments[1].data() + arguments[1].size();
  const auto [stopped, failed] = std::from_chars(arguments[1].data(), end, parsed.token);
  return failed == std::errc() && stopped == end ? std::optional(std::move(parsed)) : std::nullopt;
}

relay_process::relay_process(relay_invocation invocation) : invocation_(std::move(invocation)) {}

void relay_process::run() {
  harness_ = connect_to(invocation_.address);
  take_signals();
  start_child();
  report(relay_moment::started);
  while (!done()) {
    pass_on();
  }
  end_as_child();
}

// The whole group is signalled, so the child has a signal of its own, and this process must live
// until that has ended.
void relay_process::take_signals() {
  const sigset_t set = relayed_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = unique_fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

void relay_process::start_child() {
  auto [request_out, request_in] = make_pipe();
  auto [answer_out, answer_in] = make_pipe();
  child_pid_ = ::fork();
  if (child_pid_ < 0) {
    fail("fork");
  }
  if (child_pid_ == 0) {
    become_child(request_out, answer_in);
  }
  child_ = unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, child_pid_, 0)));
  if (!child_) {
    fail("pidfd_open");
  }
  child_in_ = std::move(request_in);
  child_out_ = std::move(answer_out);
  host_in_ = unique_fd(STDIN_FILENO);
  host_out_ = unique_fd(STDOUT_FILENO);
  for (const auto* pipe : {&child_in_, &child_out_, &host_in_, &host_out_}) {
    never_block(*pipe);
  }
}

void relay_process::become_child(const unique_fd& input, const unique_fd& output) const {
  // This process has one thread, so its death is that of the thread that forked.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(input.get(), STDIN_FILENO);
  ::dup2(output.get(), STDOUT_FILENO);
  ::signal(SIGPIPE, SIG_DFL);
  const sigset_t set = relayed_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  std::vector<char*> arguments;
  for (const auto& argument : invocation_.command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  ::perror(arguments.front());
  ::_exit(program_not_startable);
}

// -- passing on -----------------------------------------------------------------------------------

void relay_process::pass_on() {
  // Who floods does nothing else meanwhile.
  const bool flooding = flood_left_ != 0;
  if (to_host_.empty() && !flooding) {
    if (auto due = core_.take_due(time_.now())) {
      to_host_ = std::move(*due);
      write_host();
      return;  // it may have been the last
    }
  }
  const auto watch = [](const unique_fd& fd, bool wanted, short events) {
    return pollfd{wanted && fd ? fd.get() : -1, events, 0};
  };
  std::array<pollfd, 8> watched{
      watch(harness_, true, POLLIN),
      watch(signals_, true, POLLIN),
      watch(child_, !child_gone_, POLLIN),
      watch(host_in_, to_child_.empty() && !core_.hangs() && !child_gone_ && !flooding, POLLIN),
      watch(child_out_, to_host_.empty() && !flooding, POLLIN),
      watch(host_out_, !to_host_.empty() && !flooding, POLLOUT),
      watch(child_in_, !to_child_.empty() && !flooding, POLLOUT),
      watch(flood_, flooding, POLLOUT)};
  if (::poll(watched.data(), watched.size(), patience_ms()) <= 0) {
    return;
  }
  const std::array<std::pair<std::size_t, void (relay_process::*)()>, 7> answers{
      {{1, &relay_process::signalled},
       {3, &relay_process::read_host},
       {4, &relay_process::read_child},
       {5, &relay_process::write_host},
       {6, &relay_process::write_child},
       {7, &relay_process::flood},
       {2, &relay_process::child_ended}}};
  if (watched[0].revents != 0) {
    if (const auto given = receive_orders()) {
      obey(given->orders);
      report(relay_moment::obeyed);
    }
  }
  for (const auto& [index, act] : answers) {
    if (watched[index].revents != 0) {
      (this->*act)();
    }
  }
  if (!child_out_ && !child_gone_ && to_host_.empty() && !core_.next_due() && !core_.hangs()) {
    host_out_.reset();  // as the child has closed its end
  }
}

void relay_process::read_host() {
  if (!host_in_) {
    return;
  }
  const pipe_state state = read_all(host_in_, requests_);
  while (auto frame = requests_.next()) {
    from_host(std::move(*frame));
  }
  if (state == pipe_state::ended) {
    closing();
    if (!core_.hangs()) {
      const relay_bytes rest = requests_.rest();
      to_child_.insert(to_child_.end(), rest.begin(), rest.end());
      no_more_for_child_ = true;
    }
    host_in_.reset();
    write_child();
  }
}

void relay_process::from_host(relay_bytes frame) {
  if (core_.hangs()) {
    return;
  }
  const request_facts facts = facts_of(frame);
  if (facts.command == "shutdown") {
    closing();
  } else {
    report(relay_moment::request, frame.size(), !std::exchange(handshake_asked_, true),
           facts.session);
  }
  if (!core_.hangs()) {
    to_child_.insert(to_child_.end(), frame.begin(), frame.end());
    if (flood_left_ == 0) {
      write_child();
    }
  }
}

void relay_process::read_child() {
  if (!child_out_) {
    return;
  }
  const pipe_state state = read_all(child_out_, answers_);
  while (auto frame = answers_.next()) {
    from_child(std::move(*frame));
  }
  if (state == pipe_state::ended || child_gone_) {
    core_.leftover(answers_.rest(), time_.now());
    child_out_.reset();
  }
}

void relay_process::from_child(relay_bytes frame) {
  if (core_.hangs()) {
    return;
  }
  report(relay_moment::reply, frame.size(), !std::exchange(handshake_answered_, true));
  core_.answer(std::move(frame), time_.now());
}

void relay_process::write_host() {
  if (!host_out_) {
    to_host_.clear();
    return;
  }
  if (write_some(host_out_, to_host_) == pipe_state::ended) {
    host_is_deaf();
  } else if (to_host_.empty() && !core_.next_due() && !closing_ && !core_.hangs()) {
    report(relay_moment::replied);
  }
}

void relay_process::write_child() {
  if (child_in_ && write_some(child_in_, to_child_) == pipe_state::ended) {
    // The child reads no more, so the host shall be told so by its own pipe.
    child_in_.reset();
    host_in_.reset();
  }
  if (!child_in_) {
    to_child_.clear();
  } else if (to_child_.empty() && no_more_for_child_) {
    child_in_.reset();
  }
}

void relay_process::host_is_deaf() {
  to_host_.clear();
  host_out_.reset();
  child_out_.reset();
}

void relay_process::signalled() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGTERM) {
      closing();
      terminated_ = true;
    }
  }
}

void relay_process::closing() {
  if (!std::exchange(closing_, true)) {
    report(relay_moment::closing);
  }
}

void relay_process::child_ended() {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(child_.get()), &info, WEXITED) != 0) {
    return;
  }
  child_code_ = info.si_code;
  child_status_ = info.si_status;
  child_gone_ = true;
  flood_left_ = 0;
  child_in_.reset();
  // Its last words; who else holds the pipe is not waited for.
  read_child();
}

bool relay_process::done() const {
  return child_gone_ && (terminated_ || (to_host_.empty() && !core_.next_due()));
}

int relay_process::patience_ms() const {
  if (!to_host_.empty() || flood_left_ != 0) {
    return -1;
  }
  const auto due = core_.next_due();
  if (!due) {
    return -1;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - time_.now());
  constexpr std::int64_t longest = 3'600'000;
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest));
}

// -- orders ---------------------------------------------------------------------------------------

void relay_process::report(relay_moment when, std::size_t bytes, bool handshake,
                           std::string_view session) {
  if (!harness_) {
    return;
  }
  const std::string packet =
      pack(relay_report{invocation_.token, bytes, child_pid_, when, handshake}, session);
  if (::send(harness_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0) {
    harness_.reset();
    return;
  }
  bool of_its_own_accord = false;
  while (const auto given = receive_orders()) {
    obey(given->orders);
    if (given->answers) {
      break;
    }
    of_its_own_accord = true;
  }
  if (of_its_own_accord) {
    report(relay_moment::obeyed);
  }
}

// Nothing when the harness has gone: then nothing is ordered any more.
std::optional<relay_orders> relay_process::receive_orders() {
  std::array<char, max_relay_packet_bytes> packet{};
  for (;;) {
    const ssize_t got = ::recv(harness_.get(), packet.data(), packet.size(), 0);
    if (got > 0) {
      return unpack_orders({packet.data(), static_cast<std::size_t>(got)});
    }
    if (got == 0 || errno != EINTR) {
      harness_.reset();
      return std::nullopt;
    }
  }
}

void relay_process::obey(const std::vector<relay_order>& orders) {
  for (const relay_order& order : orders) {
    const relay_effects effects = core_.obey(order);
    if (core_.hangs()) {
      to_host_.clear();
      to_child_.clear();
    }
    if (effects.exit) {
      kill_child();
      ::_exit(*effects.exit);
    }
    if (effects.close_stdout) {
      // The child goes on, and what it answers is read and lost.
      to_host_.clear();
      host_out_.reset();
    }
    if (effects.close_stdin) {
      host_in_.reset();
    }
    if (effects.grow_bytes != 0) {
      hoard_.emplace_back(effects.grow_bytes, '\1');
    }
    if (effects.flood_bytes != 0) {
      // Opened anew: what is set for this descriptor must not be set for the child's.
      flood_ = unique_fd(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
      flood_left_ = flood_ ? flood_left_ + effects.flood_bytes : 0;
    }
  }
}

void relay_process::flood() {
  static constexpr std::string_view line =
      "a fault of the plan floods standard error, line by line, with lines of eighty characters\n";
  while (flood_left_ != 0) {
    const std::size_t length = std::min<std::uint64_t>(line.size(), flood_left_);
    const ssize_t written = ::write(flood_.get(), line.data(), length);
    if (written < 0) {
      if (errno != EAGAIN) {
        flood_left_ = 0;
      }
      return;
    }
    flood_left_ -= static_cast<std::uint64_t>(written);
  }
}

// -- the end --------------------------------------------------------------------------------------

void relay_process::kill_child() {
  if (!child_gone_) {
    ::kill(child_pid_, SIGKILL);
    ::waitpid(child_pid_, nullptr, 0);
  }
}

void relay_process::end_as_child() {
  if (terminated_ && core_.next_due()) {
    // What it would still say is late on purpose, and who is slow dies of the signal.
    child_code_ = CLD_KILLED;
    child_status_ = SIGTERM;
  }
  if (child_code_ == CLD_EXITED) {
    ::_exit(child_status_);
  }
  // The child has left the core, if anybody wants one.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(child_status_, SIG_DFL);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, child_status_);
  ::kill(::getpid(), child_status_);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::_exit(signal_exit_base + child_status_);
}

}  // namespace slipway::harness::internal
