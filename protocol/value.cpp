// slipway/protocol/value.cpp
//
// Building, walking and printing values. Every walk over a whole value is iterative: a value built
// in C++ may be nested as deep as memory allows.
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/protocol/internal/json_read.hpp>
#include <slipway/protocol/internal/json_write.hpp>
#include <slipway/protocol/internal/msgpack_build.hpp>
#include <slipway/protocol/internal/msgpack_scan.hpp>
#include <slipway/protocol/internal/value_text.hpp>
#include <slipway/protocol/value.hpp>

#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

namespace slipway {
namespace {

template <class Element>
Element* allocate_in(msgpack::zone& zone, std::size_t count) {
  if (count == 0) {
    return nullptr;
  }
  return static_cast<Element*>(zone.allocate_align(count * sizeof(Element), alignof(Element)));
}

// A container without elements takes next to nothing.
std::shared_ptr<msgpack::zone> zone_for(std::size_t elements) {
  return std::make_shared<msgpack::zone>(elements == 0 ? 0 : detail::zone_chunk_bytes);
}

const char* copy_bytes(const char* bytes, std::size_t count, msgpack::zone& zone) {
  char* copied = allocate_in<char>(zone, count);
  if (count != 0) {
    std::memcpy(copied, bytes, count);
  }
  return copied;
}

msgpack::object string_object(std::string_view text, msgpack::zone& zone) {
  msgpack::object made;
  made.type = msgpack::type::STR;
  made.via.str.size = msgpack::checked_get_container_size(text.size());
  made.via.str.ptr = copy_bytes(text.data(), text.size(), zone);
  return made;
}

// The elements of an array, or keys and values of a map in turn; empty for everything else.
std::span<msgpack::object> elements_of(const msgpack::object& container) {
  // msgpack-c itself fills a map as a row of objects.
  static_assert(sizeof(msgpack::object_kv) == 2 * sizeof(msgpack::object));
  if (container.type == msgpack::type::ARRAY) {
    return {container.via.array.ptr, container.via.array.size};
  }
  if (container.type == msgpack::type::MAP) {
    return {reinterpret_cast<msgpack::object*>(container.via.map.ptr),
            std::size_t{2} * container.via.map.size};
  }
  return {};
}

// The bytes of a string, of binary, of an extension with its type in front; empty for everything
// else.
std::string_view bytes_of(const msgpack::object& scalar) {
  switch (scalar.type) {
    case msgpack::type::STR:
      return {scalar.via.str.ptr, scalar.via.str.size};
    case msgpack::type::BIN:
      return scalar.via.bin.size == 0 ? std::string_view()
                                      : std::string_view(scalar.via.bin.ptr, scalar.via.bin.size);
    case msgpack::type::EXT:
      return {scalar.via.ext.ptr, std::size_t{scalar.via.ext.size} + 1};
    default:
      return {};
  }
}

bool is_float(const msgpack::object& scalar) {
  return scalar.type == msgpack::type::FLOAT32 || scalar.type == msgpack::type::FLOAT64;
}

// Compares what the two hold themselves, without what lies in their elements.
bool same_head(const msgpack::object& left, const msgpack::object& right) {
  if (is_float(left) && is_float(right)) {
    return left.via.f64 == right.via.f64 || (std::isnan(left.via.f64) && std::isnan(right.via.f64));
  }
  if (left.type != right.type) {
    return false;
  }
  switch (left.type) {
    case msgpack::type::NIL:
      return true;
    case msgpack::type::BOOLEAN:
      return left.via.boolean == right.via.boolean;
    case msgpack::type::POSITIVE_INTEGER:
      return left.via.u64 == right.via.u64;
    case msgpack::type::NEGATIVE_INTEGER:
      return left.via.i64 == right.via.i64;
    case msgpack::type::ARRAY:
      return left.via.array.size == right.via.array.size;
    case msgpack::type::MAP:
      return left.via.map.size == right.via.map.size;
    default:
      return bytes_of(left) == bytes_of(right);
  }
}

// Copies what `from` holds itself; a container gets room for its elements, which the caller fills.
msgpack::object copy_head(const msgpack::object& from, msgpack::zone& zone) {
  msgpack::object copied = from;
  const std::string_view bytes = bytes_of(from);
  switch (from.type) {
    case msgpack::type::STR:
      copied.via.str.ptr = copy_bytes(bytes.data(), bytes.size(), zone);
      break;
    case msgpack::type::BIN:
      copied.via.bin.ptr = copy_bytes(bytes.data(), bytes.size(), zone);
      break;
    case msgpack::type::EXT:
      copied.via.ext.ptr = copy_bytes(bytes.data(), bytes.size(), zone);
      break;
    case msgpack::type::ARRAY:
      copied.via.array.ptr = allocate_in<msgpack::object>(zone, from.via.array.size);
      break;
    case msgpack::type::MAP:
      copied.via.map.ptr = allocate_in<msgpack::object_kv>(zone, from.via.map.size);
      break;
    default:
      break;
  }
  return copied;
}

}  // namespace

namespace detail {

msgpack::object copy_object(const msgpack::object& from, msgpack::zone& zone) {
  const msgpack::object root = copy_head(from, zone);
  std::vector<std::pair<msgpack::object, msgpack::object>> unfilled{{from, root}};
  while (!unfilled.empty()) {
    const auto [source, target] = unfilled.back();
    unfilled.pop_back();
    const auto sources = elements_of(source);
    const auto targets = elements_of(target);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      std::construct_at(&targets[i], copy_head(sources[i], zone));
      if (!elements_of(sources[i]).empty()) {
        unfilled.emplace_back(sources[i], targets[i]);
      }
    }
  }
  return root;
}

wire_error conversion_error(const value& found, const std::string& expected) {
  return {.code = wire_errc::conversion_failed,
          .message = "expected " + expected + ", found " + std::string(found.type_name()) + " " +
                     found.to_text(),
          .field = {},
          .offset = 0,
          .first_bytes = {}};
}

std::string type_name_in(std::string_view function_name) {
  // GCC writes `… [with T = point; std::string = …]`, Clang `… [T = point]`.
  constexpr std::string_view marker = "T = ";
  const std::size_t at = function_name.find(marker);
  if (at == std::string_view::npos) {
    return std::string(function_name);
  }
  const std::string_view rest = function_name.substr(at + marker.size());
  return std::string(rest.substr(0, rest.find_first_of(";]")));
}

}  // namespace detail

void value::assign_string(std::string_view text) {
  auto zone = std::make_shared<msgpack::zone>(text.size());
  object_ = string_object(text, *zone);
  zone_ = std::move(zone);
}

void value::assign_object(const msgpack::object& from) {
  auto zone = std::make_shared<msgpack::zone>(detail::zone_chunk_bytes);
  object_ = detail::copy_object(from, *zone);
  zone_ = std::move(zone);
}

value value::adopt(std::shared_ptr<const msgpack::zone> zone,
                   const msgpack::object& root) noexcept {
  return {std::move(zone), root};
}

value value::map(std::initializer_list<std::pair<std::string_view, value>> entries) {
  auto zone = zone_for(entries.size());
  msgpack::object root;
  root.type = msgpack::type::MAP;
  root.via.map.size = msgpack::checked_get_container_size(entries.size());
  root.via.map.ptr = allocate_in<msgpack::object_kv>(*zone, entries.size());
  msgpack::object_kv* next = root.via.map.ptr;
  for (const auto& [key, held] : entries) {
    std::construct_at(&next->key, string_object(key, *zone));
    std::construct_at(&next->val, detail::copy_object(held.object(), *zone));
    ++next;
  }
  return adopt(std::move(zone), root);
}

value value::array(std::initializer_list<value> elements) {
  auto zone = zone_for(elements.size());
  msgpack::object root;
  root.type = msgpack::type::ARRAY;
  root.via.array.size = msgpack::checked_get_container_size(elements.size());
  root.via.array.ptr = allocate_in<msgpack::object>(*zone, elements.size());
  msgpack::object* next = root.via.array.ptr;
  for (const value& element : elements) {
    std::construct_at(next, detail::copy_object(element.object(), *zone));
    ++next;
  }
  return adopt(std::move(zone), root);
}

result<value, wire_error> value::from_msgpack(std::span<const std::byte> bytes,
                                              const decode_limits& limits) {
  if (auto unfit = internal::unfit_payload(bytes, limits)) {
    return failure(*std::move(unfit));
  }
  internal::msgpack_scanner scanner(bytes, limits);
  internal::msgpack_extent extent;
  if (!scanner.skip(extent, 0) || !scanner.finish()) {
    return failure(scanner.error());
  }
  return internal::build_value(bytes, extent);
}

result<value, wire_error> value::from_json(std::string_view text, const decode_limits& limits) {
  byte_buffer rewritten;
  if (auto done = internal::rewrite_json(text, limits, rewritten); !done) {
    return failure(std::move(done).error());
  }
  // The text has kept the limit; what it became may be longer.
  decode_limits unbounded_length = limits;
  unbounded_length.max_bytes = rewritten.size();
  return from_msgpack(rewritten, unbounded_length);
}

std::string_view value::type_name() const noexcept {
  switch (object_.type) {
    case msgpack::type::NIL:
      return "nil";
    case msgpack::type::BOOLEAN:
      return "bool";
    case msgpack::type::POSITIVE_INTEGER:
    case msgpack::type::NEGATIVE_INTEGER:
      return "integer";
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64:
      return "float";
    case msgpack::type::STR:
      return "string";
    case msgpack::type::BIN:
      return "binary";
    case msgpack::type::ARRAY:
      return "array";
    case msgpack::type::MAP:
      return "map";
    case msgpack::type::EXT:
      return "extension";
  }
  return "unknown kind";
}

std::optional<value> value::find(std::string_view key) const {
  if (!is_map()) {
    return std::nullopt;
  }
  for (const auto& [name, held] : std::span(object_.via.map.ptr, object_.via.map.size)) {
    if (name.type == msgpack::type::STR && bytes_of(name) == key) {
      return value(zone_, held);
    }
  }
  return std::nullopt;
}

std::optional<value> value::at(std::size_t index) const {
  if (!is_array() || index >= object_.via.array.size) {
    return std::nullopt;
  }
  return value(zone_, object_.via.array.ptr[index]);
}

std::size_t value::size() const noexcept {
  switch (object_.type) {
    case msgpack::type::STR:
      return object_.via.str.size;
    case msgpack::type::BIN:
      return object_.via.bin.size;
    case msgpack::type::EXT:
      return object_.via.ext.size;
    case msgpack::type::ARRAY:
      return object_.via.array.size;
    case msgpack::type::MAP:
      return object_.via.map.size;
    default:
      return 0;
  }
}

result<std::string, wire_error> value::to_json() const {
  byte_buffer out;
  if (auto done = internal::append_json(out, *this); !done) {
    return failure(std::move(done).error());
  }
  return std::string(reinterpret_cast<const char*>(out.data()), out.size());
}

std::string value::to_text(std::size_t max_bytes) const {
  return internal::value_text(object_, max_bytes);
}

bool operator==(const value& left, const value& right) {
  std::vector<std::pair<msgpack::object, msgpack::object>> unseen{{left.object_, right.object_}};
  while (!unseen.empty()) {
    const auto [first, second] = unseen.back();
    unseen.pop_back();
    if (!same_head(first, second)) {
      return false;
    }
    const auto firsts = elements_of(first);
    const auto seconds = elements_of(second);
    for (std::size_t i = 0; i < firsts.size(); ++i) {
      unseen.emplace_back(firsts[i], seconds[i]);
    }
  }
  return true;
}

}  // namespace slipway
