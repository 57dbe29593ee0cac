// slipway/tools/command_line.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/command_line.hpp>
#include <slipway/tools/duration_text.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace slipway::tools {
namespace {

constexpr std::size_t most_at_a_time = 1024;

constexpr const char* main_footer = R"(
Examples:
  slipway demo                                        watch a pool heal itself
  slipway doctor run.toml                             can its pools run here?
  slipway run run.toml --input requests.jsonl --output results.jsonl
  slipway call run.toml score '{"features": [1, 2]}'
  slipway tree run.toml                               its supervisors, pools and workers
  slipway chaos run.toml --plan plan.toml --html chaos.html
  slipway explore --seeds 20000                       simulated schedules, until one breaks a rule
  slipway replay run.replay                           a simulated run again

Exit codes:
  0  all that was asked for is done
  1  some requests failed (or demo, chaos, explore or replay found a broken promise)
  2  command line or configuration is wrong; nothing was started
  3  the tree could not be started, or gave up; or results could not be written
  130, 143  stopped by SIGINT, SIGTERM

`slipway COMMAND --help` tells more of each command.)";

constexpr const char* run_footer = R"(
Requests, one JSON object a line; only `command` is needed when there is one pool:
  {"id": 7, "pool": "scores", "command": "score", "args": {"features": [1, 2]}, "timeout_ms": 500}
Results, one line for each request, in the same order unless --unordered:
  {"line":1,"id":7,"ok":true,"result":0.5,"attempts":1,"ms":1.204}
  {"line":2,"ok":false,"error":{"code":"worker_died","effect":"unknown",...},"attempts":1,"ms":3.1}
A line that is no request gets a result with the code invalid_request. Blank lines are passed over.

--retry says that commands may be carried out twice: calls are repeated after not only what was never
sent, but also the death of a worker, a timeout or a broken answer. What a command raises itself, and
arguments that cannot be sent, are never retried.

SIGINT or SIGTERM: no new requests, those under way are finished (--grace), then the summary. A second
one ends it at once.

Examples:
  slipway run run.toml --input requests.jsonl --output results.jsonl
  slipway run run.toml --input requests.jsonl --output results.jsonl --concurrency 16 --retry 3
  slipway run run.toml --input requests.jsonl --metrics 9464 --trace run.trace.json
  producer | slipway run run.toml --unordered | consumer)";

constexpr const char* call_footer = R"(
Prints the result as JSON on standard output; an error goes to standard error, with exit code 1.

Examples:
  slipway call run.toml word_count '{"text": "to be or not to be"}'
  slipway call run.toml score '{"features": [1, 2]}' --pool scores --timeout 500ms)";

constexpr const char* doctor_footer = R"(
Without CONFIG it checks what any pool needs; with one, also each pool's own interpreter and module.
Exit code 0 when pools can run here, 3 when not.

Examples:
  slipway doctor
  slipway doctor run.toml)";

constexpr const char* tree_footer = R"(
Starts the tree, waits until its workers are ready, prints supervisors, pools and workers with their
states, restarts and last exit reasons, and stops it. A pool that cannot start is shown as it is then,
with exit code 3.

Examples:
  slipway tree run.toml
  slipway tree run.toml --format json
  slipway tree run.toml --format dot | dot -Tsvg > tree.svg)";

constexpr const char* demo_footer = R"(
Statistics of the licence texts under /usr/share/common-licenses are computed in Python by 4 workers.
Workers are killed (SIGKILL) and made to hang (SIGSTOP) meanwhile. Every answer is compared with the one
that C++ computes. The exit code is 0 only if every request ended exactly once: in the right answer, or
in an error that names the kill; with --retry, all of them in the right answer.

Examples:
  slipway demo
  slipway demo --retry --seconds 20
  slipway demo --python ~/venv/bin/python --kill-every 100ms)";

constexpr const char* chaos_footer = R"(
Starts the tree, calls COMMAND on it without pause, and does to it what the plan says: docs/faults-plan.md.
Same plan, same seed: the same draws of chance, though not the same order of events, for processes are real.
With --simulate they are not, time passes in no time, and the same seed is the same run. Each call must end
exactly once, with --echo no answer may be another call's, and no process, thread or descriptor may be left in
the end; if that does not hold, the exit code is 1. Calls that fail are what the plan is for, and no reason for it.

Examples:
  slipway chaos run.toml --plan plan.toml --duration 60s --html chaos.html
  slipway chaos run.toml --plan plan.toml --seed 7 --duration 10m --simulate
  slipway chaos run.toml --plan plan.toml --seed 7 --command score --args '{"features": [1]}' --report r.json)";

/// Makes an option that takes a duration with its unit.
template <class Target>
CLI::Option* add_duration(CLI::App& app, const std::string& name, Target& target,
                          const std::string& help) {
  return app
      .add_option_function<std::string>(
          name, [&target](const std::string& text) { target = *duration_from(text); }, help)
      ->check([](const std::string& text) {
        return duration_from(text) ? std::string()
                                   : "'" + text + "' is no duration such as 500ms, 5s or 2m";
      })
      ->type_name("DURATION");
}

void add_log_option(CLI::App& app, std::string& target) {
  app.add_option("--log", target, "File for all events and the workers' standard error")
      ->type_name("FILE");
}

void add_config_argument(CLI::App& app, std::string& target) {
  app.add_option("config", target, "The tree, see docs/configuration.md")->type_name("CONFIG.toml");
}

CLI::App* add_run(CLI::App& app, run_settings& wanted) {
  CLI::App* run = app.add_subcommand("run", "Feed requests to the tree of a configuration");
  add_config_argument(*run, wanted.config);
  run->get_option("config")->required();
  run->add_option("-i,--input", wanted.input, "Requests; - is standard input, the default")
      ->type_name("FILE");
  run->add_option("-o,--output", wanted.output, "Results; - is standard output, the default")
      ->type_name("FILE");
  run->add_option("-c,--concurrency", wanted.concurrency,
                  "Requests at a time (default: as many as workers)")
      ->check(CLI::Range(std::size_t{1}, most_at_a_time))
      ->type_name("N");
  run->add_flag_callback(
      "--unordered", [&wanted] { wanted.order = result_order::as_finished; },
      "Write results as they come");
  run->add_option("--retry", wanted.retries, "Repeat failed calls up to N times")->type_name("N");
  add_duration(*run, "--grace", wanted.grace,
               "After a signal, for requests under way (default 10s)");
  add_log_option(*run, wanted.log_file);
  run->add_option("--metrics", wanted.metrics_port,
                  "Serve Prometheus text at http://127.0.0.1:PORT/metrics; 0: a free port")
      ->type_name("PORT");
  run->add_option("--trace", wanted.trace_file, "Trace for Perfetto or chrome://tracing")
      ->type_name("FILE");
  run->footer(run_footer);
  return run;
}

CLI::App* add_call(CLI::App& app, call_settings& wanted) {
  CLI::App* call = app.add_subcommand("call", "Make one call and print its result");
  add_config_argument(*call, wanted.config);
  call->get_option("config")->required();
  call->add_option("command", wanted.command, "The command to call")
      ->required()
      ->type_name("COMMAND");
  call->add_option("args", wanted.args, "Its arguments as a JSON object (default: none)")
      ->type_name("JSON");
  call->add_option("-p,--pool", wanted.pool, "Which pool; needed when there are several")
      ->type_name("NAME");
  add_duration(*call, "-t,--timeout", wanted.timeout, "Default: the pool's call_timeout_ms");
  add_log_option(*call, wanted.log_file);
  call->footer(call_footer);
  return call;
}

CLI::App* add_doctor(CLI::App& app, doctor_settings& wanted) {
  CLI::App* doctor = app.add_subcommand("doctor", "Check whether pools can run on this machine");
  add_config_argument(*doctor, wanted.config);
  doctor->footer(doctor_footer);
  return doctor;
}

CLI::App* add_tree(CLI::App& app, tree_settings& wanted) {
  CLI::App* tree = app.add_subcommand("tree", "Start the tree of a configuration and print it");
  add_config_argument(*tree, wanted.config);
  tree->get_option("config")->required();
  static const std::map<std::string, tree_format> formats{
      {"text", tree_format::text}, {"json", tree_format::json}, {"dot", tree_format::dot}};
  tree->add_option_function<std::string>(
          "-f,--format", [&wanted](const std::string& name) { wanted.format = formats.at(name); },
          "text (default), json or dot")
      ->check([](const std::string& name) {
        return formats.contains(name) ? std::string() : "'" + name + "' is not text, json or dot";
      })
      ->type_name("FORMAT");
  add_log_option(*tree, wanted.log_file);
  tree->footer(tree_footer);
  return tree;
}

CLI::App* add_demo(CLI::App& app, demo_settings& wanted) {
  CLI::App* demo = app.add_subcommand("demo", "Watch a pool heal itself while workers are killed");
  demo->add_flag_callback(
      "--retry", [&wanted] { wanted.on_failure = failed_calls::are_retried; },
      "Repeat failed calls: then none may fail");
  constexpr double longest_s = 24 * 3600;
  demo->add_option_function<double>(
          "--seconds",
          [&wanted](double seconds) {
            wanted.length = std::chrono::round<duration>(std::chrono::duration<double>(seconds));
          },
          "How long to go on (default 6)")
      ->check(CLI::Range(0.1, longest_s))
      ->type_name("S");
  add_duration(*demo, "--kill-every", wanted.kill_every, "Time between kills (default 300ms)");
  demo->add_option("--python", wanted.python,
                   "Interpreter (default: the first of /usr/bin/python3 and python3 that can)")
      ->type_name("PROGRAM");
  add_log_option(*demo, wanted.log_file);
  demo->footer(demo_footer);
  return demo;
}

CLI::App* add_chaos(CLI::App& app, chaos_settings& wanted) {
  CLI::App* chaos = app.add_subcommand("chaos", "Run a tree under load while a plan breaks it");
  add_config_argument(*chaos, wanted.config);
  chaos->get_option("config")->required();
  chaos->add_option("--plan", wanted.plan, "What shall go wrong, see docs/faults-plan.md")
      ->required()
      ->type_name("PLAN.toml");
  chaos->add_option("--seed", wanted.seed, "Of all chance in the plan (default 1)")->type_name("N");
  chaos->add_flag("--simulate", wanted.simulate,
                  "With simulated processes and a virtual clock: one seed is one run");
  add_duration(*chaos, "--duration", wanted.length, "How long calls are made (default 60s)");
  chaos->add_option("--command", wanted.command, "What is called (default: ping)")
      ->type_name("COMMAND");
  chaos->add_option("--args", wanted.args, "Its arguments as a JSON object (default: none)")
      ->type_name("JSON");
  chaos
      ->add_option("--echo", wanted.echo,
                   "Give each call a number in this argument; its answer must have the same")
      ->type_name("FIELD");
  chaos->add_option("-p,--pool", wanted.pool, "Which pool is called (default: all in turn)")
      ->type_name("NAME");
  chaos
      ->add_option("-c,--concurrency", wanted.concurrency,
                   "Calls at a time (default: as many as workers)")
      ->check(CLI::Range(std::size_t{1}, most_at_a_time))
      ->type_name("N");
  add_duration(*chaos, "-t,--timeout", wanted.timeout, "Of each call (default 2s)");
  chaos->add_option("--report", wanted.report_file, "Report as JSON; - is standard output")
      ->type_name("FILE");
  chaos->add_option("--html", wanted.html_file, "Report as a page with a timeline")
      ->type_name("FILE");
  add_log_option(*chaos, wanted.log_file);
  chaos->footer(chaos_footer);
  return chaos;
}

CLI::App* add_explore(CLI::App& app, explore_settings& wanted) {
  CLI::App* explore = app.add_subcommand(
      "explore", "Simulate schedules of pools, sessions and supervisors until one breaks a rule");
  explore
      ->add_option("scenario", wanted.scenario,
                   "pool, sessions, supervisor or children (default: all)")
      ->type_name("SCENARIO");
  explore->add_option("--seeds", wanted.seeds, "How many of each scenario (default 10000)")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  explore->add_option("--first", wanted.first_seed, "The first seed (default 1)")->type_name("N");
  explore
      ->add_option("--save", wanted.replay_file,
                   "Where a broken schedule goes, made as small as can be (default broken.replay)")
      ->type_name("FILE");
  return explore;
}

CLI::App* add_replay(CLI::App& app, replay_settings& wanted) {
  CLI::App* replay = app.add_subcommand("replay", "Make a simulated run again, step by step");
  replay->add_option("file", wanted.file, "The run, see docs/simulation.md")
      ->required()
      ->type_name("FILE");
  return replay;
}

}  // namespace

result<settings, nothing_to_do> read_command_line(std::vector<std::string> words) {
  CLI::App app("Supervised pools of Python workers.", "slipway");
  app.set_version_flag("--version", std::string("slipway " SLIPWAY_VERSION));
  app.footer(main_footer);
  app.require_subcommand(1);
  run_settings run;
  call_settings call;
  doctor_settings doctor;
  tree_settings tree;
  demo_settings demo;
  chaos_settings chaos;
  explore_settings explore;
  replay_settings replay;
  const CLI::App* run_app = add_run(app, run);
  const CLI::App* call_app = add_call(app, call);
  const CLI::App* doctor_app = add_doctor(app, doctor);
  const CLI::App* tree_app = add_tree(app, tree);
  add_demo(app, demo);
  const CLI::App* chaos_app = add_chaos(app, chaos);
  const CLI::App* explore_app = add_explore(app, explore);
  const CLI::App* replay_app = add_replay(app, replay);
  try {
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
  } catch (const CLI::ParseError& ended) {
    std::ostringstream text;
    const bool asked_for = app.exit(ended, text, text) == 0;
    return failure(nothing_to_do{asked_for ? exit_code::ok : exit_code::usage, text.str()});
  }
  if (run_app->parsed()) {
    return run;
  }
  if (call_app->parsed()) {
    return call;
  }
  if (doctor_app->parsed()) {
    return doctor;
  }
  if (tree_app->parsed()) {
    return tree;
  }
  if (chaos_app->parsed()) {
    return chaos;
  }
  if (explore_app->parsed()) {
    return explore;
  }
  if (replay_app->parsed()) {
    return replay;
  }
  return demo;
}

}  // namespace slipway::tools
