// tests/conformance/supervisor_terms.hpp
//
// The recordings' words for supervisors, and ours: options and specs in, reasons and answers both
// ways. Shared by the drivers of both clocks.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scenario.hpp"
#include <slipway/supervision/exit_reason.hpp>
#include <slipway/supervision/spec_reader.hpp>
#include <slipway/supervision/supervisor_call.hpp>
#include <slipway/supervision/supervisor_core.hpp>
#include <slipway/supervision/supervisor_rules.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::conformance {

enum class supervisor_kind { ordinary, simple, dynamic };

/// A child spec as recorded, read by spec_reader.
struct recorded_spec {
  child_description read;
  bool has_start = true;
  json text;
};

/// Options of a supervisor as recorded.
struct recorded_options {
  supervisor_kind kind = supervisor_kind::ordinary;
  supervisor_flags flags;                  ///< of ordinary and simple ones
  dynamic_supervisor_flags dynamic_flags;  ///< of dynamic ones
  std::optional<spec_error> flaw;          ///< of the flags
  supervisor_init init = supervisor_init::ok;
  std::vector<recorded_spec> children;
};

/// `subject` is that of the scenario for the root; nested ones are never dynamic.
[[nodiscard]] recorded_options read_options(const json& options, const std::string& subject);
[[nodiscard]] recorded_spec read_spec(const json& spec, supervisor_kind kind);

[[nodiscard]] exit_reason to_reason(const json& term);
[[nodiscard]] json to_term(const exit_reason& reason);
[[nodiscard]] json to_term(const spec_error& flaw);
/// Arguments that read_options and read_spec made, and those of a start_child step.
[[nodiscard]] json to_term(const argument_list& arguments);
[[nodiscard]] argument_list to_arguments(const json& terms);

/// The event of a client whose call was answered. `name_of` names the child of a run.
[[nodiscard]] json answered(const json& step, supervisor_kind kind,
                            const supervisor_reply::any& reply,
                            const std::function<std::string(run_number)>& name_of);
/// The event of a client whose supervisor ended first, or was not there.
[[nodiscard]] json unanswered(const json& step, const exit_reason& reason);

/// The call of a step, but for the recipe of start_child's spec and for a child named by its
/// process, which the drivers fill in.
[[nodiscard]] supervisor_call::any to_call(const json& step, supervisor_kind kind);

/// Names the starts of children, and deals out their scripted behaviour.
class tree_script {
 public:
  explicit tree_script(json script) : script_(std::move(script)) {}

  struct part {
    std::string name;  ///< `id#n`
    json start;        ///< the outcome of the start function
    json stop;         ///< what it does when it is asked to stop
  };
  [[nodiscard]] part next(const std::string& id);

 private:
  json script_;
  std::map<std::string, std::size_t> counts_;
};

/// Whether there is a process while a start with this outcome is going on.
[[nodiscard]] bool has_process(const json& outcome);
/// Why a start with this outcome fails; nothing if it does not.
[[nodiscard]] std::optional<exit_reason> failure_of(const json& outcome);
/// The information for the caller, as JSON text; empty if there is none.
[[nodiscard]] std::string info_of(const json& outcome);

}  // namespace slipway::conformance
