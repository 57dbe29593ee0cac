// slipway/harness/fault_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/harness/fault_core.hpp>
#include <slipway/harness/fault_text.hpp>

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

namespace slipway::harness {
namespace {

using kind = fault_event::kind;
constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

bool matches(const fault_target& target, const fault_subject& who) {
  return (target.name.empty() || target.name == who.name || target.name == who.pool) &&
         (target.tag.empty() || target.tag == who.tag) &&
         (target.session.empty() || target.session == who.session) &&
         (!target.worker || *target.worker == who.worker);
}

/// The event that is the moment of a fault which waits for one.
bool is_moment(fault_moment moment, const fault_event& event) {
  switch (moment) {
    case fault_moment::any:
      return false;
    case fault_moment::spawn:
      return event.what == kind::spawn;
    case fault_moment::start:
      return event.what == kind::enters_state && event.state == process_state::starting;
    case fault_moment::reply:
      return event.what == kind::reply;
    case fault_moment::message:
      return event.what == kind::message;
  }
  return false;
}

bool is_chance(fault_chance chance, const fault_event& event) {
  switch (chance) {
    case fault_chance::each_request:
      return event.what == kind::request && !event.handshake;
    case fault_chance::each_reply:
      return event.what == kind::reply && !event.handshake;
    case fault_chance::each_spawn:
      return event.what == kind::spawn;
    case fault_chance::each_message:
      return event.what == kind::message;
  }
  return false;
}

bool is_entry(process_state state, const fault_event& event) {
  if (state == process_state::before_spawn && event.what == kind::spawn) {
    return true;
  }
  return event.what == kind::enters_state && event.state == state;
}

bool is_timed(const fault_trigger& when) {
  return std::holds_alternative<fault_when::at_time>(when) ||
         std::holds_alternative<fault_when::after_fault>(when);
}

bool counts_as_request(const fault_event& event) {
  return event.what == kind::message || (event.what == kind::request && !event.handshake);
}

bool counts_as_frame(const fault_event& event) {
  return event.what == kind::message || event.what == kind::request || event.what == kind::reply;
}

}  // namespace

fault_core::fault_core(fault_plan plan, std::uint64_t seed, time_point begin)
    : plan_(std::move(plan)) {
  const random_source root(seed);
  for (std::size_t rule = 0; rule < plan_.rules.size(); ++rule) {
    rules_.push_back({root.split(rule)});
    if (const auto* timed = std::get_if<fault_when::at_time>(&plan_.rules[rule].when)) {
      appointments_.push_back(
          {deadline_after(begin, timed->after), rule, plan_.rules[rule].times.value_or(no_limit)});
    }
  }
  std::stable_sort(appointments_.begin(), appointments_.end(),
                   [](const auto& left, const auto& right) { return left.at < right.at; });
}

std::vector<injected_fault> fault_core::on(const fault_event& event, time_point now) {
  const known& of = count(event);
  const fault_subject who = of.who;
  std::vector<injected_fault> struck;
  for (std::size_t rule = 0; rule < plan_.rules.size(); ++rule) {
    const fault_rule& wanted = plan_.rules[rule];
    if (!may_strike(rule) || is_for_actors(wanted.what) != (event.what == kind::message) ||
        !matches(wanted.whom, who)) {
      continue;
    }
    if (const auto bytes_before = triggers(rule, event, of)) {
      struck.push_back(strike(rule, who, now, *bytes_before));
    } else if (takes_appointment(rule, event, now)) {
      struck.push_back(strike(rule, who, now, 0));
    }
  }
  if (event.what == kind::spawn) {
    known_.erase(event.who.name);  // it does not live yet
  }
  return struck;
}

bool fault_core::is_private(const fault_event& event) const {
  const auto found = known_.find(event.who.name);
  known of = found == known_.end() ? known{} : found->second;
  count(event, of);
  return std::none_of(plan_.rules.begin(), plan_.rules.end(), [&](const fault_rule& rule) {
    return is_timed(rule.when) || (is_for_actors(rule.what) == of.is_actor &&
                                   matches(rule.whom, of.who) && aims_at(rule.when, event, of));
  });
}

std::optional<time_point> fault_core::next_due() const {
  const auto next = std::find_if(appointments_.begin(), appointments_.end(),
                                 [this](const auto& each) { return can_be_kept(each); });
  return next == appointments_.end() ? std::nullopt : std::optional(next->at);
}

std::vector<injected_fault> fault_core::due(time_point now) {
  std::vector<injected_fault> struck;
  for (;;) {
    const auto next =
        std::find_if(appointments_.begin(), appointments_.end(),
                     [&](const auto& each) { return each.at <= now && can_be_kept(each); });
    if (next == appointments_.end()) {
      return struck;
    }
    // Out of the list while it is kept: a strike makes appointments of its own.
    appointment kept = std::move(*next);
    const auto place = next - appointments_.begin();
    appointments_.erase(next);
    keep(kept, now, struck);
    if (kept.strikes > 0 && may_strike(kept.rule)) {
      appointments_.insert(appointments_.begin() + place, std::move(kept));
    }
  }
}

void fault_core::forget(const fault_subject& who) {
  known_.erase(who.name);
}

fault_core::known& fault_core::count(const fault_event& event) {
  known& of = known_[event.who.name];
  count(event, of);
  return of;
}

void fault_core::count(const fault_event& event, known& of) {
  std::string session = std::move(of.who.session);
  of.who = event.who;
  // Only who sends it something says for which session it works.
  if (event.what != kind::request && event.what != kind::message && of.who.session.empty()) {
    of.who.session = std::move(session);
  }
  of.is_actor = event.what == kind::message;
  of.requests += counts_as_request(event) ? 1 : 0;
  of.frames += counts_as_frame(event) ? 1 : 0;
  of.reply_bytes += event.what == kind::reply ? event.bytes : 0;
}

std::optional<std::uint64_t> fault_core::aims_at(const fault_trigger& when,
                                                 const fault_event& event, const known& of) {
  const auto yes_if = [](bool strikes) {
    return strikes ? std::optional<std::uint64_t>(0) : std::nullopt;
  };
  if (const auto* request = std::get_if<fault_when::nth_request>(&when)) {
    return yes_if(counts_as_request(event) && of.requests == request->n);
  }
  if (const auto* frame = std::get_if<fault_when::nth_frame>(&when)) {
    return yes_if(counts_as_frame(event) && of.frames == frame->n);
  }
  if (const auto* byte = std::get_if<fault_when::at_byte>(&when)) {
    const std::uint64_t before = of.reply_bytes - event.bytes;
    if (event.what == kind::reply && before <= byte->offset && byte->offset < of.reply_bytes) {
      return byte->offset - before;
    }
    return std::nullopt;
  }
  if (const auto* entry = std::get_if<fault_when::enters>(&when)) {
    return yes_if(is_entry(entry->state, event));
  }
  if (const auto* chance = std::get_if<fault_when::at_random>(&when)) {
    return yes_if(is_chance(chance->at, event));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> fault_core::triggers(std::size_t rule, const fault_event& event,
                                                  const known& of) {
  const fault_trigger& when = plan_.rules[rule].when;
  const auto bytes_before = aims_at(when, event, of);
  const auto* chance = std::get_if<fault_when::at_random>(&when);
  if (bytes_before && chance != nullptr && !rules_[rule].random.chance(chance->probability)) {
    return std::nullopt;
  }
  return bytes_before;
}

// An appointment of this rule whose time has come and that waits for just such an event.
bool fault_core::takes_appointment(std::size_t rule, const fault_event& event, time_point now) {
  if (!is_moment(moment_of(plan_.rules[rule].what), event)) {
    return false;
  }
  const auto found =
      std::find_if(appointments_.begin(), appointments_.end(),
                   [&](const auto& each) { return each.rule == rule && each.at <= now; });
  if (found == appointments_.end()) {
    return false;
  }
  if (found->strikes != no_limit && --found->strikes == 0) {
    appointments_.erase(found);
  }
  return true;
}

bool fault_core::may_strike(std::size_t rule) const {
  const auto& times = plan_.rules[rule].times;
  return !times || rules_[rule].struck < *times;
}

std::vector<const fault_core::known*> fault_core::candidates(const appointment& what) const {
  const fault_rule& rule = plan_.rules[what.rule];
  std::vector<const known*> found;
  for (const auto& [name, each] : known_) {
    if (each.is_actor == is_for_actors(rule.what) && matches(rule.whom, each.who) &&
        std::find(what.done.begin(), what.done.end(), name) == what.done.end()) {
      found.push_back(&each);
    }
  }
  return found;
}

bool fault_core::can_be_kept(const appointment& what) const {
  const fault& done = plan_.rules[what.rule].what;
  return may_strike(what.rule) && moment_of(done) == fault_moment::any &&
         (needs_nobody(done) || !candidates(what).empty());
}

void fault_core::keep(appointment& what, time_point now, std::vector<injected_fault>& into) {
  if (needs_nobody(plan_.rules[what.rule].what)) {
    into.push_back(strike(what.rule, {}, now, 0));
    what.strikes = 0;
    return;
  }
  auto from = candidates(what);
  while (what.strikes > 0 && !from.empty() && may_strike(what.rule)) {
    const auto drawn = static_cast<std::ptrdiff_t>(rules_[what.rule].random.below(from.size()));
    const known* chosen = *(from.begin() + drawn);
    from.erase(from.begin() + drawn);
    what.done.push_back(chosen->who.name);
    into.push_back(strike(what.rule, chosen->who, now, 0));
    if (what.strikes != no_limit) {
      --what.strikes;
    }
  }
  if (what.strikes == no_limit) {
    what.strikes = 0;  // all that lived have been struck
  }
}

injected_fault fault_core::strike(std::size_t rule, const fault_subject& who, time_point now,
                                  std::uint64_t bytes_before) {
  ++rules_[rule].struck;
  const fault_rule& struck = plan_.rules[rule];
  for (std::size_t other = 0; other < plan_.rules.size(); ++other) {
    const auto* after = std::get_if<fault_when::after_fault>(&plan_.rules[other].when);
    if (after == nullptr || struck.name.empty() || after->rule != struck.name) {
      continue;
    }
    appointment next{deadline_after(now, after->delay), other};
    const auto place =
        std::upper_bound(appointments_.begin(), appointments_.end(), next,
                         [](const auto& left, const auto& right) { return left.at < right.at; });
    appointments_.insert(place, std::move(next));
  }
  return {rule, struck.name, struck.what, who, now, bytes_before};
}

}  // namespace slipway::harness
