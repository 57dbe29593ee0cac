# SPDX-License-Identifier: Apache-2.0
"""State per session, and the hooks at its end."""

from __future__ import annotations

import contextlib
import unittest

from worker_process import WorkerProcess, user_module

MODULE = """
    from slipway_worker import Session, command, on_session_end

    ended = []

    @command("remember")
    def remember(session: Session, value=None):
        previous = session.state.get("value")
        session.state["value"] = value
        return [session.id, previous]

    @command("maybe")
    def maybe(session=None):
        return None if session is None else session.id

    @command("id_only")
    def id_only(session_id):
        return session_id

    @command("both")
    def both(session, session_id):
        return [session.id, session_id]

    @command("neither")
    def neither(x=1):
        return x

    @command("ended")
    def all_ended():
        return ended

    @on_session_end
    def fail_for_some(session):
        if session.id == "fails":
            raise ValueError("cannot end this one")

    @on_session_end
    def note(session):
        ended.append([session.id, session.state.get("value")])
        print("ended", session.id, session.state.get("value"))
    """


class ASession(unittest.TestCase):
    def setUp(self) -> None:
        with contextlib.ExitStack() as stack:
            path = stack.enter_context(user_module(MODULE))
            self.worker = stack.enter_context(WorkerProcess(path))
            self.addCleanup(stack.pop_all().close)

    def test_keeps_its_state_from_request_to_request_and_apart_from_others(self) -> None:
        remember = self.worker.result
        self.assertEqual(remember("remember", session_id="a", value=1), ["a", None])
        self.assertEqual(remember("remember", session_id="b", value=2), ["b", None])
        self.assertEqual(remember("remember", session_id="a", value=3), ["a", 1])
        self.assertEqual(remember("remember", session_id="b"), ["b", 2])
        self.assertEqual(self.worker.result("get_stats")["sessions"], 2)

    def test_is_required_by_a_function_that_asks_for_one(self) -> None:
        error = self.worker.error("remember", value=1)
        self.assertEqual(error["type"], "SessionRequired")
        self.assertIn("'remember' works on a session; send `session_id`", error["message"])
        self.assertEqual(self.worker.error("remember", session_id=None)["type"], "SessionRequired")

    def test_is_optional_for_a_function_with_a_default(self) -> None:
        self.assertIsNone(self.worker.result("maybe"))
        self.assertEqual(self.worker.result("maybe", session_id="a"), "a")

    def test_id_goes_to_functions_that_ask_for_it_and_to_no_others(self) -> None:
        self.assertEqual(self.worker.result("id_only", session_id="a"), "a")
        self.assertEqual(self.worker.result("both", session_id="a"), ["a", "a"])
        self.assertEqual(self.worker.result("neither", session_id="a"), 1)
        self.assertEqual(self.worker.error("id_only")["type"], "InvalidArguments")

    def test_id_must_be_a_string_that_is_not_empty(self) -> None:
        for session_id in (7, "", ["a"], {"a": 1}, True):
            error = self.worker.error("remember", session_id=session_id)
            self.assertEqual(error["type"], "InvalidArguments", session_id)

    def test_object_cannot_be_forged_by_the_caller(self) -> None:
        for args in ({"session": {}}, {"session": {}, "session_id": "a"}):
            self.assertEqual(self.worker.error("maybe", **args)["type"], "InvalidArguments")

    def test_ends_with_cleanup_session_and_begins_anew(self) -> None:
        self.worker.result("remember", session_id="a", value=1)
        self.assertEqual(
            self.worker.result("cleanup_session", session_id="a"),
            {"session_id": "a", "existed": True},
        )
        self.assertEqual(self.worker.result("ended"), [["a", 1]])
        self.assertEqual(
            self.worker.result("cleanup_session", session_id="a"),
            {"session_id": "a", "existed": False},
        )
        self.assertEqual(self.worker.result("ended"), [["a", 1]])
        self.assertEqual(self.worker.result("remember", session_id="a"), ["a", None])
        self.assertEqual(self.worker.error("cleanup_session")["type"], "InvalidArguments")

    def test_ends_even_when_one_of_its_hooks_fails(self) -> None:
        self.worker.result("remember", session_id="fails", value=1)
        error = self.worker.error("cleanup_session", session_id="fails")
        self.assertEqual((error["type"], error["message"]), ("ValueError", "cannot end this one"))
        self.assertIn("in fail_for_some", error["traceback"])
        self.assertNotIn("slipway_worker/", error["traceback"])
        self.assertEqual(self.worker.result("ended"), [["fails", 1]])
        self.assertEqual(self.worker.result("get_stats")["sessions"], 0)

    def test_hooks_run_for_all_at_shutdown_whatever_one_of_them_does(self) -> None:
        for session_id in ("a", "fails", "b"):
            self.worker.result("remember", session_id=session_id, value=session_id.upper())
        self.assertEqual(self.worker.result("shutdown"), {})
        self.assertEqual(self.worker.wait(), 0)
        text = self.worker.stderr()
        self.assertEqual(
            [line for line in text.splitlines() if line.startswith("ended")],
            ["ended a A", "ended fails FAILS", "ended b B"],
        )
        self.assertIn("a hook failed at the end of Session(id='fails')", text)
        self.assertIn("ValueError: cannot end this one", text)
