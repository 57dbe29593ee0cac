// slipway/tools/run_command.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/console.hpp>
#include <slipway/tools/event_teller.hpp>
#include <slipway/tools/output_file.hpp>
#include <slipway/tools/periodic_task.hpp>
#include <slipway/tools/preflight.hpp>
#include <slipway/tools/progress_line.hpp>
#include <slipway/tools/request_runner.hpp>
#include <slipway/tools/run_command.hpp>
#include <slipway/tools/run_sessions.hpp>
#include <slipway/tools/run_telemetry.hpp>
#include <slipway/tools/running_tree.hpp>
#include <slipway/tools/stop_signals.hpp>

#include <csignal>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace slipway::tools {
namespace {

constexpr duration redraw_every = std::chrono::milliseconds(100);

time_point clock_now() {
  return time_point::clock::now();
}

call_error gave_up(const request_line& request, const pool_end& end) {
  call_error error;
  error.code = call_errc::pool_stopped;
  error.message = "'" + request.command + "': " + end.text();
  error.pool_exit = end.reason;
  return error;
}

/// One run from the start of its tree to its summary.
class run {
 public:
  run(const run_settings& wanted, console& screen, running_tree& tree, unique_fd input,
      output_file output, const stop_request& stop)
      : wanted_(wanted),
        screen_(screen),
        tree_(tree),
        stop_(stop),
        output_(std::move(output)),
        input_(std::move(input), stop),
        sink_(wanted.order, [this](std::string_view text) { return output_.write(text); }),
        start_(clock_now()),
        teller_(screen, tree.watch(), start_) {}

  exit_code perform() {
    {
      // Two status lines on one terminal would be in each other's way.
      const bool results_on_screen = output_.is_terminal();
      periodic_task redraw(redraw_every, [this, results_on_screen] {
        teller_.tell();
        if (!results_on_screen) {
          show_progress();
        }
      });
      tree_.wait_ready(1, stop_);
      begun_ = clock_now();
      feed();
      ended_ = clock_now();
      counts_ = tree_.watch().counts();
      failure_ = tree_.given_up();
      tree_.stop();
      redraw.finish();
    }
    screen_.status("");
    return conclude();
  }

 private:
  // Until all requests are finished; a stop or the tree's end bounds the wait for those under way.
  void feed() {
    request_runner runner({.concurrency = wanted_.concurrency.value_or(tree_.worker_count()),
                           .retries = wanted_.retries,
                           .pools = tree_.pool_names()},
                          {input_, sink_, statistics_, stop_,
                           [this](const request_line& request) { return call(request); },
                           [this](const request_line& request) { return why_hopeless(request); }});
    std::optional<time_point> patience_ends;
    while (!runner.wait_for(redraw_every)) {
      if (stop_.asked() && !patience_ends) {
        patience_ends = deadline_after(clock_now(), wanted_.grace);
        teller_.note("stopping: waiting for the requests under way (once more to end at once)",
                     clock_now());
      }
      if (tree_.given_up() || (patience_ends && clock_now() >= *patience_ends)) {
        tree_.stop();
      }
    }
  }

  result<value, call_error> call(const request_line& request) {
    const client& pool = tree_.pool(request.pool);
    if (request.session) {
      return sessions_.call(pool, request);
    }
    return request.timeout ? pool.call(request.command, request.args, *request.timeout)
                           : pool.call(request.command, request.args);
  }

  std::optional<call_error> why_hopeless(const request_line& request) const {
    if (const auto end = tree_.given_up()) {
      return gave_up(request, *end);
    }
    return std::nullopt;
  }

  void show_progress() {
    const run_figures figures = statistics_.figures();
    progress state{std::nullopt, figures.ok, figures.failed(), clock_now() - start_};
    if (const auto total = input_.total_bytes(); total && *total > 0) {
      state.done = static_cast<double>(figures.input_bytes) / static_cast<double>(*total);
    }
    if (screen_.is_terminal()) {
      screen_.status(progress_text(state, screen_.width(), screen_.style()));
    } else if (pace_.due(state.elapsed)) {
      teller_.note(progress_text(state, 0, screen_.style()), clock_now());
    }
  }

  exit_code conclude() {
    if (failure_) {
      screen_.line(failure_->text() + stderr_text(failure_->reason));
    }
    if (const auto why = sink_.failed()) {
      screen_.line("cannot write to " + wanted_.output + ": " + *why);
    }
    if (const auto& why = input_.failed()) {
      screen_.line("cannot read from " + wanted_.input + ": " + *why);
    }
    if (stop_.asked()) {
      screen_.line("stopped by a signal; requests that had not begun have no result");
    }
    const run_figures figures = statistics_.figures();
    std::string summary = summary_text(figures, counts_, ended_ - begun_);
    summary.pop_back();
    screen_.line(summary);
    if (failure_ || sink_.failed() || input_.failed()) {
      return exit_code::environment;
    }
    if (stop_.asked()) {
      return stop_.signal() == SIGTERM ? exit_code::terminated : exit_code::interrupted;
    }
    return figures.failed() > 0 ? exit_code::some_failed : exit_code::ok;
  }

  const run_settings& wanted_;
  console& screen_;
  running_tree& tree_;
  const stop_request& stop_;
  output_file output_;
  input_lines input_;
  result_sink sink_;
  run_statistics statistics_;
  run_sessions sessions_;
  const time_point start_;
  time_point begun_{};
  time_point ended_{};
  event_teller teller_;
  log_pace pace_;
  tree_counts counts_;
  std::optional<pool_end> failure_;
};

std::string opening_text(const run_config& config, const running_tree& tree) {
  std::string text = config.system.name + ": ";
  for (const auto& pool : config.pools) {
    text += (&pool == &config.pools.front() ? "" : ", ") + std::string("pool '") + pool.name +
            "' of " + std::to_string(pool.size) + (pool.lazy ? " lazy" : "");
  }
  return text + " (" + std::to_string(tree.worker_count()) + " workers)";
}

}  // namespace

exit_code perform(const run_settings& wanted) {
  console screen = console::on(STDERR_FILENO);
  auto config = load_config(wanted.config, screen);
  if (!config) {
    return config.error();
  }
  auto input = open_input(wanted.input);
  if (!input) {
    screen.line(input.error());
    return exit_code::usage;
  }
  if (const exit_code checked = check_interpreters(*config, screen); checked != exit_code::ok) {
    return checked;
  }
  // After the checks, so that a run which cannot start leaves earlier results as they are.
  auto output = output_file::open(wanted.output, input->get());
  if (!output) {
    screen.line(output.error());
    return exit_code::usage;
  }
  stop_request stop;
  const stop_signals signals(stop);
  auto watched = run_telemetry::start(wanted);
  if (!watched) {
    screen.line(watched.error());
    return exit_code::environment;
  }
  auto tree = running_tree::start(*config, wanted.log_file, {}, (*watched)->target());
  if (!tree) {
    screen.line(tree.error());
    return exit_code::environment;
  }
  (*watched)->add_pools(**tree);
  if (const auto url = (*watched)->url()) {
    screen.line("metrics: " + *url);
  }
  screen.line(opening_text(*config, **tree));
  if (wanted.input == "-" && ::isatty(STDIN_FILENO) == 1) {
    screen.line("reading requests from the terminal, one JSON object a line; Ctrl-D ends them");
  }
  exit_code ended =
      run(wanted, screen, **tree, std::move(*input), std::move(*output), stop).perform();
  if (const auto why = (*watched)->trace_failed()) {
    screen.line("cannot write the trace " + wanted.trace_file + ": " + *why);
    ended = exit_code::environment;
  }
  return ended;
}

}  // namespace slipway::tools
