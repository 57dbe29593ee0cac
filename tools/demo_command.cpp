// slipway/tools/demo_command.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/console.hpp>
#include <slipway/tools/default_python.hpp>
#include <slipway/tools/demo_chaos.hpp>
#include <slipway/tools/demo_command.hpp>
#include <slipway/tools/demo_verdict.hpp>
#include <slipway/tools/demo_work.hpp>
#include <slipway/tools/duration_text.hpp>
#include <slipway/tools/event_teller.hpp>
#include <slipway/tools/install_layout.hpp>
#include <slipway/tools/periodic_task.hpp>
#include <slipway/tools/preflight.hpp>
#include <slipway/tools/progress_line.hpp>
#include <slipway/tools/retry_rule.hpp>
#include <slipway/tools/run_summary.hpp>
#include <slipway/tools/running_tree.hpp>
#include <slipway/tools/stop_signals.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace slipway::tools {
namespace {

constexpr const char* licences_folder = "/usr/share/common-licenses";
constexpr std::size_t workers = 4;
constexpr duration call_timeout = std::chrono::seconds(2);
constexpr duration redraw_every = std::chrono::milliseconds(50);
// Each of them would have to meet a kill; with one worker in four struck now and then, ten in a row
// do not.
constexpr unsigned most_retries = 20;

time_point clock_now() {
  return time_point::clock::now();
}

run_config demo_config(const demo_settings& wanted) {
  python_pool_options pool{.name = "licences", .size = workers, .package_dir = package_dir()};
  pool.module = (share_dir() / "examples/licences.py").lexically_normal().string();
  pool.call_timeout = call_timeout;
  if (!wanted.python.empty()) {
    pool.python = wanted.python;
  } else if (auto found = find_python(pool)) {
    pool.python = std::move(*found);
  }
  run_config config;
  config.file = "the demo";
  config.system.name = "demo";
  config.pools = {std::move(pool)};
  return config;
}

/// The part of the demo in which workers are struck while requests run.
class struck_work {
 public:
  struck_work(const demo_settings& wanted, const std::vector<demo_request>& requests,
              running_tree& tree, worker_roster& roster, const stop_request& stop, console& screen)
      : wanted_(wanted),
        requests_(requests),
        tree_(tree),
        roster_(roster),
        stop_(stop),
        screen_(screen),
        start_(clock_now()),
        teller_(screen, tree.watch(), start_) {}

  void perform() {
    periodic_task redraw(redraw_every, [this] { show(); });
    demo_chaos chaos({.kill_every = wanted_.kill_every}, roster_,
                     [this](strike_kind kind, const victim& struck) { tell(kind, struck); });
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i < workers; ++i) {
      callers.emplace_back([this] { send_requests(); });
    }
    wait_while([this] { return clock_now() - start_ < wanted_.length || !all_sent(); });
    chaos.finish();
    chaos_ = chaos.counts();
    // Work goes on until each worker that was struck has been found out.
    const time_point patience_ends = deadline_after(clock_now(), 3 * call_timeout);
    wait_while([&] { return roster_.struck() > 0 && clock_now() < patience_ends; });
    over_ = true;
    for (auto& caller : callers) {
      caller.join();
    }
    elapsed_ = clock_now() - start_;
    static_cast<void>(tree_.pool("licences").wait_until_ready(workers, call_timeout));
    redraw.finish();
    screen_.status("");
  }

  [[nodiscard]] demo_outcomes outcomes() const { return tally_.outcomes(); }
  [[nodiscard]] run_figures figures() const { return statistics_.figures(); }
  [[nodiscard]] chaos_counts chaos() const { return chaos_; }
  [[nodiscard]] duration elapsed() const { return elapsed_; }

 private:
  template <class Condition>
  void wait_while(Condition goes_on) const {
    while (goes_on() && !tree_.given_up() && !stop_.wait_for(redraw_every)) {
    }
  }

  bool all_sent() {
    std::lock_guard guard(mutex_);
    return sent_ >= requests_.size();
  }

  // All requests once, then again until the work is over.
  std::optional<std::size_t> next() {
    std::lock_guard guard(mutex_);
    if (over_ || stop_.asked() || tree_.given_up()) {
      return std::nullopt;
    }
    return sent_++ % requests_.size();
  }

  void send_requests() {
    while (const auto index = next()) {
      const demo_request& request = requests_[*index];
      const std::size_t number = tally_.begin();
      const time_point begun = clock_now();
      unsigned attempts = 0;
      auto outcome = call(request, attempts);
      if (outcome) {
        tally_.answered(number, request.is_right(*outcome));
      } else {
        tally_.failed(number, outcome.error());
      }
      statistics_.finished(outcome ? "ok" : to_string(outcome.error().code), attempts,
                           clock_now() - begun);
    }
  }

  result<value, call_error> call(const demo_request& request, unsigned& attempts) {
    const unsigned retries = wanted_.on_failure == failed_calls::are_retried ? most_retries : 0;
    for (;;) {
      auto outcome = tree_.pool("licences").call(request.command, request.args);
      ++attempts;
      const auto delay = outcome ? std::nullopt : retry_after(outcome.error(), attempts, retries);
      if (!delay || stop_.wait_for(*delay)) {
        return outcome;
      }
      tally_.retried();
    }
  }

  void tell(strike_kind kind, const victim& struck) {
    const auto& style = screen_.style();
    const std::string pid =
        style.paint(tone::faint, " (pid " + std::to_string(struck.os_pid) + ")");
    std::string text =
        kind == strike_kind::kill
            ? style.paint(tone::odd, style.pick("⚡", "*")) + " SIGKILL to " + struck.worker + pid
            : style.paint(tone::odd, style.pick("❄", "*")) + " SIGSTOP to " + struck.worker + pid +
                  ": it hangs from now on";
    teller_.note(std::move(text), struck.at);
  }

  void show() {
    teller_.tell();
    const run_figures figures = statistics_.figures();
    const duration elapsed = clock_now() - start_;
    const double time_done = std::chrono::duration<double>(elapsed) / wanted_.length;
    const double work_done =
        static_cast<double>(figures.requests()) / static_cast<double>(requests_.size());
    const progress state{std::min(time_done, work_done), figures.ok, figures.failed(), elapsed};
    if (screen_.is_terminal()) {
      screen_.status(progress_text(state, screen_.width(), screen_.style()));
    }
  }

  const demo_settings& wanted_;
  const std::vector<demo_request>& requests_;
  running_tree& tree_;
  worker_roster& roster_;
  const stop_request& stop_;
  console& screen_;
  const time_point start_;
  event_teller teller_;
  demo_tally tally_;
  run_statistics statistics_;
  chaos_counts chaos_;
  duration elapsed_{};
  std::atomic<bool> over_ = false;
  std::mutex mutex_;
  std::size_t sent_ = 0;
};

// The runtime has waited for its processes and reaped them, so there must be no child at all.
processes_left look_for_children() {
  return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD ? processes_left::no
                                                                : processes_left::yes;
}

void print_heading(console& screen, const std::string& text) {
  screen.line("");
  screen.line(screen.style().paint(tone::strong, text));
}

void print_tree(console& screen, const running_tree& tree) {
  std::string text = to_text(tree.picture());
  text.pop_back();
  screen.line(text);
}

exit_code conclude(console& screen, const demo_settings& wanted, const struck_work& work,
                   const tree_counts& counts, processes_left left) {
  const auto outcomes = work.outcomes();
  std::string summary = summary_text(work.figures(), counts, work.elapsed());
  summary.pop_back();
  print_heading(screen, "Summary");
  screen.line(summary);
  const auto mode =
      wanted.on_failure == failed_calls::are_retried ? demo_mode::retry : demo_mode::plain;
  const auto broken = broken_promises(outcomes, work.chaos(), mode, left);
  const auto& style = screen.style();
  for (const auto& one : broken) {
    screen.line(style.paint(tone::bad, style.pick("✗", "!")) + " " + one);
  }
  if (!broken.empty()) {
    return exit_code::some_failed;
  }
  screen.line("");
  screen.line(style.paint(tone::good, style.pick("✓ proven:", "proven:")) + " " +
              proven_text(outcomes, work.chaos(), counts.workers_started - workers));
  return exit_code::ok;
}

exit_code run_demo(const demo_settings& wanted, const run_config& config,
                   const std::vector<demo_request>& requests, const stop_request& stop,
                   console& screen) {
  worker_roster roster;
  auto tree = running_tree::start(config, wanted.log_file,
                                  [&roster](const runtime_event& event) { roster.take(event); });
  if (!tree) {
    screen.line(tree.error());
    return exit_code::environment;
  }
  (*tree)->wait_ready(workers, stop);
  if (const auto end = (*tree)->given_up()) {
    screen.line(end->text() + stderr_text(end->reason));
    return exit_code::environment;
  }
  print_heading(screen, "The tree");
  print_tree(screen, **tree);
  print_heading(screen, "A worker is killed every " + to_text(wanted.kill_every) +
                            ", and now and then one is made to hang");
  static_cast<void>((*tree)->watch().drain());
  struck_work work(wanted, requests, **tree, roster, stop, screen);
  work.perform();
  print_heading(screen, "The tree, healed");
  print_tree(screen, **tree);
  const tree_counts counts = (*tree)->watch().counts();
  (*tree)->stop();
  tree->reset();
  if (stop.asked()) {
    screen.line("stopped by a signal");
    return stop.signal() == SIGTERM ? exit_code::terminated : exit_code::interrupted;
  }
  return conclude(screen, wanted, work, counts, look_for_children());
}

}  // namespace

exit_code perform(const demo_settings& wanted) {
  console screen = console::on(STDOUT_FILENO);
  const auto licences = read_licences(licences_folder);
  if (licences.size() < 2) {
    screen.line(std::string("there are no licence texts in ") + licences_folder +
                "; on Debian they come with the package base-files");
    return exit_code::environment;
  }
  const run_config config = demo_config(wanted);
  if (const exit_code checked = check_interpreters(config, screen); checked != exit_code::ok) {
    return checked;
  }
  const auto requests = make_demo_requests(licences);
  screen.line(std::to_string(licences.size()) + " licences from " + licences_folder + ", " +
              std::to_string(requests.size()) + " requests, " + std::to_string(workers) +
              " workers of " + config.pools.front().python);
  stop_request stop;
  const stop_signals signals(stop);
  return run_demo(wanted, config, requests, stop, screen);
}

}  // namespace slipway::tools
