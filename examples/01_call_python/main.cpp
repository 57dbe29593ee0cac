// Learn: to call Python functions from C++, typed, through a pool that replaces workers which die.
//
//     call_python [PYTHON]        run in the root of the source tree
//
// SPDX-License-Identifier: Apache-2.0
#include <slipway/actors/system.hpp>

#include <chrono>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;
using slipway::value;

// What the Python function returns, as a type: a dict with these keys becomes one.
struct word_statistics {
  unsigned words = 0;
  unsigned distinct = 0;
  std::string longest;
  double mean_length = 0;
  MSGPACK_DEFINE_MAP(words, distinct, longest, mean_length)
};

int main(int argc, char** argv) {
  // A supervision tree of its own, with one pool of two Python processes.
  auto system = slipway::system::start({.name = "example"});
  if (!system) {
    return std::puts(system.error().message.c_str()), 1;
  }
  auto licences = (*system)->start_pool({
      .name = "licences",
      .size = 2,
      .python = argc > 1 ? argv[1] : "/usr/bin/python3",
      .module = "examples/licences.py",
  });
  if (!licences) {
    return std::puts(licences.error().message.c_str()), 1;
  }

  // A call ends in a value or in a typed error, at the latest after its timeout.
  const value args = value::map({{"text", value("to be or not to be that is the question")}});
  const auto counted = licences->call<word_statistics>("word_statistics", args, 10s);
  if (!counted) {
    return std::puts(to_string(counted.error()).c_str()), 1;
  }
  std::printf("%u words, %u of them distinct, the longest is '%s'\n", counted->words,
              counted->distinct, counted->longest.c_str());

  // An exception in Python arrives with its type, message and traceback; the worker lives on.
  const auto refused = licences->call("ngrams", value::map({{"text", value(42)}}), 10s);
  std::printf("%s\n", to_string(refused.error()).c_str());
  return refused.error().code == slipway::call_errc::remote_exception ? 0 : 1;
}  // Here the system ends: its workers are asked to, then made to, and all are reaped.
