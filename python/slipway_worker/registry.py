# SPDX-License-Identifier: Apache-2.0
"""What the user's module offers: commands and hooks.

Belongs here: registration and its checks, all made once so that a request pays for none of them.
Does not: calling a command (see serving).
`default_registry` is what the decorators of the package fill. It is the one global of the package:
a process is one worker and serves one module; everything below it takes a registry as an argument.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, TypeVar

    from slipway_worker.sessions import Session

    Function = TypeVar("Function", bound=Callable[..., Any])
    StartHook = TypeVar("StartHook", bound=Callable[[str], object])
    SessionHook = TypeVar("SessionHook", bound=Callable[[Session], object])
    Extension = TypeVar("Extension", bound=Callable[..., dict[str, object]])

# Answered by the worker itself; the host's handshake and stop depend on them.
RESERVED_NAMES = frozenset(("ping", "get_stats", "cleanup_session", "shutdown"))

# Those of them whose answers a module may add to.
EXTENSIBLE_NAMES = ("get_stats", "cleanup_session")

# Bits of `co_flags`, as in the module inspect, whose import would cost a third of the start time.
_HAS_VAR_KEYWORDS = 0x08
_IS_COROUTINE = 0x80
_IS_ASYNC_GENERATOR = 0x200


class RegistrationError(Exception):
    """A command cannot be registered; the message names it and the reason."""


class Command:
    """One function and how it is to be called.

    takes_session       it has a parameter `session`
    requires_session    ... which has no default
    takes_session_id    it has a parameter `session_id`, or takes any keyword
    """

    __slots__ = ("name", "function", "takes_session", "requires_session", "takes_session_id")

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        code = _code_of(name, function)
        positional = code.co_varnames[: code.co_argcount]
        keyword_only = code.co_varnames[
            code.co_argcount : code.co_argcount + code.co_kwonlyargcount
        ]
        if code.co_posonlyargcount:
            raise RegistrationError(
                f"the command {name!r} has positional-only parameters; arguments come by name"
            )
        if code.co_flags & (_IS_COROUTINE | _IS_ASYNC_GENERATOR):
            raise RegistrationError(
                f"the command {name!r} is an async function; a worker runs one request at a time, "
                "so write a plain function (it may call asyncio.run)"
            )
        self.name = name
        self.function = function
        self.takes_session = "session" in positional or "session" in keyword_only
        self.requires_session = self.takes_session and "session" not in _with_default(
            function, positional
        )
        self.takes_session_id = (
            "session_id" in positional
            or "session_id" in keyword_only
            or bool(code.co_flags & _HAS_VAR_KEYWORDS)
        )


def _innermost(function: Any) -> Any:
    # A decorator made with functools.wraps shows its own (*args, **kwargs), not what it wraps.
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def _code_of(name: str, function: Callable[..., Any]) -> CodeType:
    code: CodeType | None = getattr(_innermost(function), "__code__", None)
    if code is None:
        raise RegistrationError(
            f"the command {name!r} must be a function written in Python, not {function!r}; "
            "wrap it in a `def` that names its parameters"
        )
    return code


def _with_default(function: Callable[..., Any], positional: tuple[str, ...]) -> set[str]:
    inner = _innermost(function)
    defaults = inner.__defaults__ or ()
    return {
        *positional[len(positional) - len(defaults) :],
        *(inner.__kwdefaults__ or {}),
    }


class Registry:
    """Commands by name, and the hooks in the order of their registration."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}
        self.start_hooks: list[Callable[[str], object]] = []
        self.session_end_hooks: list[Callable[[Session], object]] = []
        self.extensions: dict[str, list[Callable[..., dict[str, object]]]] = {
            name: [] for name in EXTENSIBLE_NAMES
        }

    def command(self, name: str) -> Callable[[Function], Function]:
        """Decorator: the function answers requests for the command `name`.

        Errors: RegistrationError for a reserved name, one that is taken, or a function that cannot
        be called with named arguments.
        """
        if not isinstance(name, str) or not name:
            raise RegistrationError(
                f'a command needs a name, as in @command("score"); {name!r} is none'
            )
        if name in RESERVED_NAMES:
            raise RegistrationError(f"the command name {name!r} is reserved for the worker itself")

        def register(function: Function) -> Function:
            new = Command(name, function)
            holder = self.commands.setdefault(name, new)
            if holder is not new:
                raise RegistrationError(
                    f"the command {name!r} is registered twice: "
                    f"first for {_place(holder.function)}, now for {_place(function)}"
                )
            return function

        return register

    def on_start(self, hook: StartHook) -> StartHook:
        """Decorator: `hook(worker_id)` runs once, before the worker answers the handshake.

        An exception in it ends the worker with exit_codes.START_FAILED.
        """
        self.start_hooks.append(hook)
        return hook

    def on_session_end(self, hook: SessionHook) -> SessionHook:
        """Decorator: `hook(session)` runs when the host ends a session, or shuts the worker down.

        It does not run when the worker is killed or its host dies.
        """
        self.session_end_hooks.append(hook)
        return hook

    def extends(self, name: str) -> Callable[[Extension], Extension]:
        """Decorator: what the function returns is added to the worker's own answer to `name`.

        It is called with the arguments of that command: none for `get_stats`, `session_id` for
        `cleanup_session`, where it runs after the hooks. An exception in it fails the command.
        Errors: RegistrationError for any other name.
        """
        if name not in self.extensions:
            raise RegistrationError(
                f"only the answers to {' and '.join(EXTENSIBLE_NAMES)} can be extended, "
                f"not that to {name!r}"
            )

        def register(function: Extension) -> Extension:
            self.extensions[name].append(function)
            return function

        return register


def _place(function: Callable[..., Any]) -> str:
    inner = _innermost(function)
    code = inner.__code__
    return f"{inner.__qualname__} ({code.co_filename}:{code.co_firstlineno})"


default_registry = Registry()
command = default_registry.command
on_start = default_registry.on_start
on_session_end = default_registry.on_session_end
extends = default_registry.extends
