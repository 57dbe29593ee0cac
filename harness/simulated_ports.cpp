// slipway/harness/simulated_ports.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/blocking_exchange.hpp>
#include <slipway/actors/internal/incoming_frames.hpp>
#include <slipway/actors/internal/port_core.hpp>
#include <slipway/actors/stderr_meter.hpp>
#include <slipway/actors/stderr_tail.hpp>
#include <slipway/harness/fault_text.hpp>
#include <slipway/harness/internal/spawn_refusal.hpp>
#include <slipway/harness/simulated_ports.hpp>
#include <slipway/protocol/envelope_codec.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

namespace slipway::harness {
namespace {

constexpr std::uint64_t first_resident_bytes = std::uint64_t{16} << 20U;

template <class... Cases>
struct cases : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
cases(Cases...) -> cases<Cases...>;

std::string argument_of(const process_spec& spec, std::string_view name) {
  const auto found = std::find(spec.arguments.begin(), spec.arguments.end(), name);
  return found == spec.arguments.end() || found + 1 == spec.arguments.end() ? "" : *(found + 1);
}

}  // namespace

// What all ports of one source share.
class simulated_ports::world {
 public:
  world(simulation& run, program_factory programs, std::shared_ptr<fault_injector> faults)
      : run_(run),
        programs_(std::move(programs)),
        faults_(std::move(faults)),
        spawner_(run.add_lane("spawner")) {}

  std::vector<injected_fault> strike(const fault_event& event) {
    return faults_ ? faults_->on(event) : std::vector<injected_fault>{};
  }

  // Rules that strike by time: the injector says when it is to be asked next.
  void watch_the_time() {
    const auto next = faults_ ? faults_->next_due() : std::nullopt;
    if (!next || (asked_at_ && *asked_at_ <= *next && *asked_at_ > run_.now())) {
      return;
    }
    if (*next <= run_.now() && waits_for_somebody_) {
      return;
    }
    asked_at_ = *next;
    run_.time()->set(*next, [weak = weak_self_] {
      if (const auto self = weak.lock()) {
        self->strike_what_is_due();
      }
    });
  }

  void strike_what_is_due();

  simulation& run_;
  program_factory programs_;
  std::shared_ptr<fault_injector> faults_;
  lane_id spawner_;
  std::weak_ptr<world> weak_self_;
  std::optional<time_point> asked_at_;
  // A rule has come due with nobody to strike: the next event asks again.
  bool waits_for_somebody_ = false;
  bool stopped_ = false;
  std::size_t opened_ = 0;
  int last_pid_ = 1000;
  std::map<std::string, std::uint64_t> started_;       // of each pool
  std::map<int, std::shared_ptr<process>> processes_;  // that have not been reaped
};

class simulated_ports::process final : public port {
 public:
  process(std::shared_ptr<world> all, const process_spec& spec, port_options options,
          fault_subject who)
      : world_(std::move(all)),
        run_(world_->run_),
        options_(std::move(options)),
        who_(std::move(who)),
        pid_(++world_->last_pid_),
        lane_(run_.add_lane(who_.name, lane_kind::apart)),
        codec_(argument_of(spec, "--codec") == "json" ? codec::json : codec::msgpack),
        program_(world_->programs_(spec)),
        incoming_(options_.max_frame_bytes) {
    if (options_.max_stderr) {
      meter_.emplace(*options_.max_stderr);
    }
  }

  [[nodiscard]] std::shared_ptr<process> self() {
    return std::static_pointer_cast<process>(shared_from_this());
  }
  [[nodiscard]] const fault_subject& who() const { return who_; }

  /// The run is given up: whoever waits for its end holds it, and would for ever.
  void abandon() {
    const port_options callbacks = std::exchange(options_, {});
    const auto pending = std::exchange(pending_, std::nullopt);
    if (const auto owner = core_.give_to(nullptr)) {
      release(*owner, this);
    }
  }

  // -- port ---------------------------------------------------------------------------------------

  [[nodiscard]] int os_pid() const override { return pid_; }

  bool adopt_first(port_owner_ptr owner) {
    if (!adopt(*owner, shared_from_this())) {
      return false;
    }
    core_.give_to(std::move(owner));
    return true;
  }

  [[nodiscard]] result<void, port_error> connect(const port_owner& from,
                                                 const port_owner_ptr& to) override {
    if (auto usable = core_.check_usable(from); !usable) {
      return usable;
    }
    if (core_.owned_by(*to)) {
      return {};
    }
    if (!adopt(*to, shared_from_this())) {
      return failure(internal::owner_not_alive("the new owner"));
    }
    release(*core_.give_to(to), this);
    return {};
  }

  [[nodiscard]] result<payload, port_error> exchange(const port_owner& /*owner*/,
                                                     std::span<const std::byte> /*frame*/,
                                                     time_point /*deadline*/) override {
    return failure(port_error{port_errc::io_error, "a simulation has no thread that may block",
                              frame_sent::no, std::nullopt, std::nullopt});
  }

  void async_exchange(const port_owner_ptr& owner, std::vector<std::byte> frame,
                      time_point deadline, exchanged done) override {
    run_.post(run_.io(), "begins an exchange",
              [self = self(), owner, frame = std::move(frame), deadline,
               done = std::move(done)]() mutable {
                if (auto begun = self->core_.begin_exchange(*owner, self->incoming_); !begun) {
                  done(failure(std::move(begun).error()));
                  return;
                }
                self->start_exchange(std::move(frame), deadline, std::move(done));
              });
  }

  [[nodiscard]] bool probe(const port_owner& owner, std::span<const std::byte> frame,
                           answer_test is_answer) override {
    if (!core_.may_probe(owner)) {
      return false;
    }
    if (!incoming_.owed() && write(frame)) {
      incoming_.expect(std::move(is_answer));
    }
    return incoming_.owed();
  }

  [[nodiscard]] probe_result probed(const port_owner& owner) override {
    using kind = probe_result::kind;
    if (!core_.may_probe(owner)) {
      return {kind::overtaken};
    }
    if (!incoming_.owed()) {
      return {kind::answered};
    }
    switch (read()) {
      case read_state::frame:
        return {kind::garbled, "a frame that nobody asked for"};
      case read_state::broken:
        return {kind::garbled, "what is no frame: " + read_error_};
      case read_state::blocked:
      case read_state::closed:
        break;
    }
    return {incoming_.owed() ? kind::unanswered : kind::answered};
  }

  void close() override {
    run_.post(run_.io(), "closes a process", [self = self()] { self->begin_close(); });
  }

  void kill() override {
    core_.kill();
    signal(SIGKILL);
  }

  [[nodiscard]] std::optional<port_exit> wait_exited(time_point /*deadline*/) const override {
    return core_.exit();
  }
  [[nodiscard]] bool running() const override { return core_.running(); }
  [[nodiscard]] std::vector<std::string> stderr_lines() const override { return tail_.lines(); }
  [[nodiscard]] std::optional<std::uint64_t> resident_bytes() const override {
    return ended_ ? std::nullopt : std::optional(resident_bytes_);
  }

  // -- what befalls the process -------------------------------------------------------------------

  void begin() {
    run_.post(lane_, "starts", [self = self()] { self->enter(process_state::starting); });
  }

  // From now on the host watches it; it may have ended before.
  void become_known() {
    known_ = true;
    if (ended_) {
      post_reaping();
    }
  }

  void signal(int number) {
    if (ended_) {
      return;
    }
    if (number == SIGTERM) {
      if (stopped_) {
        terminates_ = true;
        return;
      }
      enter(process_state::terminating);
    }
    end({exit_status::kind::signaled, number});
  }

  void suffer(const injected_fault& struck) { suffer(struck.what, struck.bytes_before); }

 private:
  using read_state = internal::exchange_progress::read_state;

  struct pending_exchange {
    std::vector<std::byte> frame;
    exchanged done;
    bool sent = false;
    simulated_time::timer_id timer{};
  };

  /// One answer on its way out, and what goes wrong with it.
  struct reply {
    byte_buffer frame;
    duration delay{};
    bool handshake = false;
    bool twice = false;
    bool last = false;  ///< nothing comes after it
  };

  // -- the host's side: as os_port ----------------------------------------------------------------

  void start_exchange(std::vector<std::byte> frame, time_point deadline, exchanged done) {
    pending_.emplace(pending_exchange{std::move(frame), std::move(done)});
    set_timer(deadline, internal::exchange_end::timed_out);
    pending_->sent = write(pending_->frame);
    if (!pending_->sent) {
      write_error_ = "writing the request: " + std::generic_category().message(EPIPE);
      wait_for_process_end();
    } else if (!pipe_.empty() || incoming_.bytes().buffered() != 0 || output_closed()) {
      // Asio looks at a pipe with something in it as soon as it may.
      run_.post(run_.io(), "looks into a pipe", [self = self()] { self->look(); });
    }
  }

  void set_timer(time_point when, internal::exchange_end end) {
    run_.time()->cancel(pending_->timer);
    pending_->timer = run_.time()->set(when, [weak = std::weak_ptr(self()), end] {
      if (const auto self = weak.lock(); self && self->pending_) {
        self->finish(end, std::nullopt);
      }
    });
  }

  void wait_for_process_end() {
    set_timer(deadline_after(run_.now(), internal::exit_report_patience),
              internal::exchange_end::process_gone);
  }

  void look() {
    if (!pending_) {
      return;
    }
    switch (read()) {
      case read_state::frame:
        finish(
            pending_->sent ? internal::exchange_end::answered : internal::exchange_end::bad_frame,
            std::nullopt);
        return;
      case read_state::blocked:
        return;
      case read_state::closed:
        wait_for_process_end();
        return;
      case read_state::broken:
        finish(internal::exchange_end::bad_frame, std::nullopt);
    }
  }

  void finish(internal::exchange_end end, std::optional<port_exit> exit) {
    run_.touch_host();
    const auto over = std::exchange(pending_, std::nullopt);
    run_.time()->cancel(over->timer);
    core_.end_exchange();
    if (end == internal::exchange_end::answered) {
      over->done(received_);
      return;
    }
    auto error = internal::exchange_error(
        {over->sent, decoder_failed_, decoder_failed_ ? read_error_ : write_error_,
         incoming_.unfinished_answer()},
        end, std::move(exit));
    if (error.code == port_errc::port_closed && !error.exit) {
      internal::add_exit(error, known_exit());
    }
    over->done(failure(std::move(error)));
  }

  // A process that has ended and is not reaped can be looked at.
  std::optional<port_exit> known_exit() const {
    auto known = core_.end();
    if (!known && ended_) {
      known = core_.end_by(*ended_);
      known->stderr_tail = tail_.lines();
    }
    return known;
  }

  bool output_closed() const { return stdout_closed_ || ended_; }

  // False: the process does not read any more.
  bool write(std::span<const std::byte> frame) {
    if (ended_ || stdin_closed_) {
      return false;
    }
    run_.post(lane_, "reads",
              [self = self(), bytes = std::vector<std::byte>(frame.begin(), frame.end())] {
                self->take(bytes);
              });
    return true;
  }

  read_state read() {
    for (;;) {
      auto next = incoming_.next();
      if (!next) {
        decoder_failed_ = true;
        read_error_ = to_string(next.error());
        return read_state::broken;
      }
      if (next->has_value()) {
        received_ = **next;
        return read_state::frame;
      }
      if (pipe_.empty()) {
        return output_closed() ? read_state::closed : read_state::blocked;
      }
      incoming_.bytes().feed(pipe_);
      pipe_.clear();
    }
  }

  void begin_close() {
    switch (core_.close(!options_.shutdown_frame.empty())) {
      case internal::close_step::none:
        return;
      case internal::close_step::ask:
        static_cast<void>(write(options_.shutdown_frame));
        escalate(options_.shutdown_grace, SIGTERM);
        return;
      case internal::close_step::terminate:
        escalate(duration::zero(), SIGTERM);
    }
  }

  void escalate(duration after, int number) {
    close_timer_ = run_.time()->set(deadline_after(run_.now(), after), [self = self(), number] {
      if (self->core_.exit()) {
        return;
      }
      self->signal(number);
      if (number == SIGTERM) {
        self->escalate(self->options_.terminate_grace, SIGKILL);
      }
    });
  }

  // It has been reaped: the steps of os_port, in their order.
  void reaped() {
    run_.touch_host();
    port_exit end = core_.reaped(*ended_);
    if (const auto owner = core_.give_to(nullptr)) {
      release(*owner, this);
    }
    run_.time()->cancel(close_timer_);
    tail_.finish([](std::string_view) {});
    end.stderr_tail = tail_.lines();
    core_.report(end);
    const auto held = self();
    world_->processes_.erase(pid_);
    if (pending_) {
      const bool answered = read() == read_state::frame && pending_->sent;
      finish(answered ? internal::exchange_end::answered : internal::exchange_end::process_gone,
             answered ? std::nullopt : std::optional(end));
    }
    if (options_.on_exit) {
      options_.on_exit(end);
    }
    options_.held_while_alive.reset();
    // They may hold the start of this process, which holds this.
    options_ = {};
  }

  // -- the process's side -------------------------------------------------------------------------

  void enter(process_state next) {
    strike({.what = fault_event::kind::enters_state, .state = next, .who = who_});
  }

  void strike(const fault_event& event) {
    if (!world_->faults_) {
      return;
    }
    // Who draws, counts down or waits for a time is shared by all processes. An event at which no rule
    // does is counted for this process alone, by what it did itself.
    if (!world_->faults_->is_private(event)) {
      run_.touch_host();
    }
    for (const auto& each : world_->strike(event)) {
      suffer(each.what, each.bytes_before);
    }
    world_->waits_for_somebody_ = false;
    world_->watch_the_time();
  }

  void take(const std::vector<std::byte>& frame) {
    if (ended_) {
      return;
    }
    const auto asked = decode_request(codec_, std::span(frame).subspan(frame_header_bytes));
    if (!asked) {
      end({exit_status::kind::exited, 1});
      return;
    }
    if (asked->command == "shutdown") {
      enter(process_state::terminating);
      if (!hanging_) {
        end({exit_status::kind::exited, 0});
      }
      return;
    }
    const bool handshake = !std::exchange(shaken_, true);
    const auto session = asked->args.find("session_id");
    who_.session = session ? session->as<std::string>().value_or("") : "";
    distortions_.clear();
    enter(handshake ? process_state::handshaking : process_state::busy);
    strike({.what = fault_event::kind::request,
            .bytes = frame.size(),
            .handshake = handshake,
            .who = who_});
    if (ended_ || hanging_) {
      return;
    }
    std::visit(cases{[&](const value& result) {
                       answer(response{asked->id, result, {}}, handshake);
                     },
                     [&](const remote_error& raised) {
                       answer(response{asked->id, failure(raised), {}}, handshake);
                     },
                     [&](const program_hangs&) { hanging_ = true; },
                     [&](const program_exits& exits) {
                       write_stderr(exits.last_words);
                       end({exit_status::kind::exited, exits.code});
                     }},
               program_(*asked));
  }

  void answer(const response& given, bool handshake) {
    // What a worker computes takes its time: others may come before it.
    run_.post(lane_, "answers",
              [self = self(), given, handshake] { self->reply_to(given, handshake); });
  }

  void reply_to(const response& given, bool handshake) {
    if (ended_ || hanging_ || (handshake && silent_)) {
      return;
    }
    reply out;
    out.handshake = handshake;
    out.delay = handshake ? start_delay_ : duration::zero();
    if (!encode_response(codec_, given, out.frame, options_.max_frame_bytes)) {
      end({exit_status::kind::exited, 1});
      return;
    }
    strike({.what = fault_event::kind::reply,
            .bytes = out.frame.size(),
            .handshake = handshake,
            .who = who_});
    for (const auto& [what, bytes_before] : std::exchange(distortions_, {})) {
      distort(out, given, what, bytes_before);
    }
    if (ended_ || hanging_) {
      return;
    }
    if (out.delay == duration::zero()) {
      send(out);
      return;
    }
    // Timers of one instant are kept in the order in which they were set.
    run_.touch_host();
    const time_point when = deadline_after(run_.now(), out.delay);
    run_.time()->set(when, [weak = std::weak_ptr(self()), out = std::move(out)] {
      if (const auto self = weak.lock(); self && !self->ended_) {
        self->run_.post(self->lane_, "answers late", [self, out] { self->send(out); });
      }
    });
  }

  void send(const reply& out) {
    if (ended_ || stdout_closed_) {
      return;
    }
    for (int i = 0; i != (out.twice && !out.last ? 2 : 1); ++i) {
      pipe_.insert(pipe_.end(), out.frame.begin(), out.frame.end());
    }
    hanging_ = hanging_ || out.last;
    who_.session.clear();
    enter(process_state::ready);
    if (pending_) {
      run_.touch_host();
      look();
    }
  }

  void distort(reply& out, const response& given, const fault& what, std::uint64_t bytes_before) {
    std::visit(
        cases{[&](const fault_what::slow_reply& slow) { out.delay += slow.by; },
              [&](const fault_what::late_reply& late) { out.delay += late.by; },
              [&](const fault_what::half_frame&) {
                out.frame.resize(bytes_before != 0
                                     ? std::min<std::size_t>(bytes_before, out.frame.size())
                                     : out.frame.size() / 2);
                out.last = true;
              },
              [&](const fault_what::garbage_frame&) {
                begin_frame(out.frame);
                out.frame.push_back(std::byte{0xc1});  // what msgpack never uses
                static_cast<void>(finish_frame(out.frame));
              },
              [&](const fault_what::overlong_length&) {
                out.frame.assign(frame_header_bytes, std::byte{0xff});
                out.last = true;
              },
              [&](const fault_what::wrong_id&) {
                response wrong = given;
                wrong.id += 1'000'000;
                static_cast<void>(
                    encode_response(codec_, wrong, out.frame, options_.max_frame_bytes));
              },
              [&](const fault_what::duplicate_reply&) { out.twice = true; }, [](const auto&) {}},
        what);
  }

  void suffer(const fault& what, std::uint64_t bytes_before) {
    if (ended_ && !needs_nobody(what)) {
      return;
    }
    std::visit(
        cases{[&](const fault_what::kill&) {
                end({exit_status::kind::signaled, SIGKILL});
              },
              [&](const fault_what::stop& stop) { freeze(stop.lasts); },
              [&](const fault_what::exit& exit) {
                end({exit_status::kind::exited, exit.code});
              },
              [&](const fault_what::slow_start& slow) { start_delay_ += slow.by; },
              [&](const fault_what::silent_start&) { silent_ = true; },
              [&](const fault_what::hang&) { hanging_ = true; },
              [&](const fault_what::close_stdout&) { close_stdout(); },
              [&](const fault_what::close_stdin&) { stdin_closed_ = true; },
              [&](const fault_what::stderr_flood& flood) { flood_stderr(flood.bytes); },
              [&](const fault_what::memory_growth& growth) { resident_bytes_ += growth.bytes; },
              [&](const fault_what::clock_jump& jump) { run_.jump(jump.by); },
              [&](const auto&) { distortions_.emplace_back(what, bytes_before); }},
        what);
  }

  void close_stdout() {
    stdout_closed_ = true;
    if (pending_) {
      run_.touch_host();
      look();
    }
  }

  void freeze(duration lasts) {
    if (std::exchange(stopped_, true)) {
      return;
    }
    run_.pause(lane_);
    run_.time()->set(deadline_after(run_.now(), lasts), [weak = std::weak_ptr(self())] {
      const auto self = weak.lock();
      if (!self || self->ended_) {
        return;
      }
      self->stopped_ = false;
      self->run_.resume(self->lane_);
      if (self->terminates_) {
        self->signal(SIGTERM);
      }
    });
  }

  void write_stderr(const std::string& line) {
    if (!line.empty()) {
      tail_.feed(
          line + "\n", options_.on_stderr_line ? options_.on_stderr_line : [](std::string_view) {});
    }
  }

  // Without the bytes: what counts is how many they are.
  void flood_stderr(std::size_t bytes) {
    run_.touch_host();
    tail_.feed("a flood of " + std::to_string(bytes) + " bytes\n", [](std::string_view) {});
    if (meter_ && meter_->feed(bytes, run_.now()) && options_.on_stderr_flood) {
      options_.on_stderr_flood();
    }
  }

  void end(exit_status status) {
    if (ended_) {
      return;
    }
    ended_ = status;
    if (world_->faults_) {
      run_.touch_host();  // that strikes by time those who live
      world_->faults_->forget(who_);
    }
    stopped_ = false;
    run_.clear(lane_);
    run_.resume(lane_);
    run_.note(who_.name, "ends", to_string(status));
    if (pending_) {
      // End-of-file is there before the host hears of the process.
      run_.post(run_.io(), "looks into a pipe", [self = self()] { self->look(); });
    }
    if (known_) {
      post_reaping();
    }
  }

  void post_reaping() {
    run_.post(lane_, "is reaped", [self = self()] { self->reaped(); });
  }

  void owner_down(const port_owner& ended) override {
    if (core_.owned_by(ended)) {
      kill();
    }
  }

  std::shared_ptr<world> world_;
  simulation& run_;
  port_options options_;
  fault_subject who_;
  int pid_;
  lane_id lane_;
  codec codec_;

  // The process.
  simulated_program program_;
  std::optional<exit_status> ended_;
  bool shaken_ = false;
  bool stopped_ = false;     // by SIGSTOP
  bool terminates_ = false;  // a SIGTERM waits until it goes on
  bool hanging_ = false;
  bool silent_ = false;
  bool stdin_closed_ = false;
  bool stdout_closed_ = false;
  duration start_delay_{};
  std::vector<std::pair<fault, std::uint64_t>> distortions_;
  std::uint64_t resident_bytes_ = first_resident_bytes;

  // Its pipes.
  std::vector<std::byte> pipe_;
  stderr_tail tail_;
  std::optional<stderr_meter> meter_;

  // Its host.
  internal::port_core core_;
  internal::incoming_frames incoming_;
  bool known_ = false;
  bool decoder_failed_ = false;
  std::string read_error_;
  std::string write_error_;
  payload received_;
  std::optional<pending_exchange> pending_;
  simulated_time::timer_id close_timer_{};
};

void simulated_ports::world::strike_what_is_due() {
  const auto struck = faults_->due();
  waits_for_somebody_ = struck.empty();
  for (const auto& each : struck) {
    if (const auto* jump = std::get_if<fault_what::clock_jump>(&each.what)) {
      run_.jump(jump->by);
      continue;
    }
    const auto alive = processes_;
    for (const auto& [pid, hit] : alive) {
      if (hit->who().name == each.who.name) {
        hit->suffer(each);
      }
    }
  }
  watch_the_time();
}

simulated_ports::simulated_ports(simulation& run, program_factory programs,
                                 std::shared_ptr<fault_injector> faults)
    : world_(std::make_shared<world>(run, std::move(programs), std::move(faults))) {
  world_->weak_self_ = world_;
  world_->watch_the_time();
}

simulated_ports::~simulated_ports() {
  // They hold the world, and it them.
  const auto left = std::exchange(world_->processes_, {});
  for (const auto& [pid, each] : left) {
    each->abandon();
  }
}

void simulated_ports::open(process_spec spec, port_options options, port_owner_ptr owner,
                           port::opened done) {
  ++world_->opened_;
  const auto shared = std::make_shared<port_options>(std::move(options));
  world_->run_.post(
      world_->spawner_, "spawns",
      [all = world_, spec = std::move(spec), shared, owner = std::move(owner),
       done = std::move(done)] {
        simulation& run = all->run_;
        fault_subject who;
        who.name = argument_of(spec, "--worker-id");
        who.pool = who.name.substr(0, who.name.rfind('/'));
        who.worker = ++all->started_[who.pool];
        run.note(who.name, "is spawned");
        std::optional<spawn_error> refused;
        if (all->stopped_) {
          refused = spawn_error{spawn_errc::spawner_stopped,
                                "the simulation's spawner has been stopped", 0};
        }
        std::vector<injected_fault> early = all->strike({.what = fault_event::kind::enters_state,
                                                         .state = process_state::before_spawn,
                                                         .who = who});
        for (auto& each : all->strike({.what = fault_event::kind::spawn, .who = who})) {
          early.push_back(std::move(each));
        }
        for (const auto& each : early) {
          if (const auto* fails = std::get_if<fault_what::spawn_failure>(&each.what)) {
            refused = spawn_refusal(fails->error, spec.program);
          }
        }
        if (refused) {
          if (all->faults_) {
            all->faults_->forget(who);
          }
          run.post(run.io(), "hears of a failed spawn", [shared, done, refused = *refused] {
            done(failure(refused));
            shared->held_while_alive.reset();
          });
          return;
        }
        const auto started = std::make_shared<process>(all, spec, std::move(*shared), who);
        all->processes_.emplace(started->os_pid(), started);
        started->begin();
        for (const auto& each : early) {
          started->suffer(each);
        }
        run.post(run.io(), "hears of a spawned process", [started, owner, done] {
          started->become_known();
          if (!started->adopt_first(owner)) {
            started->kill();
          }
          done(std::shared_ptr<port>(started));
        });
      });
}

void simulated_ports::stop() {
  world_->stopped_ = true;
}

std::vector<simulated_process_info> simulated_ports::processes() const {
  std::vector<simulated_process_info> all;
  for (const auto& [pid, each] : world_->processes_) {
    all.push_back({each->who().name, pid, each->who().pool, each->who().worker});
  }
  return all;
}

std::size_t simulated_ports::opened() const {
  return world_->opened_;
}

void simulated_ports::kill(const std::string& name) {
  const auto alive = world_->processes_;
  for (const auto& [pid, each] : alive) {
    if (each->who().name == name) {
      each->signal(SIGKILL);
    }
  }
}

machine simulated_machine(simulation& run, std::shared_ptr<port_source> ports, std::uint64_t seed) {
  return {run.time(), run.time(), std::move(ports), seed};
}

}  // namespace slipway::harness
