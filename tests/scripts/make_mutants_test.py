#!/usr/bin/env python3
"""Tests of tests/mutants/make_mutants.py: what it makes of a source, and which lists it refuses."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mutants"))
import make_mutants  # noqa: E402
from make_mutants import Flaw, Mutant  # noqa: E402

SOURCE = "// core.cpp\n#include <core.hpp>\nint f(int a) {\n  if (a > 1) {\n    g();\n  }\n  return a > 1;\n}\n"


def mutant(find: str, replace: str, within: str = "", number: int = 1) -> Mutant:
    return Mutant(number, f"mutant {number}", "core.cpp", find, replace, within or find)


class Mutated(unittest.TestCase):
    def test_an_expression_is_chosen_within_its_statement(self) -> None:
        made = make_mutants.mutated(SOURCE, [mutant("a > 1", "a > 2", "if (a > 1)", 7)])
        self.assertIn("if ((::slipway::mutants::on(7) ? (a > 2) : (a > 1)))", made)
        self.assertIn("return a > 1;", made)

    def test_statements_become_two_branches(self) -> None:
        made = make_mutants.mutated(SOURCE, [mutant("g();", ";", number=3)])
        self.assertIn("if (::slipway::mutants::on(3)) { ; } else { g(); }", made)

    def test_the_switch_is_included_before_anything_else(self) -> None:
        made = make_mutants.mutated(SOURCE, [mutant("g();", ";")])
        self.assertTrue(made.startswith("// core.cpp\n#include <mutant_switch.hpp>\n#include"))

    def test_a_text_that_occurs_twice_is_refused(self) -> None:
        with self.assertRaisesRegex(Flaw, "must occur once, occurs 2 times"):
            make_mutants.mutated(SOURCE, [mutant("a > 1", "a > 2")])

    def test_a_text_that_has_gone_is_refused_by_the_name_of_its_mutant(self) -> None:
        with self.assertRaisesRegex(Flaw, "'mutant 1'.*occurs 0 times"):
            make_mutants.mutated(SOURCE, [mutant("h();", ";")])

    def test_two_mutants_of_one_place_are_refused(self) -> None:
        both = [mutant("g();\n  }", ";"), mutant("g();", ";", number=2)]
        with self.assertRaisesRegex(Flaw, "overlap"):
            make_mutants.mutated(SOURCE, both)


if __name__ == "__main__":
    unittest.main()
