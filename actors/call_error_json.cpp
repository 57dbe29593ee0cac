// slipway/actors/call_error_json.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/call_error_json.hpp>
#include <slipway/actors/error_policy.hpp>

#include <nlohmann/json.hpp>

namespace slipway {
namespace {

using json = nlohmann::ordered_json;

void add_exit(json& object, const exit_status& exit) {
  if (exit.how == exit_status::kind::exited) {
    object["exit_code"] = exit.value;
  } else if (exit.how == exit_status::kind::signaled) {
    object["signal"] = exit.value;
  }
}

json object_of(const call_error& error) {
  const error_class row = error.classified.value_or(error_policy{}.of(error));
  json object{{"code", to_string(error.code)},       {"effect", to_string(error.effect)},
              {"category", to_string(row.category)}, {"severity", to_string(row.severity)},
              {"strategy", to_string(row.strategy)}, {"message", error.message}};
  if (!error.worker.empty()) {
    object["worker"] = error.worker;
  }
  if (!error.session.empty()) {
    object["session"] = error.session;
  }
  if (error.attempt > 1) {
    object["attempt"] = error.attempt;
  }
  if (error.exit) {
    add_exit(object, *error.exit);
  }
  if (error.exit || !error.stderr_tail.empty()) {
    object["stderr_tail"] = error.stderr_tail;
  }
  if (error.remote) {
    object["type"] = error.remote->type;
    object["traceback"] = error.remote->traceback;
  }
  if (error.pool_exit) {
    object["pool_exit"] = to_string(*error.pool_exit);
  }
  for (const auto& before : error.earlier) {
    object["earlier"].push_back(object_of(before));
  }
  return object;
}

}  // namespace

std::string to_json(const call_error& error) {
  return object_of(error).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace slipway
