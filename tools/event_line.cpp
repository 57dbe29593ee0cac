// slipway/tools/event_line.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/duration_text.hpp>
#include <slipway/tools/event_line.hpp>

namespace slipway::tools {
namespace {

using line = std::optional<std::string>;

std::string brief(const exit_reason& reason) {
  return reason.message.empty() ? to_string(reason) : reason.message;
}

class narrator {
 public:
  narrator(event_role role, const terminal_style& style) : role_(role), style_(style) {}

  line operator()(const runtime_events::worker_ready& event) const {
    if (role_ == event_role::first) {
      return std::nullopt;
    }
    return told(tone::good, "✓", "+",
                event.worker + " ready in its place after " + to_text(event.took) +
                    style_.paint(tone::faint, " (pid " + std::to_string(event.os_pid) + ")"));
  }
  line operator()(const runtime_events::worker_init_failed& event) const {
    return told(tone::bad, "✗", "!", event.worker + " failed to start" + stage_text(event.reason));
  }
  line operator()(const runtime_events::worker_init_cancelled& /*event*/) const {
    return std::nullopt;
  }
  line operator()(const runtime_events::callback_failed& event) const {
    return told(tone::bad, "✗", "!",
                "pool " + event.pool + ": " + event.callback + " threw: " + brief(event.reason));
  }
  line operator()(const runtime_events::worker_exited& event) const {
    if (event.expected || role_ == event_role::repetition) {
      return std::nullopt;
    }
    return told(tone::bad, "✗", "-",
                event.worker + " died: " + to_string(event.status) +
                    style_.paint(tone::faint, " (pid " + std::to_string(event.os_pid) + ")"));
  }
  line operator()(const runtime_events::worker_removed& event) const {
    // One whose process ended has been told of by worker_exited.
    if (event.reason.kind == exit_kind::timeout) {
      const auto& cause = event.reason.cause;
      return told(tone::odd, "✗", "-",
                  event.worker + " gave no answer in time: removed" +
                      (cause ? style_.paint(tone::faint, " (" + cause->message + ")") : ""));
    }
    if (event.reason.kind == exit_kind::error && event.reason.type == "protocol_error") {
      return told(tone::bad, "✗", "-",
                  event.worker + " broke the protocol: " + event.reason.message);
    }
    if (event.reason.type == "health_check" || event.reason.type == "stderr_flood") {
      return told(tone::bad, "✗", "-", event.worker + " removed: " + event.reason.message);
    }
    return std::nullopt;
  }
  line operator()(const runtime_events::pool_started& event) const {
    if (role_ == event_role::first) {
      return std::nullopt;
    }
    return told(tone::good, "✓", "+", "pool " + event.pool + " restarted by its supervisor");
  }
  line operator()(const runtime_events::pool_exited& event) const {
    if (!event.reason.is_abnormal()) {
      return std::nullopt;
    }
    return told(tone::bad, "✗", "!", "pool " + event.pool + " ended: " + brief(event.reason));
  }
  line operator()(const runtime_events::session_begun& /*event*/) const { return std::nullopt; }
  line operator()(const runtime_events::session_ended& /*event*/) const { return std::nullopt; }
  line operator()(const runtime_events::session_lost& /*event*/) const { return std::nullopt; }
  line operator()(const runtime_events::session_rebuilt& /*event*/) const { return std::nullopt; }
  line operator()(const runtime_events::supervisor_report& /*event*/) const { return std::nullopt; }
  line operator()(const runtime_events::breaker_changed& event) const {
    const bool well = event.change.to == circuit_state::closed;
    return told(well ? tone::good : tone::odd, well ? "✓" : "✗", well ? "+" : "!",
                to_string(runtime_event(event)));
  }
  line operator()(const runtime_events::call_retried& /*event*/) const { return std::nullopt; }
  line operator()(const runtime_events::worker_degraded& event) const {
    return told(tone::odd, "!", "!", to_string(runtime_event(event)));
  }
  line operator()(const runtime_events::worker_recovered& event) const {
    return told(tone::good, "✓", "+", to_string(runtime_event(event)));
  }
  line operator()(const runtime_events::health_check_failed& event) const {
    return told(tone::odd, "!", "!", to_string(runtime_event(event)));
  }
  line operator()(const runtime_events::stderr_flood& event) const {
    return told(tone::bad, "✗", "-", to_string(runtime_event(event)));
  }
  line operator()(const runtime_events::worker_recycled& event) const {
    return told(tone::odd, "↻", "~", event.worker + " is being replaced: " + brief(event.reason));
  }

 private:
  [[nodiscard]] line told(tone how, std::string_view symbol, std::string_view ascii,
                          const std::string& what) const {
    return style_.paint(how, style_.pick(symbol, ascii)) + " " + what;
  }
  event_role role_;
  const terminal_style& style_;
};

}  // namespace

std::optional<std::string> event_line(const runtime_event& event, event_role role,
                                      const terminal_style& style) {
  return std::visit(narrator(role, style), event);
}

const exit_reason& root_cause(const exit_reason& reason) {
  const exit_reason* root = &reason;
  while (root->cause) {
    root = root->cause.get();
  }
  return *root;
}

std::string stage_text(const exit_reason& reason) {
  const exit_reason& root = root_cause(reason);
  return (root.type.empty() ? "" : " (stage " + root.type + ")") + ": " + brief(root);
}

std::string stderr_text(const exit_reason& reason) {
  std::string text;
  for (const auto& tail_line : root_cause(reason).stderr_tail) {
    text += "\n  | " + tail_line;
  }
  return text;
}

}  // namespace slipway::tools
