# SPDX-License-Identifier: Apache-2.0
"""Reads the command line of a worker.

Written by hand because argparse would take a quarter of a worker's start time, and every option
here is required or has a default and takes exactly one value.
"""

from __future__ import annotations

from slipway_worker.protocol import (
    DEFAULT_MAX_FRAME_BYTES,
    MAX_MAX_FRAME_BYTES,
    MIN_MAX_FRAME_BYTES,
)

USAGE = f"""\
usage: python3 -m slipway_worker --mode pool-worker --worker-id ID --module MODULE
           [--codec msgpack|json] [--max-frame-bytes N] [--parent-pid PID]

Serves the commands that MODULE (a dotted name, or the path of a .py file) registers with
@slipway_worker.command. Started by a host which holds the other ends of standard input and output
and speaks frames on them; standard error is free for text.

  --mode pool-worker    the only mode there is
  --worker-id ID        the host's name for this worker
  --module MODULE       the module to serve
  --codec CODEC         msgpack (default) or json
  --max-frame-bytes N   longest payload in either direction (default {DEFAULT_MAX_FRAME_BYTES})
  --parent-pid PID      the host's process; the worker ends when it ends (default: the parent)
"""

MODES = ("pool-worker",)
CODECS = ("msgpack", "json")


class UsageError(Exception):
    """The command line does not say how to start; the message names the option at fault."""


class Options:
    """What the command line said, checked."""

    __slots__ = ("worker_id", "module", "codec", "max_frame_bytes", "parent_pid")

    def __init__(
        self,
        worker_id: str,
        module: str,
        codec: str,
        max_frame_bytes: int,
        parent_pid: int | None,
    ) -> None:
        self.worker_id = worker_id
        self.module = module
        self.codec = codec
        self.max_frame_bytes = max_frame_bytes
        self.parent_pid = parent_pid


def parse(arguments: list[str]) -> Options:
    """Returns the options that `arguments` (without the program's name) give.

    Errors: UsageError for an unknown, missing or malformed option.
    """
    values = _option_values(arguments)
    _one_of("--mode", _required(values, "--mode"), MODES)
    parent_pid = values.get("--parent-pid")
    return Options(
        worker_id=_required(values, "--worker-id"),
        module=_required(values, "--module"),
        codec=_one_of("--codec", values.get("--codec", CODECS[0]), CODECS),
        max_frame_bytes=_integer(
            "--max-frame-bytes",
            values.get("--max-frame-bytes", str(DEFAULT_MAX_FRAME_BYTES)),
            MIN_MAX_FRAME_BYTES,
            MAX_MAX_FRAME_BYTES,
        ),
        parent_pid=None
        if parent_pid is None
        else _integer("--parent-pid", parent_pid, 1, 2**31 - 1),
    )


_OPTIONS = frozenset(
    ("--mode", "--worker-id", "--module", "--codec", "--max-frame-bytes", "--parent-pid")
)


def _option_values(arguments: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name not in _OPTIONS:
            raise UsageError(f"unknown option {name!r}")
        if not equals:
            following = next(rest, None)
            if following is None:
                raise UsageError(f"{name} needs a value")
            value = following
        values[name] = value
    return values


def _required(values: dict[str, str], name: str) -> str:
    value = values.get(name, "")
    if not value:
        raise UsageError(f"{name} is missing")
    return value


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise UsageError(f"{name} must be {' or '.join(allowed)}, not {value!r}")
    return value


def _integer(name: str, text: str, low: int, high: int) -> int:
    # `int` would take "1_000" and " 7 " as well; what it refuses beyond that is no ASCII digits.
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise UsageError(f"{name} must be a whole number from {low} to {high}, not {text!r}")
    return int(text)
