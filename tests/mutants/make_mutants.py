#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the deliberate breakages of tests/mutants/mutants.toml into copies of the sources.

    tests/mutants/make_mutants.py --list tests/mutants/mutants.toml --root . --out BUILD/mutated

Each copy holds all mutants of its file, and `slipway::mutants::on(n)` chooses one at run time: an
expression becomes `(on(n) ? (REPLACE) : (FIND))`, statements become `if (on(n)) {…} else {…}`.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    number: int
    name: str
    file: str
    find: str
    replace: str
    within: str


class Flaw(Exception):
    """A list that does not fit the sources."""


def read_list(path: Path) -> list[Mutant]:
    found = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    mutants = [
        Mutant(number, each["name"], each["file"], each["find"], each["replace"],
               each.get("within", each["find"]))
        for number, each in enumerate(found, start=1)
    ]  # fmt: skip
    names = [each.name for each in mutants]
    for name in names:
        if names.count(name) != 1:
            raise Flaw(f"two mutants are called {name!r}")
    return mutants


def is_statement(text: str) -> bool:
    return text.rstrip().endswith((";", "}"))


def switched(mutant: Mutant) -> str:
    on = f"::slipway::mutants::on({mutant.number})"
    if is_statement(mutant.find):
        return f"if ({on}) {{ {mutant.replace} }} else {{ {mutant.find} }}"
    return f"({on} ? ({mutant.replace}) : ({mutant.find}))"


def mutated(source: str, mutants: list[Mutant]) -> str:
    places = []
    for each in mutants:
        for text, inside in ((each.within, source), (each.find, each.within)):
            if inside.count(text) != 1:
                raise Flaw(
                    f"{each.file}: mutant {each.name!r}: its text must occur once, "
                    f"occurs {inside.count(text)} times: {text!r}"
                )
        start = source.index(each.within) + each.within.index(each.find)
        places.append((start, start + len(each.find), each))
    places.sort(key=lambda place: place[0])
    for (_, end, one), (start, _, other) in zip(places, places[1:]):
        if start < end:
            raise Flaw(f"mutants {one.name!r} and {other.name!r} overlap")
    text, at = "", 0
    for start, end, each in places:
        text += source[at:start] + switched(each)
        at = end
    text += source[at:]
    # Behind the last line of the head comment, where any file may have an include.
    head, rest = text.split("\n#", maxsplit=1)
    return f"{head}\n#include <mutant_switch.hpp>\n#{rest}"


def write_if_changed(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def names_table(mutants: list[Mutant]) -> str:
    rows = "\n".join(f'    {{{each.number}, "{each.name}", "{each.file}"}},' for each in mutants)
    return f"// Made from mutants.toml.\nconstexpr mutant_row mutant_rows[] = {{\n{rows}\n}};\n"


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    words.add_argument("--list", type=Path, required=True)
    words.add_argument("--root", type=Path, required=True)
    words.add_argument("--out", type=Path, required=True)
    given = words.parse_args()
    try:
        mutants = read_list(given.list)
        for file in sorted({each.file for each in mutants}):
            source = (given.root / file).read_text(encoding="utf-8")
            of_file = [each for each in mutants if each.file == file]
            write_if_changed(given.out / "slipway" / file, mutated(source, of_file))
        write_if_changed(given.out / "mutant_rows.inc", names_table(mutants))
    except (Flaw, KeyError, OSError, tomllib.TOMLDecodeError) as flaw:
        print(f"make_mutants: {flaw}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
