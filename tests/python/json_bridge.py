# SPDX-License-Identifier: Apache-2.0
"""A bridge script of the older kind: no package, frames of JSON, errors as plain strings.

Started as `python3 json_bridge.py --mode pool-worker --worker-id ID`. It shows that a pool can
drive any program that speaks the protocol, and serves the commands such bridges have in common.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import struct
import sys
import time
from typing import Any, BinaryIO, Optional


class Bridge:
    def __init__(self, worker_id: str) -> None:
        self._worker_id = worker_id
        self._started_at = time.monotonic()
        self._requests = 0
        self._programs: dict[str, dict[str, Any]] = {}
        self._language_model: dict[str, Any] = {}
        self._handlers = {
            "ping": self._ping,
            "echo": lambda args: args,
            "raise_error": self._raise_error,
            "configure_lm": self._configure_lm,
            "create_program": self._create_program,
            "execute_program": self._execute_program,
            "list_programs": self._list_programs,
            "get_program_info": self._get_program_info,
            "delete_program": self._delete_program,
            "get_stats": self._get_stats,
            "cleanup_session": self._cleanup_session,
            "cleanup": self._cleanup,
            "reset_state": self._reset_state,
            "shutdown": lambda args: {"status": "shutting_down", "worker_id": self._worker_id},
        }

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        self._requests += 1
        command = request.get("command")
        response: dict[str, Any] = {"id": request["id"], "timestamp": _now()}
        try:
            if command not in self._handlers:
                raise LookupError(f"Unknown command: {command}")
            response["result"] = self._handlers[command](request.get("args") or {})
            response["success"] = True
        except Exception as error:
            response["success"] = False
            response["error"] = str(error)
        return response

    def _ping(self, args: dict[str, Any]) -> dict[str, Any]:
        return {
            "status": "ok",
            "worker_id": self._worker_id,
            "mode": "pool-worker",
            "pid": os.getpid(),
            "timestamp": _now(),
        }

    def _raise_error(self, args: dict[str, Any]) -> None:
        raise ValueError(args.get("message", "raised on request"))

    def _configure_lm(self, args: dict[str, Any]) -> dict[str, Any]:
        self._language_model = args
        return {"status": "configured", "model": args.get("model")}

    def _create_program(self, args: dict[str, Any]) -> dict[str, Any]:
        program_id = args["id"]
        if program_id in self._programs:
            raise ValueError(f"Program already exists: {program_id}")
        self._programs[program_id] = {
            "id": program_id,
            "signature": args.get("signature", {}),
            "session_id": args.get("session_id"),
            "created_at": _now(),
            "executions": 0,
        }
        return {"program_id": program_id, "status": "created"}

    def _execute_program(self, args: dict[str, Any]) -> dict[str, Any]:
        program = self._program(args)
        program["executions"] += 1
        inputs = args.get("inputs", {})
        fields = program["signature"].get("outputs")
        if fields is None:
            return {"program_id": program["id"], "outputs": inputs}
        text = ", ".join(f"{name}={value}" for name, value in inputs.items())
        outputs = {field["name"]: f"{field['name']}({text})" for field in fields}
        return {"program_id": program["id"], "outputs": outputs}

    def _list_programs(self, args: dict[str, Any]) -> dict[str, Any]:
        programs = [
            program
            for program in self._programs.values()
            if args.get("session_id") in (None, program["session_id"])
        ]
        return {"programs": programs, "total_count": len(programs)}

    def _get_program_info(self, args: dict[str, Any]) -> dict[str, Any]:
        return self._program(args)

    def _delete_program(self, args: dict[str, Any]) -> dict[str, Any]:
        program = self._program(args)
        del self._programs[program["id"]]
        return {"program_id": program["id"], "status": "deleted"}

    def _get_stats(self, args: dict[str, Any]) -> dict[str, Any]:
        return {
            "programs_count": len(self._programs),
            "command_count": self._requests,
            "uptime": time.monotonic() - self._started_at,
            "worker_id": self._worker_id,
        }

    def _cleanup_session(self, args: dict[str, Any]) -> dict[str, Any]:
        session_id = args["session_id"]
        ended = [
            program["id"]
            for program in self._programs.values()
            if program["session_id"] == session_id
        ]
        for program_id in ended:
            del self._programs[program_id]
        return {"session_id": session_id, "programs_removed": len(ended)}

    def _cleanup(self, args: dict[str, Any]) -> dict[str, Any]:
        removed = len(self._programs)
        self._programs.clear()
        return {"status": "cleaned", "programs_removed": removed}

    def _reset_state(self, args: dict[str, Any]) -> dict[str, Any]:
        self._language_model = {}
        return {**self._cleanup(args), "status": "reset"}

    def _program(self, args: dict[str, Any]) -> dict[str, Any]:
        program_id = args.get("program_id")
        if program_id not in self._programs:
            raise LookupError(f"Program not found: {program_id}")
        return self._programs[program_id]


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def read_frame(stream: BinaryIO) -> Optional[bytes]:
    header = stream.read(4)
    if len(header) < 4:
        return None
    (length,) = struct.unpack(">I", header)
    payload = stream.read(length)
    return payload if len(payload) == length else None


def write_frame(stream: BinaryIO, payload: bytes) -> None:
    stream.write(struct.pack(">I", len(payload)) + payload)
    stream.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", required=True)
    parser.add_argument("--worker-id", required=True)
    options = parser.parse_args()
    bridge = Bridge(options.worker_id)
    while True:
        payload = read_frame(sys.stdin.buffer)
        if payload is None:
            return
        request = json.loads(payload)
        write_frame(sys.stdout.buffer, json.dumps(bridge.answer(request)).encode())
        if request.get("command") == "shutdown":
            return


if __name__ == "__main__":
    main()
