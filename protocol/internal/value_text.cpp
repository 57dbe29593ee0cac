// slipway/protocol/internal/value_text.cpp
//
// A visitor over msgpack-c objects that ends the walk as soon as it has written enough.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/internal/value_text.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace slipway::internal {
namespace {

class text_visitor : public msgpack::null_visitor {
 public:
  explicit text_visitor(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  [[nodiscard]] std::string take() && {
    if (text_.size() > max_bytes_) {
      text_.resize(max_bytes_);
      text_ += "...";
    }
    return std::move(text_);
  }

  bool visit_nil() { return scalar("nil"); }
  bool visit_boolean(bool flag) { return scalar(flag ? "true" : "false"); }
  bool visit_positive_integer(std::uint64_t number) { return scalar(std::to_string(number)); }
  bool visit_negative_integer(std::int64_t number) { return scalar(std::to_string(number)); }
  bool visit_float32(float number) { return visit_float64(static_cast<double>(number)); }
  bool visit_float64(double number);
  bool visit_str(const char* text, std::uint32_t size);
  bool visit_bin(const char* /*bytes*/, std::uint32_t size) {
    return scalar("binary(" + std::to_string(size) + " bytes)");
  }
  bool visit_ext(const char* bytes, std::uint32_t size) {
    return scalar("extension(type " + std::to_string(static_cast<signed char>(bytes[0])) + ", " +
                  std::to_string(size - 1) + " bytes)");
  }

  bool start_array(std::uint32_t /*count*/) { return open('['); }
  bool start_array_item() { return separate(); }
  bool end_array() { return close(']'); }
  bool start_map(std::uint32_t /*count*/) { return open('{'); }
  bool start_map_key() { return separate(); }
  bool end_map_key() {
    text_ += ": ";
    return goes_on();
  }
  bool end_map() { return close('}'); }

 private:
  [[nodiscard]] bool goes_on() const { return text_.size() <= max_bytes_; }
  bool scalar(std::string_view text) {
    text_ += text;
    needs_comma_ = true;
    return goes_on();
  }
  bool open(char bracket) {
    text_ += bracket;
    needs_comma_ = false;
    return goes_on();
  }
  bool close(char bracket) {
    text_ += bracket;
    needs_comma_ = true;
    return goes_on();
  }
  bool separate() {
    if (needs_comma_) {
      text_ += ", ";
    }
    return goes_on();
  }
  void append_printable(char character);

  std::size_t max_bytes_;
  std::string text_;
  bool needs_comma_ = false;
};

bool text_visitor::visit_float64(double number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return scalar({digits.data(), end});
}

bool text_visitor::visit_str(const char* text, std::uint32_t size) {
  text_ += '"';
  for (const char character : std::string_view(text, size)) {
    append_printable(character);
    if (!goes_on()) {
      return false;
    }
  }
  return scalar("\"");
}

void text_visitor::append_printable(char character) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(character);
  if (character == '"' || character == '\\') {
    text_ += '\\';
    text_ += character;
  } else if (code < 0x20 || code >= 0x7f) {
    text_ += "\\x";
    text_ += digits[code >> 4U];
    text_ += digits[code & 0xfU];
  } else {
    text_ += character;
  }
}

}  // namespace

std::string value_text(const msgpack::object& printed, std::size_t max_bytes) {
  text_visitor visitor(max_bytes);
  msgpack::object_parser(printed).parse(visitor);
  return std::move(visitor).take();
}

}  // namespace slipway::internal
