#!/usr/bin/env python3
"""Runs `slipway chaos` for a moment and reads its reports; nothing may be left of it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import re
import signal
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from command_fixture import PATIENCE_S, ROOT, CommandTest, Finished, main, options

ANOTHERS_SCRIPT = ROOT / "tests/python/misbehaving/answers_another.py"
PLAN = """
[[fault]]
name = "first"
what = "kill"
when = { request = 5 }
times = 3

[[fault]]
what = "stop"
for_ms = 100
when = { after = "first" }
"""


class Page(HTMLParser):
    """The parts of a page, and whether each that was opened was closed."""

    EMPTY = {"meta", "br", "link", "img", "input"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.script = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids.update(value for key, value in attrs if key == "id" and value)
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.script += data


class ChaosTest(CommandTest):
    """A pool of two workers and a plan."""

    def setUp(self) -> None:
        super().setUp()
        self.config()
        self.write("plan.toml", PLAN)

    def chaos(self, *words: str) -> Finished:
        return self.slipway("chaos", "run.toml", "--plan", "plan.toml", *words)

    def assert_nobody_left(self) -> None:
        """A worker whose relay was killed dies with it, but not at the same instant."""
        deadline = time.monotonic() + PATIENCE_S
        while (left := self.workers_left()) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(left, [])

    def workers_left(self) -> list[str]:
        """Command lines of processes that stand in this test's folder."""
        found = []
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                try:
                    if (process / "cwd").resolve() == self.folder:
                        found.append((process / "cmdline").read_text(encoding="utf-8", errors="replace"))
                except OSError:
                    continue
        return found

    def test_the_plan_strikes_and_both_reports_tell_of_it(self) -> None:
        ended = self.chaos("--duration", "2s", "--seed", "7", "--report", "r.json", "--html", "r.html",
                           "--command", "echo", "--echo", "n")  # fmt: skip
        self.assertEqual(ended.code, 0, ended.err)
        self.assertIn("no answer was another call's", ended.err)
        report: dict[str, Any] = json.loads((self.folder / "r.json").read_text(encoding="utf-8"))
        self.assertTrue(report["held"])
        self.assertEqual(report["seed"], 7)
        # How many workers get as far as their fifth request is a matter of the machine; the first does.
        self.assertEqual(report["faults"].keys(), {"kill", "stop"})
        self.assertIn(report["faults"]["kill"], (1, 2, 3))
        self.assertEqual(report["faults"]["stop"], 1)
        self.assertEqual(sum(report["outcomes"].values()), report["calls"])
        self.assertGreaterEqual(report["outcomes"]["ok"], 4)
        killed = [each for each in report["timeline"]["workers"] if "signal 9" in each["end"]]
        self.assertEqual(len(killed), report["faults"]["kill"])
        for worker in report["timeline"]["workers"]:
            times = [time for _, begin, end in worker["spans"] for time in (begin, end)]
            self.assertEqual(times, sorted(times))
        self.assertEqual(
            {fault["rule"] for fault in report["timeline"]["faults"]}, {"first", ""}
        )

        page = Page()
        page.feed((self.folder / "r.html").read_text(encoding="utf-8"))
        self.assertEqual(page.open, [])
        self.assertLessEqual({"timeline", "faults", "outcomes", "plan", "legend"}, page.ids)
        data = re.search(r"^const report = (.*);$", page.script, re.MULTILINE)
        assert data is not None
        self.assertEqual(json.loads(data[1].replace("<\\/", "</")), report)
        self.assert_nobody_left()

    def test_piped_it_tells_in_plain_lines_and_ends_with_the_figures(self) -> None:
        ended = self.chaos("--duration", "2s")
        self.assertNotIn("\x1b", ended.err)
        self.assertIn("kill of echo/", ended.err)
        self.assertRegex(ended.err, r"(?m)^calls +\d+: .*\d+ ok")
        self.assertIn("every call ended exactly once", ended.err)

    def test_a_signal_ends_it_early_with_its_report(self) -> None:
        process = self.start(
            "chaos", "run.toml", "--plan", "plan.toml", "--duration", "10m", "--report", "r.json"
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "kill of" in line:
                break
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process).code, 130)
        self.assertTrue(json.loads((self.folder / "r.json").read_text(encoding="utf-8"))["held"])
        self.assert_nobody_left()

    def test_what_is_wrong_with_a_plan_is_told_and_nothing_is_started(self) -> None:
        self.write("plan.toml", '[[fault]]\nwhat = "kil"\nwhen = { request = 1 }\n')
        ended = self.chaos("--report", "r.json")
        self.assertEqual(ended.code, 2)
        self.assertIn('plan.toml:2:8: fault.what: found the string "kil"', ended.err)
        self.assertFalse((self.folder / "r.json").exists())

    def test_a_simulation_of_the_same_seed_is_the_same_run(self) -> None:
        reports = []
        for seed in ("7", "7", "8"):
            ended = self.chaos("--simulate", "--duration", "20s", "--seed", seed, "--report", "r.json",
                               "--command", "score", "--echo", "n")  # fmt: skip
            self.assertEqual(ended.code, 0, ended.err)
            reports.append(json.loads((self.folder / "r.json").read_text(encoding="utf-8")))
        first, again, other = reports
        self.assertTrue(first["simulated"] and first["held"])
        self.assertEqual(first, again)
        self.assertNotEqual(first["trace_hash"], other["trace_hash"])
        self.assertEqual(first["faults"], {"kill": 3, "stop": 1})
        self.assertEqual(first["outcomes"].keys(), {"ok", "worker_died"})
        self.assertGreater(first["calls"], 1000)

    def test_a_clock_can_jump_in_a_simulation(self) -> None:
        self.write(
            "plan.toml", '[[fault]]\nwhat = "clock_jump"\nby_ms = 600000\nwhen = { time_ms = 100 }\n'
        )
        ended = self.chaos("--simulate", "--duration", "20m", "--report", "r.json", "-c", "1")
        self.assertEqual(ended.code, 0, ended.err)
        report = json.loads((self.folder / "r.json").read_text(encoding="utf-8"))
        self.assertEqual(report["faults"], {"clock_jump": 1})
        self.assertGreaterEqual(report["elapsed"], 1200)
        # Half of the time nobody was there.
        self.assertLess(report["calls"], 150_000)

    def test_an_answer_that_is_another_calls_is_a_broken_promise(self) -> None:
        self.write(
            "run.toml",
            f'[[pool]]\nname = "echo"\nsize = 2\npython = "{options.python}"\ncodec = "json"\n'
            f'script = "{ANOTHERS_SCRIPT}"\n',
        )
        ended = self.chaos("--duration", "2s", "--report", "r.json", "--command", "echo",
                           "--echo", "n")  # fmt: skip
        self.assertEqual(ended.code, 1, ended.err)
        report = json.loads((self.folder / "r.json").read_text(encoding="utf-8"))
        self.assertFalse(report["held"])
        self.assertGreater(report["outcomes"]["wrong_answer"], 0)
        self.assertRegex(
            report["broken"][0],
            r"answers are not their callers' own; the first: asked with n = \d+ and answered with ",
        )

    def test_a_command_that_gives_nothing_back_is_not_checked(self) -> None:
        ended = self.chaos("--echo", "n")
        self.assertEqual(ended.code, 2)
        self.assertIn("ping does not", ended.err)

    def test_a_fault_that_real_processes_cannot_suffer_is_refused(self) -> None:
        self.write("plan.toml", '[[fault]]\nwhat = "clock_jump"\nwhen = { time_ms = 1 }\n')
        ended = self.chaos()
        self.assertEqual(ended.code, 2)
        self.assertIn("clock_jump cannot be done to real processes", ended.err)


if __name__ == "__main__":
    main()
