# SPDX-License-Identifier: Apache-2.0
"""What the misbehaving programs have in common: arguments, frames, and correct answers.

Each program beside this one breaks one rule and keeps all others, so that a test which starts it
knows what it met. Arguments that a host may add for a well-behaved worker are accepted and ignored.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import struct
import sys
from typing import Any, Callable, Optional

# A test that fails must not leave a program behind for ever.
_LIFETIME_S = 300


class Bridge:
    """One program's side of the pipes."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        if options.codec == "msgpack":
            import msgpack

            self._encode: Callable[[object], bytes] = msgpack.packb
            self._decode: Callable[[bytes], Any] = msgpack.unpackb
        else:
            self._encode = lambda value: json.dumps(value).encode()
            self._decode = json.loads

    def read_request(self) -> Optional[dict[str, Any]]:
        """Returns the next request, or None when the host closed the pipe."""
        header = sys.stdin.buffer.read(4)
        if len(header) < 4:
            return None
        payload = sys.stdin.buffer.read(struct.unpack(">I", header)[0])
        request: dict[str, Any] = self._decode(payload)
        return request

    def write_value(self, value: object) -> None:
        write_bytes(self.frame(value))

    def frame(self, value: object) -> bytes:
        payload = self._encode(value)
        return struct.pack(">I", len(payload)) + payload

    def answer(self, request: dict[str, Any]) -> None:
        """Answers as a worker should: `ping` with a handshake, all else with its args."""
        self.write_value({"id": request["id"], "success": True, "result": self.result(request)})

    def result(self, request: dict[str, Any]) -> Any:
        if request["command"] == "ping":
            return {
                "protocol": 1,
                "codec": self.options.codec,
                "worker_id": self.options.worker_id,
                "pid": os.getpid(),
                "python": ".".join(str(part) for part in sys.version_info[:3]),
                "commands": ["echo", "ping", "shutdown"],
            }
        return request.get("args", {})

    def serve(self) -> None:
        """Behaves well until `shutdown` or the end of input."""
        while True:
            request = self.read_request()
            if request is None:
                return
            self.answer(request)
            if request["command"] == "shutdown":
                return

    def read_until_end(self) -> None:
        """Takes requests without answering until the host closes the pipe."""
        while self.read_request() is not None:
            pass


def start(
    add_arguments: Callable[[argparse.ArgumentParser], object] = lambda parser: None,
) -> Bridge:
    """Reads the command line of a bridge, with the arguments that `add_arguments` adds."""
    signal.alarm(_LIFETIME_S)
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--mode", required=True)
    parser.add_argument("--worker-id", required=True)
    parser.add_argument("--codec", choices=("msgpack", "json"), default="json")
    add_arguments(parser)
    options, _of_real_workers = parser.parse_known_args()
    return Bridge(options)


def write_bytes(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
