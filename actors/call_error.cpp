// slipway/actors/call_error.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/call_error.hpp>

#include <algorithm>
#include <sstream>

namespace slipway {
namespace {

template <class Visitor>
void for_each_line(const std::string& text, const Visitor& visit) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    visit(line);
  }
}

}  // namespace

const char* to_string(call_errc code) {
  switch (code) {
    case call_errc::timeout:
      return "timeout";
    case call_errc::worker_died:
      return "worker_died";
    case call_errc::remote_exception:
      return "remote_exception";
    case call_errc::pool_stopped:
      return "pool_stopped";
    case call_errc::pool_exited:
      return "pool_exited";
    case call_errc::overloaded:
      return "overloaded";
    case call_errc::protocol_error:
      return "protocol_error";
    case call_errc::invalid_argument:
      return "invalid_argument";
    case call_errc::circuit_open:
      return "circuit_open";
    case call_errc::worker_busy:
      return "worker_busy";
    case call_errc::session_lost:
      return "session_lost";
    case call_errc::session_ended:
      return "session_ended";
    case call_errc::unexpected_result:
      break;
  }
  return "unexpected_result";
}

const char* to_string(call_effect effect) {
  return effect == call_effect::not_sent ? "not_sent" : "unknown";
}

std::string to_string(const call_error& error) {
  const std::string attempt =
      error.attempt > 1 ? ", attempt " + std::to_string(error.attempt) : std::string();
  return std::string(to_string(error.code)) + " (effect " + to_string(error.effect) + attempt +
         "): " + error.message;
}

std::string describe(const call_error& error) {
  std::string text = to_string(error);
  const auto line = [&](const std::string& what) { text.append("\n  ").append(what); };
  const auto quote = [&](const std::string& what) { text.append("\n    | ").append(what); };
  if (error.classified) {
    line(std::string(to_string(error.classified->category)) + ", " +
         to_string(error.classified->severity) + ", " + to_string(error.classified->strategy));
  }
  if (!error.worker.empty()) {
    line("worker " + error.worker);
  }
  if (!error.session.empty()) {
    line("session " + error.session);
  }
  if (error.exit) {
    line("its process: " + to_string(*error.exit));
  }
  if (error.remote && !error.remote->traceback.empty()) {
    line("traceback:");
    for_each_line(error.remote->traceback, quote);
  }
  if (!error.stderr_tail.empty()) {
    line("standard error:");
    std::for_each(error.stderr_tail.begin(), error.stderr_tail.end(), quote);
  }
  if (error.pool_exit) {
    line("pool ended: " + to_string(*error.pool_exit));
  }
  for (const auto& before : error.earlier) {
    line("before: " + to_string(before));
  }
  return text;
}

}  // namespace slipway
