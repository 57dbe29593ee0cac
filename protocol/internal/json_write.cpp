// slipway/protocol/internal/json_write.cpp
//
// A visitor over msgpack-c objects. It is driven by msgpack-c's iterative walk, so a value that was
// nested a million times in C++ costs memory and not the stack.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/internal/json_write.hpp>
#include <slipway/protocol/internal/utf8.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <system_error>

namespace slipway::internal {
namespace {

wire_error writing_error(wire_errc code, std::string message) {
  return {.code = code, .message = std::move(message), .field = {}, .offset = 0, .first_bytes = {}};
}

template <class Number>
void append_number(byte_buffer& out, Number number) {
  // The longest shortest form of a double has 24 characters, the longest integer 20.
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  append_raw(out, {digits.data(), end});
  if constexpr (std::is_floating_point_v<Number>) {
    if (std::string_view(digits.data(), end).find_first_of(".e") == std::string_view::npos) {
      append_raw(out, ".0");
    }
  }
}

void append_escaped(byte_buffer& out, char character) {
  switch (character) {
    case '"':
      return append_raw(out, "\\\"");
    case '\\':
      return append_raw(out, "\\\\");
    case '\n':
      return append_raw(out, "\\n");
    case '\r':
      return append_raw(out, "\\r");
    case '\t':
      return append_raw(out, "\\t");
    default:
      break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(character);
  append_raw(out, "\\u00");
  append_raw(out, digits.substr(code >> 4U, 1));
  append_raw(out, digits.substr(code & 0xfU, 1));
}

bool needs_escape(char character) {
  return static_cast<unsigned char>(character) < 0x20 || character == '"' || character == '\\';
}

class json_visitor : public msgpack::null_visitor {
 public:
  explicit json_visitor(byte_buffer& out) : out_(&out) {}

  [[nodiscard]] const std::optional<wire_error>& error() const { return error_; }

  bool visit_nil() { return word("null"); }
  bool visit_boolean(bool flag) { return word(flag ? "true" : "false"); }
  bool visit_positive_integer(std::uint64_t number) { return finite(number); }
  bool visit_negative_integer(std::int64_t number) { return finite(number); }
  bool visit_float32(float number) { return visit_float64(static_cast<double>(number)); }
  bool visit_float64(double number);
  bool visit_str(const char* text, std::uint32_t size);
  bool visit_bin(const char* /*bytes*/, std::uint32_t size) {
    return unrepresentable("binary", size);
  }
  bool visit_ext(const char* /*bytes*/, std::uint32_t size) {
    return unrepresentable("an extension", size);
  }

  bool start_array(std::uint32_t /*count*/) { return open("["); }
  bool start_array_item() { return separate(); }
  bool end_array() { return close("]"); }
  bool start_map(std::uint32_t /*count*/) { return open("{"); }
  bool start_map_key() {
    at_key_ = true;
    return separate();
  }
  bool end_map_key() {
    at_key_ = false;
    append_raw(*out_, ":");
    return true;
  }
  bool end_map() { return close("}"); }

 private:
  bool word(std::string_view text) {
    if (!may_stand_here()) {
      return false;
    }
    append_raw(*out_, text);
    needs_comma_ = true;
    return true;
  }
  template <class Number>
  bool finite(Number number) {
    if (!may_stand_here()) {
      return false;
    }
    append_number(*out_, number);
    needs_comma_ = true;
    return true;
  }
  bool open(std::string_view bracket) {
    const bool opened = word(bracket);
    needs_comma_ = false;
    return opened;
  }
  bool close(std::string_view bracket) {
    append_raw(*out_, bracket);
    needs_comma_ = true;
    return true;
  }
  bool separate() {
    if (needs_comma_) {
      append_raw(*out_, ",");
    }
    return true;
  }
  // Everything but a string calls this first: in JSON only a string may be a key.
  bool may_stand_here() {
    if (at_key_) {
      error_ = writing_error(wire_errc::non_string_key, "a map has a key that is not a string");
    }
    return !at_key_;
  }
  bool unrepresentable(std::string_view what, std::uint32_t size) {
    error_ = writing_error(wire_errc::not_representable, "JSON cannot carry " + std::string(what) +
                                                             " (" + std::to_string(size) +
                                                             " bytes); use the msgpack codec");
    return false;
  }

  byte_buffer* out_;
  bool needs_comma_ = false;
  bool at_key_ = false;
  std::optional<wire_error> error_;
};

bool json_visitor::visit_float64(double number) {
  if (!std::isfinite(number)) {
    error_ =
        writing_error(wire_errc::not_representable,
                      "JSON cannot carry " + std::string(std::isnan(number) ? "NaN" : "infinity") +
                          "; use the msgpack codec");
    return false;
  }
  return finite(number);
}

bool json_visitor::visit_str(const char* text, std::uint32_t size) {
  auto written = append_json_string(*out_, {text, size});
  if (!written) {
    error_ = std::move(written).error();
    return false;
  }
  needs_comma_ = true;
  return true;
}

}  // namespace

void append_raw(byte_buffer& out, std::string_view raw) {
  const auto* first = reinterpret_cast<const std::byte*>(raw.data());
  out.insert(out.end(), first, first + raw.size());
}

result<void, wire_error> append_json_string(byte_buffer& out, std::string_view text) {
  if (const auto invalid = first_invalid_utf8(text)) {
    return failure(writing_error(wire_errc::invalid_utf8, "a string of " +
                                                              std::to_string(text.size()) +
                                                              " bytes is not UTF-8 at its byte " +
                                                              std::to_string(*invalid)));
  }
  append_raw(out, "\"");
  std::size_t written = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (needs_escape(text[at])) {
      append_raw(out, text.substr(written, at - written));
      append_escaped(out, text[at]);
      written = at + 1;
    }
  }
  append_raw(out, text.substr(written));
  append_raw(out, "\"");
  return {};
}

result<void, wire_error> append_json(byte_buffer& out, const value& written) {
  json_visitor visitor(out);
  msgpack::object_parser(written.object()).parse(visitor);
  if (visitor.error()) {
    return failure(*visitor.error());
  }
  return {};
}

}  // namespace slipway::internal
