// slipway/tools/chaos_view.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/chaos_view.hpp>

#include <algorithm>
#include <chrono>

namespace slipway::tools {
namespace {

std::string repeated(std::size_t count, std::string_view sign) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += sign;
  }
  return text;
}

}  // namespace

std::string fault_text(const fault_mark& fault, const terminal_style& style) {
  std::string text = style.paint(tone::odd, style.pick("⚡", "*")) + " " + fault.text;
  if (!fault.who.empty()) {
    text += " of " + fault.who;
  }
  return fault.rule.empty() ? text : text + style.paint(tone::faint, " (" + fault.rule + ")");
}

std::string workers_text(const std::string& pool, const pool_load& load,
                         const terminal_style& style) {
  const std::size_t lost = load.pool_size - std::min(load.workers(), load.pool_size);
  return pool + " " + style.paint(tone::good, repeated(load.checked_out, style.pick("●", "#"))) +
         style.paint(tone::good, repeated(load.idle, style.pick("○", "o"))) +
         style.paint(tone::odd, repeated(load.starting, style.pick("◌", "."))) +
         style.paint(tone::bad, repeated(lost, style.pick("✗", "x")));
}

void chaos_view::show() {
  const auto faults = record_.faults_after(faults_told_);
  faults_told_ += faults.size();
  for (const auto& fault : faults) {
    teller_.note(fault_text(fault, screen_.style()), start_ + fault.at);
  }
  teller_.tell();
  if (screen_.is_terminal()) {
    screen_.status(state_text(screen_.width()));
  } else if (const time_point now = time_point::clock::now(); pace_.due(now - start_)) {
    teller_.note(state_text(0), now);
  }
}

std::string chaos_view::state_text(std::size_t width) const {
  constexpr std::size_t room_for_workers = 100;
  const duration elapsed = time_point::clock::now() - start_;
  const progress state{std::chrono::duration<double>(elapsed) / length_, record_.ok(),
                       record_.failed(), elapsed};
  std::string text =
      progress_text(state, 0, screen_.style()) + "  " + std::to_string(faults_told_) + " faults";
  if (width > 0 && width < room_for_workers) {
    return progress_text(state, width, screen_.style());
  }
  std::size_t columns = room_for_workers;
  for (const auto& name : tree_.pool_names()) {
    const auto load = tree_.pool(name).load();
    // A line that the terminal breaks could not be taken back.
    columns += name.size() + 3 + (load ? std::max(load->pool_size, load->workers()) : 4);
    if (width > 0 && columns > width) {
      break;
    }
    text += "  " + (load ? workers_text(name, *load, screen_.style())
                         : name + " " + screen_.style().paint(tone::bad, "down"));
  }
  return text;
}

}  // namespace slipway::tools
