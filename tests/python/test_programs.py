# SPDX-License-Identifier: Apache-2.0
"""The module slipway_worker.programs: its commands, its errors, and dspy when it is there."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from worker_process import WorkerProcess, search_path

SIGNATURE = {"inputs": [{"name": "question"}], "outputs": [{"name": "answer"}]}

FAKE_DSPY = """
class LM:
    def __init__(self, model, **options):
        self.name = model, options

class context:
    lm = None
    def __init__(self, lm):
        context.lm = lm
    def __enter__(self):
        return self
    def __exit__(self, *_):
        context.lm = None

class Predict:
    def __init__(self, signature):
        self.signature = signature
    def __call__(self, **inputs):
        self.answer = f"{context.lm.name} {self.signature} {inputs}"
        return self
"""


class Programs(unittest.TestCase):
    def setUp(self) -> None:
        self.worker = self.start()

    def start(self, environment: Any = None) -> WorkerProcess:
        worker = WorkerProcess("slipway_worker.programs", environment=environment)
        self.addCleanup(worker.__exit__)
        return worker

    def test_are_executed_by_the_offline_predictor_at_first(self) -> None:
        self.worker.result("create_program", id="qa", signature=SIGNATURE)
        executed = self.worker.result("execute_program", program_id="qa", inputs={"question": 2})
        self.assertEqual(
            executed, {"program_id": "qa", "outputs": {"answer": "answer(question=2)"}}
        )
        info = self.worker.result("get_program_info", program_id="qa")
        self.assertEqual((info["signature"], info["executions"]), (SIGNATURE, 1))

    def test_belong_to_the_session_that_created_them_and_go_with_it(self) -> None:
        self.worker.result("create_program", id="qa", signature=SIGNATURE, session_id="s")
        self.worker.result("create_program", id="qa", signature=SIGNATURE)
        self.assertEqual(self.worker.result("list_programs")["total_count"], 2)
        listed = self.worker.result("list_programs", session_id="s")
        self.assertEqual((listed["total_count"], listed["programs"][0]["session_id"]), (1, "s"))
        ended = self.worker.result("cleanup_session", session_id="s")
        self.assertEqual((ended["existed"], ended["programs_removed"]), (True, 1))
        self.assertEqual(self.worker.result("get_stats")["programs_count"], 1)

    def test_refuse_what_does_not_fit_with_types_of_their_own(self) -> None:
        self.worker.result("create_program", id="qa", signature=SIGNATURE)
        for kind, command, args in (
            ("ProgramExists", "create_program", {"id": "qa", "signature": SIGNATURE}),
            ("UnknownProgram", "execute_program", {"program_id": "no", "inputs": {}}),
            ("UnknownProgram", "delete_program", {"program_id": "no"}),
            ("InvalidArguments", "execute_program", {"program_id": "qa", "inputs": {}}),
            ("InvalidArguments", "create_program", {"id": "", "signature": SIGNATURE}),
            ("InvalidArguments", "create_program", {"id": "x", "signature": {}}),
            ("InvalidArguments", "create_program", {"signature": SIGNATURE}),
        ):
            with self.subTest(command=command, args=args):
                self.assertEqual(self.worker.error(command, **args)["type"], kind)

    def test_name_package_and_interpreter_when_a_model_needs_dspy(self) -> None:
        error = self.worker.error("configure_lm", model="gpt")
        self.assertEqual(error["type"], "PackageMissing")
        self.assertIn("'dspy'", error["message"])
        self.assertIn(sys.executable, error["message"])
        self.assertEqual(self.worker.result("configure_lm", model="offline")["model"], "offline")

    def test_ask_the_configured_model_when_dspy_is_installed(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "dspy.py").write_text(FAKE_DSPY)
            worker = self.start({"PYTHONPATH": f"{folder}:{search_path()}"})
            worker.result("configure_lm", model="m", provider="p", temperature=0)
            worker.result("create_program", id="qa", signature=SIGNATURE)
            executed = worker.result("execute_program", program_id="qa", inputs={"question": "?"})
            self.assertEqual(
                executed["outputs"]["answer"],
                "('p/m', {'temperature': 0}) question -> answer {'question': '?'}",
            )
            self.assertEqual(worker.result("reset_state")["programs_removed"], 1)


if __name__ == "__main__":
    unittest.main()
