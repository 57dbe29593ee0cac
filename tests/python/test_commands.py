# SPDX-License-Identifier: Apache-2.0
"""Requests and their answers, over real pipes and in both codecs."""

from __future__ import annotations

import os
import random
import sys
import unittest
from pathlib import Path

from worker_process import EndOfOutput, WorkerProcess, encode, frame, user_module

CODECS = ("msgpack", "json")


class ACall(unittest.TestCase):
    def test_returns_what_the_function_returned(self) -> None:
        args = {"n": 1, "pi": 3.5, "text": "Grüße ☃", "list": [1, [2]], "map": {"k": None}}
        for codec in CODECS:
            with self.subTest(codec=codec), WorkerProcess(codec=codec) as worker:
                self.assertEqual(worker.result("echo", **args), args)

    def test_may_leave_out_its_args_and_carry_a_timestamp(self) -> None:
        with WorkerProcess() as worker:
            request = {"id": 2**64 - 1, "command": "echo", "timestamp": "2026-01-01T00:00:00Z"}
            worker.send_value(request)
            self.assertEqual(
                worker.receive(), {"id": 2**64 - 1, "success": True, "result": {}}
            )

    def test_carries_bytes_and_integer_keys_in_msgpack(self) -> None:
        with WorkerProcess() as worker:
            value = {"blob": b"\0\xff", "table": {1: "one", 2: "two"}}
            self.assertEqual(worker.result("echo", **value), value)

    def test_carries_large_frames_both_ways_and_small_ones_after_them(self) -> None:
        text = "".join(random.Random(7).choices("abcdefgh", k=1000)) * 5000
        for codec in CODECS:
            with self.subTest(codec=codec), WorkerProcess(codec=codec) as worker:
                self.assertEqual(worker.result("echo", text=text), {"text": text})
                self.assertEqual(worker.result("length", text=text), len(text))
                self.assertEqual(worker.result("grow", bytes=65_500), "x" * 65_500)
                self.assertEqual(worker.result("echo", x=1), {"x": 1})

    def test_of_many_sent_at_once_is_answered_in_order(self) -> None:
        with WorkerProcess() as worker:
            requests = [
                {"id": number, "command": "echo", "args": {"n": number}} for number in range(500)
            ]
            worker.send_bytes(b"".join(frame(encode("msgpack", request)) for request in requests))
            self.assertEqual(
                [worker.receive() for _ in requests],
                [{"id": r["id"], "success": True, "result": r["args"]} for r in requests],
            )

    def test_is_answered_for_every_split_of_its_bytes(self) -> None:
        request = frame(encode("msgpack", {"id": 5, "command": "echo", "args": {"x": 1}}))
        with WorkerProcess() as worker:
            for split in range(1, len(request)):
                worker.send_bytes(request[:split])
                worker.send_bytes(request[split:])
                self.assertEqual(worker.receive(), {"id": 5, "success": True, "result": {"x": 1}})


class TheHandshake(unittest.TestCase):
    def test_says_who_answers_and_what_it_knows(self) -> None:
        for codec in CODECS:
            with self.subTest(codec=codec), WorkerProcess(codec=codec) as worker:
                hello = worker.result("ping", protocol=1, codec=codec)
                self.assertEqual(hello["protocol"], 1)
                self.assertEqual(hello["codec"], codec)
                self.assertEqual(hello["worker_id"], "worker-7")
                self.assertEqual(hello["pid"], worker.process.pid)
                self.assertEqual(hello["python"], "%d.%d.%d" % sys.version_info[:3])
                self.assertEqual(hello["commands"], sorted(hello["commands"]))
                self.assertLessEqual({"echo", "ping", "shutdown"}, set(hello["commands"]))

    def test_needs_no_arguments_and_ignores_those_of_later_versions(self) -> None:
        with WorkerProcess() as worker:
            self.assertEqual(worker.result("ping")["protocol"], 1)
            self.assertEqual(worker.result("ping", protocol=1, features=["x"])["protocol"], 1)

    def test_with_another_version_or_codec_names_both_sides(self) -> None:
        with WorkerProcess() as worker:
            self.assertEqual(
                worker.error("ping", protocol=2, codec="msgpack"),
                {
                    "type": "ProtocolMismatch",
                    "message": "the host speaks protocol version 2 with codec msgpack, "
                    "this worker speaks protocol version 1 with codec msgpack",
                    "traceback": "",
                },
            )
            self.assertIn(
                "protocol version 1 with codec json, this worker speaks protocol version 1 "
                "with codec msgpack",
                worker.error("ping", protocol=1, codec="json")["message"],
            )


class Statistics(unittest.TestCase):
    def test_count_what_was_answered_by_outcome(self) -> None:
        with WorkerProcess() as worker:
            worker.result("echo")
            worker.error("raise_error")
            worker.error("no_such_command")
            worker.result("count", session_id="s")
            stats = worker.result("get_stats")
            uptime_s = stats.pop("uptime_s")
            self.assertEqual(stats, {"requests": 4, "ok": 2, "failed": 2, "sessions": 1})
            self.assertGreater(uptime_s, 0)


class AFailedCall(unittest.TestCase):
    def test_of_an_unknown_command_names_the_known_ones_and_costs_nothing_else(self) -> None:
        with WorkerProcess() as worker:
            error = worker.error("invalid_command")
            self.assertEqual(error["type"], "UnknownCommand")
            self.assertIn("there is no command 'invalid_command'; known are ", error["message"])
            self.assertIn("echo", error["message"])
            self.assertEqual(worker.result("echo", x=1), {"x": 1})

    def test_carries_type_message_and_a_traceback_that_begins_in_user_code(self) -> None:
        for codec in CODECS:
            with self.subTest(codec=codec), WorkerProcess(codec=codec) as worker:
                error = worker.error("raise_error", message="no such licence: ☃")
                self.assertEqual(error["type"], "ValueError")
                self.assertEqual(error["message"], "no such licence: ☃")
                first, place = error["traceback"].splitlines()[:2]
                self.assertEqual(first, "Traceback (most recent call last):")
                self.assertRegex(place, r"echo_worker_module\.py\", line \d+, in raise_error")
                self.assertNotIn("slipway_worker/", error["traceback"])
                self.assertEqual(worker.result("pid"), worker.process.pid)

    def test_carries_its_chain_of_causes(self) -> None:
        with user_module(
            """
            from slipway_worker import command

            class Unavailable(Exception):
                pass

            @command("look_up")
            def look_up(key):
                try:
                    return {}[key]
                except KeyError as error:
                    raise Unavailable("no entry") from error
            """
        ) as path, WorkerProcess(path) as worker:
            error = worker.error("look_up", key="a")
            self.assertEqual(error["type"], "user_functions.Unavailable")
            self.assertIn("KeyError: 'a'", error["traceback"])
            self.assertIn("direct cause", error["traceback"])

    def test_tells_wrong_arguments_from_a_type_error_inside_the_function(self) -> None:
        with user_module(
            """
            from slipway_worker import command

            @command("scale")
            def scale(values, *, factor=2):
                return [value * factor for value in values]

            @command("calls_wrongly")
            def calls_wrongly():
                return scale()
            """
        ) as path, WorkerProcess(path) as worker:
            self.assertEqual(worker.result("scale", values=[1, 2]), [2, 4])
            for args in ({}, {"values": [1], "factors": 3}):
                error = worker.error("scale", **args)
                self.assertEqual(error["type"], "InvalidArguments")
                self.assertIn("signature of 'scale' is (values, *, factor=2)", error["message"])
            self.assertEqual(worker.error("scale", values=5)["type"], "TypeError")
            inside = worker.error("calls_wrongly")
            self.assertEqual(inside["type"], "TypeError")
            self.assertIn("in calls_wrongly", inside["traceback"])

    def test_of_any_exception_leaves_the_worker_alive(self) -> None:
        with user_module(
            """
            from slipway_worker import command

            class Odd(Exception):
                def __str__(self):
                    raise RuntimeError("not even its text")

            def recurse():
                recurse()

            @command("fail")
            def fail(kind):
                if kind == "interrupt":
                    raise KeyboardInterrupt
                if kind == "recursion":
                    recurse()
                if kind == "memory":
                    raise MemoryError
                if kind == "generator":
                    raise GeneratorExit
                if kind == "surrogate":
                    raise ValueError("file \\udcff")
                if kind == "long":
                    raise ValueError("x" * 1_000_000)
                raise Odd
            """
        ) as path, WorkerProcess(path, options=("--max-frame-bytes", "4096")) as worker:
            for kind, type_name in (
                ("interrupt", "KeyboardInterrupt"),
                ("recursion", "RecursionError"),
                ("memory", "MemoryError"),
                ("generator", "GeneratorExit"),
                ("surrogate", "ValueError"),
                ("long", "ValueError"),
                ("odd", "user_functions.Odd"),
            ):
                self.assertEqual(worker.error("fail", kind=kind)["type"], type_name)
            self.assertEqual(worker.error("fail", kind="surrogate")["message"], "file \\udcff")
            self.assertIn("characters left out", worker.error("fail", kind="long")["message"])
            self.assertEqual(worker.result("ping")["pid"], worker.process.pid)

    def test_by_system_exit_ends_the_worker_with_that_code_and_without_an_answer(self) -> None:
        for codec in CODECS:
            with self.subTest(codec=codec), WorkerProcess(codec=codec) as worker:
                worker.send("exit", code=7)
                with self.assertRaises(EndOfOutput):
                    worker.receive()
                self.assertEqual(worker.wait(), 7)

    def test_by_a_crash_leaves_the_python_lines_on_standard_error(self) -> None:
        with WorkerProcess() as worker:
            worker.send("segv")
            self.assertEqual(worker.wait(), -11)
            self.assertIn("Segmentation fault", worker.stderr())
            self.assertIn("in segv", worker.stderr())


class AResult(unittest.TestCase):
    MODULE = """
        from slipway_worker import command

        @command("give")
        def give(kind):
            nested = []
            for _ in range(100_000):
                nested = [nested]
            return {
                "set": {1}, "object": object(), "generator": (i for i in ()), "nested": nested,
                "huge": 2**70, "surrogate": "\\udcff", "key": {(1,): {2}}, "nan": float("nan"),
                "bytes": b"x", "tuple": (1, 2), "set inside": [{"deep": {3}}],
            }[kind]
        """

    def test_without_an_encoding_is_a_remote_error_that_names_its_type(self) -> None:
        kinds = {"set": "set", "object": "object", "generator": "generator", "surrogate": "str"}
        kinds |= {"nested": "list", "set inside": "list", "key": "dict"}
        only = {"msgpack": {"huge": "int"}, "json": {"nan": "float", "bytes": "bytes"}}
        for codec in CODECS:
            with user_module(self.MODULE) as path, WorkerProcess(path, codec=codec) as worker:
                for kind, type_name in (kinds | only[codec]).items():
                    with self.subTest(codec=codec, kind=kind):
                        error = worker.error("give", kind=kind)
                        self.assertEqual(error["type"], "ResultNotEncodable")
                        self.assertIn(
                            f"'give' returned a {type_name} that has no form in {codec}: ",
                            error["message"],
                        )
                        self.assertEqual(worker.result("give", kind="tuple"), [1, 2])

    def test_above_the_frame_limit_is_a_remote_error(self) -> None:
        with WorkerProcess(options=("--max-frame-bytes", "5000")) as worker:
            self.assertEqual(len(worker.result("grow", bytes=4900)), 4900)
            error = worker.error("grow", bytes=5000)
            self.assertEqual(error["type"], "ResultTooLarge")
            self.assertRegex(error["message"], r"'grow' takes 50\d\d bytes, the limit .* is 5000")
            self.assertEqual(worker.result("echo", x=1), {"x": 1})


class AMalformedRequest(unittest.TestCase):
    def test_with_an_id_is_answered_under_it(self) -> None:
        with WorkerProcess() as worker:
            for number, rest in enumerate(
                (
                    {},
                    {"command": 7},
                    {"command": ["echo"]},
                    {"command": None},
                    {"command": "echo", "args": [1]},
                    {"command": "echo", "args": "x"},
                    {"command": "echo", "args": None},
                    {"command": "count", "args": 3},
                )
            ):
                worker.send_value({"id": number, **rest})
                response = worker.receive()
                self.assertEqual(
                    (response["id"], response["success"], response["error"]["type"]),
                    (number, False, "MalformedRequest"),
                    rest,
                )
            worker.send_value({"id": 99, "command": "echo", "args": {1: 2}})
            self.assertEqual(worker.receive()["error"]["type"], "InvalidArguments")
            self.assertEqual(worker.result("echo", x=1), {"x": 1})

    def assert_ends_as_protocol_error(self, codec: str, data: bytes, *said: str) -> None:
        with self.subTest(codec=codec, data=data[:40]), WorkerProcess(codec=codec) as worker:
            worker.send_bytes(data)
            self.assertEqual(worker.wait(), 83)
            self.assertEqual(worker.rest_of_output(), b"")
            text = worker.stderr()
            self.assertRegex(text, r"\Aslipway_worker: protocol error: [^\n]*\n\Z")
            for part in (f"this side speaks {codec}, protocol version 1", *said):
                self.assertIn(part, text)

    def test_without_a_readable_id_ends_the_worker_with_its_first_bytes_quoted(self) -> None:
        for codec in CODECS:
            for value in (
                7,
                [1, 2],
                "id",
                {},
                {"id": -1, "command": "echo"},
                {"id": True, "command": "echo"},
                {"id": "1", "command": "echo"},
                {"id": 1.0, "command": "echo"},
            ):
                payload = encode(codec, value)
                self.assert_ends_as_protocol_error(
                    codec, frame(payload), "is no request with an `id`", repr(payload)
                )

    def test_in_another_codec_ends_the_worker_with_both_sides_named(self) -> None:
        payload = encode("json", {"id": 1, "command": "echo"})
        self.assert_ends_as_protocol_error("msgpack", frame(payload), "is not msgpack", '{"id"')
        payload = encode("msgpack", {"id": 1, "command": "echo"})
        self.assert_ends_as_protocol_error("json", frame(payload), "is not json", r"\x82\xa2id")

    def test_that_no_decoder_can_take_ends_the_worker(self) -> None:
        whole = encode("msgpack", {"id": 1, "command": "echo"})
        for payload in (
            b"",
            whole[:-1],
            whole + b"\xc0",
            b"\x81\xa2id",
            b"\xc1",
            b"\x91" * 5000 + b"\xc0",
            b"\xdf\xff\xff\xff\xff",
            b"\xdb\xff\xff\xff\xffx",
            b"\x82\xa2id\x01\xa7command\xa2\xff\xfe",
            b"\x81\x91\x01\x02",
        ):
            self.assert_ends_as_protocol_error("msgpack", frame(payload), "is not msgpack")
        for payload in (
            b"",
            b'{"id": 1',
            b'{"id": 1} x',
            b"[" * 100_000,
            b'{"id": 1, "command": "\xff"}',
            '{"id": 1}'.encode("utf-16"),
        ):
            self.assert_ends_as_protocol_error("json", frame(payload), "is not json")

    def test_announced_longer_than_the_limit_ends_the_worker_at_once(self) -> None:
        self.assert_ends_as_protocol_error(
            "msgpack",
            b"\xff\xff\xff\xffrest",
            "a frame of 4294967295 bytes was announced, the limit is 67108864",
            r"b'\xff\xff\xff\xffrest'",
        )


class TheProcessOfUserCode(unittest.TestCase):
    def test_has_the_environment_and_folder_that_the_host_gave(self) -> None:
        folder = os.path.realpath("/tmp")
        with WorkerProcess(environment={"SLIPWAY_TEST": "given"}, cwd=folder) as worker:
            self.assertEqual(worker.result("environment", name="SLIPWAY_TEST"), "given")
            self.assertIsNone(worker.result("environment", name="SLIPWAY_TEST_UNSET"))
            self.assertEqual(worker.result("cwd"), folder)

    def test_can_import_what_lies_beside_a_module_given_by_path(self) -> None:
        with user_module("from beside import value\nfrom slipway_worker import command\n"
                         "command('value')(lambda: value)") as path:
            Path(path).with_name("beside.py").write_text("value = 42\n")
            with WorkerProcess(path) as worker:
                self.assertEqual(worker.result("value"), 42)
