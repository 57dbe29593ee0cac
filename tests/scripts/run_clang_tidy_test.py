#!/usr/bin/env python3
"""Tests of scripts/run_clang_tidy.py: which sources it takes, and when it looks at one again."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import run_clang_tidy  # noqa: E402
from run_clang_tidy import Unit  # noqa: E402


class Tree(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name).resolve()
        self.build = self.root / "build"
        self.write("actors/pool.cpp", "#include <slipway/actors/pool.hpp>\n")
        self.write("actors/pool.hpp", "  #  include <slipway/protocol/value.hpp>\n")
        self.write("protocol/value.hpp", "#include <slipway/protocol/value.hpp>\n#include <string>\n")
        self.write("protocol/other.hpp", "")
        self.unit = Unit(self.root / "actors/pool.cpp", "c++ pool.cpp")

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def key(self, unit: Unit | None = None, around: bytes = b"clang-tidy 14") -> str:
        return run_clang_tidy.key_of(unit or self.unit, around, self.root)


class Keys(Tree):
    def test_the_same_text_has_the_same_key(self) -> None:
        self.assertEqual(self.key(), self.key())

    def test_a_change_of_the_source_is_noticed(self) -> None:
        before = self.key()
        self.write("actors/pool.cpp", "#include <slipway/actors/pool.hpp>\nint x;\n")
        self.assertNotEqual(self.key(), before)

    def test_a_change_of_a_header_far_below_is_noticed(self) -> None:
        before = self.key()
        self.write("protocol/value.hpp", "int x;\n")
        self.assertNotEqual(self.key(), before)

    def test_a_change_of_a_quoted_helper_is_noticed(self) -> None:
        unit = Unit(self.write("tests/pool/a.cpp", '#include "../helper.hpp"\n'), "c++ a.cpp")
        self.write("tests/helper.hpp", "")
        before = self.key(unit)
        self.write("tests/helper.hpp", "int x;\n")
        self.assertNotEqual(self.key(unit), before)

    def test_a_change_of_a_helper_named_from_the_root_is_noticed(self) -> None:
        unit = Unit(self.write("bench/a.cpp", "#include <bench/helper.hpp>\n"), "c++ a.cpp")
        self.write("bench/helper.hpp", "")
        before = self.key(unit)
        self.write("bench/helper.hpp", "int x;\n")
        self.assertNotEqual(self.key(unit), before)

    def test_a_header_that_is_not_included_does_not_matter(self) -> None:
        before = self.key()
        self.write("protocol/other.hpp", "int x;\n")
        self.assertEqual(self.key(), before)

    def test_another_command_or_tool_is_noticed(self) -> None:
        before = self.key()
        self.assertNotEqual(self.key(Unit(self.unit.path, "c++ -DX pool.cpp")), before)
        self.assertNotEqual(self.key(around=b"clang-tidy 15"), before)


    def test_another_clone_with_the_same_text_has_the_same_key(self) -> None:
        unit = Unit(self.unit.path, f"c++ -I{self.build}/include {self.root}/actors/pool.cpp")
        moved = self.root.parent / (self.root.name + "-moved")
        shutil.copytree(self.root, moved)
        self.addCleanup(shutil.rmtree, moved)
        same = Unit(moved / "actors/pool.cpp", unit.command.replace(str(self.root), str(moved)))
        self.assertEqual(run_clang_tidy.key_of(same, b"", moved), self.key(unit, b""))


class Memory(Tree):
    def test_only_what_nobody_asked_for_in_a_month_is_forgotten(self) -> None:
        now = time.time()
        old, young = self.write("known/old", ""), self.write("known/young", "")
        os.utime(old, (now, now - run_clang_tidy.KEPT_SECONDS - 1))
        run_clang_tidy.forget_old(self.root / "known", now)
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())


class Units(Tree):
    def test_sources_of_ours_are_taken_once_and_generated_ones_never(self) -> None:
        generated = self.write("build/actors/made.cpp", "")
        entries = [
            {"directory": str(self.build), "file": str(self.unit.path), "command": self.unit.command},
            {"directory": str(self.build), "file": "../actors/pool.cpp", "command": "again"},
            {"directory": str(self.build), "file": str(generated), "command": "c++ made.cpp"},
            {"directory": str(self.build), "file": "/usr/src/gtest.cc", "command": "c++ gtest.cc"},
        ]
        self.write("build/compile_commands.json", json.dumps(entries))
        self.assertEqual(
            run_clang_tidy.units_of(self.build, ["actors", "build"], self.root), [self.unit]
        )
        self.assertEqual(run_clang_tidy.units_of(self.build, ["protocol"], self.root), [])


if __name__ == "__main__":
    unittest.main(buffer=True)
