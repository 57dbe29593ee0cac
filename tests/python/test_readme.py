# SPDX-License-Identifier: Apache-2.0
"""What the README of the package shows, runs."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

from slipway_worker import exit_codes
from worker_process import PACKAGE_FOLDER, WorkerProcess, user_module

README = Path(PACKAGE_FOLDER, "README.md").read_text()


class TheReadme(unittest.TestCase):
    def test_shows_modules_that_a_worker_can_serve(self) -> None:
        first, second = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
        with user_module(first) as path, WorkerProcess(path) as worker:
            self.assertEqual(worker.result("score", features=[1, 2], weight=2), 6)
        with user_module(second) as path, WorkerProcess(path) as worker:
            self.assertEqual(worker.result("add", session_id="s", word="a"), 1)
            self.assertEqual(worker.result("add", session_id="s", word="b"), 2)
            worker.result("shutdown")
            self.assertEqual(worker.wait(), 0)
            self.assertEqual(worker.stderr(), "loaded the model for worker-7\nforgot s\n")

    def test_lists_every_exit_code(self) -> None:
        listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
        codes = {value for value in vars(exit_codes).values() if isinstance(value, int)}
        self.assertEqual(listed, codes)
