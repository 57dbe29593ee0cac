#!/usr/bin/env python3
"""Runs `slipway explore` and `slipway replay` on a few schedules."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from command_fixture import CommandTest, main


class Schedules(CommandTest):
    def test_every_scenario_is_explored_and_keeps_its_rules(self) -> None:
        ended = self.slipway("explore", "--seeds", "50")
        self.assertEqual(ended.code, 0, ended.err)
        for scenario in ("pool", "sessions", "supervisor", "children"):
            self.assertRegex(
                ended.err, rf"(?m)^{scenario} +50 schedules, .* hash [0-9a-f]{{16}}: no rule broken$"
            )
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_same_seeds_have_the_same_hash(self) -> None:
        words = ("explore", "sessions", "--seeds", "20", "--first", "1000")
        first, again = (self.slipway(*words).err.split("hash ")[1] for _ in range(2))
        self.assertEqual(first, again)

    def test_a_scenario_that_does_not_exist_is_told(self) -> None:
        ended = self.slipway("explore", "pond")
        self.assertEqual(ended.code, 2)
        self.assertIn("there is no scenario 'pond'", ended.err)

    def test_a_run_is_made_again_step_by_step(self) -> None:
        self.write("run.replay", 'scenario = "pool"\nseed = 3\nsteps = ""\n')
        ended = self.slipway("replay", "run.replay")
        self.assertEqual(ended.code, 0, ended.err)
        self.assertIn("pool/1", ended.out)

    def test_a_file_that_is_no_run_is_told_with_what_is_wrong(self) -> None:
        self.write("run.replay", "seed = 3\n")
        ended = self.slipway("replay", "run.replay")
        self.assertEqual(ended.code, 2)
        self.assertIn("run.replay", ended.err)
        self.assertIn("scenario", ended.err)


if __name__ == "__main__":
    main()
