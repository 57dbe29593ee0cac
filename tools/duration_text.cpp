// slipway/tools/duration_text.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/duration_text.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <system_error>

namespace slipway::tools {
namespace {

std::optional<double> seconds_in(std::string_view unit) {
  if (unit == "ms") {
    return 1e-3;
  }
  if (unit == "s") {
    return 1.0;
  }
  if (unit == "m") {
    return 60.0;
  }
  if (unit == "h") {
    return 3600.0;
  }
  return std::nullopt;
}

std::string three_digits(double number, const char* unit) {
  const int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s", decimals, number, unit);
  return text.data();
}

}  // namespace

std::optional<duration> duration_from(std::string_view text) {
  constexpr double year = 365.0 * 24 * 3600;
  double number = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) {
    return std::nullopt;
  }
  const auto unit = seconds_in(text.substr(static_cast<std::size_t>(rest - text.data())));
  // Written so that a number which is none fails as well.
  if (!unit || !(number * *unit > 0) || !(number * *unit <= year)) {
    return std::nullopt;
  }
  return std::chrono::round<duration>(std::chrono::duration<double>(number * *unit));
}

std::string to_text(duration length) {
  const double seconds = std::chrono::duration<double>(length).count();
  if (seconds < 0.9995e-3) {
    return three_digits(seconds * 1e6, "µs");
  }
  if (seconds < 0.9995) {
    return three_digits(seconds * 1e3, "ms");
  }
  if (seconds < 119.5) {
    return three_digits(seconds, "s");
  }
  const auto whole = std::llround(seconds);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%lld min %02lld s", whole / 60, whole % 60);
  return text.data();
}

}  // namespace slipway::tools
