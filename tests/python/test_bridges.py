# SPDX-License-Identifier: Apache-2.0
"""The bridge scripts that C++ tests start do what their first line says."""

from __future__ import annotations

import os
import signal
import sys
import unittest
from pathlib import Path

from worker_process import EndOfOutput, TESTS_FOLDER, WorkerProcess


def bridge(script: str, *options: str, codec: str = "json") -> WorkerProcess:
    program = [sys.executable, str(Path(TESTS_FOLDER, script))]
    program += ["--mode", "pool-worker", "--worker-id", "worker-7", *options]
    if codec != "json":
        program += ["--codec", codec]
    return WorkerProcess(codec=codec, program=program)


class TheJsonBridge(unittest.TestCase):
    def setUp(self) -> None:
        self.bridge = bridge("json_bridge.py")
        self.addCleanup(self.bridge.__exit__)

    def test_answers_the_handshake_and_ends_with_its_input(self) -> None:
        self.assertEqual(self.bridge.result("ping")["worker_id"], "worker-7")
        self.bridge.close_input()
        self.assertEqual(self.bridge.wait(), 0)

    def test_gives_errors_as_plain_strings(self) -> None:
        self.assertEqual(self.bridge.error("no_such"), "Unknown command: no_such")
        self.assertEqual(self.bridge.error("raise_error", message="as asked"), "as asked")
        self.assertEqual(
            self.bridge.error("get_program_info", program_id="p"), "Program not found: p"
        )

    def test_lists_programs_as_a_map_with_a_count(self) -> None:
        self.assertEqual(
            self.bridge.result("list_programs"), {"programs": [], "total_count": 0}
        )
        self.bridge.result("create_program", id="p", signature={}, session_id="s")
        self.bridge.result("create_program", id="q", signature={})
        listed = self.bridge.result("list_programs", session_id="s")
        self.assertEqual((listed["total_count"], listed["programs"][0]["id"]), (1, "p"))
        executed = self.bridge.result("execute_program", program_id="p", inputs={"a": 1})
        self.assertEqual(executed["outputs"], {"a": 1})
        ended = self.bridge.result("cleanup_session", session_id="s")
        self.assertEqual(ended["programs_removed"], 1)
        self.bridge.result("delete_program", program_id="q")
        self.assertEqual(self.bridge.result("list_programs")["total_count"], 0)

    def test_exits_after_shutdown(self) -> None:
        self.assertEqual(self.bridge.result("shutdown")["worker_id"], "worker-7")
        self.assertEqual(self.bridge.wait(), 0)


class AMisbehavingBridge(unittest.TestCase):
    def start(self, script: str, *options: str, codec: str = "json") -> WorkerProcess:
        started = bridge(f"misbehaving/{script}", *options, codec=codec)
        self.addCleanup(started.__exit__)
        return started

    def test_silent_never_answers(self) -> None:
        silent = self.start("silent.py", "--module", "ignored", "--parent-pid", "1")
        silent.send("ping")
        silent.close_input()
        self.assertEqual((silent.wait(), silent.rest_of_output()), (0, b""))

    def test_exits_at_once_leaves_a_traceback(self) -> None:
        failed = self.start("exits_at_once.py")
        self.assertEqual(failed.wait(), 1)
        self.assertIn("RuntimeError: this bridge cannot start", failed.stderr())

    def test_babbles_speaks_before_its_first_frame(self) -> None:
        babbling = self.start("babbles.py")
        line = b"Loading the model, please wait ...\n"
        self.assertEqual(babbling.read_exactly(len(line)), line)
        self.assertEqual(babbling.result("echo", x=1), {"x": 1})

    def test_half_frame_stops_in_the_middle(self) -> None:
        half = self.start("half_frame.py")
        half.send("ping")
        length = int.from_bytes(half.read_exactly(4), "big")
        half.close_input()
        self.assertEqual(half.wait(), 0)
        self.assertLess(len(half.rest_of_output()), length)

    def test_wrong_id_answers_under_another_id(self) -> None:
        wrong = self.start("wrong_id.py", codec="msgpack")
        request_id = wrong.send("ping")
        self.assertEqual(wrong.receive()["id"], request_id + 1000)

    def test_wrong_shape_answers_with_something_else(self) -> None:
        for shape, answer in (
            ("map", {"id": 1, "status": "ok"}),
            ("list", [1, True, "ok"]),
            ("result", {"id": 1, "success": True, "result": "ok"}),
            ("error", {"id": 1, "success": False, "error": 7}),
        ):
            wrong = self.start("wrong_shape.py", "--shape", shape)
            wrong.send("ping")
            self.assertEqual(wrong.receive(), answer)

    def test_closes_stdout_lives_on_without_it(self) -> None:
        closed = self.start("closes_stdout.py")
        closed.send("ping")
        with self.assertRaises(EndOfOutput):
            closed.receive()
        self.assertIsNone(closed.process.poll())
        closed.close_input()
        self.assertEqual(closed.wait(), 0)

    def test_slow_start_answers_in_the_end(self) -> None:
        slow = self.start("slow_start.py", "--delay", "0.1", codec="msgpack")
        self.assertEqual(slow.result("ping")["codec"], "msgpack")

    def test_overlong_announces_four_gigabytes(self) -> None:
        overlong = self.start("overlong.py")
        overlong.send("ping")
        self.assertEqual(overlong.read_exactly(4), b"\xff\xff\xff\xff")

    def test_stderr_flood_answers_a_host_that_reads_it(self) -> None:
        for options in ((), ("--one-line",)):
            flood = self.start("stderr_flood.py", "--bytes", "300000", *options)
            self.assertEqual(flood.result("ping")["worker_id"], "worker-7")
            self.assertGreaterEqual(len(flood.stderr()), 300_000)
            self.assertEqual("\n" in flood.stderr(), not options)

    def test_ignores_sigterm_ends_only_by_sigkill(self) -> None:
        stubborn = self.start("ignores_sigterm.py")
        self.assertEqual(stubborn.result("shutdown"), {})
        stubborn.process.terminate()
        stubborn.close_input()
        self.assertTrue(_sigterm_was_taken(stubborn.process.pid))
        self.assertIsNone(stubborn.process.poll())
        stubborn.process.kill()
        self.assertEqual(stubborn.wait(), -signal.SIGKILL)


def _sigterm_was_taken(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    ignored = int(status.split("SigIgn:")[1].split()[0], 16)
    return bool(ignored >> (signal.SIGTERM - 1) & 1) and os.path.exists(f"/proc/{pid}")
