// slipway/protocol/value.hpp
//
// A value of which only the wire knows the type: what goes into a command and what comes out of it.
//
//     value args = value::map({{"text", value("to be or not")}, {"top", value(3)}});
//     value also = value(my_struct);                 // a struct with MSGPACK_DEFINE_MAP(…)
//     result<double, wire_error> score = reply.as<double>();
//
// Belongs here: owning a value, converting from and to C++ types, its text forms.
// Does not: envelopes, frames. It brings msgpack-c in, so other headers include it only when they
// must.
// Invariants: (1) nothing reachable from a value changes while any copy of it lives;
//             (2) everything reachable lies in the zone that the value shares, or in the value.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/protocol/decode_limits.hpp>
#include <slipway/protocol/result.hpp>
#include <slipway/protocol/wire_error.hpp>

#include <msgpack.hpp>

#include <cstddef>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace slipway {

class value;

namespace detail {

/// Copies `from` with all it holds into `zone`. Unlike msgpack-c's own copy it never hands a null
/// pointer to memcpy, which an empty string has there and which is undefined behaviour.
[[nodiscard]] msgpack::object copy_object(const msgpack::object& from, msgpack::zone& zone);

/// Makes the error of `value::as`.
[[nodiscard]] wire_error conversion_error(const value& found, const std::string& expected);

/// Cuts the type's name out of what the compiler calls the function `type_label<T>`.
[[nodiscard]] std::string type_name_in(std::string_view function_name);

/// Names `T` for an error text in words that also a reader of Python or JSON knows.
template <class T>
[[nodiscard]] std::string type_label() {
  if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else if constexpr (std::is_integral_v<T>) {
    return (std::is_unsigned_v<T> ? "unsigned " : "") + std::to_string(8 * sizeof(T)) +
           "-bit integer";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "number";
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return "string";
  } else if constexpr (requires { typename T::mapped_type; }) {
    return "map to " + type_label<typename T::mapped_type>();
  } else if constexpr (requires(T t) {
                         typename T::value_type;
                         t.begin();
                       }) {
    return "array of " + type_label<typename T::value_type>();
  } else {
    return type_name_in(static_cast<const char*>(__PRETTY_FUNCTION__));
  }
}

/// How much memory a zone takes at once when the size of what goes in is not known [bytes].
inline constexpr std::size_t zone_chunk_bytes = 1024;

}  // namespace detail

/// An immutable value of any kind that MessagePack has: nil, bool, integer, float, string, binary,
/// array, map, extension. A copy shares the data and costs a reference count; scalars share
/// nothing.
///
/// What it does not promise: unique keys in maps, text being UTF-8 (the JSON codec checks that when
/// it writes), a bound on its depth when it was built in C++.
/// Thread: values may be read from any number of threads; one value object is assigned by one at a
/// time.
class value {
 public:
  /// Makes nil.
  value() noexcept = default;

  /// Copies in anything that msgpack-c has an adaptor for: numbers, strings, standard containers,
  /// types with `MSGPACK_DEFINE` or `MSGPACK_DEFINE_MAP`, and containers of values.
  /// `std::vector<char>`, `std::vector<std::byte>` and `std::vector<unsigned char>` become binary.
  /// Throws `msgpack::container_size_overflow` for a container above 4 Gi elements, which no frame
  /// holds.
  template <class T>
  requires(!std::is_same_v<T, value>) explicit value(const T& native) {
    if constexpr (std::is_arithmetic_v<T>) {
      object_ = msgpack::object(native);
    } else if constexpr (std::is_same_v<T, msgpack::object>) {
      assign_object(native);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      assign_string(native);
    } else {
      auto zone = std::make_shared<msgpack::zone>(detail::zone_chunk_bytes);
      object_ = msgpack::object(native, *zone);
      zone_ = std::move(zone);
    }
  }

  /// Makes a map with the entries in the order given; keys are not checked for being unique.
  [[nodiscard]] static value map(std::initializer_list<std::pair<std::string_view, value>> entries);

  /// Makes an array.
  [[nodiscard]] static value array(std::initializer_list<value> elements);

  /// Wraps `root`, which lies in `zone` with all it holds; nobody may change the zone afterwards.
  [[nodiscard]] static value adopt(std::shared_ptr<const msgpack::zone> zone,
                                   const msgpack::object& root) noexcept;

  /// Reads a value that fills `bytes` exactly.
  /// Errors  `empty_payload`, `truncated_payload`, `malformed_msgpack`, `nested_too_deep`,
  ///          `too_many_items`, `frame_too_long` (above `limits.max_bytes`), `trailing_bytes`.
  [[nodiscard]] static result<value, wire_error> from_msgpack(std::span<const std::byte> bytes,
                                                              const decode_limits& limits = {});

  /// Reads JSON text. Integers stay exact within 64 bits, numbers with a fraction or an exponent
  /// become doubles.
  /// Errors  those of `from_msgpack` with `malformed_json`, and `invalid_utf8`,
  ///          `number_out_of_range`.
  [[nodiscard]] static result<value, wire_error> from_json(std::string_view text,
                                                           const decode_limits& limits = {});

  /// Converts to a C++ type for which msgpack-c has an adaptor. An integer converts to `double`, a
  /// number with a fraction never to an integer, an integer only to a type that can hold it. With
  /// `MSGPACK_DEFINE_MAP`, fields that the map lacks keep their default and unknown keys are
  /// ignored. A `T` that refers (`std::string_view`) points into this value and lives no longer
  /// than its copies.
  /// Errors  `conversion_failed`, naming what was expected and what was found.
  template <class T>
  [[nodiscard]] result<T, wire_error> as() const {
    if constexpr (std::is_same_v<T, value>) {
      return *this;
    } else {
      // The one barrier for msgpack-c, which reports by exceptions, and for adaptors that users
      // write.
      try {
        return object_.as<T>();
      } catch (const std::exception&) {
        return failure(detail::conversion_error(*this, detail::type_label<T>()));
      }
    }
  }

  /// The msgpack-c object, for walks that need more than this class has. Lives as long as this
  /// value.
  [[nodiscard]] const msgpack::object& object() const noexcept { return object_; }

  [[nodiscard]] bool is_nil() const noexcept { return object_.is_nil(); }
  [[nodiscard]] bool is_map() const noexcept { return object_.type == msgpack::type::MAP; }
  [[nodiscard]] bool is_array() const noexcept { return object_.type == msgpack::type::ARRAY; }

  /// Names the kind: nil, bool, integer, float, string, binary, array, map or extension.
  [[nodiscard]] std::string_view type_name() const noexcept;

  /// Gives the value under `key`, the first if there are several; nothing when this is no map or
  /// has no such key. The result shares the data.
  /// Cost O(size).
  [[nodiscard]] std::optional<value> find(std::string_view key) const;

  /// Gives the element at `index` of an array; nothing when this is no array or a shorter one.
  [[nodiscard]] std::optional<value> at(std::size_t index) const;

  /// The number of elements of an array, of entries of a map, of bytes of a string, of binary or of
  /// an extension; 0 for everything else.
  [[nodiscard]] std::size_t size() const noexcept;

  /// Writes compact JSON. A float without a fraction keeps its ".0", so that it stays a float.
  /// Errors  `not_representable` (binary, extension, infinity, NaN), `non_string_key`,
  ///          `invalid_utf8`.
  [[nodiscard]] result<std::string, wire_error> to_json() const;

  /// Writes the value for a log or an error text: like JSON, printable ASCII whatever the value
  /// holds, and cut off with three dots after about `max_bytes`.
  [[nodiscard]] std::string to_text(std::size_t max_bytes = 200) const;

  /// Tells whether both are the same on the wire, but for the width of numbers: an integer never
  /// equals a float, the entries of maps are compared in their order, and NaN equals NaN, so that a
  /// value always equals its copy.
  /// Cost O(number of elements).
  friend bool operator==(const value& left, const value& right);

 private:
  value(std::shared_ptr<const msgpack::zone> zone, const msgpack::object& root) noexcept
      : zone_(std::move(zone)), object_(root) {}

  void assign_string(std::string_view text);
  void assign_object(const msgpack::object& from);

  std::shared_ptr<const msgpack::zone> zone_;
  msgpack::object object_;
};

}  // namespace slipway

// With these a `value` can be a member of any type that msgpack-c packs and converts.
namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
  namespace adaptor {

  /// Converts by a deep copy: what msgpack-c hands out says nothing of who owns it.
  template <>
  struct convert<slipway::value> {
    const msgpack::object& operator()(const msgpack::object& from, slipway::value& to) const {
      to = slipway::value(from);
      return from;
    }
  };

  template <>
  struct pack<slipway::value> {
    template <typename Stream>
    packer<Stream>& operator()(packer<Stream>& to, const slipway::value& from) const {
      return to.pack(from.object());
    }
  };

  template <>
  struct object_with_zone<slipway::value> {
    void operator()(msgpack::object::with_zone& to, const slipway::value& from) const {
      static_cast<msgpack::object&>(to) = slipway::detail::copy_object(from.object(), to.zone);
    }
  };

  }  // namespace adaptor
}  // MSGPACK_API_VERSION_NAMESPACE
}  // namespace msgpack
