# SPDX-License-Identifier: Apache-2.0
"""When and how a worker ends: at once, quietly, and with its host."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import unittest
from contextlib import contextmanager
from typing import Iterator

from worker_process import (
    DEADLINE_S,
    ECHO_MODULE,
    TESTS_FOLDER,
    WorkerProcess,
    is_computing_within_deadline,
    is_gone_within_deadline,
    is_running,
    search_path,
    user_module,
)

# What the commands would take if nothing ended them: far beyond every deadline.
LONG_S = 3600


class TheEndOfInput(unittest.TestCase):
    def assert_ends_quietly(self, worker: WorkerProcess, said: str = "") -> None:
        self.assertEqual(worker.wait(), 0)
        self.assertEqual(worker.stderr(), said)
        self.assertEqual(worker.rest_of_output(), b"")

    def test_ends_an_idle_worker(self) -> None:
        for codec in ("msgpack", "json"):
            with self.subTest(codec=codec), WorkerProcess(codec=codec) as worker:
                worker.result("ping")
                worker.close_input()
                self.assert_ends_quietly(worker)

    def test_ends_a_worker_in_the_middle_of_a_frame(self) -> None:
        with WorkerProcess() as worker:
            worker.send_bytes(b"\0\0\1\0half")
            worker.close_input()
            self.assert_ends_quietly(worker)

    def test_ends_a_worker_whose_user_code_computes_or_blocks(self) -> None:
        for command in ("compute", "sleep"):
            with self.subTest(command=command), WorkerProcess() as worker:
                worker.result("ping")
                worker.send(command, seconds=LONG_S)
                worker.close_input()
                self.assert_ends_quietly(worker)

    def test_ends_a_worker_that_ignores_sigterm_and_hangs(self) -> None:
        with WorkerProcess() as worker:
            worker.result("ping")
            worker.send("hang")
            worker.close_input()
            self.assert_ends_quietly(worker)

    def test_ends_a_worker_that_is_still_importing(self) -> None:
        with user_module(f"import time\nprint('importing')\ntime.sleep({LONG_S})") as path:
            with WorkerProcess(path) as worker:
                worker.close_input()
                self.assertEqual(worker.wait(), 0)

    def test_lets_requests_that_were_already_sent_be_answered(self) -> None:
        with WorkerProcess() as worker:
            for number in range(200):
                worker.send("echo", n=number)
            worker.close_input()
            answers = [worker.receive()["result"]["n"] for _ in range(200)]
            self.assertEqual(answers, list(range(200)))
            self.assert_ends_quietly(worker)

    def test_lets_slow_requests_be_answered_as_long_as_answers_keep_coming(self) -> None:
        with WorkerProcess() as worker:
            for _ in range(8):
                worker.send("sleep", seconds=0.06)  # together longer than one wait of the watch
            worker.close_input()
            self.assertEqual([worker.receive()["result"] for _ in range(8)], [0.06] * 8)
            self.assert_ends_quietly(worker)

    def test_takes_the_workers_process_group_along(self) -> None:
        with WorkerProcess() as worker:
            grandchild = worker.result("spawn_grandchild")
            worker.close_input()
            self.assert_ends_quietly(worker)
            self.assertTrue(is_gone_within_deadline(grandchild))

    def test_leaves_a_group_alone_that_the_worker_does_not_lead(self) -> None:
        with WorkerProcess(own_group=False) as worker:
            grandchild = worker.result("spawn_grandchild")
            self.addCleanup(os.kill, grandchild, signal.SIGKILL)
            worker.close_input()
            self.assert_ends_quietly(worker)
            self.assertTrue(is_running(grandchild))

    def test_does_not_wait_for_threads_or_exit_handlers_of_user_code(self) -> None:
        with user_module(
            """
            import atexit, threading

            atexit.register(print, "exit handler")
            threading.Thread(target=threading.Event().wait).start()
            """
        ) as path, WorkerProcess(path) as worker:
            worker.result("ping")
            worker.close_input()
            self.assert_ends_quietly(worker)


class AClosedResultPipe(unittest.TestCase):
    def test_ends_the_worker_quietly_idle_or_busy(self) -> None:
        for command in ("", "compute"):
            with self.subTest(command=command), WorkerProcess() as worker:
                worker.result("ping")
                if command:
                    worker.send(command, seconds=LONG_S)
                assert worker.process.stdout is not None
                worker.process.stdout.close()
                self.assertEqual(worker.wait(), 0)
                self.assertEqual(worker.stderr(), "")


class ShutDown(unittest.TestCase):
    def test_answers_and_exits_with_zero(self) -> None:
        for codec in ("msgpack", "json"):
            with self.subTest(codec=codec), WorkerProcess(codec=codec) as worker:
                self.assertEqual(worker.result("shutdown"), {})
                self.assertEqual(worker.wait(), 0)
                self.assertEqual(worker.stderr(), "")
                self.assertEqual(worker.rest_of_output(), b"")

    def test_gives_hooks_and_exit_handlers_their_time_though_the_pipes_close(self) -> None:
        with user_module(
            """
            import atexit, time
            from slipway_worker import command, on_session_end

            @command("begin")
            def begin(session):
                pass

            @on_session_end
            def take_time(session):
                time.sleep(0.5)  # longer than a closed pipe is tolerated otherwise
                print("session ended")

            atexit.register(print, "exit handler")
            """
        ) as path, WorkerProcess(path) as worker:
            worker.result("begin", session_id="a")
            worker.result("shutdown")
            worker.close_input()
            assert worker.process.stdout is not None
            worker.process.stdout.close()
            self.assertEqual(worker.wait(), 0)
            self.assertEqual(worker.stderr(), "session ended\nexit handler\n")


class ASignal(unittest.TestCase):
    def test_sigterm_ends_the_worker_at_once_whatever_it_does(self) -> None:
        for command in ("", "compute", "sleep"):
            with self.subTest(command=command), WorkerProcess() as worker:
                worker.result("ping")
                if command:
                    worker.send(command, seconds=LONG_S)
                worker.process.terminate()
                self.assertEqual(worker.wait(), -signal.SIGTERM)
                self.assertEqual(worker.stderr(), "")
                self.assertEqual(worker.rest_of_output(), b"")

    def test_sigterm_ends_a_worker_while_c_code_holds_the_interpreter(self) -> None:
        with user_module(
            """
            import re
            from slipway_worker import command

            @command("backtrack")
            def backtrack():
                re.match("(a+)+$", "a" * 64 + "b")
            """
        ) as path, WorkerProcess(path) as worker:
            worker.result("ping")
            worker.send("backtrack")
            self.assertTrue(is_computing_within_deadline(worker.process.pid))
            worker.process.terminate()
            self.assertEqual(worker.wait(), -signal.SIGTERM)

    def test_sigterm_works_though_the_host_had_it_ignored_or_blocked(self) -> None:
        with WorkerProcess(
            program=[
                sys.executable,
                "-c",
                "import os, signal, sys\n"
                "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
                "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])",
                *("-m", "slipway_worker", "--mode", "pool-worker", "--worker-id", "w"),
                *("--module", ECHO_MODULE),
            ]
        ) as worker:
            worker.result("ping")
            worker.process.terminate()
            self.assertEqual(worker.wait(), -signal.SIGTERM)

    def test_sigint_is_left_to_the_host(self) -> None:
        with WorkerProcess() as worker:
            worker.result("ping")
            worker.send("sleep", seconds=0.2)
            worker.process.send_signal(signal.SIGINT)
            self.assertEqual(worker.receive()["result"], 0.2)
            worker.process.send_signal(signal.SIGINT)
            self.assertEqual(worker.result("echo", x=1), {"x": 1})


# A host that starts a worker which starts a program, and a sibling that inherits the host's ends
# of the pipes; sends one request, says who they are, and sleeps until it is killed.
HOST = """
import os, subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from worker_process import WorkerProcess
worker = WorkerProcess()
worker.result("ping")
grandchild = worker.result("spawn_grandchild")
sibling = subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL, pass_fds=(
    worker.process.stdin.fileno(), worker.process.stdout.fileno()))
if sys.argv[2]:
    worker.send(sys.argv[2], **({} if sys.argv[2] == "hang" else {"seconds": 3600}))
print(worker.process.pid, grandchild, sibling.pid, flush=True)
time.sleep(3600)
"""


class AKilledHost(unittest.TestCase):
    @contextmanager
    def host(self, command: str) -> Iterator[tuple[int, int]]:
        host = subprocess.Popen(
            [sys.executable, "-c", HOST, TESTS_FOLDER, command],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": search_path()},
        )
        worker = grandchild = sibling = 0
        try:
            assert host.stdout is not None
            if not select.select([host.stdout], [], [], DEADLINE_S)[0]:
                raise TimeoutError("the host did not start its worker")
            worker, grandchild, sibling = map(int, host.stdout.readline().split())
            host.kill()
            host.wait(DEADLINE_S)
            yield worker, grandchild
        finally:
            host.kill()
            host.wait(DEADLINE_S)
            assert host.stdout is not None
            host.stdout.close()
            for pid in (worker, grandchild, sibling):
                if pid and is_running(pid):
                    os.kill(pid, signal.SIGKILL)

    def test_takes_its_worker_and_the_workers_programs_along(self) -> None:
        # A program that inherited the host's ends of the pipes keeps them open, as happens where a
        # host forgets close-on-exec: then no end of input comes and only the process tells.
        for command in ("", "compute", "sleep", "hang"):
            with self.subTest(command=command), self.host(command) as (worker, grandchild):
                self.assertTrue(is_gone_within_deadline(worker), "the worker lives on")
                self.assertTrue(is_gone_within_deadline(grandchild), "its program lives on")

    def test_that_died_before_the_worker_ran_is_noticed_by_its_process_id(self) -> None:
        dead = subprocess.Popen(["true"])
        dead.wait(DEADLINE_S)
        with WorkerProcess(options=("--parent-pid", str(dead.pid))) as worker:
            self.assertEqual(worker.wait(), 0)
            self.assertEqual(worker.stderr(), "")

    def test_is_noticed_though_the_workers_own_parent_is_a_wrapper_that_lives_on(self) -> None:
        for command in ("", "compute"):
            named_host = subprocess.Popen(["sleep", "1000"])
            self.addCleanup(named_host.kill)
            with WorkerProcess(options=("--parent-pid", str(named_host.pid))) as worker:
                worker.result("ping")
                if command:
                    worker.send(command, seconds=LONG_S)
                named_host.kill()
                named_host.wait(DEADLINE_S)
                self.assertEqual(worker.wait(), 0)
                self.assertEqual(worker.stderr(), "")
