# SPDX-License-Identifier: Apache-2.0
"""A worker that cannot start says why and with which exit code, before it answers anything."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

from worker_process import WorkerProcess, search_path, user_module


class AStart(unittest.TestCase):
    def test_runs_hooks_once_with_the_worker_id_before_the_handshake(self) -> None:
        with user_module(
            """
            from slipway_worker import command, on_start

            started = []

            @on_start
            def first(worker_id):
                started.append(["first", worker_id])

            @on_start
            def second(worker_id):
                started.append(["second", worker_id])

            @command("started")
            def all_started():
                return started
            """
        ) as path, WorkerProcess(path) as worker:
            worker.result("ping")
            self.assertEqual(
                worker.result("started"), [["first", "worker-7"], ["second", "worker-7"]]
            )

    def assert_fails_to_start(self, source: str, *said: str) -> str:
        with user_module(source) as path, WorkerProcess(path) as worker:
            self.assertEqual(worker.wait(), 82)
            self.assertEqual(worker.rest_of_output(), b"")
            text = worker.stderr()
            for part in (*said, f"interpreter {sys.executable}", "working directory "):
                self.assertIn(part, text)
            self.assertNotIn("importlib", text)
            self.assertNotIn("slipway_worker/__main__", text)
            return text

    def test_whose_module_raises_leaves_the_traceback_of_user_code_alone(self) -> None:
        text = self.assert_fails_to_start(
            "def load():\n    raise OSError('no model here')\n\nload()\n",
            "user_functions.py\", line 4, in <module>",
            "in load",
            "OSError: no model here",
            "slipway_worker: importing the module ",
        )
        self.assertTrue(text.startswith("Traceback (most recent call last):\n"), text)

    def test_whose_module_is_no_python_or_imports_what_is_missing_says_so(self) -> None:
        self.assert_fails_to_start("def broken(:\n", "SyntaxError", "user_functions.py")
        self.assert_fails_to_start("import no_such_library\n", "No module named 'no_such_library'")

    def test_whose_module_exits_or_is_interrupted_counts_as_failed(self) -> None:
        self.assert_fails_to_start("import sys\nsys.exit(0)\n", "SystemExit: 0")
        self.assert_fails_to_start("raise KeyboardInterrupt\n", "KeyboardInterrupt")

    def test_whose_hook_fails_names_the_hook(self) -> None:
        self.assert_fails_to_start(
            """
            from slipway_worker import on_start

            @on_start
            def connect(worker_id):
                raise ConnectionError(f"no database for {worker_id}")
            """,
            "ConnectionError: no database for worker-7",
            "the start hook 'connect' of ",
        )

    def test_whose_module_registers_wrongly_shows_the_line(self) -> None:
        self.assert_fails_to_start(
            "from slipway_worker import command\n\n@command('ping')\ndef ping(): pass\n",
            "line 3, in <module>",
            "'ping' is reserved",
        )

    def test_that_fails_does_not_wait_for_threads_of_the_module(self) -> None:
        self.assert_fails_to_start(
            "import threading\nthreading.Thread(target=threading.Event().wait).start()\n1 / 0\n",
            "ZeroDivisionError",
        )

    def test_without_the_module_names_it(self) -> None:
        for module, said in (
            ("no_such_module", "No module named 'no_such_module'"),
            ("/nowhere/functions.py", "there is no file /nowhere/functions.py"),
        ):
            with self.subTest(module=module), WorkerProcess(module) as worker:
                self.assertEqual(worker.wait(), 82)
                self.assertIn(said, worker.stderr())
                self.assertIn(f"importing the module {module!r} failed", worker.stderr())

    def test_from_a_path_whose_name_is_taken_says_by_what(self) -> None:
        with user_module("", name="struct") as path, WorkerProcess(path) as worker:
            self.assertEqual(worker.wait(), 82)
            self.assertRegex(worker.stderr(), r"the name of .*struct\.py is taken by the module")

    def test_from_a_relative_path_and_from_a_dotted_name(self) -> None:
        with user_module("import slipway_worker\nslipway_worker.command('one')(lambda: 1)") as path:
            folder = str(Path(path).parent)
            for module in ("user_functions.py", "user_functions"):
                with self.subTest(module=module), WorkerProcess(module, cwd=folder) as worker:
                    self.assertEqual(worker.result("one"), 1)

    def test_without_msgpack_names_the_interpreter_and_the_remedy(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "msgpack.py").write_text("raise ImportError('hidden for this test')\n")
            path = f"{folder}:{search_path()}"
            with WorkerProcess(environment={"PYTHONPATH": path}) as worker:
                self.assertEqual(worker.wait(), 81)
                text = worker.stderr()
                self.assertIn(f"the interpreter {sys.executable} has no msgpack", text)
                self.assertIn("apt install python3-msgpack", text)
                self.assertIn(f"{sys.executable} -m pip install msgpack", text)
                self.assertNotIn("Traceback", text)
            with WorkerProcess(codec="json", environment={"PYTHONPATH": path}) as worker:
                self.assertEqual(worker.result("echo", x=1), {"x": 1})

    def test_with_json_does_not_import_msgpack_at_all(self) -> None:
        with user_module(
            """
            import sys
            from slipway_worker import command

            command("imported")(lambda: "msgpack" in sys.modules)
            """
        ) as path, WorkerProcess(path, codec="json") as worker:
            self.assertIs(worker.result("imported"), False)
