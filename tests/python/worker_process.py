# SPDX-License-Identifier: Apache-2.0
"""The host's side for tests: starts a worker over real pipes and talks frames with it.

Every wait has a deadline and waits for an event, never for a time; leaving the context kills the
worker's whole process group, so that a failed test leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any, Iterator, Optional

import slipway_worker

PACKAGE_FOLDER = str(Path(slipway_worker.__file__).parents[1])
TESTS_FOLDER = str(Path(__file__).parent)
ECHO_MODULE = "echo_worker_module"

DEADLINE_S = 10.0


class EndOfOutput(Exception):
    """The worker closed its end: no further answer can come."""


def encode(codec: str, value: object) -> bytes:
    if codec == "json":
        return json.dumps(value).encode()
    import msgpack

    return bytes(msgpack.packb(value))


def decode(codec: str, payload: bytes) -> Any:
    if codec == "json":
        return json.loads(payload)
    import msgpack

    return msgpack.unpackb(payload, strict_map_key=False)


def frame(payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + payload


class WorkerProcess:
    """One worker (or any other program that speaks frames) and its pipes."""

    def __init__(
        self,
        module: str = ECHO_MODULE,
        codec: str = "msgpack",
        options: tuple[str, ...] = (),
        program: Optional[list[str]] = None,
        interpreter_options: tuple[str, ...] = (),
        environment: Optional[dict[str, str]] = None,
        cwd: Optional[str] = None,
        own_group: bool = True,
    ) -> None:
        if program is None:
            program = [sys.executable, *interpreter_options, "-m", "slipway_worker"]
            program += ["--mode", "pool-worker", "--worker-id", "worker-7"]
            program += ["--module", module, "--codec", codec, *options]
        self.codec = codec
        self._stderr = tempfile.TemporaryFile()
        self._next_id = 1
        self._own_group = own_group
        self.process = subprocess.Popen(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            cwd=cwd,
            env={**_environment(), **(environment or {})},
            preexec_fn=os.setpgrp if own_group else None,
        )

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._own_group:
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait(DEADLINE_S)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        self._stderr.close()

    # --- talking ---

    def call(self, command: str, **args: Any) -> Any:
        """Sends a request and returns its whole response, whose id must be that of the request."""
        request_id = self.send(command, **args)
        response = self.receive()
        assert response["id"] == request_id, response
        return response

    def result(self, command: str, **args: Any) -> Any:
        response = self.call(command, **args)
        assert response["success"] is True, response
        return response["result"]

    def error(self, command: str, **args: Any) -> dict[str, str]:
        response = self.call(command, **args)
        assert response["success"] is False, response
        error: dict[str, str] = response["error"]
        return error

    def send(self, command: str, **args: Any) -> int:
        request_id = self._next_id
        self._next_id += 1
        self.send_value({"id": request_id, "command": command, "args": args})
        return request_id

    def send_value(self, value: object) -> None:
        self.send_bytes(frame(encode(self.codec, value)))

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.process.stdin.fileno(), rest) :]

    def receive(self) -> Any:
        (length,) = struct.unpack(">I", self.read_exactly(4))
        return decode(self.codec, self.read_exactly(length))

    def read_exactly(self, count: int) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        end = time.monotonic() + DEADLINE_S
        data = bytearray()
        while len(data) < count:
            if not select.select([descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError(f"{len(data)} of {count} bytes came: {bytes(data[:200])!r}")
            more = os.read(descriptor, count - len(data))
            if not more:
                raise EndOfOutput(f"{len(data)} of {count} bytes came; stderr: {self.stderr()}")
            data += more
        return bytes(data)

    # --- ending ---

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self) -> int:
        """Returns the exit code, or the negative number of the signal that ended it."""
        return self.process.wait(DEADLINE_S)

    def rest_of_output(self) -> bytes:
        """Returns what is left on the pipe once every holder has closed it."""
        assert self.process.stdout is not None
        data = bytearray()
        with contextlib.suppress(EndOfOutput):
            while True:
                data += self.read_exactly(1)
        return bytes(data)

    def stderr(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().decode()


def _environment() -> dict[str, str]:
    environment = {**os.environ, "PYTHONPATH": search_path()}
    # It would hide that the worker forgot to make its output line by line.
    environment.pop("PYTHONUNBUFFERED", None)
    return environment


def search_path() -> str:
    return os.pathsep.join((PACKAGE_FOLDER, TESTS_FOLDER))


def is_gone_within_deadline(pid: int) -> bool:
    """Waits until the process `pid`, which need not be a child, has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], DEADLINE_S)[0])
    finally:
        os.close(descriptor)


def is_running(pid: int) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        return not select.select([descriptor], [], [], 0)[0]
    finally:
        os.close(descriptor)


def is_computing_within_deadline(pid: int) -> bool:
    """Waits until the process has used a tenth of a second of processor time."""
    ticks_wanted = os.sysconf("SC_CLK_TCK") // 10
    end = time.monotonic() + DEADLINE_S
    first = _processor_ticks(pid)
    while time.monotonic() < end:
        if _processor_ticks(pid) - first >= ticks_wanted:
            return True
    return False


def _processor_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@contextlib.contextmanager
def user_module(source: str, name: str = "user_functions") -> Iterator[str]:
    """Writes a module for a worker to serve; gives its path."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.py")
        path.write_text(textwrap.dedent(source))
        yield str(path)
