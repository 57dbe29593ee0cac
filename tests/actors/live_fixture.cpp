// slipway/tests/actors/live_fixture.cpp
// SPDX-License-Identifier: Apache-2.0
#include "live_fixture.hpp"

#include <slipway/actors/port_error.hpp>
#include <slipway/actors/unique_fd.hpp>

#include <boost/asio/io_context.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <sstream>
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace slipway {

void PrintTo(const exit_status& status, std::ostream* to) {
  *to << to_string(status);
}
void PrintTo(const port_error& error, std::ostream* to) {
  *to << to_string(error.code) << (error.sent == frame_sent::yes ? " (sent): " : " (not sent): ")
      << error.message;
}
void PrintTo(const call_error& error, std::ostream* to) {
  *to << to_string(error);
  for (const auto& line : error.stderr_tail) {
    *to << "\n    " << line;
  }
}
void PrintTo(const checkout_error& error, std::ostream* to) {
  *to << to_string(error.code) << ": " << error.message;
}
void PrintTo(const spawn_error& error, std::ostream* to) {
  *to << to_string(error.code) << ": " << error.message;
}
void PrintTo(const exit_reason& reason, std::ostream* to) {
  *to << to_string(reason);
  for (const auto& line : reason.stderr_tail) {
    *to << "\n    " << line;
  }
}
void PrintTo(const value& printed, std::ostream* to) {
  *to << printed.to_text();
}

}  // namespace slipway

namespace slipway::live {

namespace fs = std::filesystem;

time_point soon() {
  return std::chrono::steady_clock::now();
}

time_point at_limit() {
  return soon() + limit;
}

void drive(boost::asio::io_context& loop, const std::function<bool()>& holds) {
  for (const time_point end = at_limit(); !holds();) {
    if (soon() >= end) {
      ADD_FAILURE() << "waited in vain";
      return;
    }
    loop.run_one_for(std::chrono::milliseconds(10));
  }
}

bool eventually(const std::function<bool()>& holds, duration within) {
  for (const time_point end = soon() + within; !holds();) {
    if (soon() >= end) {
      return holds();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

live_test::live_test() {
  // With the first thread of a program a sanitizer starts one of its own, which stays.
  std::thread([] {}).join();
  before_ = harness::resource_census::take();
}

live_test::~live_test() {
  for (const auto& left : harness::leftovers_since(before_, at_limit())) {
    ADD_FAILURE() << "left behind: " << left;
  }
}

// -- /proc ----------------------------------------------------------------------------------------

namespace {

std::string contents_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::optional<int> number_in(const std::string& text) {
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                   : std::nullopt;
}

fs::path proc(int pid) {
  return fs::path("/proc") / std::to_string(pid);
}

}  // namespace

bool runs(int pid) {
  const std::string stat = contents_of(proc(pid) / "stat");
  const auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos || end_of_name + 2 >= stat.size()) {
    return false;
  }
  const char state = stat[end_of_name + 2];
  return state != 'Z' && state != 'X';
}

bool kill_and_wait(int pid) {
  const unique_fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process || ::kill(pid, SIGKILL) != 0) {
    return false;
  }
  pollfd ended{process.get(), POLLIN, 0};
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
  return ::poll(&ended, 1, static_cast<int>(patience.count())) == 1;
}

std::map<int, std::string> descriptors_of(int pid) {
  std::map<int, std::string> open;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(proc(pid) / "fd", gone)) {
    std::error_code closed;
    const auto target = fs::read_symlink(entry.path(), closed);
    if (const auto number = number_in(entry.path().filename().string()); number && !closed) {
      open.emplace(*number, target.string());
    }
  }
  return open;
}

std::string status_of(int pid, std::string_view field) {
  std::istringstream lines(contents_of(proc(pid) / "status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(field) && line.size() > field.size() && line[field.size()] == ':') {
      return line.substr(line.find_first_not_of(" \t", field.size() + 1));
    }
  }
  return {};
}

std::vector<int> processes_with(const std::string& entry) {
  std::vector<int> found;
  std::error_code failed;
  for (const auto& folder : fs::directory_iterator("/proc", failed)) {
    const auto pid = number_in(folder.path().filename().string());
    if (!pid || !runs(*pid)) {
      continue;
    }
    // Entries are separated by zero bytes.
    const std::string environment = '\0' + contents_of(folder.path() / "environ");
    if (environment.find('\0' + entry + '\0') != std::string::npos) {
      found.push_back(*pid);
    }
  }
  return found;
}

std::string unique_mark() {
  static std::atomic<unsigned> next{0};
  std::ostringstream mark;
  mark << std::hex << ::getpid() << '-' << soon().time_since_epoch().count() << '-' << ++next;
  return mark.str();
}

// -- what is started ------------------------------------------------------------------------------

process_spec shell(std::string script) {
  return {.program = "/bin/sh", .arguments = {"-c", std::move(script)}};
}

process_spec python_code(std::string code) {
  return {.program = SLIPWAY_TEST_PYTHON, .arguments = {"-ISc", std::move(code)}};
}

std::string modules_dir() {
  return SLIPWAY_TEST_MODULES;
}

std::string misbehaving_path(const std::string& name) {
  return modules_dir() + "/misbehaving/" + name + ".py";
}

process_spec misbehaving(const std::string& name, std::vector<std::string> more) {
  process_spec spec{.program = SLIPWAY_TEST_PYTHON,
                    .arguments = {"-B", misbehaving_path(name), "--mode", "pool-worker",
                                  "--worker-id", "live/1"}};
  spec.arguments.insert(spec.arguments.end(), more.begin(), more.end());
  return spec;
}

temporary_directory::temporary_directory() {
  std::string made = (fs::temp_directory_path() / "slipway-live-XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp");
  }
  path_ = made;
}

temporary_directory::~temporary_directory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string temporary_directory::write(const std::string& name, std::string_view text) const {
  const fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

byte_buffer frame_of(std::string_view payload) {
  byte_buffer frame(frame_header_bytes + payload.size());
  for (std::size_t i = 0; i < frame_header_bytes; ++i) {
    frame[i] = static_cast<std::byte>(payload.size() >> (8 * (frame_header_bytes - 1 - i)));
  }
  if (!payload.empty()) {
    std::memcpy(frame.data() + frame_header_bytes, payload.data(), payload.size());
  }
  return frame;
}

std::string text_of(std::span<const std::byte> payload) {
  std::string text(payload.size(), '\0');
  if (!payload.empty()) {
    std::memcpy(text.data(), payload.data(), payload.size());
  }
  return text;
}

// -- events ---------------------------------------------------------------------------------------

event_handler event_journal::handler() {
  return [this](const runtime_event& event) {
    const std::lock_guard guard(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  };
}

struct log_journal::lines_kept final : spdlog::sinks::base_sink<std::mutex> {
  std::mutex access;
  std::vector<std::string> lines;

  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::lock_guard guard(access);
    lines.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}
};

log_journal::log_journal()
    : kept_(std::make_shared<lines_kept>()),
      logger_(std::make_shared<spdlog::logger>("live test", kept_)) {}

std::vector<std::string> log_journal::lines() const {
  const std::lock_guard guard(kept_->access);
  return kept_->lines;
}

bool log_journal::await(std::string_view part) const {
  return eventually([&] {
    for (const auto& line : lines()) {
      if (line.find(part) != std::string::npos) {
        return true;
      }
    }
    return false;
  });
}

// -- pools ----------------------------------------------------------------------------------------

python_pool_options echo_pool(std::string name) {
  python_pool_options options;
  options.name = std::move(name);
  options.size = 1;
  options.python = SLIPWAY_TEST_PYTHON;
  options.module = "echo_worker_module";
  options.python_path = {modules_dir()};
  options.environment = {{"PYTHONDONTWRITEBYTECODE", "1"}};
  // A loaded machine takes long; only tests of these timeouts may reach them.
  options.init_timeout = limit;
  options.call_timeout = limit;
  options.shutdown_grace = limit;
  options.terminate_grace = limit;
  return options;
}

namespace {

// The journal is told last: a test that waits for an event there finds `also` told of it.
event_handler both(event_handler also, event_handler journal) {
  return [also = std::move(also), journal = std::move(journal)](const runtime_event& event) {
    if (also) {
      also(event);
    }
    journal(event);
  };
}

}  // namespace

pool_host::pool_host(python_pool_options options, event_handler also, std::optional<machine> on)
    : runtime_(std::make_unique<runtime>(
          runtime_options{.logger = log_.logger(),
                          .on_event = both(std::move(also), events_.handler()),
                          .exit_patience = limit,
                          .machine = std::move(on)})),
      slot_(std::make_shared<pool_slot>(std::move(options), *runtime_)),
      pool_(start_python_pool(*runtime_, slot_).value()),
      client_(slot_) {}

pool_host::~pool_host() {
  stop();
}

bool pool_host::ready() {
  const auto all = client_.wait_until_ready(slot_->options().size, limit);
  if (!all) {
    ADD_FAILURE() << "the pool is not ready: " << testing::PrintToString(all.error());
  }
  return all.has_value();
}

std::optional<exit_reason> pool_host::exit() const {
  if (!events_.await<runtime_events::pool_exited>()) {
    return std::nullopt;
  }
  return events_.of<runtime_events::pool_exited>().front().reason;
}

void pool_host::stop(exit_reason reason) {
  pool_->stop(std::move(reason));
}

}  // namespace slipway::live
