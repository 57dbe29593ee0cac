// slipway/tools/interpreter_check.cpp
// SPDX-License-Identifier: Apache-2.0
#include <slipway/tools/interpreter_check.hpp>
#include <slipway/tools/program_run.hpp>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>

namespace slipway::tools {
namespace {

constexpr duration patience = std::chrono::seconds(20);
constexpr int least_major = 3;
constexpr int least_minor = 9;

// Must run in any Python, also in one that is far too old, which has to say so.
constexpr const char* question = R"(
import sys, json
facts = {"executable": sys.executable, "version": list(sys.version_info[:3])}

def place(name):
    import importlib.util
    spec = importlib.util.find_spec(name)
    return spec and (spec.origin or name)

if sys.version_info >= (3, 4):
    try:
        import msgpack
        facts["msgpack"] = ".".join(str(part) for part in msgpack.version)
    except Exception:
        pass
    try:
        facts["worker_package"] = place("slipway_worker")
    except Exception:
        pass
    if len(sys.argv) > 1:
        try:
            facts["module"] = place(sys.argv[1])
        except Exception as error:
            facts["module_error"] = "%s: %s" % (type(error).__name__, error)
print("")
print(json.dumps(facts))
)";

bool is_file_module(const std::string& module) {
  return module.ends_with(".py");
}

// As the worker will have it: the pool's folders, the package, then what is inherited.
std::string python_path(const python_pool_options& options) {
  std::string path;
  const auto append = [&path](const std::string& folder) {
    if (!folder.empty()) {
      path += (path.empty() ? "" : ":") + folder;
    }
  };
  if (const auto own = options.environment.find("PYTHONPATH"); own != options.environment.end()) {
    append(own->second);
  }
  for (const auto& folder : options.python_path) {
    append(folder);
  }
  append(options.package_dir);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here calls setenv
  if (const char* inherited = std::getenv("PYTHONPATH"); inherited != nullptr) {
    append(inherited);
  }
  return path;
}

process_spec question_for(const python_pool_options& options) {
  process_spec spec;
  spec.program = options.python;
  spec.arguments = {"-c", question};
  if (!options.module.empty() && !is_file_module(options.module)) {
    spec.arguments.push_back(options.module);
  }
  spec.environment = options.environment;
  spec.environment["PYTHONPATH"] = python_path(options);
  spec.environment["PYTHONDONTWRITEBYTECODE"] = "1";
  spec.working_directory = options.working_directory;
  return spec;
}

std::string version_text(const interpreter_facts& facts) {
  return std::to_string(facts.major) + "." + std::to_string(facts.minor) + "." +
         std::to_string(facts.micro);
}

// The name in the configuration and what it leads to.
std::string called(const python_pool_options& options, const interpreter_facts& facts) {
  return options.python == facts.executable ? facts.executable
                                            : options.python + ", which is " + facts.executable;
}

finding judge_msgpack(const python_pool_options& options, const interpreter_facts& facts) {
  if (facts.msgpack) {
    return {finding_level::ok, "msgpack", *facts.msgpack};
  }
  if (options.wire_codec == codec::json) {
    return {finding_level::ok, "msgpack", "not there, and not needed with codec json"};
  }
  return {finding_level::fail, "msgpack", "the interpreter " + facts.executable + " has no msgpack",
          "for Debian's /usr/bin/python3: apt install python3-msgpack\nfor any other: " +
              facts.executable +
              " -m pip install msgpack\nor choose an interpreter that has it, or codec = \"json\""};
}

finding judge_package(const python_pool_options& options, const interpreter_facts& facts) {
  if (facts.worker_package) {
    return {finding_level::ok, "slipway_worker", *facts.worker_package};
  }
  return {
      finding_level::fail, "slipway_worker",
      facts.executable + " cannot find the package; it was looked for in " + options.package_dir,
      "install Slipway again, or add the folder that holds slipway_worker to python_path"};
}

finding file_finding(const char* subject, const std::string& path) {
  std::error_code failed;
  if (std::filesystem::is_regular_file(path, failed)) {
    return {finding_level::ok, subject, path};
  }
  return {finding_level::fail, subject, "there is no file " + path,
          "relative paths begin at the folder of the configuration"};
}

finding judge_module(const python_pool_options& options, const interpreter_facts& facts) {
  if (is_file_module(options.module)) {
    return file_finding("module", options.module);
  }
  if (facts.module) {
    return {finding_level::ok, "module", *facts.module};
  }
  const std::string why =
      facts.module_error.empty() ? std::string() : " (" + facts.module_error + ")";
  return {finding_level::fail, "module",
          facts.executable + " finds no module " + options.module + why,
          "add its folder to python_path, as in python_path = [\".\"] for the folder of the "
          "configuration,\nor give the path of its .py file"};
}

}  // namespace

result<interpreter_facts, std::string> read_facts(std::string_view json) {
  // User code that runs at start (sitecustomize) may print; the answer is the last line.
  const std::size_t end = json.find_last_not_of('\n');
  const std::size_t before = json.find_last_of('\n', end);
  const auto line = json.substr(before == std::string_view::npos ? 0 : before + 1);
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("version") || !parsed["version"].is_array() ||
      parsed["version"].size() != 3) {
    return failure(std::string("it gave no answer that can be read"));
  }
  const auto text = [&](const char* key) -> std::optional<std::string> {
    const auto found = parsed.find(key);
    return found != parsed.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                       : std::nullopt;
  };
  interpreter_facts facts{text("executable").value_or("python"),
                          parsed["version"][0].get<int>(),
                          parsed["version"][1].get<int>(),
                          parsed["version"][2].get<int>(),
                          text("msgpack"),
                          text("worker_package"),
                          text("module"),
                          text("module_error").value_or("")};
  return facts;
}

result<interpreter_facts, std::string> ask_interpreter(const python_pool_options& options) {
  const auto output = run_program(question_for(options), patience);
  if (!output) {
    return failure(output.error());
  }
  if (!output->status.success()) {
    const std::size_t end = output->err.find_last_not_of('\n');
    const std::size_t before = output->err.find_last_of('\n', end);
    return failure(
        options.python + " ended with " + to_string(output->status) +
        (output->err.empty() ? "" : ": " + output->err.substr(before + 1, end - before)));
  }
  return read_facts(output->out);
}

std::vector<finding> judge_interpreter(const python_pool_options& options,
                                       const result<interpreter_facts, std::string>& facts) {
  if (!facts) {
    return {
        {finding_level::fail, "python", facts.error(),
         "set `python` to an interpreter that exists (a path, or a name on the PATH), or `venv`\n"
         "Debian's own: apt install python3 python3-msgpack, then python = \"/usr/bin/python3\""}};
  }
  const bool recent = std::tie(facts->major, facts->minor) >= std::tie(least_major, least_minor);
  if (!recent) {
    return {{finding_level::fail, "python",
             called(options, *facts) + ", is Python " + version_text(*facts),
             "workers need Python 3.9 or newer"}};
  }
  std::vector<finding> findings{
      {finding_level::ok, "python", called(options, *facts) + " (" + version_text(*facts) + ")"}};
  if (!options.script.empty()) {
    findings.push_back(file_finding("script", options.script));
    return findings;
  }
  findings.push_back(judge_msgpack(options, *facts));
  findings.push_back(judge_package(options, *facts));
  if (!options.module.empty()) {
    findings.push_back(judge_module(options, *facts));
  }
  return findings;
}

std::vector<finding> check_interpreter(const python_pool_options& options) {
  std::error_code failed;
  if (!options.working_directory.empty() &&
      !std::filesystem::is_directory(options.working_directory, failed)) {
    return {{finding_level::fail, "folder",
             "there is no working directory " + options.working_directory,
             "make it, or change working_directory; relative paths begin at the folder of the "
             "configuration"}};
  }
  return judge_interpreter(options, ask_interpreter(options));
}

}  // namespace slipway::tools
