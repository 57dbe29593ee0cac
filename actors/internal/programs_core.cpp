// slipway/actors/internal/programs_core.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/internal/programs_core.hpp>

#include <algorithm>

namespace slipway::internal {
namespace {

template <class T>
using checked = result<T, remote_error>;

tl::unexpected<remote_error> refused(std::string type, std::string message) {
  return failure(remote_error{std::move(type), std::move(message), {}});
}

tl::unexpected<remote_error> invalid(std::string message) {
  return refused("InvalidArguments", std::move(message));
}

std::string of_session(const std::optional<std::string>& session) {
  return session ? " in the session '" + *session + "'" : " outside of sessions";
}

std::string wrong_argument(const std::string& command, const char* what, const std::string& name) {
  return std::string("'").append(command).append("'").append(what).append(name).append("`");
}

checked<std::string> text_with_content(const value& args, const std::string& name) {
  const auto found = args.find(name);
  const auto text = found ? found->as<std::string>() : result<std::string, wire_error>();
  if (!text || text->empty()) {
    return invalid("`" + name + "` must be a string with content");
  }
  return *text;
}

checked<std::vector<std::string>> field_names(const value& signature, const std::string& kind) {
  const auto wrong = [&] {
    return invalid("`signature." + kind + "` must be a list of maps with a `name`");
  };
  const auto fields = signature.find(kind);
  if (!fields || !fields->is_array()) {
    return wrong();
  }
  std::vector<std::string> names;
  for (std::size_t index = 0; index < fields->size(); ++index) {
    auto name = text_with_content(*fields->at(index), "name");
    if (!name) {
      return wrong();
    }
    names.push_back(std::move(*name));
  }
  return names;
}

// Only what has one text in every language; of anything else the kind must do.
std::string text_of(const value& given) {
  const auto& object = given.object();
  switch (object.type) {
    case msgpack::type::NIL:
      return "null";
    case msgpack::type::BOOLEAN:
      return object.via.boolean ? "true" : "false";
    case msgpack::type::POSITIVE_INTEGER:
      return std::to_string(object.via.u64);
    case msgpack::type::NEGATIVE_INTEGER:
      return std::to_string(object.via.i64);
    case msgpack::type::STR:
      return {object.via.str.ptr, object.via.str.size};
    default:
      return "<" + std::string(given.type_name()) + ">";
  }
}

std::map<std::string, std::string> predict_offline(const std::vector<std::string>& inputs,
                                                   const value& given,
                                                   const std::vector<std::string>& outputs) {
  std::string arguments;
  for (const auto& name : inputs) {
    arguments.append(arguments.empty() ? "" : ", ")
        .append(name)
        .append("=")
        .append(text_of(*given.find(name)));
  }
  std::map<std::string, std::string> predicted;
  for (const auto& name : outputs) {
    predicted[name] = std::string(name).append("(").append(arguments).append(")");
  }
  return predicted;
}

}  // namespace

/// How a command is called, as a Python function's parameters say it.
struct programs_core::entry {
  outcome (programs_core::*function)(const call&);
  std::vector<std::string> required{};
  enum class others { refused, taken } more = others::refused;
};

const std::map<std::string, programs_core::entry>& programs_core::commands() {
  using core = programs_core;
  static const std::map<std::string, entry> table{
      {"ping", {&core::ping, {}, entry::others::taken}},
      {"create_program", {&core::create_program, {"id", "signature"}}},
      {"execute_program", {&core::execute_program, {"program_id", "inputs"}}},
      {"list_programs", {&core::list_programs}},
      {"get_program_info", {&core::get_program_info, {"program_id"}}},
      {"delete_program", {&core::delete_program, {"program_id"}}},
      {"get_stats", {&core::get_stats}},
      {"cleanup_session", {&core::cleanup_session, {"session_id"}}},
      {"cleanup", {&core::cleanup}},
      {"reset_state", {&core::reset_state}},
      {"configure_lm", {&core::configure_lm, {"model"}, entry::others::taken}},
  };
  return table;
}

programs_core::outcome programs_core::answer(const std::string& command, const value& args,
                                             const std::string& now) {
  const auto known = commands().find(command);
  if (known == commands().end()) {
    return refused("UnknownCommand", "there is no command '" + command + "'");
  }
  session session_id;
  if (const auto given = args.find("session_id"); given && !given->is_nil()) {
    auto text = text_with_content(args, "session_id");
    if (!text) {
      return failure(std::move(text).error());
    }
    session_id = std::move(*text);
  }
  const auto& [function, required, more] = known->second;
  for (const auto& name : required) {
    if (!args.find(name)) {
      return invalid(wrong_argument(command, " needs `", name));
    }
  }
  if (more == entry::others::refused && args.is_map()) {
    const auto names = args.as<std::map<std::string, value>>();
    for (const auto& [name, unused] : *names) {
      if (name != "session_id" &&
          std::find(required.begin(), required.end(), name) == required.end()) {
        return invalid(wrong_argument(command, " takes no `", name));
      }
    }
  }
  return (this->*function)({args, std::move(session_id), now});
}

programs_core::outcome programs_core::ping(const call& /*of*/) {
  return value::map({{"status", value("ok")}, {"worker_id", value("in process")}});
}

programs_core::outcome programs_core::create_program(const call& of) {
  auto id = text_with_content(of.args, "id");
  if (!id) {
    return failure(std::move(id).error());
  }
  const value signature = *of.args.find("signature");
  auto inputs = field_names(signature, "inputs");
  auto outputs = field_names(signature, "outputs");
  if (!inputs || !outputs) {
    return failure(!inputs ? inputs.error() : outputs.error());
  }
  if (outputs->empty()) {
    return invalid("`signature.outputs` must name a field at least");
  }
  program made{signature, std::move(*inputs), std::move(*outputs), of.now, 0};
  if (!programs_.emplace(key(*id, of.session_id), std::move(made)).second) {
    return refused("ProgramExists",
                   "there is a program '" + *id + "' already" + of_session(of.session_id));
  }
  return value::map({{"program_id", value(*id)}, {"status", value("created")}});
}

programs_core::outcome programs_core::execute_program(const call& of) {
  auto found = find(of);
  if (!found) {
    return failure(std::move(found).error());
  }
  auto& [named, meant] = **found;
  const value inputs = *of.args.find("inputs");
  if (!inputs.is_map()) {
    return invalid("`inputs` must be a map");
  }
  for (const auto& name : meant.inputs) {
    if (!inputs.find(name)) {
      return invalid("`inputs` of the program '" + named.first + "' lacks '" + name + "'");
    }
  }
  ++meant.executions;
  return value::map({{"program_id", value(named.first)},
                     {"outputs", value(predict_offline(meant.inputs, inputs, meant.outputs))}});
}

programs_core::outcome programs_core::list_programs(const call& of) {
  std::vector<value> listed;
  for (const auto& kept : programs_) {
    if (!of.session_id || kept.first.second == of.session_id) {
      listed.push_back(info(kept));
    }
  }
  return value::map({{"programs", value(listed)}, {"total_count", value(listed.size())}});
}

programs_core::outcome programs_core::get_program_info(const call& of) {
  auto found = find(of);
  if (!found) {
    return failure(std::move(found).error());
  }
  return info(**found);
}

programs_core::outcome programs_core::delete_program(const call& of) {
  auto found = find(of);
  if (!found) {
    return failure(std::move(found).error());
  }
  const value id((*found)->first.first);
  programs_.erase(*found);
  return value::map({{"program_id", id}, {"status", value("deleted")}});
}

programs_core::outcome programs_core::get_stats(const call& /*of*/) {
  return value::map({{"programs_count", value(programs_.size())}});
}

programs_core::outcome programs_core::cleanup_session(const call& of) {
  if (!of.session_id) {
    return invalid("`session_id` must be a string with content");
  }
  const auto gone = std::erase_if(
      programs_, [&](const auto& kept) { return kept.first.second == of.session_id; });
  return value::map({{"session_id", value(*of.session_id)}, {"programs_removed", value(gone)}});
}

programs_core::outcome programs_core::cleanup(const call& /*of*/) {
  const auto gone = programs_.size();
  programs_.clear();
  return value::map({{"status", value("cleaned")}, {"programs_removed", value(gone)}});
}

programs_core::outcome programs_core::reset_state(const call& /*of*/) {
  const auto gone = programs_.size();
  programs_.clear();
  return value::map({{"status", value("reset")}, {"programs_removed", value(gone)}});
}

programs_core::outcome programs_core::configure_lm(const call& of) {
  auto model = text_with_content(of.args, "model");
  if (!model) {
    return failure(std::move(model).error());
  }
  if (*model != "offline") {
    return refused("PackageMissing",
                   "the model '" + *model +
                       "' needs the package 'dspy' and this back end has no interpreter for it; "
                       "use the back end single or pool, or configure the model 'offline'");
  }
  return value::map({{"status", value("configured")}, {"model", value(*model)}});
}

result<programs_core::programs::iterator, remote_error> programs_core::find(const call& of) {
  auto id = text_with_content(of.args, "program_id");
  if (!id) {
    return failure(std::move(id).error());
  }
  const auto found = programs_.find(key(*id, of.session_id));
  if (found == programs_.end()) {
    return refused("UnknownProgram",
                   "there is no program '" + *id + "'" + of_session(of.session_id));
  }
  return found;
}

value programs_core::info(const programs::value_type& of) {
  const auto& [named, meant] = of;
  return value::map({{"id", value(named.first)},
                     {"session_id", named.second ? value(*named.second) : value()},
                     {"signature", meant.signature},
                     {"created_at", value(meant.created_at)},
                     {"executions", value(meant.executions)}});
}

}  // namespace slipway::internal
