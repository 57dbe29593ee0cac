// slipway/actors/trace_file.hpp
//
// A trace of pools and workers for Perfetto (https://ui.perfetto.dev) or chrome://tracing.
//
//     auto trace = slipway::trace_file::create("run.trace.json", clock.now());
//     watch->attach("", (*trace)->handler());
//
// Belongs here: which event becomes which slice, on which track.
// Does not: what is measured (internal/call_watch).
// Invariants: (1) the file is valid JSON at any time, even after the host was killed: each write
//                 ends with the end of the list, which the next one overwrites;
//             (2) slices of a track nest: a call lies within the time its worker was busy, and
//                 neither two of these nor a start of the worker overlap;
//             (3) memory does not grow with the trace, nor with the number of workers that came
//                 and went: a track is forgotten after `most_tracks` others.
// Source: "Trace Event Format" of Chromium, complete (X), instant (i) and metadata (M) events.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <slipway/actors/telemetry.hpp>
#include <slipway/protocol/result.hpp>

#include <memory>
#include <optional>
#include <string>

namespace slipway {

/// Thread: any.
class trace_file {
 public:
  /// Makes the file, or empties it.
  /// @param zero  the time at which the trace begins.
  /// Errors       a sentence; it must be a file in which one can go back, so no pipe.
  [[nodiscard]] static result<std::unique_ptr<trace_file>, std::string> create(
      const std::string& path, time_point zero);

  trace_file(const trace_file&) = delete;
  trace_file& operator=(const trace_file&) = delete;
  trace_file(trace_file&&) = delete;
  trace_file& operator=(trace_file&&) = delete;
  /// Writes what is left. The handler does nothing any more.
  ~trace_file();

  /// What to attach, with the prefix "" for all of it. It may outlive this object.
  [[nodiscard]] telemetry_handler handler() const;

  /// Writes what has been kept back, some tens of kilobytes at the most.
  void flush();

  /// Why the file could not be written; nothing more is written then.
  [[nodiscard]] std::optional<std::string> failed() const;

 private:
  class impl;
  explicit trace_file(std::shared_ptr<impl> state);
  std::shared_ptr<impl> impl_;
};

}  // namespace slipway
