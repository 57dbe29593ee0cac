// slipway/harness/schedule.hpp
//
// The one source of what is not determined in a simulation: at each step, which of those that could
// go on does.
// Belongs here: drawing, repeating and recording choices.
// Does not: what is chosen among (simulation), visiting all orders (exhaust).
// Invariant: the same choices make the same run.
// Source: Shuttle's and loom's schedulers.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/harness/random_source.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::harness {

/// The choices of a run, in their order. What lies behind its end is 0: the first that could go on.
struct schedule {
  std::vector<std::uint32_t> choices{};

  /// "0*12 3 0 1", with runs of one number written as `number*times`; the zeros at the end are left
  /// out.
  [[nodiscard]] std::string to_text() const;
  /// Reads that. What is no number ends the reading.
  [[nodiscard]] static schedule from_text(std::string_view text);

  friend bool operator==(const schedule&, const schedule&) = default;
};

/// What there is to choose from.
struct choice_point {
  std::size_t options = 0;  ///< at least 2; 1 only for a source that `wants_keys`
  /// The last option lets time pass although somebody could go on.
  bool last_is_time = false;
  /// Who each option is, the same in every order of steps that leads here; only for a source that
  /// `wants_keys`.
  std::span<const std::uint64_t> keys{};
};

/// Decides. One thread.
class choice_source {
 public:
  choice_source() = default;
  choice_source(const choice_source&) = delete;
  choice_source& operator=(const choice_source&) = delete;
  choice_source(choice_source&&) = delete;
  choice_source& operator=(choice_source&&) = delete;
  virtual ~choice_source() = default;

  /// @returns a number below `from.options`.
  [[nodiscard]] virtual std::size_t choose(const choice_point& from) = 0;

  /// Whether it must know who the options are, and then hears of each step.
  [[nodiscard]] virtual bool wants_keys() const { return false; }
  /// Whether it has seen enough of this run, which then ends as it is.
  [[nodiscard]] virtual bool ends_run() const { return false; }
  /// A step is over, also one without a choice.
  /// @param key        whose step it was.
  /// @param footprint  what it touched; steps whose footprints have nothing in common could as well
  ///                   have been made in the other order. Empty: everything.
  virtual void stepped(std::uint64_t key, std::span<const std::uint64_t> footprint) {
    static_cast<void>(key);
    static_cast<void>(footprint);
  }
};

/// By chance, the same on every machine. Time passes early once in `time_rarity` choices.
class seeded_choices final : public choice_source {
 public:
  static constexpr std::uint64_t time_rarity = 64;

  explicit seeded_choices(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::size_t choose(const choice_point& from) override;

 private:
  random_source random_;
};

/// What was recorded. A choice that is not there to be had is the last one that is.
class replayed_choices final : public choice_source {
 public:
  explicit replayed_choices(schedule recorded) : recorded_(std::move(recorded)) {}

  [[nodiscard]] std::size_t choose(const choice_point& from) override;

 private:
  schedule recorded_;
  std::size_t next_ = 0;
};

}  // namespace slipway::harness
