# SPDX-License-Identifier: Apache-2.0
"""Commands by which a worker falls ill."""

from __future__ import annotations

import os
import sys
import threading
import time

from typing import Any

from slipway_worker import command, standard_streams

_LINE = b"stderr flood " * 6 + b"\n"


def _flood(bytes: int) -> int:
    written = 0
    block = _LINE * 800
    while written < bytes:
        written += os.write(2, block)
    return written


_delay_s = 0.0


@command("become_slow")
def become_slow(seconds: float) -> None:
    """From now on each echo of this worker takes so long."""
    global _delay_s
    _delay_s = seconds


@command("echo")
def echo(**args: Any) -> dict[str, Any]:
    """Returns its arguments."""
    if _delay_s > 0:
        time.sleep(_delay_s)
    return args


@command("pid")
def pid() -> int:
    """Returns the worker's process id."""
    return os.getpid()


@command("sleep")
def sleep(seconds: float) -> float:
    """Blocks without computing; returns `seconds`."""
    time.sleep(seconds)
    return seconds


@command("raise_error")
def raise_error() -> None:
    """Raises a ValueError."""
    raise ValueError("raised on request")


@command("flood")
def flood(bytes: int) -> int:
    """Writes at least `bytes` to standard error; returns how many."""
    return _flood(bytes)


@command("flood_later")
def flood_later(bytes: int) -> None:
    """Does so in a thread of its own, and returns at once."""
    sys.stderr.flush()
    threading.Thread(target=_flood, args=(bytes,), daemon=True).start()


@command("half_answer")
def half_answer() -> None:
    """Writes the first half of an answer and no more."""
    # Where the worker writes its frames: the first number after that where it reads them.
    os.write(standard_streams._LOWEST_FRAME_DESCRIPTOR + 1, b"\0\0\1\0half")
    threading.Event().wait()
