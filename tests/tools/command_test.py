#!/usr/bin/env python3
"""Runs the command `slipway` as its users do: as a process, on files, pipes and a terminal, with signals."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

from command_fixture import ECHO_MODULE, PATIENCE_S, CommandTest, main, options


class WorkerTest(CommandTest):
    """A pool whose module lies in the test's folder, so that a worker that is left is found."""

    def results_file(self) -> list[dict[str, Any]]:
        """The lines of results.jsonl."""
        text = (self.folder / "results.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def setUp(self) -> None:
        super().setUp()
        # Every worker has the module's path on its command line, by which one that is left is found.
        (self.folder / "echo.py").write_text(ECHO_MODULE.read_text(encoding="utf-8"), encoding="utf-8")
        self.addCleanup(self.assert_nothing_left)

    def assert_nothing_left(self) -> None:
        """No process with this test's folder on its command line is there, or appears to stay."""
        deadline = time.monotonic() + 10
        while left := self.workers():
            if time.monotonic() > deadline:
                self.fail(f"processes are left: {left}")
            time.sleep(0.02)

    def workers(self) -> list[int]:
        """The processes that run with this test's module."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"slipway_worker" in words and str(self.folder).encode() in b" ".join(words):
                found.append(int(entry.name))
        return found

    def config(
        self, extra: str = "", module: str | Path = "echo.py", name: str = "run.toml", size: int = 2
    ) -> Path:
        return super().config(extra, module, name, size)

    def read_until(self, stream: IO[str], words: str) -> None:
        """Reads lines up to the one with these words, which must come before the end."""
        said = []
        for line in stream:
            said.append(line)
            if words in line:
                return
        self.fail(f"'{words}' was never said, only:\n{''.join(said)}")

    def wait_for(self, what: str, condition: Any) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"waited in vain for {what}")
            time.sleep(0.01)


def request(command: str, number: int | None = None, /, **args: Any) -> str:
    """A line of requests."""
    line: dict[str, Any] = {"command": command, "args": args}
    if "checkout" in args:
        line["checkout"] = args.pop("checkout")
    if number is not None:
        line["id"] = number
    return json.dumps(line) + "\n"


class Run(WorkerTest):
    def test_every_request_gets_its_result_in_order(self) -> None:
        lines = "".join(request("echo", number, number=number) for number in range(500))
        requests = self.write("requests.jsonl", lines)
        done = self.slipway(
            "run", self.config(), "--input", requests, "--output", "results.jsonl",
            "--concurrency", "8",
        )  # fmt: skip
        self.assertEqual(done.code, 0, done.err)
        results = self.results_file()
        self.assertEqual([one["line"] for one in results], list(range(1, 501)))
        self.assertEqual([one["result"]["number"] for one in results], list(range(500)))
        self.assertTrue(all(one["ok"] and one["attempts"] == 1 for one in results))
        self.assertIn("requests    500: 500 ok, 0 failed", done.err)
        self.assertRegex(done.err, r"latency +p50 .*, p95 .*, p99 ")

    def test_unordered_results_come_as_they_are_finished(self) -> None:
        lines = request("sleep", 0, seconds=1.0) + "".join(request("pid", n) for n in range(1, 20))
        done = self.slipway("run", self.config(), "--unordered", given=lines)
        self.assertEqual(done.code, 0, done.err)
        numbers = [one["id"] for one in done.results()]
        self.assertEqual(sorted(numbers), list(range(20)))
        self.assertEqual(numbers[-1], 0)

    def test_malformed_lines_cost_only_themselves(self) -> None:
        lines = request("echo", 1) + "no json\n\n" + '{"id": 3, "checkout": "test", "command": "echo"}\n' \
            + '{"id": 4, "pool": "none", "command": "echo"}\n' + request("echo", 5)  # fmt: skip
        done = self.slipway("run", self.config(), given=lines)
        self.assertEqual(done.code, 1, done.err)
        outcomes = [(one["line"], one["ok"] or one["error"]["code"]) for one in done.results()]
        self.assertEqual(
            outcomes,
            [(1, True), (2, "invalid_request"), (4, "invalid_checkout_type"),
             (5, "unknown_pool"), (6, True)],
        )  # fmt: skip
        self.assertIn("line 2 is no JSON", done.results()[1]["error"]["message"])
        self.assertIn("0 removed; pool restarts 0", done.err)

    def test_requests_of_a_session_meet_its_state_and_are_told_when_it_has_gone(self) -> None:
        def counted(name: str) -> str:
            return request("count", checkout={"session": name})

        # One worker, so that it is known where both are.
        lines = counted("a") * 3 + counted("b") + request("crash", checkout={"session": "a"}) \
            + counted("a") * 2 + counted("b") * 2  # fmt: skip
        done = self.slipway("run", self.config(size=1), "--concurrency", "1", given=lines)
        outcomes = [one["result"] if one["ok"] else one["error"]["code"] for one in done.results()]
        self.assertEqual(
            outcomes, [1, 2, 3, 1, "worker_died", "session_lost", 1, "session_lost", 1]
        )

    def test_failures_are_typed_and_the_pool_goes_on(self) -> None:
        lines = request("raise_error", message="no") + request("crash", code=7) + request("segv") \
            + request("unheard_of") + request("echo", x=1)  # fmt: skip
        done = self.slipway("run", self.config(), "--concurrency", "1", given=lines)
        self.assertEqual(done.code, 1, done.err)
        raised, crashed, fault, unknown, echoed = done.results()
        self.assertEqual(raised["error"]["code"], "remote_exception")
        self.assertEqual(raised["error"]["type"], "ValueError")
        self.assertIn("raise ValueError(message)", raised["error"]["traceback"])
        self.assertEqual(crashed["error"]["code"], "worker_died")
        self.assertEqual(crashed["error"]["exit_code"], 7)
        self.assertEqual(crashed["error"]["effect"], "unknown")
        self.assertEqual(fault["error"]["signal"], signal.SIGSEGV)
        self.assertEqual(unknown["error"]["type"], "UnknownCommand")
        self.assertEqual(echoed["result"], {"x": 1})
        self.assertIn("died: exit code 7", done.err)
        self.assertIn("2 removed", done.err)

    def test_a_worker_that_hangs_costs_one_timeout(self) -> None:
        hang = '{"command": "hang", "timeout_ms": 300}\n'
        done = self.slipway("run", self.config(), given=hang + request("echo", x=1))
        self.assertEqual(done.code, 1, done.err)
        self.assertEqual(done.results()[0]["error"]["code"], "timeout")
        self.assertTrue(done.results()[1]["ok"])
        self.assertIn("gave no answer in time: removed", done.err)

    def test_retries_repeat_what_a_worker_took_with_it_but_no_exception(self) -> None:
        # The first process that finds no mark makes it and dies; the next one finds it.
        self.write(
            "once.py",
            "import os\nfrom slipway_worker import command\n\n@command('once')\n"
            "def once(mark):\n    if not os.path.exists(mark):\n        open(mark, 'w').close()\n"
            "        os._exit(9)\n    return 'second time'\n\n"
            "@command('never')\ndef never():\n    raise KeyError('no')\n",
        )
        lines = request("once", mark=str(self.folder / "mark")) + request("never")
        done = self.slipway(
            "run", self.config(module="once.py"), "--retry", "2", "--concurrency", "1", given=lines
        )
        first, second = done.results()
        self.assertEqual((first["result"], first["attempts"]), ("second time", 2))
        self.assertEqual((second["error"]["type"], second["attempts"]), ("KeyError", 1))
        self.assertIn("1 retries", done.err)

    def test_a_module_that_cannot_be_imported_ends_the_run_at_once_with_the_reason(self) -> None:
        self.write("broken.py", "import no_such_module_anywhere\n")
        lines = "".join(request("echo", number) for number in range(2000))
        done = self.slipway("run", self.config(module="broken.py"), given=lines)
        self.assertEqual(done.code, 3, done.err)
        self.assertIn("cannot start (stage module_import)", done.err)
        self.assertIn("No module named 'no_such_module_anywhere'", done.err)
        self.assertLess(len(done.err.splitlines()), 40)
        results = done.results()
        self.assertEqual([one["id"] for one in results], list(range(2000)))
        self.assertEqual({one["error"]["code"] for one in results}, {"pool_stopped"})
        self.assertEqual({one["error"]["effect"] for one in results}, {"not_sent"})

    def test_a_pool_that_breaks_later_ends_the_run_when_its_supervisor_gives_up(self) -> None:
        # It works until the mark is there; from then on no worker starts.
        self.write(
            "fading.py",
            "import os, sys\nfrom slipway_worker import command\n"
            "MARK = os.path.join(os.path.dirname(__file__), 'mark')\n"
            "if os.path.exists(MARK):\n    sys.exit('no more')\n\n@command('fade')\n"
            "def fade():\n    open(MARK, 'w').close()\n    os._exit(1)\n",
        )
        config = self.config("init_retries = 0\n[pool.limits]\nopen_files = 64\n", module="fading.py")
        config.write_text("[system]\nintensity = 1\n" + config.read_text(encoding="utf-8"))
        lines = "".join(request("fade", number) for number in range(50))
        done = self.slipway("run", config, given=lines)
        self.assertEqual(done.code, 3, done.err)
        self.assertIn("the tree gave up: pool 'echo' ended too often", done.err)
        self.assertEqual(len(done.results()), 50)

    def test_a_missing_interpreter_is_told_before_anything_is_written(self) -> None:
        config = self.config()
        config.write_text(config.read_text(encoding="utf-8").replace(options.python, "/no/such/python3"))
        self.write("results.jsonl", "earlier results\n")
        requests = self.write("requests.jsonl", request("echo"))
        done = self.slipway("run", config, "-i", requests, "-o", "results.jsonl")
        self.assertEqual(done.code, 3)
        self.assertIn("cannot start /no/such/python3: No such file or directory", done.err)
        self.assertEqual((self.folder / "results.jsonl").read_text(), "earlier results\n")

    def test_a_wrong_configuration_is_told_with_its_place(self) -> None:
        done = self.slipway("run", self.config("sise = 3"), given="")
        self.assertEqual(done.code, 2)
        self.assertRegex(done.err, r"run\.toml:6:1: pool\.sise: found an unknown key, expected perhaps size")

    def test_input_and_output_must_not_be_the_same_file(self) -> None:
        requests = self.write("requests.jsonl", request("echo"))
        done = self.slipway("run", self.config(), "-i", requests, "-o", requests)
        self.assertEqual(done.code, 2)
        self.assertEqual(requests.read_text(), request("echo"))

    def test_a_full_disk_ends_the_run_and_is_told(self) -> None:
        lines = "".join(request("echo", number) for number in range(10))
        done = self.slipway("run", self.config(), "-o", "/dev/full", given=lines)
        self.assertEqual(done.code, 3)
        self.assertIn("cannot write to /dev/full: No space left on device", done.err)

    def test_an_empty_input_is_no_error(self) -> None:
        done = self.slipway("run", self.config(), given="")
        self.assertEqual((done.code, done.out), (0, ""))

    def test_settings_of_the_pool_reach_its_workers(self) -> None:
        (self.folder / "work").mkdir()
        config = self.config('working_directory = "work"\n[pool.env]\nGREETING = "hello"\n')
        lines = request("cwd") + request("environment", name="GREETING")
        done = self.slipway("run", config, given=lines)
        self.assertEqual(
            [one["result"] for one in done.results()], [str(self.folder / "work"), "hello"], done.err
        )

    def test_the_log_has_events_and_what_workers_print(self) -> None:
        done = self.slipway(
            "run", self.config(), "--log", "log.txt", given=request("print_lines", n=1)
        )
        self.assertEqual(done.code, 0, done.err)
        log = (self.folder / "log.txt").read_text()
        self.assertRegex(log, r"\[echo/\d\] stderr line 0")
        self.assertRegex(log, r"echo/\d ready")


class Signals(WorkerTest):
    def start_long_run(self, *more: str) -> subprocess.Popen[str]:
        """A run of many short requests from a pipe that stays open; returns once it has results."""
        lines = "".join(request("sleep", number, seconds=0.05) for number in range(2000))
        requests = self.write("requests.jsonl", lines)
        process = self.start("run", self.config(), "-i", requests, "-o", "results.jsonl", *more)
        results = self.folder / "results.jsonl"
        self.wait_for("results", lambda: results.exists() and results.stat().st_size > 0)
        return process

    def test_an_interrupt_finishes_what_is_under_way_and_keeps_what_is_done(self) -> None:
        process = self.start_long_run()
        process.send_signal(signal.SIGINT)
        done = self.finish(process)
        self.assertEqual(done.code, 130, done.err)
        results = self.results_file()
        self.assertEqual([one["id"] for one in results], list(range(len(results))))
        self.assertTrue(all(one["ok"] for one in results))
        self.assertLess(len(results), 2000)
        self.assertIn(f"requests    {len(results)}: {len(results)} ok, 0 failed", done.err)

    def test_a_termination_does_the_same_with_its_own_exit_code(self) -> None:
        process = self.start_long_run()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.finish(process).code, 143)

    def start_stuck_run(self, *more: str) -> subprocess.Popen[str]:
        """A run with one request that never ends; returns once a worker is at it."""
        # Its worker makes the mark. That an earlier request has been answered says nothing of this
        # one: the signal may come before its line is read, and then the run ends at once.
        self.write(
            "stuck.py",
            "import time\nfrom slipway_worker import command\n\n@command('stuck')\n"
            "def stuck(mark):\n    open(mark, 'w').close()\n    time.sleep(1000)\n\n"
            "@command('echo')\ndef echo():\n    return {}\n",
        )
        config = self.config(module="stuck.py")
        process = self.start("run", config, *more, stdin=subprocess.PIPE)
        assert process.stdin is not None
        mark = self.folder / "mark"
        process.stdin.write(request("echo", 1) + request("stuck", 2, mark=str(mark)))
        process.stdin.flush()
        self.wait_for("the second request to begin", mark.exists)
        return process

    def test_the_wait_for_what_is_under_way_is_bounded(self) -> None:
        process = self.start_stuck_run("--grace", "200ms")
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        done = self.finish(process)
        self.assertEqual(done.code, 130, done.err)
        self.assertTrue(json.loads(first)["ok"])
        # Which of the two it is depends on what the call sees first: the pool's end or its process's.
        self.assertIn(done.results()[0]["error"]["code"], ("pool_stopped", "worker_died"))
        self.assertEqual(done.results()[0]["error"]["effect"], "unknown")

    def test_a_second_interrupt_ends_it_at_once(self) -> None:
        process = self.start_stuck_run("--grace", "50s")
        process.send_signal(signal.SIGINT)
        # Two signals of a kind that are pending at once are one, so the first must have been taken.
        assert process.stderr is not None
        self.read_until(process.stderr, "stopping")
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process).code, 130)

    def test_a_stop_does_not_wait_for_input_that_does_not_come(self) -> None:
        process = self.start("run", self.config(), stdin=subprocess.PIPE)
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(request("echo", 1))
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), 143)
        self.finish(process)

    def test_when_the_command_is_killed_its_workers_end_too(self) -> None:
        process = self.start_long_run()
        self.assertEqual(len(self.workers()), 2)
        process.kill()
        self.finish(process)

    def test_a_reader_that_goes_away_ends_the_run(self) -> None:
        lines = "".join(request("echo", number) for number in range(20000))
        process = self.start("run", self.config(), "-i", self.write("requests.jsonl", lines))
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(PATIENCE_S), 3)
        self.assertIn("cannot write to -: Broken pipe", said)


class Terminal(WorkerTest):
    def test_on_a_terminal_there_is_a_bar_and_it_is_gone_at_the_end(self) -> None:
        lines = "".join(request("sleep", number, seconds=0.02) for number in range(60))
        requests = self.write("requests.jsonl", lines)
        ours, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C", "NO_COLOR": "1", "COLUMNS": "120"}
        process = subprocess.Popen(
            [options.command, "run", str(self.config()), "-i", str(requests), "-o", "results.jsonl"],
            stderr=theirs, cwd=self.folder, env=environment,
        )  # fmt: skip
        os.close(theirs)
        said = b""
        try:
            while block := os.read(ours, 4096):
                said += block
        except OSError:
            pass  # Linux ends a terminal that nobody holds open any more with EIO.
        os.close(ours)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        text = said.decode()
        self.assertRegex(text, r"\d+ %  \d+ ok, 0 failed")
        self.assertIn("\x1b[2Krequests    60: 60 ok", text.replace("\x1b[2K\x1b[2K", "\x1b[2K"))

    def test_who_types_the_requests_is_told_how_and_others_are_not(self) -> None:
        ours, theirs = pty.openpty()
        process = self.start("run", self.config(), stdin=theirs)
        os.close(theirs)
        os.write(ours, request("echo", 1).encode() + b"\x04")
        done = self.finish(process)
        os.close(ours)
        self.assertEqual(done.code, 0)
        self.assertEqual(len(done.results()), 1)
        self.assertIn("Ctrl-D", done.err)
        self.assertNotIn("Ctrl-D", self.slipway("run", self.config(), given="").err)

    def test_in_a_log_there_is_neither_bar_nor_colour(self) -> None:
        done = self.slipway("run", self.config(), given=request("crash"))
        self.assertNotIn("\x1b", done.err)
        self.assertNotIn("\r", done.err)


class Call(WorkerTest):
    def test_the_result_is_json_on_standard_output(self) -> None:
        done = self.slipway("call", self.config(), "echo", '{"text": "hé", "n": [1, 2.5, null]}')
        self.assertEqual((done.code, done.err), (0, ""))
        self.assertEqual(json.loads(done.out), {"text": "hé", "n": [1, 2.5, None]})

    def test_an_exception_is_told_on_standard_error(self) -> None:
        done = self.slipway("call", self.config(), "raise_error", '{"message": "no"}')
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertIn("remote_exception", done.err)
        self.assertIn("ValueError: no", done.err)

    def test_a_timeout_is_kept(self) -> None:
        begun = time.monotonic()
        done = self.slipway("call", self.config(), "sleep", '{"seconds": 1000}', "--timeout", "200ms")
        self.assertEqual(done.code, 1)
        self.assertIn("timeout (effect unknown)", done.err)
        self.assertLess(time.monotonic() - begun, 30)

    def test_arguments_that_are_no_object_are_told(self) -> None:
        for words in ("[1]", "nonsense"):
            done = self.slipway("call", self.config(), "echo", words)
            self.assertEqual(done.code, 2)
            self.assertIn("the arguments must be one JSON object", done.err)

    def test_with_several_pools_one_must_be_named(self) -> None:
        config = self.config()
        config.write_text(config.read_text() + config.read_text().replace('"echo"', '"second"'))
        done = self.slipway("call", config, "pid")
        self.assertEqual(done.code, 2)
        self.assertIn("--pool is missing; ", done.err)
        self.assertEqual(self.slipway("call", config, "pid", "--pool", "second").code, 0)


class Doctor(WorkerTest):
    def test_a_good_configuration_is_well(self) -> None:
        done = self.slipway("doctor", self.config())
        self.assertEqual(done.code, 0, done.out)
        for subject in ("python", "msgpack", "slipway_worker", "module", "pidfd", "open files"):
            self.assertRegex(done.out, rf"(?m)^  ok    {subject} ")

    def test_a_missing_interpreter_is_a_failure_with_a_remedy(self) -> None:
        config = self.config()
        config.write_text(config.read_text().replace(options.python, "/no/such/python3"))
        done = self.slipway("doctor", config)
        self.assertEqual(done.code, 3)
        self.assertIn("FAIL  python          cannot start /no/such/python3", done.out)
        self.assertRegex(done.out, r"(->|→) set `python` to an interpreter that exists")

    def test_a_module_that_is_not_found_is_a_failure(self) -> None:
        done = self.slipway("doctor", self.config(module="no_such_package.commands"))
        self.assertEqual(done.code, 3)
        self.assertIn("finds no module no_such_package.commands", done.out)

    def test_it_needs_no_configuration(self) -> None:
        done = self.slipway("doctor")
        self.assertIn("interpreter /usr/bin/python3", done.out)
        self.assertIn(done.code, (0, 3))


class Tree(WorkerTest):
    def test_the_tree_shows_the_pool_and_its_workers(self) -> None:
        done = self.slipway("tree", self.config())
        self.assertEqual(done.code, 0, done.err)
        lines = done.out.splitlines()
        self.assertRegex(lines[0], r"^slipway  supervisor, running \S+ s, one_for_one, at most 3 restarts")
        self.assertRegex(lines[1], r"^└─ \w+  pool, running .* workers \(")
        self.assertRegex(lines[2], r"^   [├└]─ \w+/1  process, idle ")

    def test_as_json_it_can_be_read_by_programs(self) -> None:
        done = self.slipway("tree", self.config(), "--format", "json")
        self.assertEqual(done.code, 0, done.err)
        tree = json.loads(done.out)
        self.assertEqual((tree["kind"], tree["state"]), ("supervisor", "running"))
        self.assertEqual(tree["children"][0]["kind"], "pool")

    def test_as_dot_it_is_a_graph(self) -> None:
        done = self.slipway("tree", self.config(), "--format", "dot")
        self.assertEqual(done.code, 0, done.err)
        self.assertTrue(done.out.startswith("digraph supervision {"))

    def test_another_format_is_a_usage_error(self) -> None:
        done = self.slipway("tree", self.config(), "--format", "xml")
        self.assertEqual((done.code, done.out), (2, ""))
        self.assertIn("'xml' is not text, json or dot", done.err)

    def test_a_tree_that_cannot_start_says_why(self) -> None:
        done = self.slipway("tree", self.config(module="no_such_package.commands"))
        self.assertEqual(done.code, 3)
        self.assertIn("no_such_package", done.err)


class Words(WorkerTest):
    def test_help_and_version(self) -> None:
        done = self.slipway("--version")
        self.assertEqual(done.code, 0)
        self.assertTrue(re.fullmatch(r"slipway \d+\.\d+\.\d+\n", done.out), done.out)
        for words in (["--help"], ["run", "--help"], ["call", "--help"], ["doctor", "--help"], ["tree", "--help"], ["demo", "--help"]):
            done = self.slipway(*words)
            self.assertEqual(done.code, 0)
            self.assertIn("Examples:", done.out)

    def test_wrong_words_are_a_usage_error(self) -> None:
        done = self.slipway("nonsense")
        self.assertEqual((done.code, done.out), (2, ""))


if __name__ == "__main__":
    main()
