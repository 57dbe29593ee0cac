#!/usr/bin/env python3
"""Installs a build into a temporary prefix, looks at what is there and builds a project against it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LAYERS = ("protocol", "supervision", "actors", "harness")
options = argparse.Namespace()


def run(*command: str | Path) -> str:
    """Runs a command and gives what it printed; when it fails, that becomes the failure's text."""
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    said = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"exit status {done.returncode}: {' '.join(map(str, command))}\n{said}")
    return said


class InstalledTree(unittest.TestCase):
    """One installation serves all tests; it is removed at the end."""

    prefix: Path
    scratch: Path

    @classmethod
    def setUpClass(cls) -> None:
        # Below the build folder, so that nothing is left elsewhere should the test be killed.
        holder = tempfile.TemporaryDirectory(prefix="package-test-", dir=options.build)
        cls.addClassCleanup(holder.cleanup)
        cls.scratch = Path(holder.name)
        cls.prefix = cls.scratch / "prefix"
        # Moved before it is used: nothing in it may know where it was installed to.
        before = cls.scratch / "before"
        run(options.cmake, "--install", options.build, "--prefix", before)
        before.rename(cls.prefix)

    def files(self) -> set[str]:
        """Every installed file, from the prefix."""
        return {
            path.relative_to(self.prefix).as_posix() for path in self.prefix.rglob("*") if path.is_file()
        }

    def build_project(self, source: Path) -> Path:
        """Configures and builds a project that finds Slipway in the prefix; gives its build folder."""
        build = self.scratch / f"build-{source.name}"
        run(
            options.cmake, "-S", source, "-B", build, "-G", options.generator,
            f"-DCMAKE_CXX_COMPILER={options.compiler}",
            f"-DCMAKE_BUILD_TYPE={options.build_type}",
            f"-DCMAKE_PREFIX_PATH={self.prefix}",
        )  # fmt: skip
        run(options.cmake, "--build", build)
        return build

    def test_exactly_the_public_headers_are_installed(self) -> None:
        public = {
            f"include/slipway/{header.relative_to(ROOT).as_posix()}"
            for layer in LAYERS
            for header in (ROOT / layer).rglob("*.hpp")
            if "internal" not in header.relative_to(ROOT).parts
        }
        installed = {path for path in self.files() if path.startswith("include/")}
        self.assertEqual(installed, public)

    def test_the_python_package_is_installed_whole(self) -> None:
        package = ROOT / "python/slipway_worker"
        ours = {
            f"share/slipway/python/slipway_worker/{path.relative_to(package).as_posix()}"
            for path in package.rglob("*")
            if path.suffix == ".py" or path.name == "py.typed"
        }
        installed = {path for path in self.files() if path.startswith("share/slipway/python/")}
        self.assertEqual(installed, ours)
        self.assertIn("share/slipway/python/slipway_worker/__main__.py", installed)

    def test_the_command_is_installed_and_starts(self) -> None:
        self.assertIn("slipway", run(self.prefix / "bin/slipway", "--help"))

    def test_the_cmake_package_is_installed(self) -> None:
        folders = {path.rsplit("/", 1)[0] for path in self.files() if path.endswith("/slipwayConfig.cmake")}
        self.assertEqual(len(folders), 1)
        folder = folders.pop()
        for name in ("slipwayConfigVersion.cmake", "slipwayTargets.cmake", "FindCAF.cmake"):
            self.assertIn(f"{folder}/{name}", self.files())

    def test_no_installed_file_refers_to_the_source_tree(self) -> None:
        # Debug information names the sources on purpose, so only an optimised build is searched whole.
        binaries = options.build_type == "Release"
        guilty = [
            path
            for path in sorted(self.files())
            if binaries or path.endswith((".hpp", ".cmake", ".py"))
            if str(ROOT).encode() + b"/" in (self.prefix / path).read_bytes()
        ]
        self.assertEqual(guilty, [])

    def test_a_ten_line_project_builds_and_runs(self) -> None:
        build = self.build_project(HERE / "consumer")
        # This very interpreter is the one with which the tests start workers.
        # Its workers must not leave compiled modules in the tree that the other tests look at.
        run("env", "PYTHONDONTWRITEBYTECODE=1", build / "consumer", sys.executable, HERE / "consumer/sums.py")

    def test_a_supervised_test_with_a_fault_plan_builds_and_runs(self) -> None:
        self.assertIn("libexec/slipway/slipway-fault-relay", self.files())
        build = self.build_project(HERE / "supervised")
        run(build / "supervised", sys.executable, HERE / "consumer/sums.py")

    def test_every_installed_header_compiles_first_and_alone(self) -> None:
        project = self.scratch / "headers"
        project.mkdir()
        headers = sorted((self.prefix / "include").rglob("*.hpp"))
        sources = []
        for number, header in enumerate(headers):
            source = project / f"header_{number}.cpp"
            path = header.relative_to(self.prefix / "include").as_posix()
            source.write_text(f"#include <{path}>\n", encoding="utf-8")
            sources.append(source.name)
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\n"
            "project(headers LANGUAGES CXX)\n"
            "find_package(slipway REQUIRED)\n"
            f"add_library(headers OBJECT {' '.join(sources)})\n"
            "target_link_libraries(headers PRIVATE slipway::harness)\n"
            "target_compile_options(headers PRIVATE -fsyntax-only)\n",
            encoding="utf-8",
        )
        self.build_project(project)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmake", required=True, help="the cmake to use")
    parser.add_argument("--build", required=True, type=Path, help="the build folder to install from")
    parser.add_argument("--build-type", required=True)
    parser.add_argument("--compiler", required=True, help="the C++ compiler")
    parser.add_argument("--generator", required=True, help="the CMake generator")
    _, rest = parser.parse_known_args(namespace=options)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
