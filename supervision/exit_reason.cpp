// slipway/supervision/exit_reason.cpp
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/supervision/exit_reason.hpp>

#include <cstdlib>
#include <cxxabi.h>
#include <typeinfo>
#include <utility>

namespace slipway {

namespace {

exit_reason of_kind(exit_kind kind) {
  exit_reason reason;
  reason.kind = kind;
  return reason;
}

std::string readable_type(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 && name != nullptr ? std::string(name.get()) : std::string(type.name());
}

// Exceptions nested deeper than this are cut off: the chain is made by user code and may be a
// loop's work.
constexpr int max_cause_depth = 16;

exit_reason from_exception(const std::exception_ptr& caught, int depth);

exit_reason described(const std::exception& thrown, int depth) {
  exit_reason reason = exit_reason::error(readable_type(typeid(thrown)), thrown.what());
  const auto* nested = dynamic_cast<const std::nested_exception*>(&thrown);
  if (nested != nullptr && nested->nested_ptr() != nullptr && depth < max_cause_depth) {
    return reason.with_cause(from_exception(nested->nested_ptr(), depth + 1));
  }
  return reason;
}

exit_reason from_exception(const std::exception_ptr& caught, int depth) {
  try {
    std::rethrow_exception(caught);
  } catch (const exit_exception& thrown) {
    return thrown.reason();
  } catch (const std::exception& thrown) {
    return described(thrown, depth);
  } catch (const std::string& thrown) {
    return exit_reason::error("std::string", thrown);
  } catch (const char* thrown) {
    return exit_reason::error("char const*", thrown == nullptr ? "" : thrown);
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return exit_reason::error(type == nullptr ? "unknown" : readable_type(*type),
                              "an exception that is no std::exception");
  }
}

}  // namespace

std::string_view to_string(exit_kind kind) noexcept {
  switch (kind) {
    case exit_kind::normal:
      return "normal";
    case exit_kind::shutdown:
      return "shutdown";
    case exit_kind::shutdown_term:
      return "shutdown_term";
    case exit_kind::killed:
      return "killed";
    case exit_kind::noproc:
      return "noproc";
    case exit_kind::noconnection:
      return "noconnection";
    case exit_kind::timeout:
      return "timeout";
    case exit_kind::error:
      return "error";
  }
  return "unknown";
}

exit_reason exit_reason::shutdown() {
  return of_kind(exit_kind::shutdown);
}

exit_reason exit_reason::shutdown(std::string term) {
  exit_reason reason = of_kind(exit_kind::shutdown_term);
  reason.message = std::move(term);
  return reason;
}

exit_reason exit_reason::killed() {
  return of_kind(exit_kind::killed);
}

exit_reason exit_reason::noproc() {
  return of_kind(exit_kind::noproc);
}

exit_reason exit_reason::noconnection() {
  return of_kind(exit_kind::noconnection);
}

exit_reason exit_reason::timeout() {
  return of_kind(exit_kind::timeout);
}

exit_reason exit_reason::error(std::string type, std::string message) {
  exit_reason reason = of_kind(exit_kind::error);
  reason.type = std::move(type);
  reason.message = std::move(message);
  return reason;
}

exit_reason exit_reason::failed_to_start_child(std::string id, exit_reason reason) {
  exit_reason outer = shutdown(std::move(id));
  outer.type = "failed_to_start_child";
  outer.cause = std::make_shared<const exit_reason>(std::move(reason));
  return outer;
}

exit_reason exit_reason::with_cause(exit_reason beneath) const {
  exit_reason copy = *this;
  copy.cause = std::make_shared<const exit_reason>(std::move(beneath));
  return copy;
}

exit_reason exit_reason::with_stderr_tail(std::vector<std::string> lines) const {
  exit_reason copy = *this;
  copy.stderr_tail = std::move(lines);
  return copy;
}

bool exit_reason::is_abnormal() const noexcept {
  return kind != exit_kind::normal && kind != exit_kind::shutdown &&
         kind != exit_kind::shutdown_term;
}

bool operator==(const exit_reason& left, const exit_reason& right) noexcept {
  const exit_reason* first = &left;
  const exit_reason* second = &right;
  while (first != second) {
    if (first == nullptr || second == nullptr || first->kind != second->kind ||
        first->type != second->type || first->message != second->message ||
        first->stderr_tail != second->stderr_tail) {
      return false;
    }
    first = first->cause.get();
    second = second->cause.get();
  }
  return true;
}

std::string to_string(const exit_reason& reason) {
  std::string text;
  switch (reason.kind) {
    case exit_kind::shutdown_term:
      text = "{shutdown, ";
      if (!reason.type.empty()) {
        text += reason.type + " ";
      }
      text += reason.message + "}";
      break;
    case exit_kind::error:
      text = "error " + reason.type;
      if (!reason.message.empty()) {
        text += ": " + reason.message;
      }
      break;
    default:
      text = to_string(reason.kind);
  }
  if (!reason.stderr_tail.empty()) {
    text += " [stderr: " + reason.stderr_tail.back() + "]";
  }
  if (reason.cause != nullptr) {
    text += " (caused by " + to_string(*reason.cause) + ")";
  }
  return text;
}

exit_reason exit_reason_from(const std::exception_ptr& caught) {
  return from_exception(caught, 0);
}

}  // namespace slipway
