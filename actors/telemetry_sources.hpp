// slipway/actors/telemetry_sources.hpp
//
// Events of workers, pools and supervisors as telemetry.
// Belongs here: which event becomes which record. A new event has no place to hide: without a
// mapping this does not compile.
// Does not: calls and checkouts, which are measured where they happen (internal/call_watch).
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/runtime_event.hpp>
#include <slipway/actors/telemetry.hpp>
#include <slipway/supervision/supervisor_event.hpp>

#include <string_view>

namespace slipway {

/// `supervisor_report` becomes nothing: the supervisor's event does.
void emit(telemetry& to, const runtime_event& event, time_point at);

void emit(telemetry& to, std::string_view supervisor, const supervisor_event& event, time_point at);

}  // namespace slipway
