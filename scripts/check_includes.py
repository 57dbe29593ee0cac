#!/usr/bin/env python3
"""Checks that every file uses only what its layer may use.

The layers, and which way includes may point:

    protocol  <-  supervision  <-  actors  <-  harness  <-  tools
    python/ speaks the protocol only          tests/ bench/ examples/ may use all

What each folder may use stands in the tables below; CONTRIBUTING.md tells it in prose. Each finding
names file, line, rule and what to do.

    scripts/check_includes.py [--root FOLDER]

Exit status: 0 nothing found, 1 findings, 2 wrong use.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LAYERS = ("protocol", "supervision", "actors", "harness", "tools")
FREE_FOLDERS = ("tests", "bench", "examples")

# Which third-party library a header belongs to, by the start of its path.
LIBRARIES = {
    "caf/": "CAF",
    "boost/": "Boost",
    "msgpack": "msgpack",
    "nlohmann/": "nlohmann-json",
    "spdlog/": "spdlog",
    "fmt/": "fmt",
    "prometheus/": "prometheus-cpp",
    "civetweb": "civetweb",
    "tl/": "tl-expected",
    "CLI/": "CLI11",
    "toml++/": "toml++",
    "gtest/": "GoogleTest",
    "gmock/": "GoogleTest",
    "benchmark/": "Google Benchmark",
}

_SHELL_LIBRARIES = {"tl-expected", "CAF"}
_ACTOR_LIBRARIES = _SHELL_LIBRARIES | {"Boost", "spdlog", "fmt"}
ALLOWED_LIBRARIES = {
    "protocol": {"tl-expected", "msgpack", "nlohmann-json"},
    # JSON for the picture of a tree, and for errors; the layers above write it by the same library.
    "supervision": _SHELL_LIBRARIES | {"nlohmann-json"},
    "actors": _ACTOR_LIBRARIES | {"nlohmann-json", "prometheus-cpp", "civetweb"},
    "harness": _ACTOR_LIBRARIES | {"msgpack", "nlohmann-json", "toml++"},
    "tools": _ACTOR_LIBRARIES | {"msgpack", "nlohmann-json", "CLI11", "toml++"},
}
# Headers that tie a layer to a library which the rest of it must not know.
TIES = {"harness/supervised_test.hpp": {"GoogleTest"}}
CORE_LIBRARIES = {"tl-expected"}
# A core may reach these through the values of `protocol`, though not include them itself.
CORE_REACHABLE_LIBRARIES = {"tl-expected", "msgpack", "nlohmann-json"}

THREADS = {
    "atomic", "barrier", "condition_variable", "future", "latch", "mutex", "semaphore",
    "shared_mutex", "stop_token", "thread",
}  # fmt: skip
INPUT_OUTPUT = {"csignal", "cstdio", "filesystem", "fstream", "iostream", "syncstream"}
CLOCKS = {"ctime"}
# The language's own, though they are spelled like headers of the operating system.
LANGUAGE_SUPPORT = {"cxxabi.h"}
RANDOMNESS = {"random"}

# Calls that read the world outside, with what to do instead. They may stand in `actors` (not in its
# cores), in `tools` and in the free folders.
OUTSIDE_CALLS = (
    # A definition `time_point virtual_clock::now() const {` is no call.
    (
        re.compile(r"::\s*now\s*\(\s*\)(?!\s*(?:const\b|noexcept\b|override\b|->|\{))"),
        "reads a clock; take the time as an argument",
    ),
    (
        re.compile(r"(?<![\w.>])s?rand\s*\(|\brandom_device\b"),
        "draws a random number; take the random source as an argument",
    ),
    (re.compile(r"\b(?:secure_)?getenv\s*\("), "reads the environment; take the value as an argument"),
    (
        re.compile(r"\bsleep_(?:for|until)\s*\(|\b(?:u|nano)sleep\s*\("),
        "sleeps; arm a timer through an effect",
    ),
)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


@dataclass(frozen=True, order=True)
class Finding:
    """One place that breaks a rule."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}"


@dataclass(frozen=True)
class Include:
    line: int
    target: str
    quoted: bool


@dataclass
class SourceFile:
    """A C++ file: its path from the root, its text and what can be read from it without a compiler."""

    path: str
    text: str
    includes: list[Include] = field(default_factory=list)
    code: str = ""

    @property
    def folder(self) -> str:
        return self.path.split("/", 1)[0]

    @property
    def is_header(self) -> bool:
        return self.path.endswith(".hpp")

    @property
    def is_core(self) -> bool:
        return self.folder in LAYERS and Path(self.path).stem.endswith("_core")

    @property
    def is_internal(self) -> bool:
        return "internal" in self.path.split("/")


_TOKEN = re.compile(
    r"""(?P<line>//[^\n]*)
      | (?P<block>/\*.*?\*/)
      | (?P<raw>R"(?P<mark>[^()\s\\]*)\(.*?\)(?P=mark)")
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+')""",
    re.DOTALL | re.VERBOSE,
)


def blank(text: str, *, strings: bool) -> str:
    """Replaces comments, and string literals if asked, by blanks; lines keep their numbers."""

    def replacement(match: re.Match[str]) -> str:
        if not strings and match["line"] is None and match["block"] is None:
            return match[0]
        return re.sub(r"[^\n]", " ", match[0])

    return _TOKEN.sub(replacement, text)


def read_source(root: Path, path: Path) -> SourceFile:
    """Reads one C++ file below root."""
    source = SourceFile(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
    for number, line in enumerate(blank(source.text, strings=False).splitlines(), start=1):
        if match := INCLUDE.match(line):
            source.includes.append(Include(number, match[2], match[1] == '"'))
    source.code = blank(source.text, strings=True)
    return source


def library_of(target: str) -> str | None:
    """The third-party library that a header belongs to, or None."""
    for start, library in LIBRARIES.items():
        if target.startswith(start):
            return library
    return None


def is_standard(target: str) -> bool:
    """Whether this looks like a header of the C++ language or its standard library."""
    return target in LANGUAGE_SUPPORT or re.fullmatch(r"[a-z0-9_]+", target) is not None


def is_system(target: str) -> bool:
    """Whether this looks like a header of C or of the operating system."""
    return target.endswith(".h") and target not in LANGUAGE_SUPPORT and library_of(target) is None


def core_objection(target: str, libraries: set[str]) -> str | None:
    """Why a core may not have this header, or None."""
    library = library_of(target)
    if library is not None and library not in libraries:
        return f"<{target}> is {library}"
    for kind, headers in (
        ("threads", THREADS),
        ("input and output", INPUT_OUTPUT),
        ("a clock", CLOCKS),
        ("randomness", RANDOMNESS),
    ):
        if target in headers:
            return f"<{target}> is {kind}"
    if is_system(target):
        return f"<{target}> is the operating system's"
    return None


class Checker:
    """Holds all files of the tree and applies the rules to each."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self.files: dict[str, SourceFile] = {}
        for folder in (*LAYERS, *FREE_FOLDERS):
            for path in sorted((root / folder).rglob("*")):
                if path.suffix in (".hpp", ".cpp") and path.is_file():
                    source = read_source(root, path)
                    self.files[source.path] = source

    def run(self) -> list[Finding]:
        """All findings, sorted by file and line."""
        for source in self.files.values():
            self.check_head(source)
            self.check_spelling(source)
            if source.folder in LAYERS:
                self.check_direction(source)
                self.check_libraries(source)
                self.check_calls(source)
            if source.is_core:
                self.check_core(source)
        self.check_boost_process()
        self.check_python()
        return sorted(set(self.findings))

    def add(self, source: SourceFile, line: int, rule: str, message: str) -> None:
        self.findings.append(Finding(source.path, line, rule, message))

    def check_head(self, source: SourceFile) -> None:
        """Each file says where it stands and under which licence; a header guards itself."""
        lines = source.text.splitlines()
        if source.folder in LAYERS:
            expected = f"// slipway/{source.path}"
            if not lines or lines[0] != expected:
                self.add(source, 1, "file-head", f"the first line must be `{expected}`")
        if "// SPDX-License-Identifier: Apache-2.0" not in lines:
            self.add(
                source, 1, "licence", "add the line `// SPDX-License-Identifier: Apache-2.0` to the head"
            )
        if source.is_header and "#pragma once" not in source.code.splitlines():
            self.add(source, 1, "pragma-once", "add `#pragma once` below the head")

    def check_spelling(self, source: SourceFile) -> None:
        """Headers of ours are spelled one way: <slipway/FOLDER/...>.

        The helpers of tests, benchmarks and examples have no such name; there quotes lead to a file
        beside the one that includes it.
        """
        for include in source.includes:
            if not include.quoted and not include.target.startswith("."):
                continue
            if source.folder in LAYERS or not include.quoted:
                self.add(
                    source,
                    include.line,
                    "spelling",
                    f"`{include.target}` must be included as <slipway/FOLDER/...>, or in angle brackets"
                    " when it is not ours",
                )
                continue
            helper = (self.root / source.path).parent.joinpath(include.target).resolve()
            if not helper.is_file() or not any(
                helper.is_relative_to(self.root / folder) for folder in FREE_FOLDERS
            ):
                self.add(
                    source,
                    include.line,
                    "spelling",
                    f"quotes are for a helper beside this file, and `{include.target}` is none; what is in"
                    " a layer is included as <slipway/FOLDER/...>, what is not ours in angle brackets",
                )

    def check_direction(self, source: SourceFile) -> None:
        """Includes point down the list of layers, and `internal` stays inside its layer."""
        for include in source.includes:
            if not include.target.startswith("slipway/"):
                continue
            path = include.target.removeprefix("slipway/")
            folder = path.split("/", 1)[0]
            if folder not in LAYERS:
                self.add(
                    source,
                    include.line,
                    "direction",
                    f"<{include.target}> is in no layer; the layers are {', '.join(LAYERS)}",
                )
                continue
            if LAYERS.index(folder) > LAYERS.index(source.folder):
                self.add(
                    source,
                    include.line,
                    "direction",
                    f"`{source.folder}` may not use `{folder}`; move what both need down to"
                    f" `{source.folder}` or below, or pass it in",
                )
            if path not in self.files:
                self.add(source, include.line, "direction", f"<{include.target}> does not exist")
            if "internal" in path.split("/"):
                if folder != source.folder and not self.may_see_internals(source):
                    self.add(
                        source,
                        include.line,
                        "internal",
                        f"<{include.target}> is internal to `{folder}`; use its public headers",
                    )
                elif folder == source.folder and source.is_header and not source.is_internal:
                    self.add(
                        source,
                        include.line,
                        "internal",
                        f"<{include.target}> is not installed, so a public header cannot include it;"
                        " include it in the source, or move what the header shows to `detail`",
                    )

    @staticmethod
    def may_see_internals(source: SourceFile) -> bool:
        """A simulation drives the shells themselves, so the sources of `harness`, and no header of it."""
        return source.folder == "harness" and not source.is_header

    def check_libraries(self, source: SourceFile) -> None:
        """A layer uses the libraries of its row in the table and no other."""
        layer = source.folder
        for include in source.includes:
            target = include.target
            if include.quoted or target.startswith("slipway/"):
                continue
            library = library_of(target)
            if library is not None:
                if library not in ALLOWED_LIBRARIES[layer] | TIES.get(source.path, set()):
                    allowed = ", ".join(sorted(ALLOWED_LIBRARIES[layer]))
                    self.add(
                        source,
                        include.line,
                        "library",
                        f"`{layer}` may not use {library} (<{target}>); it may use: {allowed}",
                    )
            elif is_system(target):
                if layer in ("protocol", "supervision"):
                    self.add(
                        source,
                        include.line,
                        "library",
                        f"`{layer}` makes no system calls (<{target}>); use the C++ header of that name"
                        " if there is one, else move the call to `actors`",
                    )
            elif not is_standard(target):
                self.add(
                    source,
                    include.line,
                    "library",
                    f"<{target}> belongs to no library we know; a new dependency needs a page in"
                    " docs/decisions and a row in scripts/check_includes.py",
                )
            elif layer == "protocol" and target in THREADS | CLOCKS | INPUT_OUTPUT | RANDOMNESS:
                self.add(
                    source,
                    include.line,
                    "library",
                    f"`protocol` holds bytes and values, and <{target}> is neither; move this to `actors`",
                )

    def check_calls(self, source: SourceFile) -> None:
        """Only adapters read the clock, the environment or random numbers, or sleep."""
        if source.folder in ("actors", "tools") and not source.is_core:
            return
        where = "a core" if source.is_core else f"`{source.folder}`"
        for number, line in enumerate(source.code.splitlines(), start=1):
            for pattern, message in OUTSIDE_CALLS:
                if match := pattern.search(line):
                    self.add(
                        source,
                        number,
                        "outside-world",
                        f"{where} {message} (`{match[0].strip()}` may stand in the adapters of"
                        " `actors` and in `tools`)",
                    )

    def check_core(self, source: SourceFile) -> None:
        """A core is plain C++, also through the headers of ours that it includes."""
        for include in source.includes:
            if objection := core_objection(include.target, CORE_LIBRARIES):
                self.add(
                    source,
                    include.line,
                    "core",
                    f"a core is events in, effects out, and {objection}; do this in the shell",
                )
            elif chain := self.forbidden_chain(include.target):
                way = " -> ".join(f"<{step}>" for step in chain[:-1])
                objection = core_objection(chain[-1], CORE_REACHABLE_LIBRARIES)
                self.add(
                    source,
                    include.line,
                    "core",
                    f"this core reaches {way} -> {objection}; split the value that it needs from"
                    " the header",
                )

    def forbidden_chain(self, start: str) -> list[str]:
        """The way from a header of ours to one that no core may have; empty when there is none."""
        seen = {start}
        ways = [[start]]
        while ways:
            way = ways.pop(0)
            source = self.files.get(way[-1].removeprefix("slipway/"))
            for include in source.includes if source is not None else ():
                if include.target in seen:
                    continue
                seen.add(include.target)
                if core_objection(include.target, CORE_REACHABLE_LIBRARIES):
                    return [*way, include.target]
                ways.append([*way, include.target])
        return []

    def check_boost_process(self) -> None:
        """Boost.Process differs from release to release, so one source file knows it."""
        users: list[str] = []
        for source in self.files.values():
            for include in source.includes:
                if not include.target.startswith("boost/process"):
                    continue
                if source.folder != "actors" or source.is_header:
                    self.add(
                        source,
                        include.line,
                        "boost-process",
                        f"<{include.target}> may stand in one .cpp file of `actors` only",
                    )
                elif source.path not in users:
                    users.append(source.path)
                    if len(users) > 1:
                        self.add(
                            source,
                            include.line,
                            "boost-process",
                            f"{users[0]} includes Boost.Process already; go through it",
                        )

    def check_python(self) -> None:
        """The worker package needs nothing but Python and msgpack, and holds no C++."""
        folder = self.root / "python"
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if path.suffix in (".hpp", ".cpp", ".h", ".c"):
                self.findings.append(Finding(name, 1, "python", "C++ has no place in `python`"))
        for path in sorted((folder / "slipway_worker").rglob("*.py")):
            name = path.relative_to(self.root).as_posix()
            for line, module in imported_modules(path.read_text(encoding="utf-8"), name):
                if module not in sys.stdlib_module_names | {"msgpack", "slipway_worker"}:
                    self.findings.append(
                        Finding(
                            name,
                            line,
                            "python",
                            f"the worker may import the standard library and msgpack, not `{module}`:"
                            " it runs in whatever Python the user has",
                        )
                    )


def imported_modules(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Line and top-level module of each absolute import."""
    for node in ast.walk(ast.parse(text, name)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".", 1)[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.split(".", 1)[0]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Checks include directions and file heads.")
    parser.add_argument(
        "--root", type=Path, default=Path(__file__).resolve().parent.parent, help="the tree to check"
    )
    options = parser.parse_args(arguments)
    checker = Checker(options.root.resolve())
    findings = checker.run()
    for finding in findings:
        print(finding)
    print(f"check_includes: {len(checker.files)} C++ files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
