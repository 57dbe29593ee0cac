// slipway/tools/stop_signals.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/stop_signals.hpp>

#include <array>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace slipway::tools {
namespace {

constexpr int killed_by = 128;  // what shells add to the signal in an exit code

sigset_t watched_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

stop_signals::stop_signals(stop_request& request) : request_(request) {
  const sigset_t watched = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &watched, &before_);
  signals_ = unique_fd(::signalfd(-1, &watched, SFD_CLOEXEC));
  thread_ = std::thread([this] { watch(); });
}

stop_signals::~stop_signals() {
  over_.ask(0);
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void stop_signals::watch() {
  std::array<pollfd, 2> watched{{{signals_.get(), POLLIN, 0}, {over_.descriptor(), POLLIN, 0}}};
  while (!over_.asked()) {
    signalfd_siginfo arrived{};
    if (::poll(watched.data(), watched.size(), -1) <= 0 || watched[0].revents == 0 ||
        ::read(signals_.get(), &arrived, sizeof arrived) != sizeof arrived) {
      continue;
    }
    const int signal = static_cast<int>(arrived.ssi_signo);
    if (request_.asked()) {
      ::_exit(killed_by + signal);
    }
    request_.ask(signal);
  }
}

}  // namespace slipway::tools
