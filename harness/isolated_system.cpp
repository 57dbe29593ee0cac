// slipway/harness/isolated_system.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/call_error.hpp>
#include <slipway/actors/clock.hpp>
#include <slipway/harness/isolated_system.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace slipway::harness {
namespace {

namespace fs = std::filesystem;

std::string unique_suffix() {
  static std::atomic<unsigned> next{0};
  std::ostringstream suffix;
  suffix << std::hex << ::getpid() << '-' << ++next;
  return suffix.str();
}

std::string new_directory() {
  std::string made = (fs::temp_directory_path() / "slipway-test-XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp");
  }
  return made;
}

// With the first thread of a program a sanitizer starts one of its own, which stays.
resource_census first_census() {
  std::thread([] {}).join();
  return resource_census::take();
}

}  // namespace

struct isolated_system::journal {
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<runtime_event> events;
  std::vector<injected_fault> faults;
};

isolated_system::isolated_system(isolation_options options)
    : options_(std::move(options)),
      before_(first_census()),
      journal_(std::make_shared<journal>()),
      directory_(new_directory()) {
  std::optional<machine> stands_on;
  if (options_.faults) {
    stands_on = make_machine();
    std::shared_ptr<const clock> time = stands_on->time;
    if (options_.fault_time) {
      time = options_.fault_time;
    }
    auto injector =
        std::make_shared<fault_injector>(*options_.faults, options_.seed, std::move(time),
                                         [kept = journal_](const injected_fault& struck) {
                                           const std::lock_guard guard(kept->mutex);
                                           kept->faults.push_back(struck);
                                         });
    ports_ = std::make_shared<faulty_ports>(stands_on->ports, stands_on->timers,
                                            std::move(injector), options_.processes);
    stands_on->ports = ports_;
  }
  auto started = slipway::system::start(
      {.name = unique_name("test"),
       .intensity = options_.intensity,
       .period = options_.period,
       .logger = options_.logger,
       .on_event =
           [kept = journal_, also = options_.on_event](const runtime_event& event) {
             if (also) {
               also(event);
             }
             const std::lock_guard guard(kept->mutex);
             kept->events.push_back(event);
             kept->changed.notify_all();
           },
       .stop_patience = options_.patience,
       .machine = std::move(stands_on)});
  if (!started) {
    throw std::runtime_error("no system: " + started.error().message);
  }
  system_ = std::move(*started);
}

isolated_system::~isolated_system() {
  system_.reset();
  std::vector<std::string> ignored;
  remove_directory(ignored);
}

slipway::system& isolated_system::system() {
  return *system_;
}

python_pool_options isolated_system::at_home(python_pool_options options) const {
  options.environment.emplace("TMPDIR", directory_);
  return options;
}

client isolated_system::start_ready(python_pool_options options, std::optional<std::size_t> ready) {
  const std::string name = options.name;
  const std::size_t wanted = ready.value_or(options.size);
  auto started = system_->start_pool(at_home(std::move(options)));
  if (!started) {
    throw std::runtime_error("pool '" + name + "': " + started.error().message);
  }
  if (const auto waited = started->wait_until_ready(wanted, options_.patience); !waited) {
    std::string known = "pool '" + name + "' is not ready: " + waited.error().message;
    for (const runtime_event& event : events()) {
      known += "\n  " + to_string(event);
    }
    throw std::runtime_error(known);
  }
  return *started;
}

std::string isolated_system::unique_name(std::string_view base) {
  return std::string(base) + "-" + unique_suffix();
}

std::vector<runtime_event> isolated_system::events() const {
  const std::lock_guard guard(journal_->mutex);
  return journal_->events;
}

bool isolated_system::await(const std::function<bool(const runtime_event&)>& wanted) const {
  const steady_clock time;
  const time_point deadline = deadline_after(time.now(), options_.patience);
  std::unique_lock lock(journal_->mutex);
  // Each event is looked at once, so that `wanted` may count.
  std::size_t seen = 0;
  return journal_->changed.wait_until(lock, deadline, [&] {
    while (seen < journal_->events.size()) {
      if (wanted(journal_->events[seen++])) {
        return true;
      }
    }
    return false;
  });
}

std::vector<injected_fault> isolated_system::faults() const {
  const std::lock_guard guard(journal_->mutex);
  return journal_->faults;
}

void isolated_system::pass_fault_time(duration by) {
  if (options_.fault_time && ports_) {
    options_.fault_time->advance(by);
    ports_->look();
  }
}

std::vector<std::string> isolated_system::end() {
  const steady_clock time;
  system_.reset();
  ports_.reset();
  auto left = leftovers_since(before_, deadline_after(time.now(), options_.patience));
  remove_directory(left);
  return left;
}

void isolated_system::remove_directory(std::vector<std::string>& left) {
  std::error_code gone;
  for (const auto& entry : fs::recursive_directory_iterator(directory_, gone)) {
    left.push_back("file " + entry.path().string());
  }
  fs::remove_all(directory_, gone);
}

}  // namespace slipway::harness
