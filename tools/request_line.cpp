// slipway/tools/request_line.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/request_line.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace slipway::tools {
namespace {

constexpr std::array<std::string_view, 6> known_fields{"id",   "pool",       "command",
                                                       "args", "timeout_ms", "checkout"};
constexpr std::int64_t longest_timeout_ms = std::int64_t{365} * 24 * 3600 * 1000;

/// Reads the fields of one line; the first fault ends it.
class field_reader {
 public:
  field_reader(value object, std::uint64_t line) : object_(std::move(object)) { read_.line = line; }

  result<request_line, request_error> read(const std::vector<std::string>& pools) {
    if (!object_.is_map()) {
      return fault(request_errc::invalid_request, "is " + found(object_), "a JSON object");
    }
    read_.id = object_.find("id");
    if (auto unknown = check_known()) {
      return failure(std::move(*unknown));
    }
    if (auto wrong = read_checkout()) {
      return failure(std::move(*wrong));
    }
    if (auto wrong = read_command()) {
      return failure(std::move(*wrong));
    }
    if (auto wrong = read_pool(pools)) {
      return failure(std::move(*wrong));
    }
    return std::move(read_);
  }

 private:
  using fault_found = std::optional<request_error>;

  static std::string found(const value& what) {
    constexpr std::size_t quoted_bytes = 60;
    return std::string(what.type_name()) + " " + what.to_text(quoted_bytes);
  }

  [[nodiscard]] tl::unexpected<request_error> fault(request_errc code, const std::string& what,
                                                    const std::string& expected) const {
    return failure(request_error{
        code, read_.line, read_.id,
        "line " + std::to_string(read_.line) + " " + what + ", expected " + expected});
  }
  [[nodiscard]] fault_found wrong(request_errc code, const std::string& field,
                                  const std::optional<value>& what,
                                  const std::string& expected) const {
    return fault(code, "has " + (what ? field + " " + found(*what) : "no " + field), expected)
        .value();
  }

  [[nodiscard]] fault_found check_known() const {
    const auto& entries = object_.object().via.map;
    for (std::uint32_t i = 0; i < entries.size; ++i) {
      const auto& text = entries.ptr[i].key.via.str;
      const std::string_view name(text.ptr, text.size);
      if (std::find(known_fields.begin(), known_fields.end(), name) == known_fields.end()) {
        return fault(request_errc::invalid_request,
                     "has the unknown field " + value(name).to_text(),
                     "only id, pool, command, args, timeout_ms and checkout")
            .value();
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] fault_found read_checkout() {
    const auto type = object_.find("checkout");
    if (!type || type->as<std::string>() == std::string("anonymous")) {
      return std::nullopt;
    }
    if (const auto session = type->find("session"); session && type->size() == 1) {
      if (auto id = session->as<std::string>(); id && !id->empty()) {
        read_.session = std::move(*id);
        return std::nullopt;
      }
    }
    return wrong(request_errc::invalid_checkout_type, "the checkout type", type,
                 R"("anonymous" or {"session": ID})");
  }

  [[nodiscard]] fault_found read_command() {
    const auto command = object_.find("command");
    auto name = command ? command->as<std::string>() : std::string();
    if (!name || name->empty()) {
      return wrong(request_errc::invalid_request, "command", command, "a string that is not empty");
    }
    read_.command = std::move(*name);
    if (const auto args = object_.find("args")) {
      if (!args->is_map() && !args->is_nil()) {
        return wrong(request_errc::invalid_request, "args", args, "an object of named arguments");
      }
      read_.args = *args;
    }
    if (const auto timeout = object_.find("timeout_ms"); timeout && !timeout->is_nil()) {
      const auto number = timeout->as<std::int64_t>();
      if (!number || *number < 1 || *number > longest_timeout_ms) {
        return wrong(request_errc::invalid_request, "timeout_ms", timeout,
                     "a whole number of at least 1");
      }
      read_.timeout = std::chrono::milliseconds(*number);
    }
    return std::nullopt;
  }

  [[nodiscard]] fault_found read_pool(const std::vector<std::string>& pools) {
    const auto named = object_.find("pool");
    if (!named && pools.size() == 1) {
      read_.pool = pools.front();
      return std::nullopt;
    }
    const auto name = named ? named->as<std::string>() : std::string();
    if (!name || std::find(pools.begin(), pools.end(), *name) == pools.end()) {
      std::string names;
      for (const auto& pool : pools) {
        names += (names.empty() ? "" : ", ") + pool;
      }
      return wrong(request_errc::unknown_pool, "pool", named, "one of: " + names);
    }
    read_.pool = *name;
    return std::nullopt;
  }

  value object_;
  request_line read_;
};

}  // namespace

const char* to_string(request_errc code) {
  switch (code) {
    case request_errc::invalid_request:
      return "invalid_request";
    case request_errc::invalid_checkout_type:
      return "invalid_checkout_type";
    case request_errc::unknown_pool:
      break;
  }
  return "unknown_pool";
}

result<request_line, request_error> read_request(std::string_view text, std::uint64_t line,
                                                 const std::vector<std::string>& pools) {
  auto parsed = value::from_json(text);
  if (!parsed) {
    return failure(request_error{
        request_errc::invalid_request, line, std::nullopt,
        "line " + std::to_string(line) + " is no JSON: " + to_string(parsed.error())});
  }
  return field_reader(std::move(*parsed), line).read(pools);
}

}  // namespace slipway::tools
