// slipway/tests/harness/fault_matrix.cpp
// SPDX-License-Identifier: Apache-2.0
#include "fault_matrix.hpp"

#include <slipway/actors/client.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/isolated_system.hpp>
#include <slipway/harness/virtual_clock.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

namespace slipway::harness {
namespace {

using namespace std::chrono_literals;
using namespace fault_what;

// Only a failure takes so long.
constexpr duration patience = 60s;
// What never comes is waited for so long, however busy the machine is.
constexpr duration short_patience = 1s;
// The same for starts, of which the next must succeed within it.
constexpr duration start_patience = 10s;
constexpr duration never = 1h;
constexpr std::size_t flood_bytes = std::size_t{1} << 20U;
constexpr std::size_t flood_limit_bytes = std::size_t{256} << 10U;
constexpr std::size_t growth_bytes = std::size_t{192} << 20U;
constexpr std::size_t growth_limit_bytes = std::size_t{128} << 20U;

template <class... Faults>
bool is_any(const fault& what) {
  return (std::holds_alternative<Faults>(what) || ...);
}

bool before_ready(process_state when) {
  return when == process_state::starting || when == process_state::handshaking;
}

// Ends the process, or has it removed, without a call.
bool noticed_by_itself(const fault& what) {
  return is_any<kill, fault_what::exit, stderr_flood, memory_growth>(what);
}

// Faults after which a call waits for what never comes.
bool starves_calls(const fault& what) {
  return is_any<stop, hang, late_reply, half_frame>(what);
}

python_pool_options options_for(const fault& what, process_state when) {
  python_pool_options options{.name = "cell",
                              .size = 1,
                              .python = SLIPWAY_TEST_PYTHON,
                              .module = "echo_worker_module",
                              .python_path = {SLIPWAY_TEST_MODULES},
                              .environment = {{"PYTHONDONTWRITEBYTECODE", "1"}},
                              .init_timeout = patience,
                              .call_timeout = patience,
                              .shutdown_grace = patience,
                              .terminate_grace = patience};
  if (before_ready(when) &&
      is_any<stop, silent_start, hang, half_frame, late_reply, close_stdin>(what)) {
    options.init_timeout = start_patience;
  }
  if (when == process_state::terminating && is_any<stop, hang, late_reply>(what)) {
    options.shutdown_grace = short_patience;
    options.terminate_grace = short_patience;
  }
  if (std::holds_alternative<stderr_flood>(what)) {
    options.health = health_options{
        .interval = never, .timeout = never, .max_stderr = {{flood_limit_bytes, never}}};
  }
  if (std::holds_alternative<memory_growth>(what)) {
    options.recycle = recycle_options{
        .max_resident_bytes = growth_limit_bytes, .jitter = 0, .check_interval = 20ms};
  }
  return options;
}

fault_plan plan_for(const fault& what, process_state when) {
  // An idle worker gives no moment at which the plan could strike, so there it strikes by time.
  const fault_trigger trigger = when == process_state::ready
                                    ? fault_trigger(fault_when::at_time{1h})
                                    : fault_trigger(fault_when::enters{when});
  return {{{.name = "the fault", .when = trigger, .what = what, .whom = {.name = "cell/1"}}}};
}

std::string text_of(const client::reply<value>& given, const fault& what) {
  if (given) {
    return "ok";
  }
  const call_error& error = given.error();
  std::string text = to_string(error.code);
  text += error.effect == call_effect::unknown ? ", effect unknown" : ", not sent";
  // Elsewhere it is the pool that ends the process, sooner or later than the call.
  if (error.exit && is_any<kill, fault_what::exit>(what)) {
    text += ", " + to_string(*error.exit);
  }
  return text;
}

bool is_about_worker(const runtime_event& event, const std::string& worker) {
  if (const auto* removed = std::get_if<runtime_events::worker_removed>(&event)) {
    return removed->worker == worker;
  }
  if (const auto* failed = std::get_if<runtime_events::worker_init_failed>(&event)) {
    return failed->worker == worker;
  }
  return false;
}

// Whose environment says that they belong to the system with this folder.
std::size_t processes_of(const std::string& directory) {
  const std::string entry = "TMPDIR=" + directory;
  std::size_t found = 0;
  std::error_code gone;
  for (const auto& folder : std::filesystem::directory_iterator("/proc", gone)) {
    std::ifstream file(folder.path() / "environ", std::ios::binary);
    const std::string environment{std::istreambuf_iterator<char>(file), {}};
    found += environment.find(entry) != std::string::npos ? 1U : 0U;
  }
  return found;
}

class cell {
 public:
  cell(const matrix_row& row, process_state when)
      : what_(row.what),
        when_(when),
        system_({.faults = plan_for(what_, when),
                 .fault_time = std::make_shared<virtual_clock>(),
                 .patience = patience,
                 .logger = std::make_shared<spdlog::logger>(
                     "cell", std::make_shared<spdlog::sinks::null_sink_mt>())}),
        calls_(start()) {}

  cell_outcome play() {
    if (when_ == process_state::terminating) {
      return end();
    }
    if (when_ == process_state::ready) {
      strike_idle();
    }
    cell_outcome outcome;
    // Where nothing comes, nothing is waited for long; the worker is idle, so none of it is spent in
    // a queue.
    const bool starves =
        starves_calls(what_) && (when_ == process_state::ready || when_ == process_state::busy);
    outcome.first = call(starves ? short_patience : patience);
    if ((when_ == process_state::busy && noticed_by_itself(what_)) ||
        std::holds_alternative<memory_growth>(what_)) {
      wait_until_gone();
    }
    outcome.next = call();
    // Whatever it was, it is over now, and only one worker was hit.
    if (const std::string last = call(); last != "ok") {
      outcome.wrong.push_back("the third call: " + last);
    }
    outcome.worker = fate();
    outcome.verdict = outcome.worker == "kept" ? "kept" : "replaced";
    check_strike(outcome);
    return outcome;
  }

  [[nodiscard]] const std::string& directory() const { return system_.directory(); }

 private:
  client start() {
    const python_pool_options options = options_for(what_, when_);
    if (when_ == process_state::ready || when_ == process_state::busy ||
        when_ == process_state::terminating) {
      return system_.start_ready(options);
    }
    return *system_.system().start_pool(system_.at_home(options));
  }

  std::string call(duration timeout = patience) {
    return text_of(calls_.call("echo", value::map({}), timeout), what_);
  }

  void strike_idle() {
    system_.pass_fault_time(1h);
    if (noticed_by_itself(what_)) {
      wait_until_gone();
    }
  }

  void wait_until_gone() {
    static_cast<void>(
        system_.await([](const runtime_event& event) { return is_about_worker(event, "cell/1"); }));
  }

  // Of the worker that was hit; the reason only where it does not depend on who was first to see.
  [[nodiscard]] std::string fate() const {
    for (const runtime_event& event : system_.events()) {
      if (const auto* failed = std::get_if<runtime_events::worker_init_failed>(&event)) {
        return "replaced: its start failed (" + failed->reason.type + ")";
      }
      if (is_about_worker(event, "cell/1")) {
        return "replaced";
      }
    }
    return "kept";
  }

  cell_outcome end() {
    cell_outcome outcome;
    outcome.first = outcome.next = "-";
    system_.system().stop();
    static_cast<void>(system_.await<runtime_events::worker_exited>());
    for (const runtime_event& event : system_.events()) {
      if (const auto* exited = std::get_if<runtime_events::worker_exited>(&event)) {
        outcome.worker = "ends: " + to_string(exited->status);
        outcome.verdict = to_string(exited->status);
      }
    }
    check_strike(outcome);
    return outcome;
  }

  void check_strike(cell_outcome& outcome) const {
    if (system_.faults().size() != 1) {
      outcome.wrong.push_back("the fault struck " + std::to_string(system_.faults().size()) +
                              " times");
    }
  }

  const fault what_;
  const process_state when_;
  isolated_system system_;
  client calls_;
};

}  // namespace

std::vector<matrix_row> matrix_rows() {
  return {
      {"kill", kill{}, "SIGKILL"},
      {"stop", stop{never}, "SIGSTOP for an hour; a shorter one is a slow answer"},
      {"exit", fault_what::exit{7}, "the process exits with code 7"},
      {"slow_start", slow_start{50ms}, "the handshake is answered 50 ms later"},
      {"silent_start", silent_start{}, "the handshake is never answered"},
      {"hang", hang{}, "nothing is ever answered again, and nothing read"},
      {"slow_reply", slow_reply{50ms}, "the next answer comes 50 ms later"},
      {"late_reply", late_reply{never}, "the next answer comes when nobody waits any more"},
      {"half_frame", half_frame{}, "half of the next answer, then nothing"},
      {"garbage_frame", garbage_frame{}, "a frame that is no envelope instead of the next answer"},
      {"overlong_length", overlong_length{}, "a header that announces 4 GiB instead of it"},
      {"wrong_id", wrong_id{}, "the next answer has the id of no request"},
      {"duplicate_reply", duplicate_reply{}, "the next answer comes twice"},
      {"close_stdout", close_stdout{}, "the process closes its standard output and goes on"},
      {"close_stdin", close_stdin{}, "the process closes its standard input and goes on"},
      {"stderr_flood", stderr_flood{flood_bytes}, "1 MiB, where 256 KiB are allowed"},
      {"memory_growth", memory_growth{growth_bytes}, "192 MiB more, where 128 MiB are allowed"},
      {"spawn_failure enoent", spawn_failure{spawn_fault::enoent}, "the program is not there"},
      {"spawn_failure eacces", spawn_failure{spawn_fault::eacces}, "it must not be run"},
      {"spawn_failure eagain", spawn_failure{spawn_fault::eagain}, "too many processes"},
      {"spawn_failure emfile", spawn_failure{spawn_fault::emfile}, "too many open files"},
      {"clock_jump", clock_jump{}, "only where the clock is virtual"},
  };
}

std::string impossible(const fault& what, process_state when) {
  if (std::holds_alternative<clock_jump>(what)) {
    return "the clock of the machine does not jump; simulated runs have this cell";
  }
  if (std::holds_alternative<spawn_failure>(what)) {
    return when == process_state::before_spawn ? "" : "the process has been spawned";
  }
  if (when == process_state::before_spawn) {
    return "there is no process yet";
  }
  if (is_any<slow_start, silent_start>(what) && !before_ready(when)) {
    return "it has started";
  }
  return {};
}

cell_outcome play(const matrix_row& row, process_state when) {
  std::string directory;
  cell_outcome outcome;
  try {
    cell played(row, when);
    directory = played.directory();
    outcome = played.play();
  } catch (const std::exception& error) {
    outcome.wrong.emplace_back(error.what());
  }
  if (const std::size_t left = directory.empty() ? 0 : processes_of(directory); left != 0) {
    outcome.wrong.push_back(std::to_string(left) + " processes are left");
  }
  if (!directory.empty() && std::filesystem::exists(directory)) {
    outcome.wrong.push_back("the folder " + directory + " is left");
  }
  return outcome;
}

std::string matrix_page(const std::vector<matrix_row>& rows,
                        const std::vector<cell_outcome>& outcomes) {
  std::ostringstream page;
  page << R"(# What a pool makes of each fault

<!-- Written by tests/harness/fault_matrix_test.cpp; its test says how to write it anew. -->

Each process fault of a [fault plan](harness.md), in each state of a worker's process, on a real pool
of one Python worker. The state is that in which the fault strikes: the process is about to be
spawned, runs and has been sent nothing (starting), has the handshake (handshaking), is idle (ready),
has a request (busy), has been asked to end (terminating). Whatever happens, at the third call at the
latest the pool serves again, and at the end no process, descriptor, thread or file is left.

In the table: **kept**, the worker goes on; **replaced**, another one takes its place; for a worker
that is ending, how its process ended; **-**, there is no such cell. What callers get is below.

| fault |)";
  for (const process_state when : all_process_states()) {
    page << ' ' << name_of(when) << " |";
  }
  page << "\n| --- | --- | --- | --- | --- | --- | --- |\n";
  const std::size_t columns = all_process_states().size();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    page << "| " << rows[row].name << " |";
    for (std::size_t column = 0; column < columns; ++column) {
      const cell_outcome& outcome = outcomes[row * columns + column];
      page << ' ' << (outcome.verdict.empty() ? "-" : outcome.verdict) << " |";
    }
    page << '\n';
  }
  page << R"(
## What callers get

"First" is the call that waits while the worker starts, or that the worker has, or that is made when
the fault has struck an idle worker; "next" is the call after it. `not sent`: it is safe to call
again.
)";
  for (std::size_t row = 0; row < rows.size(); ++row) {
    page << "\n### " << rows[row].name << "\n\nHere: " << rows[row].how
         << ".\n\n| state | first | next | worker |\n| --- | --- | --- | --- |\n";
    for (std::size_t column = 0; column < columns; ++column) {
      const process_state when = all_process_states()[column];
      const cell_outcome& outcome = outcomes[row * columns + column];
      page << "| " << name_of(when) << " | ";
      if (const std::string why = impossible(rows[row].what, when); !why.empty()) {
        page << "- | - | no such cell: " << why << " |\n";
      } else {
        page << outcome.first << " | " << outcome.next << " | " << outcome.worker << " |\n";
      }
    }
  }
  return page.str();
}

}  // namespace slipway::harness
