#!/usr/bin/env python3
"""Tests of scripts/check_includes.py: each rule on a small tree that breaks it, and on one that does not."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import check_includes  # noqa: E402

LICENCE = "// SPDX-License-Identifier: Apache-2.0"


def well_formed(path: str, body: str) -> str:
    """The body below the head that this path asks for; it starts at line 4, in a header at line 5."""
    guard = "#pragma once\n" if path.endswith(".hpp") else ""
    return f"// slipway/{path}\n//\n{LICENCE}\n{guard}{body}"


class Tree(unittest.TestCase):
    """Gives each test a folder, into which it writes files, and what the checker finds there."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name).resolve()

    def raw(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def write(self, path: str, *body: str) -> None:
        self.raw(path, well_formed(path, "\n".join(body) + "\n"))

    def findings(self) -> list[check_includes.Finding]:
        return check_includes.Checker(self.root).run()

    def assert_found(self, rule: str, path: str, part: str = "", line: int | None = None) -> None:
        """Exactly one thing is wrong, and it is this one."""
        found = self.findings()
        self.assertEqual(len(found), 1, "\n".join(map(str, found)))
        self.assertEqual((found[0].rule, found[0].path), (rule, path))
        self.assertIn(part, found[0].message)
        if line is not None:
            self.assertEqual(found[0].line, line)

    def assert_clean(self) -> None:
        self.assertEqual([str(finding) for finding in self.findings()], [])


class Heads(Tree):
    def test_a_file_names_its_own_path_in_the_first_line(self) -> None:
        self.raw("protocol/a.hpp", f"// slipway/protocol/b.hpp\n{LICENCE}\n#pragma once\n")
        self.assert_found("file-head", "protocol/a.hpp", "`// slipway/protocol/a.hpp`", line=1)

    def test_a_file_without_the_licence_line_is_found(self) -> None:
        self.raw("protocol/a.hpp", "// slipway/protocol/a.hpp\n#pragma once\n")
        self.assert_found("licence", "protocol/a.hpp")

    def test_a_header_without_pragma_once_is_found(self) -> None:
        self.raw("protocol/a.hpp", f"// slipway/protocol/a.hpp\n{LICENCE}\n// #pragma once\n")
        self.assert_found("pragma-once", "protocol/a.hpp")

    def test_an_empty_file_lacks_its_head_and_licence(self) -> None:
        self.raw("actors/a.cpp", "")
        self.assertEqual([finding.rule for finding in self.findings()], ["file-head", "licence"])

    def test_a_test_begins_as_it_likes_but_carries_the_licence(self) -> None:
        self.raw("tests/a.cpp", f"// What this shows.\n{LICENCE}\n")
        self.assert_clean()


class Spelling(Tree):
    def test_quotes_are_found_even_for_a_neighbour(self) -> None:
        self.write("protocol/a.hpp")
        self.write("protocol/b.hpp", '#include "a.hpp"')
        self.assert_found("spelling", "protocol/b.hpp", "<slipway/FOLDER/...>", line=5)

    def test_a_test_includes_the_helper_beside_it_by_quotes(self) -> None:
        self.write("tests/pool/helper.hpp")
        self.write("tests/pool/a.cpp", '#include "helper.hpp"')
        self.write("tests/port/a.cpp", '#include "../pool/helper.hpp"')
        self.assert_clean()

    def test_a_test_does_not_reach_into_a_layer_by_quotes(self) -> None:
        self.write("protocol/a.hpp")
        self.write("tests/a.cpp", '#include "../protocol/a.hpp"')
        self.assert_found("spelling", "tests/a.cpp", "<slipway/FOLDER/...>", line=4)

    def test_a_test_does_not_include_a_library_by_quotes(self) -> None:
        self.write("tests/a.cpp", '#include "gtest/gtest.h"')
        self.assert_found("spelling", "tests/a.cpp", "angle brackets")

    def test_a_commented_include_is_no_include(self) -> None:
        self.write("protocol/a.hpp", '// #include "b.hpp"', "/*", '#include "b.hpp"', "*/")
        self.assert_clean()


class Direction(Tree):
    def test_each_layer_may_include_itself_and_those_below(self) -> None:
        for layer in check_includes.LAYERS:
            self.write(f"{layer}/a.hpp")
        for number, layer in enumerate(check_includes.LAYERS):
            below = check_includes.LAYERS[: number + 1]
            self.write(f"{layer}/b.cpp", *(f"#include <slipway/{one}/a.hpp>" for one in below))
        self.assert_clean()

    def test_no_layer_may_include_one_above(self) -> None:
        for layer in check_includes.LAYERS:
            self.write(f"{layer}/a.hpp")
        for number, layer in enumerate(check_includes.LAYERS):
            above = check_includes.LAYERS[number + 1 :]
            self.write(f"{layer}/b.cpp", *(f"#include <slipway/{one}/a.hpp>" for one in above))
        found = self.findings()
        self.assertEqual({finding.rule for finding in found}, {"direction"})
        self.assertEqual(len(found), 4 + 3 + 2 + 1)

    def test_tests_benchmarks_and_examples_may_include_everything(self) -> None:
        self.write("tools/a.hpp")
        for folder in check_includes.FREE_FOLDERS:
            self.write(f"{folder}/a.cpp", "#include <slipway/tools/a.hpp>", "#include <caf/all.hpp>")
        self.assert_clean()

    def test_a_layer_may_not_include_a_test(self) -> None:
        self.write("tests/a.hpp")
        self.write("actors/b.cpp", "#include <slipway/tests/a.hpp>")
        self.assert_found("direction", "actors/b.cpp", "is in no layer")

    def test_a_header_that_does_not_exist_is_found(self) -> None:
        self.write("actors/b.cpp", "#include <slipway/actors/gone.hpp>")
        self.assert_found("direction", "actors/b.cpp", "does not exist")


class Internal(Tree):
    def test_a_source_may_include_what_is_internal_to_its_layer(self) -> None:
        self.write("actors/internal/a.hpp")
        self.write("actors/b.cpp", "#include <slipway/actors/internal/a.hpp>")
        self.assert_clean()

    def test_a_public_header_may_not(self) -> None:
        self.write("actors/internal/a.hpp")
        self.write("actors/b.hpp", "#include <slipway/actors/internal/a.hpp>")
        self.assert_found("internal", "actors/b.hpp", "is not installed")

    def test_another_layer_may_not(self) -> None:
        self.write("actors/internal/a.hpp")
        self.write("tools/b.cpp", "#include <slipway/actors/internal/a.hpp>")
        self.assert_found("internal", "tools/b.cpp", "is internal to `actors`")

    def test_a_source_of_the_harness_may_and_its_headers_may_not(self) -> None:
        self.write("actors/internal/a.hpp")
        self.write("harness/b.cpp", "#include <slipway/actors/internal/a.hpp>")
        self.write("harness/c.hpp", "#include <slipway/actors/internal/a.hpp>")
        self.assert_found("internal", "harness/c.hpp", "is internal to `actors`")


class Libraries(Tree):
    HEADERS = {
        "CAF": "caf/all.hpp",
        "Boost": "boost/asio.hpp",
        "msgpack": "msgpack.hpp",
        "nlohmann-json": "nlohmann/json.hpp",
        "spdlog": "spdlog/spdlog.h",
        "fmt": "fmt/format.h",
        "tl-expected": "tl/expected.hpp",
        "CLI11": "CLI/CLI.hpp",
        "toml++": "toml++/toml.h",
        "GoogleTest": "gtest/gtest.h",
        "Google Benchmark": "benchmark/benchmark.h",
    }

    def test_each_layer_may_use_its_row_of_the_table_and_nothing_else(self) -> None:
        for layer in check_includes.LAYERS:
            for library, header in self.HEADERS.items():
                with self.subTest(layer=layer, library=library):
                    path = f"{layer}/a.cpp"
                    self.write(path, f"#include <{header}>")
                    if library in check_includes.ALLOWED_LIBRARIES[layer]:
                        self.assert_clean()
                    else:
                        self.assert_found("library", path, library, line=4)
                    (self.root / path).unlink()

    def test_the_table_says_what_the_style_guide_says(self) -> None:
        allowed = check_includes.ALLOWED_LIBRARIES
        for library in ("CAF", "Boost", "spdlog"):
            self.assertNotIn(library, allowed["protocol"])
        self.assertIn("CAF", allowed["supervision"])
        for library in ("Boost", "spdlog"):
            self.assertNotIn(library, allowed["supervision"])
            self.assertIn(library, allowed["actors"])
        for layer in check_includes.LAYERS:
            self.assertNotIn("GoogleTest", allowed[layer])

    def test_an_unknown_library_asks_for_a_decision(self) -> None:
        self.write("tools/a.cpp", "#include <absl/strings/str_cat.h>", "#include <range/v3/all.hpp>")
        self.assert_found("library", "tools/a.cpp", "docs/decisions", line=5)

    def test_protocol_has_no_threads_files_or_system_calls(self) -> None:
        for header in ("thread", "mutex", "iostream", "random", "unistd.h"):
            with self.subTest(header=header):
                self.write("protocol/a.cpp", f"#include <{header}>")
                self.assert_found("library", "protocol/a.cpp", header)

    def test_supervision_makes_no_system_calls_but_may_lock(self) -> None:
        self.write("supervision/a.cpp", "#include <mutex>", "#include <cxxabi.h>")
        self.assert_clean()
        self.write("supervision/a.cpp", "#include <sys/wait.h>")
        self.assert_found("library", "supervision/a.cpp", "sys/wait.h")

    def test_actors_may_make_system_calls(self) -> None:
        self.write("actors/a.cpp", "#include <sys/wait.h>", "#include <thread>")
        self.assert_clean()


class Cores(Tree):
    def test_a_core_may_use_values_and_plain_standard_headers(self) -> None:
        self.write("protocol/value.hpp", "#include <msgpack.hpp>")
        self.write("actors/pool_core.hpp", "#include <slipway/protocol/value.hpp>", "#include <chrono>")
        self.assert_clean()

    def test_a_core_may_not_use_frameworks_threads_files_clocks_or_randomness(self) -> None:
        for header in (
            "thread", "mutex", "atomic", "random", "iostream", "fstream", "cstdio", "ctime", "unistd.h",
        ):  # fmt: skip
            with self.subTest(header=header):
                self.write("harness/a_core.cpp", f"#include <{header}>")
                self.assert_found("core", "harness/a_core.cpp", header, line=4)
        for header in ("caf/all.hpp", "boost/asio.hpp", "spdlog/spdlog.h"):
            with self.subTest(header=header):
                self.write("harness/a_core.cpp", f"#include <{header}>")
                self.assert_found("core", "harness/a_core.cpp", header)

    def test_a_core_may_not_reach_a_framework_through_a_header_of_ours(self) -> None:
        self.write("supervision/handle.hpp", "#include <caf/actor.hpp>")
        self.write("supervision/spec.hpp", "#include <slipway/supervision/handle.hpp>")
        self.write("actors/pool_core.hpp", "#include <vector>", "#include <slipway/supervision/spec.hpp>")
        self.assert_found(
            "core",
            "actors/pool_core.hpp",
            "<slipway/supervision/spec.hpp> -> <slipway/supervision/handle.hpp> -> <caf/actor.hpp>",
            line=6,
        )

    def test_headers_that_include_each_other_do_not_hang_the_check(self) -> None:
        self.write("protocol/a.hpp", "#include <slipway/protocol/b.hpp>")
        self.write("protocol/b.hpp", "#include <slipway/protocol/a.hpp>")
        self.write("actors/pool_core.hpp", "#include <slipway/protocol/a.hpp>")
        self.assert_clean()

    def test_the_shell_beside_a_core_is_free(self) -> None:
        self.write("actors/pool_core.hpp")
        self.write("actors/pool.cpp", "#include <slipway/actors/pool_core.hpp>", "#include <thread>")
        self.assert_clean()


class OutsideWorld(Tree):
    CALLS = (
        "auto t = std::chrono::steady_clock::now();",
        "auto t = clock :: now ( );",
        "int r = std::rand();",
        "srand(1);",
        "std::random_device seed;",
        'auto p = getenv("PATH");',
        "std::this_thread::sleep_for(1s);",
        "usleep(10);",
    )

    def test_cores_and_inner_layers_do_not_call_the_outside_world(self) -> None:
        for path in ("protocol/a.cpp", "supervision/a.cpp", "harness/a.cpp", "actors/a_core.cpp"):
            for call in self.CALLS:
                with self.subTest(path=path, call=call):
                    self.write(path, "#include <string>", f"void f() {{ {call} }}")
                    self.assert_found("outside-world", path, line=5)
            (self.root / path).unlink()

    def test_adapters_and_tools_do(self) -> None:
        for path in ("actors/a.cpp", "tools/a.cpp", "tests/a.cpp"):
            self.write(path, *self.CALLS)
        self.assert_clean()

    def test_comments_and_strings_call_nothing(self) -> None:
        self.write(
            "harness/a.cpp",
            "// steady_clock::now() is not for us",
            "/* nor is",
            "   getenv(x) */",
            'auto text = "std::rand() \\" sleep_for(1s)";',
            'auto raw = R"x(clock::now() " )x";',
            "auto many = 1'000'000;  // std::rand()",
        )
        self.assert_clean()

    def test_a_clock_of_ours_may_be_defined_and_asked(self) -> None:
        self.write(
            "harness/a.cpp",
            "time_point virtual_clock::now() const { return now_; }",
            "auto t = clock.now(); auto u = clock->now(); auto v = source.rand();",
        )
        self.assert_clean()


class BoostProcess(Tree):
    def test_one_source_file_may_include_it(self) -> None:
        self.write("actors/a.cpp", "#include <boost/process.hpp>", "#include <boost/process/v1.hpp>")
        self.assert_clean()

    def test_a_second_one_is_found(self) -> None:
        self.write("actors/a.cpp", "#include <boost/process.hpp>")
        self.write("actors/b.cpp", "#include <boost/process/child.hpp>")
        self.assert_found("boost-process", "actors/b.cpp", "actors/a.cpp")

    def test_a_header_is_found(self) -> None:
        self.write("actors/a.hpp", "#include <boost/process.hpp>")
        self.assert_found("boost-process", "actors/a.hpp")

    def test_a_test_is_found(self) -> None:
        self.write("tests/a.cpp", "#include <boost/process.hpp>")
        self.assert_found("boost-process", "tests/a.cpp")


class Python(Tree):
    def test_the_worker_imports_the_standard_library_and_msgpack(self) -> None:
        self.raw(
            "python/slipway_worker/a.py",
            "import os.path\nimport msgpack\nfrom . import b\nfrom slipway_worker.c import d\n",
        )
        self.assert_clean()

    def test_anything_else_is_found(self) -> None:
        self.raw("python/slipway_worker/a.py", "import os\nfrom numpy.linalg import norm\n")
        self.assert_found("python", "python/slipway_worker/a.py", "`numpy`", line=2)

    def test_tests_of_the_worker_are_free(self) -> None:
        self.raw("python/tests/a.py", "import numpy\n")
        self.assert_clean()

    def test_cpp_has_no_place_there(self) -> None:
        self.raw("python/a.cpp", "")
        self.assert_found("python", "python/a.cpp")


class Program(Tree):
    def test_the_exit_status_tells_whether_something_was_found(self) -> None:
        self.write("protocol/a.hpp")
        self.assertEqual(check_includes.main(["--root", str(self.root)]), 0)
        self.write("protocol/a.hpp", '#include "b.hpp"')
        self.assertEqual(check_includes.main(["--root", str(self.root)]), 1)


if __name__ == "__main__":
    unittest.main(buffer=True)
