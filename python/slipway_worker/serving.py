# SPDX-License-Identifier: Apache-2.0
"""The worker's loop: one request, one response, in order.

Belongs here: which answer a request gets. Does not: bytes (frames, codecs), or the life of the
process (__main__).
Invariants:
  (1) every request whose id can be read gets exactly one response with that id, unless it ends the
      process (SystemExit, a crash, a kill): then the host learns of it from the process;
  (2) no exception of user code ends the loop, SystemExit excepted;
  (3) a response is encoded whole before its first byte is written.
The loop is written for speed: a small request costs a few microseconds besides its system calls.
"""

from __future__ import annotations

import os
import sys

from slipway_worker import progress
from slipway_worker.frames import FrameTooLong
from slipway_worker.protocol import PROTOCOL_VERSION
from slipway_worker.registry import Command
from slipway_worker.remote_errors import (
    INVALID_ARGUMENTS,
    MALFORMED_REQUEST,
    PROTOCOL_MISMATCH,
    RESULT_NOT_ENCODABLE,
    RESULT_TOO_LARGE,
    SESSION_REQUIRED,
    UNKNOWN_COMMAND,
    RemoteError,
    describe_exception,
    describe_refusal,
    qualified_name,
)
from slipway_worker.sessions import SessionTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from slipway_worker.codecs import Codec
    from slipway_worker.frames import FrameReader, FrameWriter, Payload
    from slipway_worker.registry import Registry
    from slipway_worker.sessions import Session

_QUOTED_BYTES = 48


class ProtocolError(Exception):
    """The stream cannot be understood from here on; the message is for the host's log."""


class Server:
    """Answers the requests of one host with the commands of one registry."""

    def __init__(
        self,
        worker_id: str,
        registry: Registry,
        codec: Codec,
        max_frame_bytes: int,
        progress_of_worker: progress.Progress,
    ) -> None:
        self._worker_id = worker_id
        self._registry = registry
        self._codec = codec
        self._max_frame_bytes = max_frame_bytes
        self._progress = progress_of_worker
        self._sessions = SessionTable()
        self._commands: dict[str, Command] = {
            **registry.commands,
            "ping": Command("ping", self._ping),
            "get_stats": Command("get_stats", self._get_stats),
            "cleanup_session": Command("cleanup_session", self._cleanup_session),
            "shutdown": Command("shutdown", self._shutdown),
        }

    def serve(self, reader: FrameReader, writer: FrameWriter) -> bool:
        """Serves until `shutdown` was answered (True) or the input ends (False).

        Errors: ProtocolError; SystemExit of user code; OSError of the pipes.
        """
        try:
            return self._serve(reader, writer)
        except FrameTooLong as error:
            raise self._protocol_error(str(error), error.first_bytes) from None

    def _serve(self, reader: FrameReader, writer: FrameWriter) -> bool:
        # One function for the usual course of a request, with all it needs in local variables: each
        # call and each attribute would cost one percent of a round trip. What goes wrong is below.
        write_frame = writer.write_frame
        decode = self._codec.decode
        encode = self._codec.encode
        commands = self._commands
        max_frame_bytes = self._max_frame_bytes
        worker_progress = self._progress
        worker_progress.phase = progress.SERVING
        request: Any
        args: Any
        result: Any
        for payload in reader.frames():
            try:
                request = decode(payload)
                request_id = request["id"]
                if type(request_id) is not int or request_id < 0:
                    raise TypeError(f"{request_id!r} is no unsigned integer")
            except Exception as error:
                raise self._unreadable(payload, error) from None
            try:
                command = commands[request["command"]]
            except (KeyError, TypeError):
                write_frame(self._no_such_command(request_id, request))
                continue
            try:
                args = request["args"] if "args" in request else {}
                if type(args) is not dict or command.takes_session or "session_id" in args:
                    self._prepare_arguments(command, args)
                result = command.function(**args)
            except SystemExit:
                # User code ends the process. No answer goes out first: the host would believe in a
                # healthy worker and could give the next request to a dying one.
                raise
            except BaseException as error:
                body = self._failed_call(request_id, command, error)
            else:
                try:
                    body = encode({"id": request_id, "success": True, "result": result})
                    if len(body) > max_frame_bytes:
                        raise _too_large(command, len(body), max_frame_bytes)
                    worker_progress.ok += 1
                except Exception as error:
                    body = self._unsendable(request_id, command, result, error)
            write_frame(body)
            if worker_progress.phase is progress.STOPPING:
                return True
            # Each may be as large as a frame, and the wait for the next request long.
            payload = body = b""
            request = args = result = None
        return False

    def end_sessions(self) -> None:
        """Ends all sessions after `shutdown`; a hook that fails is reported on standard error."""
        for session in self._sessions.remove_all():
            try:
                self._end_session(session)
            except Exception as error:
                report = describe_exception(error, self._max_frame_bytes)
                sys.stderr.write(
                    f"{report['traceback']}"
                    f"slipway_worker: a hook failed at the end of {session!r}\n"
                )

    # --- what goes wrong with a request ---

    def _unreadable(self, payload: Payload, error: Exception) -> ProtocolError:
        # Without an id no answer could say to which request it belongs, so the stream ends here.
        try:
            self._codec.decode(payload)
        except Exception:
            what = f"is not {self._codec.name}"
        else:
            what = "is no request with an `id`"
        return self._protocol_error(
            f"a payload of {len(payload)} bytes {what} ({type(error).__name__}: {error})", payload
        )

    def _protocol_error(self, what: str, first_bytes: Payload) -> ProtocolError:
        return ProtocolError(
            f"{what}; this side speaks {self._codec.name}, protocol version {PROTOCOL_VERSION}; "
            f"it begins with {bytes(first_bytes[:_QUOTED_BYTES])!r}"
        )

    def _no_such_command(self, request_id: int, request: dict[Any, Any]) -> bytes:
        name = request.get("command")
        if type(name) is not str:
            return self._refusal(
                request_id, MALFORMED_REQUEST, f"`command` must be a string, not {name!r}"
            )
        known = ", ".join(sorted(self._commands))
        return self._refusal(
            request_id, UNKNOWN_COMMAND, f"there is no command {name!r}; known are {known}"
        )

    def _prepare_arguments(self, command: Command, args: object) -> None:
        if type(args) is not dict:
            raise RemoteError(
                MALFORMED_REQUEST,
                f"`args` of {command.name!r} must be a map, not a {qualified_name(type(args))}",
            )
        session_id = args.get("session_id")
        if session_id is not None and (type(session_id) is not str or not session_id):
            raise RemoteError(
                INVALID_ARGUMENTS, f"`session_id` must be a string with content, not {session_id!r}"
            )
        if not command.takes_session_id:
            # A host names the session with every request of it, whether or not a command cares.
            args.pop("session_id", None)
        if not command.takes_session:
            return
        if "session" in args:
            raise RemoteError(
                INVALID_ARGUMENTS,
                f"{command.name!r} gets its `session` from the worker; send `session_id`",
            )
        if session_id is not None:
            args["session"] = self._sessions.get_or_begin(session_id)
        elif command.requires_session:
            raise RemoteError(
                SESSION_REQUIRED, f"{command.name!r} works on a session; send `session_id` with it"
            )

    def _failed_call(self, request_id: int, command: Command, error: BaseException) -> bytes:
        if isinstance(error, RemoteError):
            return self._refusal(request_id, error.type, error.message)
        frames = error.__traceback__
        if type(error) is TypeError and frames is not None and frames.tb_next is None:
            # Raised by the call itself, before the function had a frame: the arguments do not fit.
            # A TypeError from inside the function has at least one frame more than the loop's own.
            return self._refusal(request_id, INVALID_ARGUMENTS, _with_signature(command, error))
        self._progress.failed += 1
        return self._encode_failure(request_id, describe_exception(error, self._max_frame_bytes))

    def _unsendable(
        self, request_id: int, command: Command, result: object, error: Exception
    ) -> bytes:
        if isinstance(error, RemoteError):
            return self._refusal(request_id, error.type, error.message)
        return self._refusal(
            request_id,
            RESULT_NOT_ENCODABLE,
            f"{command.name!r} returned a {qualified_name(type(result))} that has no form in "
            f"{self._codec.name}: {error}",
        )

    def _refusal(self, request_id: int, type: str, message: str) -> bytes:
        self._progress.failed += 1
        return self._encode_failure(
            request_id, describe_refusal(type, message, self._max_frame_bytes)
        )

    def _encode_failure(self, request_id: int, error: dict[str, str]) -> bytes:
        return self._codec.encode({"id": request_id, "success": False, "error": error})

    # --- what the worker answers itself ---

    def _ping(
        self,
        protocol: object = PROTOCOL_VERSION,
        codec: object = None,
        **_of_later_versions: object,
    ) -> dict[str, object]:
        own_codec = self._codec.name
        if protocol != PROTOCOL_VERSION or (codec is not None and codec != own_codec):
            raise RemoteError(
                PROTOCOL_MISMATCH,
                f"the host speaks protocol version {protocol} with codec {codec or own_codec}, "
                f"this worker speaks protocol version {PROTOCOL_VERSION} with codec {own_codec}",
            )
        return {
            "status": "ok",
            "protocol": PROTOCOL_VERSION,
            "codec": own_codec,
            "worker_id": self._worker_id,
            "pid": os.getpid(),
            "python": ".".join(str(part) for part in sys.version_info[:3]),
            "commands": sorted(self._commands),
        }

    def _get_stats(self) -> dict[str, object]:
        answer: dict[str, object] = {
            "requests": self._progress.answered,
            "ok": self._progress.ok,
            "failed": self._progress.failed,
            "sessions": len(self._sessions),
            "uptime_s": self._progress.uptime_s,
        }
        for extension in self._registry.extensions["get_stats"]:
            answer.update(extension())
        return answer

    def _cleanup_session(self, session_id: str) -> dict[str, object]:
        session = self._sessions.remove(session_id)
        if session is not None:
            self._end_session(session)
        answer: dict[str, object] = {"session_id": session_id, "existed": session is not None}
        for extension in self._registry.extensions["cleanup_session"]:
            answer.update(extension(session_id=session_id))
        return answer

    def _shutdown(self) -> dict[str, object]:
        self._progress.phase = progress.STOPPING
        return {}

    def _end_session(self, session: Session) -> None:
        # Every hook runs: one that fails must not leave another's resources behind.
        failure: Exception | None = None
        for hook in self._registry.session_end_hooks:
            try:
                hook(session)
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure


def _too_large(command: Command, length: int, max_frame_bytes: int) -> RemoteError:
    return RemoteError(
        RESULT_TOO_LARGE,
        f"the response of {command.name!r} takes {length} bytes, "
        f"the limit of a frame is {max_frame_bytes}",
    )


def _with_signature(command: Command, error: TypeError) -> str:
    # Imported with the first such error, not at start: it would be a third of the start time.
    import inspect

    try:
        signature = str(inspect.signature(command.function))
    except (TypeError, ValueError):
        return str(error)
    return f"{error}; the signature of {command.name!r} is {signature}"
