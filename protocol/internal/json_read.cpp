// slipway/protocol/internal/json_read.cpp
//
// A handler for nlohmann's SAX parser that packs what it hears. The parser keeps one bit for each
// open container and never builds a document; what grows with the input grows here.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/internal/json_read.hpp>
#include <slipway/protocol/internal/msgpack_scan.hpp>
#include <slipway/protocol/internal/utf8.hpp>
#include <slipway/protocol/msgpack_sink.hpp>

#include <msgpack.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace slipway::internal {
namespace {

using nlohmann::json;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

wire_error error_at(wire_errc code, std::size_t offset, std::string message,
                    std::string_view text) {
  return {.code = code,
          .message = std::move(message),
          .field = {},
          .offset = offset,
          .first_bytes = quote_bytes(bytes_of(text))};
}

class json_packer final : public nlohmann::json_sax<json> {
 public:
  json_packer(std::string_view text, const decode_limits& limits, byte_buffer& out)
      : text_(text), limits_(&limits), out_(&out), sink_(out), packer_(sink_) {}

  [[nodiscard]] const std::optional<wire_error>& error() const { return error_; }

  bool null() override {
    return scalar([this] { packer_.pack_nil(); });
  }
  bool boolean(bool flag) override {
    return scalar([&] { packer_.pack(flag); });
  }
  bool number_integer(std::int64_t number) override {
    return scalar([&] { packer_.pack_int64(number); });
  }
  bool number_unsigned(std::uint64_t number) override {
    return scalar([&] { packer_.pack_uint64(number); });
  }
  bool number_float(double number, const std::string& token) override;
  bool string(std::string& text) override {
    return scalar([&] { pack_text(text); });
  }
  bool key(std::string& text) override;
  bool binary(json::binary_t& /*bytes*/) override { return false; }  // JSON text has none
  bool start_object(std::size_t /*unknown*/) override { return open(map_header); }
  bool start_array(std::size_t /*unknown*/) override { return open(array_header); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string& token,
                   const json::exception& cause) override;

 private:
  // JSON tells the number of elements at the end, so the header is the widest one and is filled in
  // then.
  static constexpr char array_header = '\xdd';
  static constexpr char map_header = '\xdf';
  static constexpr std::size_t count_bytes = 4;

  struct open_container {
    std::size_t count_at;
    bool is_map;
    std::uint32_t count;
  };

  template <class Pack>
  bool scalar(Pack pack) {
    begin_value();
    pack();
    return true;
  }
  void pack_text(const std::string& text);
  void begin_value();
  bool open(char header);
  bool close();
  bool fail(wire_errc code, std::size_t offset, std::string message);

  std::string_view text_;
  const decode_limits* limits_;
  byte_buffer* out_;
  byte_sink sink_;
  msgpack::packer<byte_sink> packer_;
  std::vector<open_container> open_;
  bool complete_ = false;
  std::optional<wire_error> error_;
};

bool json_packer::fail(wire_errc code, std::size_t offset, std::string message) {
  error_ = error_at(code, offset, std::move(message), text_);
  return false;
}

// Notes that a value begins. Arrays count their elements here, maps their entries by the keys.
void json_packer::begin_value() {
  complete_ = open_.empty();
  if (!open_.empty() && !open_.back().is_map) {
    ++open_.back().count;
  }
}

bool json_packer::key(std::string& text) {
  ++open_.back().count;
  pack_text(text);
  return true;
}

bool json_packer::open(char header) {
  begin_value();
  complete_ = false;
  const std::size_t max_depth = std::min(limits_->max_depth, greatest_max_depth);
  if (open_.size() >= max_depth) {
    return fail(wire_errc::nested_too_deep, 0,
                "more than " + std::to_string(max_depth) + " containers lie within each other");
  }
  sink_.write(&header, 1);
  open_.push_back({.count_at = out_->size(), .is_map = header == map_header, .count = 0});
  out_->resize(out_->size() + count_bytes);
  return true;
}

bool json_packer::close() {
  const open_container closed = open_.back();
  open_.pop_back();
  for (std::size_t i = 0; i < count_bytes; ++i) {
    (*out_)[closed.count_at + i] =
        static_cast<std::byte>(closed.count >> (8 * (count_bytes - 1 - i)));
  }
  complete_ = open_.empty();
  return true;
}

void json_packer::pack_text(const std::string& text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  packer_.pack_str(size);
  packer_.pack_str_body(text.data(), size);
}

bool json_packer::number_float(double number, const std::string& token) {
  // The parser gives an integer that fits no integer type as a rounded double; a caller would get
  // another number than was sent.
  if (token.find_first_of(".eE") == std::string::npos) {
    return fail(wire_errc::number_out_of_range, 0,
                "no 64-bit integer holds the number " + token.substr(0, quoted_bytes));
  }
  return scalar([&] { packer_.pack_double(number); });
}

bool json_packer::parse_error(std::size_t position, const std::string& /*token*/,
                              const json::exception& cause) {
  // The position counts the characters read, the end of input among them.
  const std::size_t offset = position == 0 ? 0 : position - 1;
  if (complete_) {
    return fail(wire_errc::trailing_bytes, offset,
                "something follows the one value of the payload");
  }
  if (offset >= text_.size()) {
    return fail(wire_errc::truncated_payload, text_.size(), "the text ends within a JSON value");
  }
  // The cause quotes the token, which may be as long as the payload.
  const std::string reason = std::string(cause.what()).substr(0, 200);
  constexpr int number_overflow = 406;
  if (cause.id == number_overflow) {
    return fail(wire_errc::number_out_of_range, offset, "no double holds the number: " + reason);
  }
  return fail(wire_errc::malformed_json, offset, "not JSON: " + reason);
}

std::optional<wire_error> unfit_text(std::string_view text, const decode_limits& limits) {
  if (auto unfit = unfit_payload(bytes_of(text), limits)) {
    return unfit;
  }
  // The parser takes a zero byte for the end of its input and would not see what stands behind it.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return error_at(wire_errc::malformed_json, zero, "not JSON: a zero byte", text);
  }
  if (const auto invalid = first_invalid_utf8(text)) {
    return error_at(wire_errc::invalid_utf8, *invalid, "the text is not UTF-8", text);
  }
  return std::nullopt;
}

}  // namespace

result<void, wire_error> rewrite_json(std::string_view text, const decode_limits& limits,
                                      byte_buffer& out) {
  if (auto unfit = unfit_text(text, limits)) {
    return failure(*std::move(unfit));
  }
  json_packer packer(text, limits, out);
  if (!json::sax_parse(text.begin(), text.end(), &packer)) {
    assert(packer.error());
    return failure(*packer.error());
  }
  return {};
}

}  // namespace slipway::internal
