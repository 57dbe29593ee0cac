# SPDX-License-Identifier: Apache-2.0
"""Registration finds mistakes at import, when their place is still known."""

from __future__ import annotations

import functools
import math
import unittest
from typing import Any, Callable

from slipway_worker import RegistrationError
from slipway_worker.registry import RESERVED_NAMES, Registry


def nothing() -> None:
    pass


class ARegistry(unittest.TestCase):
    def setUp(self) -> None:
        self.registry = Registry()

    def assert_refused(self, name: Any, function: Callable[..., Any], message: str) -> None:
        with self.assertRaisesRegex(RegistrationError, message):
            self.registry.command(name)(function)

    def test_returns_the_function_as_it_was(self) -> None:
        self.assertIs(self.registry.command("nothing")(nothing), nothing)

    def test_names_both_places_when_a_name_is_taken(self) -> None:
        self.registry.command("twice")(nothing)

        def other() -> None:
            pass

        self.assert_refused(
            "twice",
            other,
            r"registered twice: first for nothing \(.*:\d+\), now for .*other \(.*:\d+\)",
        )
        self.assertIs(self.registry.commands["twice"].function, nothing)

    def test_refuses_the_names_that_the_worker_answers_itself(self) -> None:
        for name in sorted(RESERVED_NAMES):
            self.assert_refused(name, nothing, f"'{name}' is reserved")

    def test_refuses_a_decorator_without_a_name(self) -> None:
        self.assert_refused(nothing, nothing, "a command needs a name, as in @command")
        self.assert_refused("", nothing, "a command needs a name")

    def test_refuses_what_cannot_be_called_with_named_arguments(self) -> None:
        def positional(x: int, /) -> int:
            return x

        async def later() -> None:
            pass

        self.assert_refused("positional", positional, "positional-only")
        self.assert_refused("later", later, "is an async function")
        for no_function in (math.sqrt, functools.partial(nothing)):
            self.assert_refused("odd", no_function, "must be a function written in Python")

    def test_sees_session_parameters_through_a_decorator(self) -> None:
        def logged(function: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return function(*args, **kwargs)

            return wrapper

        @self.registry.command("wrapped")
        @logged
        def wrapped(text: str, session: Any) -> None:
            pass

        command = self.registry.commands["wrapped"]
        self.assertTrue(command.takes_session and command.requires_session)
        self.assertFalse(command.takes_session_id)

    def test_sees_which_session_parameters_have_defaults(self) -> None:
        def required(a: int, session: Any) -> None: ...
        def optional(a: int, session: Any = None) -> None: ...
        def keyword_required(a: int = 1, *, session: Any) -> None: ...
        def keyword_optional(a: int, *, session: Any = None) -> None: ...
        def id_only(session_id: str) -> None: ...
        def anything(**kwargs: Any) -> None: ...

        for function, expected in (
            (nothing, (False, False, False)),
            (required, (True, True, False)),
            (optional, (True, False, False)),
            (keyword_required, (True, True, False)),
            (keyword_optional, (True, False, False)),
            (id_only, (False, False, True)),
            (anything, (False, False, True)),
        ):
            self.registry.command(function.__name__)(function)
            command = self.registry.commands[function.__name__]
            self.assertEqual(
                (command.takes_session, command.requires_session, command.takes_session_id),
                expected,
                function.__name__,
            )
