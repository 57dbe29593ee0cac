# SPDX-License-Identifier: Apache-2.0
"""Nothing but frames on the frame pipes, whatever user code does."""

from __future__ import annotations

import sys
import unittest

from worker_process import ECHO_MODULE, WorkerProcess, encode, frame, is_running, user_module

NOISE = """
    import ctypes, multiprocessing, os, subprocess, sys
    from slipway_worker import command

    print("noise at import")

    @command("noise")
    def noise():
        print("print")
        print("without a line end", end="", flush=True)
        sys.__stdout__.write("sys.__stdout__\\n")
        os.write(1, b"os.write\\n")
        libc = ctypes.CDLL(None)
        libc.puts(b"puts of C")
        libc.fflush(None)
        subprocess.run(["echo", "echo of a program"], check=True)
        print("odd \\udcff character")
        return "quiet"

    @command("read_input")
    def read_input():
        return sys.stdin.read() + os.read(0, 10).decode() + subprocess.run(
            ["cat"], stdout=subprocess.PIPE, check=True
        ).stdout.decode()

    @command("descriptors_of_a_program")
    def descriptors_of_a_program():
        listing = subprocess.run(
            ["ls", "-l", "/proc/self/fd"], stdout=subprocess.PIPE, close_fds=False, check=True
        )
        lines = listing.stdout.decode().splitlines()
        return [line.split()[-3] for line in lines if "pipe:" in line]

    @command("fork_and_write")
    def fork_and_write():
        child = os.fork()
        if child == 0:
            for descriptor in range(0, 256):
                try:
                    os.write(descriptor, b"from the child\\n")
                except OSError:
                    pass
            os._exit(0)
        os.waitpid(child, 0)
        return "forked"
    """


class UserCode(unittest.TestCase):
    def test_cannot_put_a_byte_among_the_packets(self) -> None:
        for codec in ("msgpack", "json"):
            with self.subTest(codec=codec):
                with user_module(NOISE) as path, WorkerProcess(path, codec=codec) as worker:
                    self.assertEqual(worker.result("noise"), "quiet")
                    self.assertEqual(worker.result("noise"), "quiet")
                    self.assertEqual(worker.result("shutdown"), {})
                    self.assertEqual(worker.rest_of_output(), b"")
                    worker.wait()
                    text = worker.stderr()
                    for line in (
                        "noise at import",
                        "print",
                        "sys.__stdout__",
                        "os.write",
                        "puts of C",
                        "echo of a program",
                        "odd \\udcff character",
                    ):
                        self.assertIn(line, text)

    def test_prints_line_by_line_in_order_with_standard_error(self) -> None:
        with WorkerProcess() as worker:
            self.assertEqual(worker.result("print_lines", n=3, stream="both"), 3)
            self.assertEqual(
                worker.stderr(),
                "".join(f"stdout line {n}\nstderr line {n}\n" for n in range(3)),
            )

    def test_reads_an_empty_standard_input_instead_of_requests(self) -> None:
        with user_module(NOISE) as path, WorkerProcess(path) as worker:
            request = frame(encode("msgpack", {"id": 1, "command": "read_input"}))
            following = frame(encode("msgpack", {"id": 2, "command": "noise"}))
            worker.send_bytes(request + following)
            self.assertEqual(worker.receive()["result"], "")
            self.assertEqual(worker.receive()["result"], "quiet")

    def test_hands_no_frame_pipe_to_the_programs_it_starts(self) -> None:
        with user_module(NOISE) as path, WorkerProcess(path) as worker:
            # Its one pipe is the standard output that user code gave it.
            self.assertEqual(worker.result("descriptors_of_a_program"), ["1"])

    def test_cannot_speak_in_the_workers_name_from_a_forked_child(self) -> None:
        with user_module(NOISE) as path, WorkerProcess(path) as worker:
            self.assertEqual(worker.result("fork_and_write"), "forked")
            self.assertEqual(worker.result("shutdown"), {})
            self.assertEqual(worker.rest_of_output(), b"")

    def test_that_leaves_a_program_behind_holds_no_pipe_of_the_host_open(self) -> None:
        with WorkerProcess() as worker:
            grandchild = worker.result("spawn_grandchild")
            worker.send("crash", code=3)
            self.assertEqual(worker.wait(), 3)
            self.assertTrue(is_running(grandchild))
            self.assertEqual(worker.rest_of_output(), b"")


class TheWorker(unittest.TestCase):
    def start_through(self, wrapper: list[str], module: str) -> WorkerProcess:
        worker = [sys.executable, "-m", "slipway_worker", "--mode", "pool-worker"]
        worker += ["--worker-id", "worker-7", "--module", module]
        started = WorkerProcess(program=[*wrapper, *worker])
        self.addCleanup(started.__exit__)
        return started

    def test_takes_pipes_that_its_host_made_non_blocking(self) -> None:
        set_and_go = "import os, sys; os.set_blocking(0, False); os.set_blocking(1, False); "
        set_and_go += "os.execv(sys.argv[1], sys.argv[1:])"
        worker = self.start_through([sys.executable, "-c", set_and_go], ECHO_MODULE)
        self.assertEqual(worker.result("ping")["worker_id"], "worker-7")
        self.assertEqual(worker.result("grow", bytes=1_000_000), "x" * 1_000_000)

    def test_works_without_a_standard_error(self) -> None:
        with user_module(NOISE) as path:
            worker = self.start_through(["sh", "-c", 'exec "$@" 2>&-', "sh"], path)
            self.assertEqual(worker.result("noise"), "quiet")
            self.assertEqual(worker.result("shutdown"), {})
            self.assertEqual(worker.rest_of_output(), b"")
            self.assertEqual(worker.wait(), 0)
