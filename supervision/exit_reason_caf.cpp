// slipway/supervision/exit_reason_caf.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/exit_reason_caf.hpp>

#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace slipway {

namespace {

constexpr auto our_category = caf::atom("slipway");
constexpr auto caf_exit_category = caf::atom("exit");
constexpr auto caf_system_category = caf::atom("system");

// CAF treats the code 0 as "no error", so kinds are numbered from 1.
caf::error as_ours(const exit_reason& reason) {
  const auto code = static_cast<std::uint8_t>(static_cast<std::uint8_t>(reason.kind) + 1);
  return {code, our_category, caf::make_message(reason)};
}

bool is_bare(const exit_reason& reason) {
  return reason.cause == nullptr && reason.stderr_tail.empty() && reason.type.empty() &&
         reason.message.empty();
}

exit_reason from_caf_exit(caf::exit_reason code) {
  switch (code) {
    case caf::exit_reason::normal:
      return exit_reason::normal();
    case caf::exit_reason::user_shutdown:
      return exit_reason::shutdown();
    case caf::exit_reason::kill:
      return exit_reason::killed();
    case caf::exit_reason::unknown:
    case caf::exit_reason::unreachable:
      return exit_reason::noproc();
    case caf::exit_reason::remote_link_unreachable:
      return exit_reason::noconnection();
    default:
      return exit_reason::error(caf::to_string(code), "reported by CAF");
  }
}

exit_reason from_caf_system(caf::sec code, const caf::error& error) {
  switch (code) {
    case caf::sec::request_timeout:
      return exit_reason::timeout();
    case caf::sec::request_receiver_down:
      return exit_reason::noproc();
    case caf::sec::remote_linking_failed:
    case caf::sec::no_route_to_receiving_node:
    case caf::sec::socket_disconnected:
    case caf::sec::connection_timeout:
      return exit_reason::noconnection();
    default:
      return exit_reason::error(caf::to_string(code), error.context().empty()
                                                          ? std::string("reported by CAF")
                                                          : caf::to_string(error.context()));
  }
}

// Fields of one reason in `flatten`, before its stderr lines.
constexpr std::size_t head_fields = 4;
constexpr std::size_t kind_count = 8;

template <class Number>
std::optional<Number> parsed(const std::string& text) {
  Number number{};
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc{} || end != last) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

caf::error to_caf(const exit_reason& reason) {
  if (is_bare(reason)) {
    switch (reason.kind) {
      case exit_kind::normal:
        return {};
      case exit_kind::shutdown:
        return caf::exit_reason::user_shutdown;
      case exit_kind::killed:
        return caf::exit_reason::kill;
      default:
        break;
    }
  }
  return as_ours(reason);
}

caf::error to_caf_notice(const exit_reason& reason) {
  return reason.kind == exit_kind::killed ? as_ours(reason) : to_caf(reason);
}

exit_reason from_caf(const caf::error& error) {
  if (!error) {
    return exit_reason::normal();
  }
  if (error.category() == our_category && error.context().match_elements<exit_reason>()) {
    return error.context().get_as<exit_reason>(0);
  }
  if (error.category() == caf_exit_category) {
    return from_caf_exit(static_cast<caf::exit_reason>(error.code()));
  }
  if (error.category() == caf_system_category) {
    return from_caf_system(static_cast<caf::sec>(error.code()), error);
  }
  return exit_reason::error(caf::to_string(error.category()), caf::to_string(error));
}

namespace detail {

std::vector<std::string> flatten(const exit_reason& reason) {
  std::vector<std::string> fields;
  for (const exit_reason* part = &reason; part != nullptr; part = part->cause.get()) {
    fields.push_back(std::to_string(static_cast<unsigned>(part->kind)));
    fields.push_back(part->type);
    fields.push_back(part->message);
    fields.push_back(std::to_string(part->stderr_tail.size()));
    fields.insert(fields.end(), part->stderr_tail.begin(), part->stderr_tail.end());
  }
  return fields;
}

exit_reason unflatten(const std::vector<std::string>& fields) {
  const auto malformed = [] {
    return exit_reason::error("malformed_exit_reason", "a reason that came in a message");
  };
  std::vector<exit_reason> chain;
  std::size_t at = 0;
  while (at < fields.size()) {
    if (fields.size() - at < head_fields) {
      return malformed();
    }
    const auto kind = parsed<std::size_t>(fields[at]);
    const auto lines = parsed<std::size_t>(fields[at + 3]);
    if (!kind || *kind >= kind_count || !lines || *lines > fields.size() - at - head_fields) {
      return malformed();
    }
    exit_reason part;
    part.kind = static_cast<exit_kind>(*kind);
    part.type = fields[at + 1];
    part.message = fields[at + 2];
    at += head_fields;
    for (const std::size_t end = at + *lines; at < end; ++at) {
      part.stderr_tail.push_back(fields[at]);
    }
    chain.push_back(std::move(part));
  }
  if (chain.empty()) {
    return malformed();
  }
  exit_reason whole = std::move(chain.back());
  for (std::size_t i = chain.size() - 1; i > 0; --i) {
    whole = chain[i - 1].with_cause(std::move(whole));
  }
  return whole;
}

}  // namespace detail

}  // namespace slipway
