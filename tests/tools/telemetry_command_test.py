#!/usr/bin/env python3
"""Runs `slipway run` with --metrics and --trace, and reads both as Prometheus and Perfetto do."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import unittest
import urllib.request
from typing import Any

import prometheus_text
from command_fixture import PATIENCE_S, CommandTest, main

Event = dict[str, Any]


class TelemetryTest(CommandTest):
    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Runs requests on a pool of two workers as they come."""
        return self.start("run", self.config(), *words, stdin=subprocess.PIPE)

    @staticmethod
    def ask(process: subprocess.Popen[str], **request: Any) -> Event:
        """One request and its result."""
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        answer: Event = json.loads(process.stdout.readline())
        return answer

    def address(self, process: subprocess.Popen[str]) -> str:
        """What the command says on standard error."""
        assert process.stderr is not None
        for line in process.stderr:
            if match := re.search(r"metrics: (http://127\.0\.0\.1:\d+/metrics)", line):
                return match[1]
        self.fail("no address was told")

    @staticmethod
    def scrape(address: str) -> dict[str, prometheus_text.Family]:
        with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
            text: str = answer.read().decode()
        return prometheus_text.parse(text)

    def trace(self) -> list[Event]:
        events: list[Event] = json.loads((self.folder / "t.json").read_text(encoding="utf-8"))
        return events

    def assert_nests(self, events: list[Event]) -> None:
        """Every track has a name, and of two slices on it one lies in the other or after it."""
        named = {event["tid"] for event in events if event["name"] == "thread_name"}
        tracks: dict[int, list[tuple[int, int]]] = {}
        for event in events:
            if event["ph"] == "M":
                continue
            self.assertIn(event["tid"], named)
            if event["ph"] == "X":
                begin = round(event["ts"] * 1000)
                tracks.setdefault(event["tid"], []).append((begin, begin + round(event["dur"] * 1000)))
        for slices in tracks.values():
            # Of two that begin together the longer is the outer one.
            slices.sort(key=lambda each: (each[0], -each[1]))
            around: list[int] = []
            for begin, end in slices:
                while around and around[-1] <= begin:
                    around.pop()
                if around:
                    self.assertLessEqual(end, around[-1])
                around.append(end)

    def test_metrics_are_prometheus_text_while_it_runs(self) -> None:
        process = self.begin("--metrics", "0")
        address = self.address(process)
        self.assertTrue(self.ask(process, command="echo", args={"x": 1})["ok"])
        self.assertFalse(self.ask(process, command="raise_error", args={"message": 'a"b\\c'})["ok"])
        families = self.scrape(address)
        calls = families["slipway_call_duration_seconds"]
        self.assertEqual(calls.kind, "histogram")
        count = "slipway_call_duration_seconds_count"
        self.assertEqual(calls.samples[(count, (("outcome", "ok"), ("pool", "echo")))], 1)
        self.assertEqual(calls.samples[(count, (("outcome", "remote_exception"), ("pool", "echo")))], 1)
        workers = families["slipway_pool_workers"].samples
        self.assertEqual(sum(workers.values()), 2)
        self.assertEqual(len(workers), 3)
        queue = families["slipway_pool_queue_length"].samples
        self.assertEqual(queue, {("slipway_pool_queue_length", (("pool", "echo"),)): 0})
        self.assertEqual(self.finish(process).code, 1)

    def test_a_counter_grows_from_scrape_to_scrape(self) -> None:
        process = self.begin("--metrics", "0")
        address = self.address(process)
        key = ("slipway_events_total", (("event", "call.stop"), ("pool", "echo")))
        for calls in range(1, 4):
            self.ask(process, command="echo", args={})
            self.assertEqual(self.scrape(address)["slipway_events_total"].samples[key], calls)
        self.assertEqual(self.finish(process).code, 0)

    def test_a_port_that_is_taken_is_told_and_nothing_is_started(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            process = self.begin("--metrics", str(taken.getsockname()[1]))
            _, told = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 3)
        self.assertIn("cannot serve metrics on 127.0.0.1", told)

    def test_the_trace_has_a_named_track_for_each_worker_and_its_slices_nest(self) -> None:
        process = self.begin("--trace", "t.json", "--unordered")
        requests = [{"command": "echo", "args": {"x": 1}} for _ in range(200)]
        requests += [{"command": "crash", "args": {}}] + requests
        process.communicate("".join(json.dumps(each) + "\n" for each in requests), timeout=PATIENCE_S)
        events = self.trace()
        self.assert_nests(events)
        names = [each["args"]["name"] for each in events if each["name"] == "thread_name"]
        self.assertEqual(len(names), len(set(names)))
        self.assertIn("echo/1", names)
        self.assertIn("pool echo", names)
        of = [each["name"] for each in events if each["ph"] == "X"]
        self.assertEqual(of.count("echo"), 400)
        self.assertGreaterEqual(of.count("init"), 2)
        self.assertEqual(of.count("busy"), len(of) - of.count("init") - of.count("busy"))
        points = {each["name"] for each in events if each["ph"] == "i"}
        self.assertLessEqual({"pool.start", "pool.exit", "pool.worker.exit", "supervisor.stop"}, points)

    def test_the_trace_of_a_killed_run_is_whole_json(self) -> None:
        process = self.begin("--trace", "t.json")
        # More than is kept back in memory.
        for _ in range(300):
            self.ask(process, command="echo", args={})
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
        events = self.trace()
        self.assertGreater(len(events), 100)
        self.assert_nests(events)

    def test_the_trace_of_an_interrupted_run_has_all_of_it(self) -> None:
        process = self.begin("--trace", "t.json")
        self.ask(process, command="echo", args={})
        # Its input stays open: the end of that would be an end of another kind.
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), 130)
        names = [event["name"] for event in self.trace()]
        self.assertIn("echo", names)
        self.assertIn("supervisor.stop", names)

    def test_a_trace_that_cannot_be_written_is_told_and_nothing_is_started(self) -> None:
        process = self.begin("--trace", "no/such/folder/t.json")
        _, told = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 3)
        self.assertIn("cannot write the trace no/such/folder/t.json: No such file", told)


class PrometheusTextTest(unittest.TestCase):
    """The reader itself refuses what it must."""

    def refused(self, text: str) -> None:
        with self.assertRaises(prometheus_text.Malformed):
            prometheus_text.parse(text)

    def test_what_breaks_the_format_is_refused(self) -> None:
        head = "# HELP h x\n# TYPE h histogram\n"
        good = head + 'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'
        prometheus_text.parse(good)
        self.refused(good.rstrip())
        self.refused(good.replace("h_count 2", "h_count 3"))
        self.refused(good.replace('le="1"} 1', 'le="1"} 5'))
        self.refused(good.replace('h_bucket{le="+Inf"} 2\n', ""))
        self.refused(good + "h_sum 3\n")
        self.refused(good.replace('le="1"', 'le="1"b"'))
        self.refused("h 1\n")
        self.refused("# HELP c x\n# TYPE c_total counter\n")


if __name__ == "__main__":
    main()
