# SPDX-License-Identifier: Apache-2.0
"""Errors in the form in which they travel: {type, message, traceback}.

Belongs here: the error types of the worker itself, and how an exception of user code is described.
Does not: when they occur.
Invariant: every text made here can be encoded by both codecs and is of bounded length.
"""

from __future__ import annotations

from slipway_worker.user_frames import first_user_frame

# Error types of the worker itself. They are the names of no builtin exceptions, and those of user
# code come with their module, so a host can tell them apart.
UNKNOWN_COMMAND = "UnknownCommand"
INVALID_ARGUMENTS = "InvalidArguments"
SESSION_REQUIRED = "SessionRequired"
MALFORMED_REQUEST = "MalformedRequest"
PROTOCOL_MISMATCH = "ProtocolMismatch"
RESULT_NOT_ENCODABLE = "ResultNotEncodable"
RESULT_TOO_LARGE = "ResultTooLarge"

# Enough for any traceback that a human reads; a megabyte of repr() in a message helps nobody.
_MAX_TEXT_CHARS = 64 * 1024


class RemoteError(Exception):
    """Refuses one request with an error type of the worker's own; no traceback goes with it."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type
        self.message = message


def describe_refusal(type: str, message: str, max_frame_bytes: int) -> dict[str, str]:
    """Returns a refusal by the worker itself as it travels."""
    return {"type": type, "message": _bounded(message, max_frame_bytes), "traceback": ""}


def describe_exception(error: BaseException, max_frame_bytes: int) -> dict[str, str]:
    """Returns an exception of user code as it travels: its traceback begins in user code and has
    the chain of causes.
    """
    # Imported with the first error, not at start: it would be a quarter of the start time.
    import traceback

    frames = first_user_frame(error.__traceback__)
    try:
        text = "".join(traceback.format_exception(type(error), error, frames))
    except Exception as failure:
        # An exception class of the user's may raise in its __str__ or __cause__.
        text = f"(no traceback: formatting it raised {qualified_name(type(failure))})\n"
    try:
        message = str(error)
    except Exception as failure:
        message = f"(no message: str() of it raised {qualified_name(type(failure))})"
    return {
        "type": qualified_name(type(error)),
        "message": _bounded(message, max_frame_bytes),
        "traceback": _bounded(text, max_frame_bytes),
    }


def qualified_name(of: type) -> str:
    """Returns `ValueError` for a builtin class and `package.module.Name` for any other."""
    if of.__module__ == "builtins":
        return of.__qualname__
    return f"{of.__module__}.{of.__qualname__}"


def _bounded(text: str, max_frame_bytes: int) -> str:
    # Half of a frame for message and traceback together, at six bytes a character: what JSON's
    # \u escapes take. The middle is what can be spared: a message says most at its beginning, a
    # traceback at its end.
    limit = min(_MAX_TEXT_CHARS, max_frame_bytes // 24)
    if len(text) > limit:
        left_out = len(text) - limit
        head, tail = text[: limit // 2], text[-(limit // 2) :]
        text = f"{head}\n... {left_out} characters left out ...\n{tail}"
    # File names and messages may hold lone surrogates, which have no UTF-8 form.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
