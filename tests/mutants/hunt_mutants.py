#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hunts all mutants, prints in how many seeds each was found, and fails when one survives.

    tests/mutants/hunt_mutants.py BUILD/tests/mutants/slipway-mutants [--seeds 300] [--jobs 2]

A life that does not end, and a process that dies, have found the mutant too. Without a mutant nobody
may find anything.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    number: int
    file: str
    name: str


@dataclass(frozen=True)
class Find:
    hunter: str
    seeds: int
    what: str


class Hunt:
    def __init__(self, program: str, seeds: int, patience_s: float) -> None:
        self.program = program
        self.seeds = seeds
        self.patience_s = patience_s
        rows = [line.split("\t") for line in self._output([]).splitlines()]
        self.mutants = [Mutant(int(row[1]), row[2], row[3]) for row in rows if row[0] == "mutant"]
        self.hunters = [row[1] for row in rows if row[0] == "hunter"]

    def _output(self, words: list[str]) -> str:
        return subprocess.run(
            [self.program, *words], check=True, capture_output=True, text=True
        ).stdout

    def find(self, mutant: int) -> list[Find]:
        """What each of the hunters finds, in their order."""
        finds = [self.find_with(hunter, mutant) for hunter in self.hunters]
        return [find for find in finds if find is not None]

    def find_with(self, hunter: str, mutant: int) -> Find | None:
        process = subprocess.Popen(
            [self.program, str(mutant), hunter, str(self.seeds)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            output, _ = process.communicate(timeout=self.patience_s)
            end = None if process.returncode == 0 else f"died: {process.returncode}"
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            end = "does not end"
        lines = output.splitlines()
        lived = sum(line.startswith("seed ") for line in lines)
        for line in lines:
            if line.startswith("found "):
                return Find(hunter, lived, line.removeprefix("found "))
        return Find(hunter, lived, end) if end else None


def short(text: str) -> str:
    return text if len(text) <= 90 else text[:87] + "..."


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    words.add_argument("program")
    words.add_argument("--seeds", type=int, default=300)
    words.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    words.add_argument("--patience", type=float, default=15.0, help="seconds for one hunt")
    given = words.parse_args()
    hunt = Hunt(given.program, given.seeds, given.patience)
    false_alarms = hunt.find(0)
    for alarm in false_alarms:
        print(f"without a mutant, {alarm.hunter} finds in seed {alarm.seeds}: {alarm.what}")
    survivors = []
    needed = []
    with ThreadPoolExecutor(given.jobs) as workers:
        for mutant, finds in zip(
            hunt.mutants, workers.map(lambda each: hunt.find(each.number), hunt.mutants)
        ):
            if not finds:
                survivors.append(mutant)
                print(f"{mutant.number:3}  SURVIVED  {mutant.name} ({mutant.file})")
                continue
            best = min(finds, key=lambda find: find.seeds)
            needed.append(best.seeds)
            by = ", ".join(f"{find.hunter} {find.seeds}" for find in finds)
            print(f"{mutant.number:3}  {by:28}  {mutant.name}: {short(best.what)}", flush=True)
    found = len(hunt.mutants) - len(survivors)
    print(f"{found} of {len(hunt.mutants)} mutants found", end="")
    if needed:
        print(f"; seeds needed: median {statistics.median(needed):g}, most {max(needed)}", end="")
    print()
    return 1 if survivors or false_alarms else 0


if __name__ == "__main__":
    sys.exit(main())
