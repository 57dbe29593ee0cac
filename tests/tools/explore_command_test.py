#!/usr/bin/env python3
"""Runs `slipway explore` and `slipway replay` on a few schedules."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import subprocess
import tempfile
import unittest
from pathlib import Path

PATIENCE_S = 120
options = argparse.Namespace()


class Schedules(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="slipway-explore-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def slipway(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [options.command, *words],
            capture_output=True, text=True, cwd=self.folder, timeout=PATIENCE_S, check=False,
        )  # fmt: skip

    def test_every_scenario_is_explored_and_keeps_its_rules(self) -> None:
        ended = self.slipway("explore", "--seeds", "50")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        for scenario in ("pool", "sessions", "supervisor", "children"):
            self.assertRegex(
                ended.stderr, rf"(?m)^{scenario} +50 schedules, .* hash [0-9a-f]{{16}}: no rule broken$"
            )
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_same_seeds_have_the_same_hash(self) -> None:
        words = ("explore", "sessions", "--seeds", "20", "--first", "1000")
        first, again = (self.slipway(*words).stderr.split("hash ")[1] for _ in range(2))
        self.assertEqual(first, again)

    def test_a_scenario_that_does_not_exist_is_told(self) -> None:
        ended = self.slipway("explore", "pond")
        self.assertEqual(ended.returncode, 2)
        self.assertIn("there is no scenario 'pond'", ended.stderr)

    def test_a_run_is_made_again_step_by_step(self) -> None:
        (self.folder / "run.replay").write_text('scenario = "pool"\nseed = 3\nsteps = ""\n')
        ended = self.slipway("replay", "run.replay")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("pool/1", ended.stdout)

    def test_a_file_that_is_no_run_is_told_with_what_is_wrong(self) -> None:
        (self.folder / "run.replay").write_text("seed = 3\n")
        ended = self.slipway("replay", "run.replay")
        self.assertEqual(ended.returncode, 2)
        self.assertIn("run.replay", ended.stderr)
        self.assertIn("scenario", ended.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--command", required=True)
    options, rest = parser.parse_known_args()
    unittest.main(argv=["explore_command_test.py", *rest])
