# SPDX-License-Identifier: Apache-2.0
"""Commands with which tests and benchmarks drive a worker, well behaved and otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from slipway_worker import Session, command


@command("echo")
def echo(**args: Any) -> dict[str, Any]:
    """Returns its arguments."""
    return args


@command("sleep")
def sleep(seconds: float) -> float:
    """Blocks without computing; returns `seconds`."""
    time.sleep(seconds)
    return seconds


@command("compute")
def compute(seconds: float) -> int:
    """Computes in a Python loop; returns how many rounds it took."""
    rounds = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rounds += 1
    return rounds


@command("pid")
def pid() -> int:
    """Returns the worker's process id."""
    return os.getpid()


@command("crash")
def crash(code: int = 1) -> None:
    """Ends the process at once with the exit code `code`, without an answer."""
    os._exit(code)


@command("pid_unless")
def pid_unless(crash_in: int) -> int:
    """Returns the worker's process id, unless it is `crash_in`: then the process ends without an answer."""
    if os.getpid() == crash_in:
        os._exit(9)
    return os.getpid()


@command("segv")
def segv() -> None:
    """Ends the process as a broken C extension would."""
    os.kill(os.getpid(), signal.SIGSEGV)


@command("exit")
def exit_(code: int = 0) -> None:
    """Ends the process the way Python code does."""
    sys.exit(code)


@command("raise_error")
def raise_error(message: str = "raised on request") -> None:
    """Raises a ValueError with `message`."""
    raise ValueError(message)


@command("print_lines")
def print_lines(n: int = 1, stream: str = "both") -> int:
    """Writes `n` lines to stdout, stderr or both; returns `n`."""
    for index in range(n):
        if stream in ("stdout", "both"):
            print(f"stdout line {index}")
        if stream in ("stderr", "both"):
            print(f"stderr line {index}", file=sys.stderr)
    return n


@command("grow")
def grow(bytes: int) -> str:
    """Returns a string of `bytes` ASCII characters."""
    return "x" * bytes


_hoard: list[str] = []


@command("hoard")
def hoard(bytes: int) -> int:
    """Keeps `bytes` more bytes of memory for ever; returns how often it did so."""
    _hoard.append("x" * bytes)
    return len(_hoard)


@command("length")
def length(text: str) -> int:
    """Returns the number of characters in `text`."""
    return len(text)


@command("spawn_grandchild")
def spawn_grandchild() -> int:
    """Starts a program that sleeps with the worker's standard streams; returns its process id."""
    return subprocess.Popen(["sleep", "1000"]).pid


@command("hang")
def hang() -> None:
    """Ignores SIGTERM and blocks for ever: only SIGKILL ends it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Event().wait()


@command("count")
def count(session: Session) -> int:
    """Returns how often it was called in this session."""
    session.state["count"] = session.state.get("count", 0) + 1
    return int(session.state["count"])


@command("set_count")
def set_count(session: Session, count: int) -> int:
    """Sets what `count` has returned last in this session."""
    session.state["count"] = count
    return count


@command("environment")
def environment(name: str) -> str | None:
    """Returns an environment variable, or nothing when it is not set."""
    return os.environ.get(name)


@command("cwd")
def cwd() -> str:
    """Returns the working directory."""
    return os.getcwd()
