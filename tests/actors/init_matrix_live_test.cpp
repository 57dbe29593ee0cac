// slipway/tests/actors/init_matrix_live_test.cpp
//
// The init matrix with real Python workers: slow, silent, crashing, babbling on standard output,
// closing their pipe, killed, or not to be started at all. The test itself runs the I/O loop, step
// by step, so that a worker stays in its state for as long as a cell needs it there.
//
// SPDX-License-Identifier: Apache-2.0
#include "init_matrix.hpp"
#include "init_matrix_play.hpp"
#include "live_fixture.hpp"
#include <slipway/actors/python_worker.hpp>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::init_matrix {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// -- who is under fire ----------------------------------------------------------------------------

/// What the worker under fire does; its successors and the other worker behave well.
enum class conduct : std::uint8_t {
  good,
  slow,      ///< answers the handshake when the test lets it
  silent,    ///< never answers; its init timeout ends it
  crashing,  ///< ends with a traceback
  babbling,  ///< prints a line on standard output
  closing,   ///< closes its standard output
  killed,    ///< by a signal
  missing,   ///< its interpreter is not there, so that no process ever runs
};

std::string to_string(conduct how) {
  constexpr std::array names{"good",     "slow",    "silent", "crashing",
                             "babbling", "closing", "killed", "missing"};
  return names.at(static_cast<std::size_t>(how));
}

// The program beneath tests/python/misbehaving that does so.
std::string program_of(conduct how) {
  switch (how) {
    case conduct::silent:
      return "silent";
    case conduct::crashing:
      return "exits_at_once";
    case conduct::babbling:
      return "babbles";
    case conduct::closing:
      return "closes_stdout";
    default:
      return "slow_start";
  }
}

/// With which workers a cell is played.
std::vector<conduct> conducts_of(const cell& at) {
  using enum conduct;
  if (at.state == init_state::ready) {
    return {good};
  }
  switch (at.arriving) {
    case event::process_down:
      return at.state == init_state::starting
                 ? std::vector{missing, killed}
                 : std::vector{crashing, babbling, closing, silent, killed};
    case event::handle_info:
    case event::other_checkin:
      return {slow};
    default:
      return {slow, silent};
  }
}

struct scene {
  cell at;
  conduct how = conduct::good;
};

std::vector<scene> all_scenes() {
  std::vector<scene> scenes;
  for (const cell& at : all_cells()) {
    for (const conduct how : conducts_of(at)) {
      scenes.push_back({at, how});
    }
  }
  return scenes;
}

void PrintTo(const scene& played, std::ostream* to) {
  *to << name_of(played.at) << " with a " << to_string(played.how) << " worker";
}

// What the table says, but for a start that goes on and never comes to an end.
outcome expected_in(const scene& played, outcome expected) {
  if (played.how == conduct::silent && expected.worker == worker_after::joins_idle) {
    expected.worker = worker_after::retried;
  }
  return expected;
}

// -- behaviour ------------------------------------------------------------------------------------

/// The behaviour of Python workers, which notes what it is told.
class watched_python : public python_worker {
 public:
  using link = worker_link<worker_state, message>;
  using notes_type = notes<link>;

  /// `impatient` are the options of the worker under fire.
  watched_python(runtime& shared, const python_pool_options& options,
                 const python_pool_options& impatient, worker_id victim,
                 std::shared_ptr<notes_type> seen)
      : python_worker(shared, options),
        under_fire_(shared, impatient),
        victim_(victim),
        seen_(std::move(seen)) {}

  init_return<worker_state, message> init_worker(worker_id id, pool_state& pool) {
    auto made =
        id == victim_ ? under_fire_.init_worker(id, pool) : python_worker::init_worker(id, pool);
    auto& start = std::get<init_async<worker_state, message>>(made);
    start.begin = [seen = seen_, begin = std::move(start.begin)](const link& to) {
      seen->links.emplace(to.id(), to);
      begin(to);
    };
    start.abort = [seen = seen_, id, abort = std::move(start.abort)] {
      seen->aborted.push_back(id);
      abort();
    };
    return made;
  }
  info_return handle_info(const message& what, worker_state& worker) {
    ++seen_->informed;
    return python_worker::handle_info(what, worker);
  }
  void handle_cancelled(cancel_context context, const pool_state& /*pool*/) {
    seen_->cancelled.push_back(context);
  }
  void terminate_worker(const exit_reason& reason, const worker_state& worker, pool_state& pool) {
    seen_->ended.push_back(reason);
    python_worker::terminate_worker(reason, worker, pool);
  }

 private:
  python_worker under_fire_;
  worker_id victim_;
  std::shared_ptr<notes_type> seen_;
};

// -- processes ------------------------------------------------------------------------------------

/// A runtime whose I/O loop runs when, and for as long as, the test says so.
class stage : public crew {
 public:
  using play_type = play<watched_python>;

  stage(const cell& at, conduct how)
      : at_(at), how_(how), subject_(at, time_, seen_), mark_(live::unique_mark()) {
    runtime_ = std::make_unique<runtime>(runtime_options{.logger = log_.logger(),
                                                         .io_context = &io_,
                                                         .on_event = events_.handler(),
                                                         .exit_patience = live::limit});
    script_ = folder_.write("under_fire.py", script());
    const auto options = options_of_pool();
    subject_.start(watched_python(*runtime_, options, impatient(options), subject_.victim(), seen_),
                   {std::make_shared<port_owner>()});
  }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;
  stage(stage&&) = delete;
  stage& operator=(stage&&) = delete;
  // NOLINTNEXTLINE(bugprone-exception-escape): a throw ends the test program, and rightly so.
  ~stage() override {
    subject_.clean_up();
    drive([&] { return runtime_->wait_unheld(live::soon()); });
    runtime_.reset();
    io_.poll();
  }

  [[nodiscard]] play_type& subject() { return subject_; }
  [[nodiscard]] const live::event_journal& events() const { return events_; }
  [[nodiscard]] const watched_python::notes_type& seen() const { return *seen_; }
  [[nodiscard]] harness::virtual_clock& time() { return *time_; }

  /// Events of the worker under fire.
  template <class Event>
  [[nodiscard]] std::vector<Event> of_victim() const {
    auto found = events_.of<Event>();
    std::erase_if(found, [&](const Event& each) { return each.worker != victim_name(); });
    return found;
  }

  /// Runs the I/O loop until `holds`, and no further.
  void drive(const std::function<bool()>& holds) { live::drive(io_, holds); }

  /// Runs what the I/O loop has to do at once, such as writing the handshake's request.
  void drive_what_is_due() { io_.poll(); }

  /// From now on the worker under fire does what it is here for.
  void open_gate() const { folder_.write("gate", ""); }
  /// Waits until it has answered the handshake, which the pool does not hear of.
  [[nodiscard]] bool has_answered() const {
    return live::eventually([&] { return std::filesystem::exists(folder_.path() + "/answered"); });
  }

  // -- crew ---------------------------------------------------------------------------------------

  void bring_to_handshaking(worker_id worker) override {
    drive([&] { return subject_.status_of(worker) == worker_status::handshaking; });
  }
  void bring_to_ready(worker_id worker) override {
    drive([&] { return !is_starting(worker); });
    ASSERT_TRUE(subject_.status_of(worker));
  }
  void end_process(worker_id worker) override {
    if (how_ == conduct::killed || how_ == conduct::good) {
      kill_process();
    } else {
      open_gate();
    }
    drive([&] { return !subject_.status_of(worker); });
    if (how_ == conduct::missing) {
      std::filesystem::create_symlink(SLIPWAY_TEST_PYTHON, interpreter());
    }
  }
  void finish(worker_id worker) override {
    if (seen_->aborted.empty()) {
      open_gate();
      drive([&] { return !is_starting(worker); });
    }
    // Of what is not wanted any more, no process is left.
    if (!subject_.status_of(worker) && how_ != conduct::missing) {
      drive([&] { return !of_victim<runtime_events::worker_exited>().empty(); });
    }
  }

 private:
  [[nodiscard]] std::string victim_name() const {
    return "matrix/" + std::to_string(static_cast<std::uint64_t>(subject_.victim()));
  }
  [[nodiscard]] std::string interpreter() const { return folder_.path() + "/python"; }

  [[nodiscard]] python_pool_options options_of_pool() const {
    auto options = live::echo_pool("matrix");
    options.environment["SLIPWAY_TEST_MARK"] = mark_;
    if (how_ != conduct::good) {
      options.module.clear();
      options.script = script_;
      options.wire_codec = codec::json;
    }
    if (how_ == conduct::missing) {
      options.python = interpreter();
    }
    return options;
  }

  // A silent worker whose start goes on is waited for until its init timeout, any other for longer
  // than a test takes.
  [[nodiscard]] python_pool_options impatient(python_pool_options options) const {
    const auto row = rows_for(at_).front();
    if (how_ == conduct::silent && row.expected.worker != worker_after::aborted) {
      options.init_timeout = 400ms;
    }
    return options;
  }

  // The worker under fire waits at its gate, the others go straight on; a well-behaved one leaves a
  // file when it has answered the handshake.
  [[nodiscard]] std::string script() const {
    return "import os, runpy, sys, time\n"
           "sys.dont_write_bytecode = True\n"
           "misbehaving = '" +
           live::modules_dir() +
           "/misbehaving'\n"
           "sys.path.insert(0, misbehaving)\n"
           "here = '" +
           folder_.path() +
           "'\n"
           "program = 'slow_start'\n"
           "if sys.argv[sys.argv.index('--worker-id') + 1] == '" +
           victim_name() +
           "':\n"
           "    program = '" +
           program_of(how_) +
           "'\n"
           "    for _ in range(12000 if program != 'silent' else 0):\n"
           "        if os.path.exists(here + '/gate'): break\n"
           "        time.sleep(0.005)\n"
           "if program == 'slow_start':\n"
           "    import bridge_protocol\n"
           "    bridge = bridge_protocol.start()\n"
           "    bridge.answer(bridge.read_request())\n"
           "    open(here + '/answered', 'w').close()\n"
           "    bridge.serve()\n"
           "else:\n"
           "    runpy.run_path(f'{misbehaving}/{program}.py', run_name='__main__')\n";
  }

  [[nodiscard]] bool is_starting(worker_id worker) {
    const auto now = subject_.status_of(worker);
    return now == worker_status::starting || now == worker_status::handshaking;
  }

  void kill_process() {
    std::vector<int> found;
    ASSERT_TRUE(live::eventually([&] {
      found = live::processes_with("SLIPWAY_TEST_MARK=" + mark_);
      return !found.empty();
    }));
    ASSERT_THAT(found, SizeIs(1));
    ASSERT_TRUE(live::kill_and_wait(found.front()));
  }

  const cell at_;
  const conduct how_;
  live::temporary_directory folder_;
  live::event_journal events_;
  live::log_journal log_;
  boost::asio::io_context io_{1};
  std::unique_ptr<runtime> runtime_;
  std::shared_ptr<watched_python::notes_type> seen_ =
      std::make_shared<watched_python::notes_type>();
  std::shared_ptr<harness::virtual_clock> time_ = std::make_shared<harness::virtual_clock>();
  play_type subject_;
  std::string mark_;
  std::string script_;
};

// -- the matrix -----------------------------------------------------------------------------------

class init_matrix_live : public live::live_test, public testing::WithParamInterface<scene> {};

TEST_P(init_matrix_live, the_table_says_what_happens) {
  const auto& [at, how] = GetParam();
  const auto rows = rows_for(at);
  ASSERT_THAT(rows, SizeIs(1)) << "one row of the table speaks of each cell";
  const outcome expected = expected_in(GetParam(), rows.front().expected);

  stage real(at, how);
  EXPECT_EQ(real.subject().run(real, rows.front().before), expected);

  const bool aborted = expected.worker == worker_after::aborted;
  const bool failed = expected.worker == worker_after::retried;
  EXPECT_THAT(real.of_victim<runtime_events::worker_init_cancelled>(), SizeIs(aborted ? 1 : 0));
  EXPECT_THAT(real.of_victim<runtime_events::worker_ready>(), SizeIs(aborted || failed ? 0 : 1));
  ASSERT_THAT(real.of_victim<runtime_events::worker_init_failed>(), SizeIs(failed ? 1 : 0));
  if (failed) {
    const auto why = real.of_victim<runtime_events::worker_init_failed>().front().reason;
    EXPECT_EQ(why.type, how == conduct::missing ? "environment" : "handshake");
  }
}

INSTANTIATE_TEST_SUITE_P(cell, init_matrix_live, testing::ValuesIn(all_scenes()),
                         [](const auto& tested) {
                           return name_of(tested.param.at) + "_with_a_" +
                                  to_string(tested.param.how) + "_worker";
                         });

// -- beside the matrix ----------------------------------------------------------------------------

class init_of_real_workers : public live::live_test {};

TEST_F(init_of_real_workers, a_handshake_reply_that_comes_after_the_abort_is_dropped) {
  const cell at{init_state::handshaking, event::cancel, start_mode::lazy, cancelled_init::abort};
  stage real(at, conduct::slow);
  real.subject().set_up(real, client_before::waits);
  real.drive_what_is_due();
  real.open_gate();
  ASSERT_TRUE(real.has_answered());
  real.time().advance(1h);
  ASSERT_THAT(real.seen().aborted, SizeIs(1));
  real.drive([&] { return !real.of_victim<runtime_events::worker_exited>().empty(); });
  EXPECT_THAT(real.of_victim<runtime_events::worker_ready>(), IsEmpty());
  EXPECT_THAT(real.of_victim<runtime_events::worker_removed>(), IsEmpty());
  EXPECT_THAT(real.seen().ended, IsEmpty());
  EXPECT_TRUE(real.of_victim<runtime_events::worker_exited>().front().expected);
}

class init_in_a_killed_pool : public live::live_test,
                              public testing::WithParamInterface<init_state> {};

TEST_P(init_in_a_killed_pool, ends_with_its_process) {
  stage real({GetParam(), event::owner_down}, conduct::slow);
  real.subject().set_up(real, client_before::waits);
  real.subject().subject().kill();
  EXPECT_THAT(real.subject().exits(), ElementsAre(exit_reason::killed()));
  real.drive([&] { return !real.of_victim<runtime_events::worker_exited>().empty(); });
  EXPECT_THAT(real.of_victim<runtime_events::worker_init_cancelled>(), SizeIs(1));
  EXPECT_THAT(real.seen().ended, IsEmpty()) << "no callback runs";
}

INSTANTIATE_TEST_SUITE_P(while_it_is, init_in_a_killed_pool,
                         testing::Values(init_state::starting, init_state::handshaking),
                         [](const auto& tested) { return to_string(tested.param); });

TEST_F(init_of_real_workers, the_status_tells_when_each_init_state_was_entered) {
  stage real({init_state::starting, event::handle_info}, conduct::slow);
  const auto victim = [&] { return real.subject().subject().status().workers.at(0); };
  EXPECT_FALSE(victim().handshaking_after);
  real.time().advance(20ms);
  real.bring_to_handshaking(real.subject().victim());
  EXPECT_EQ(victim().handshaking_after, 20ms);
  EXPECT_FALSE(victim().ready_after);
  real.time().advance(300ms);
  real.open_gate();
  real.bring_to_ready(real.subject().victim());
  EXPECT_EQ(victim().handshaking_after, 20ms);
  EXPECT_EQ(victim().ready_after, 320ms);
}

}  // namespace
}  // namespace slipway::init_matrix
