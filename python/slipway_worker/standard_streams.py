# SPDX-License-Identifier: Apache-2.0
"""Moves the frame pipes away from descriptors 0 and 1, so that nothing else can touch them.

After `take_frame_descriptors` a print, a C extension that writes to descriptor 1, and a program
that user code starts all write to standard error, and all read an empty standard input.
"""

from __future__ import annotations

import fcntl
import io
import os
import sys

# Above what programs assign by number (shells use 3 to 9).
_LOWEST_FRAME_DESCRIPTOR = 10


class NoFramePipes(Exception):
    """Descriptor 0 or 1 is closed or a terminal: no host is at the other end."""


def take_frame_descriptors() -> tuple[int, int]:
    """Returns the descriptors for reading and writing frames, and redirects 0 and 1.

    Both are close-on-exec, so that no program which user code starts holds them; a child that is
    forked without exec has them replaced by /dev/null, and so cannot speak in the worker's name.
    Errors: NoFramePipes. Must run before any user code.
    """
    if not _is_open(2):
        # Before anything else is opened, which would get the free number.
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)
        os.set_inheritable(2, True)
        sys.stderr = open(2, "w", closefd=False)
    command_descriptor = _moved(0, "standard input")
    result_descriptor = _moved(1, "standard output")
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    _write_lines_that_never_fail()

    def detach_in_child() -> None:
        null_in_child = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        os.dup2(null_in_child, command_descriptor, inheritable=False)
        os.dup2(null_in_child, result_descriptor, inheritable=False)
        os.close(null_in_child)

    os.register_at_fork(after_in_child=detach_in_child)
    return command_descriptor, result_descriptor


def _moved(descriptor: int, name: str) -> int:
    if not _is_open(descriptor):
        raise NoFramePipes(f"{name} is closed; the host's pipe belongs there")
    if os.isatty(descriptor):
        raise NoFramePipes(f"{name} is a terminal; a worker is started by a host, through pipes")
    moved: int = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _LOWEST_FRAME_DESCRIPTOR)
    # A host may have made its pipes non-blocking for its own use.
    os.set_blocking(moved, True)
    return moved


def _is_open(descriptor: int) -> bool:
    try:
        fcntl.fcntl(descriptor, fcntl.F_GETFD)
    except OSError:
        return False
    return True


def _write_lines_that_never_fail() -> None:
    # Line by line, so that the host's log has them in order; and with escapes instead of an
    # exception, since a print of an unusual character must not fail a request.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
