// slipway/tools/chaos_command.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_injector.hpp>
#include <slipway/harness/fault_plan_toml.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/faulty_ports.hpp>
#include <slipway/harness/resource_census.hpp>
#include <slipway/tools/chaos_command.hpp>
#include <slipway/tools/chaos_load.hpp>
#include <slipway/tools/chaos_record.hpp>
#include <slipway/tools/chaos_report.hpp>
#include <slipway/tools/chaos_simulation.hpp>
#include <slipway/tools/chaos_view.hpp>
#include <slipway/tools/console.hpp>
#include <slipway/tools/duration_text.hpp>
#include <slipway/tools/install_layout.hpp>
#include <slipway/tools/output_file.hpp>
#include <slipway/tools/periodic_task.hpp>
#include <slipway/tools/preflight.hpp>
#include <slipway/tools/running_tree.hpp>
#include <slipway/tools/stop_signals.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace slipway::tools {
namespace {

constexpr duration redraw_every = std::chrono::milliseconds(100);
// For calls to end once their own time is up, and for what was joined and reaped to leave /proc.
constexpr duration patience = std::chrono::seconds(10);

time_point clock_now() {
  return time_point::clock::now();
}

/// All that is asked for, read and checked.
struct chaos_task {
  run_config config;
  harness::fault_plan plan;
  chaos_calls calls;
};

/// Where the reports go; opened before the run, so that nobody waits in vain.
struct chaos_outputs {
  std::optional<output_file> report{};
  std::optional<output_file> html{};
};

result<harness::fault_plan, exit_code> load_plan(const std::string& file, bool simulated,
                                                 console& screen) {
  auto plan = harness::read_fault_plan(file);
  if (!plan) {
    for (const auto& wrong : plan.error()) {
      screen.line(to_string(wrong));
    }
    return failure(exit_code::usage);
  }
  for (const auto& rule : plan->rules) {
    if (harness::is_for_actors(rule.what) || (harness::needs_nobody(rule.what) && !simulated)) {
      screen.line(file + ": " + std::string(harness::name_of(rule.what)) + " cannot be done to " +
                  (simulated ? "simulated" : "real") + " processes");
      return failure(exit_code::usage);
    }
  }
  return std::move(*plan);
}

result<value, exit_code> read_args(const std::string& text, console& screen) {
  auto args = value::from_json(text);
  if (args && args->is_map()) {
    return std::move(*args);
  }
  screen.line("--args must be one JSON object, as in '{\"text\": \"to be\"}'" +
              (args ? std::string() : ": " + to_string(args.error())));
  return failure(exit_code::usage);
}

result<chaos_calls, exit_code> read_calls(const chaos_settings& wanted, const run_config& config,
                                          console& screen) {
  auto args = read_args(wanted.args, screen);
  if (!args) {
    return failure(args.error());
  }
  if (!wanted.echo.empty() && wanted.command == "ping") {
    screen.line("--echo needs a --command that gives back what it gets: ping does not");
    return failure(exit_code::usage);
  }
  chaos_calls calls{wanted.command, std::move(*args), answer_check(wanted.echo)};
  std::size_t workers = 0;
  for (const auto& pool : config.pools) {
    if (wanted.pool.empty() || wanted.pool == pool.name) {
      calls.pools.push_back(pool.name);
      workers += pool.size;
    }
  }
  if (calls.pools.empty()) {
    screen.line("there is no pool " + wanted.pool + " in " + config.file);
    return failure(exit_code::usage);
  }
  calls.concurrency = wanted.concurrency.value_or(workers);
  calls.timeout = wanted.timeout;
  return calls;
}

result<chaos_task, exit_code> read_task(const chaos_settings& wanted, console& screen) {
  auto config = load_config(wanted.config, screen);
  if (!config) {
    return failure(config.error());
  }
  auto plan = load_plan(wanted.plan, wanted.simulate, screen);
  if (!plan) {
    return failure(plan.error());
  }
  auto calls = read_calls(wanted, *config, screen);
  if (!calls) {
    return failure(calls.error());
  }
  if (!wanted.simulate) {
    if (const exit_code checked = check_interpreters(*config, screen); checked != exit_code::ok) {
      return failure(checked);
    }
  }
  return chaos_task{std::move(*config), std::move(*plan), std::move(*calls)};
}

result<chaos_outputs, std::string> open_outputs(const chaos_settings& wanted) {
  constexpr int no_input = -1;
  chaos_outputs outputs;
  for (const auto& [path, to] : {std::pair(wanted.report_file, &outputs.report),
                                 std::pair(wanted.html_file, &outputs.html)}) {
    if (path.empty()) {
      continue;
    }
    auto opened = output_file::open(path, no_input);
    if (!opened) {
      return failure(std::move(opened.error()));
    }
    to->emplace(std::move(*opened));
  }
  return outputs;
}

chaos_setting setting_of(const chaos_settings& wanted, const chaos_task& task) {
  return {.config = wanted.config,
          .plan_file = wanted.plan,
          .plan = to_toml(task.plan),
          .seed = wanted.seed,
          .command = wanted.command,
          .echo = wanted.echo,
          .concurrency = task.calls.concurrency,
          .length = wanted.length};
}

void print_tree(console& screen, const std::string& heading, const running_tree& tree) {
  std::string text = to_text(tree.picture());
  text.pop_back();
  screen.line("");
  screen.line(screen.style().paint(tone::strong, heading));
  screen.line(text);
}

/// From the start of the tree to the proof that nothing is left of it.
class chaos_run {
 public:
  chaos_run(const chaos_settings& wanted, chaos_task task, const stop_request& stop,
            console& screen)
      : wanted_(wanted), task_(std::move(task)), stop_(stop), screen_(screen) {}

  result<chaos_log, std::string> perform() {
    const auto before = harness::resource_census::take();
    const time_point start = clock_now();
    record_ = std::make_shared<chaos_record>(setting_of(wanted_, task_), start);
    auto tree = start_tree();
    if (!tree) {
      return failure(std::move(tree.error()));
    }
    print_tree(screen_, "The tree", **tree);
    break_it(**tree, start);
    print_tree(screen_, "The tree after it", **tree);
    const tree_counts counts = (*tree)->watch().counts();
    const auto end = (*tree)->given_up();
    tree->reset();
    chaos_log log = record_->log(clock_now());
    log.tree = counts;
    log.gave_up = end ? end->text() : "";
    log.calls_overdue = overdue_;
    log.left = harness::leftovers_since(before, deadline_after(clock_now(), patience));
    return log;
  }

 private:
  [[nodiscard]] result<std::unique_ptr<running_tree>, std::string> start_tree() const {
    auto watch = std::make_shared<telemetry>();
    watch->attach("", [record = record_](const telemetry_record& event) { record->take(event); });
    machine real = make_machine();
    auto faults = std::make_shared<harness::fault_injector>(
        task_.plan, wanted_.seed, real.time,
        [record = record_](const harness::injected_fault& fault) { record->take(fault); });
    run_config config = task_.config;
    config.system.machine =
        harness::with_faults(std::move(real), std::move(faults), {.relay = fault_relay()});
    return running_tree::start(config, wanted_.log_file, {}, std::move(watch));
  }

  void break_it(running_tree& tree, time_point start) {
    chaos_view view(screen_, tree, *record_, start, wanted_.length);
    periodic_task redraw(redraw_every, [&view] { view.show(); });
    tree.wait_ready(1, stop_);
    chaos_load load(task_.calls, tree, *record_);
    const time_point deadline = deadline_after(clock_now(), wanted_.length);
    while (clock_now() < deadline && !tree.given_up() &&
           !stop_.wait_for(std::min(redraw_every, deadline - clock_now()))) {
    }
    if (!load.finish(wanted_.timeout + patience)) {
      overdue_ = record_->calls_under_way();
      tree.stop();
      if (!load.finish(patience)) {
        // Their threads cannot be ended, and so neither can what they use.
        screen_.line(std::to_string(overdue_) + " calls do not end, not even with their tree");
        std::_Exit(static_cast<int>(exit_code::some_failed));
      }
    }
    redraw.finish();
    screen_.status("");
  }

  const chaos_settings& wanted_;
  const chaos_task task_;
  const stop_request& stop_;
  console& screen_;
  std::shared_ptr<chaos_record> record_;
  std::uint64_t overdue_ = 0;
};

std::string opening_text(const chaos_settings& wanted, const chaos_task& task) {
  return task.config.system.name + ": " + std::to_string(task.plan.rules.size()) + " rules of " +
         wanted.plan + ", seed " + std::to_string(wanted.seed) + ", " +
         std::to_string(task.calls.concurrency) + " calls of '" + wanted.command +
         "' at a time for " + to_text(wanted.length);
}

bool write_reports(const chaos_settings& wanted, chaos_outputs& outputs, const chaos_log& log,
                   console& screen) {
  bool written = true;
  const auto write = [&](std::optional<output_file>& to, const std::string& path,
                         const std::string& text) {
    if (const auto why = to->write(text)) {
      screen.line("cannot write " + path + ": " + *why);
      written = false;
    }
  };
  if (outputs.report) {
    write(outputs.report, wanted.report_file, to_json(log));
  }
  if (outputs.html) {
    write(outputs.html, wanted.html_file, to_html(log));
  }
  return written;
}

exit_code conclude(const chaos_log& log, console& screen) {
  const auto& style = screen.style();
  screen.line("");
  screen.line(style.paint(tone::strong, "Report"));
  for (const auto& line : report_lines(log)) {
    screen.line(line);
  }
  if (!log.gave_up.empty()) {
    screen.line(log.gave_up);
  }
  const auto broken = broken_invariants(log);
  for (const auto& each : broken) {
    screen.line(style.paint(tone::bad, style.pick("✗", "!")) + " " + each);
  }
  if (!broken.empty()) {
    return exit_code::some_failed;
  }
  screen.line(style.paint(tone::good, style.pick("✓", "ok:")) + " every call ended exactly once, " +
              (log.setting.echo.empty() ? "" : "no answer was another call's, ") +
              "and nothing is left");
  return log.gave_up.empty() ? exit_code::ok : exit_code::environment;
}

}  // namespace

exit_code perform(const chaos_settings& wanted) {
  console screen = console::on(STDERR_FILENO);
  auto task = read_task(wanted, screen);
  if (!task) {
    return task.error();
  }
  auto outputs = open_outputs(wanted);
  if (!outputs) {
    screen.line(outputs.error());
    return exit_code::usage;
  }
  stop_request stop;
  const stop_signals signals(stop);
  screen.line(opening_text(wanted, *task));
  const result<chaos_log, std::string> log =
      wanted.simulate ? simulate({task->config, task->plan, task->calls, setting_of(wanted, *task)},
                                 stop, screen)
                      : chaos_run(wanted, std::move(*task), stop, screen).perform();
  if (!log) {
    screen.line(log.error());
    return exit_code::environment;
  }
  const bool written = write_reports(wanted, *outputs, *log, screen);
  const exit_code judged = conclude(*log, screen);
  if (judged != exit_code::ok || !written) {
    return judged != exit_code::ok ? judged : exit_code::environment;
  }
  if (stop.asked()) {
    return stop.signal() == SIGTERM ? exit_code::terminated : exit_code::interrupted;
  }
  return exit_code::ok;
}

}  // namespace slipway::tools
