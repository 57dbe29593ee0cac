# SPDX-License-Identifier: Apache-2.0
"""Ends the worker when its host is gone, even while user code computes or blocks.

Belongs here: noticing, and ending quietly. Does not: reading frames (the serving loop sees the end
of its input by itself when it is idle).

A thread sleeps in poll() on three descriptors, none of which wakes it while the host lives: traffic
on the pipes does not (only their hang-up is asked for), so a request costs nothing more.

  what poll says                           what it means                      what happens
  pidfd readable                           the host's process has ended       end at once
  result pipe in error                     nobody reads answers any more      end at once
  command pipe hung up, the others quiet   the host closed it and may still   end when nothing is
                                           read what it already asked for     answered for a while

Limits: a thread needs the interpreter, which a C extension may hold for as long as it computes.
Against that the host has signals (SIGTERM keeps its default action here) and may set PDEATHSIG.
The worker does not set PDEATHSIG itself: it follows the thread that forked the worker, which in a
host unknown to us may end any time.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import termios
import threading

from slipway_worker import exit_codes, progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# After the host closed the command pipe: what a request that was already sent may still take.
# Answers of small requests leave in microseconds; whoever closes the pipe does not wait for others.
HALF_CLOSED_PATIENCE_MS = 200


def end_with_host() -> NoReturn:
    """Ends this process without a word, and its process group with it when it leads one.

    No exit handlers and no hooks run: nobody is there for whom they would do it, and they could
    block. Programs that user code started are in the group, and must not outlive a host that was
    SIGKILLed and so cannot end them. Any thread.
    """
    own_group = os.getpgrp()
    if own_group == os.getpid():
        with contextlib.suppress(OSError):
            # In the host's group for its last moment, so that it does not die of its own signal
            # and a living host sees the exit code. Where that is not possible, since the host is
            # dead or in another session, it dies of the signal.
            os.setpgid(0, os.getpgid(os.getppid()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(own_group, signal.SIGKILL)
    os._exit(exit_codes.OK)


class HostWatch:
    """Watches one host; `start` it before any user code runs."""

    def __init__(
        self,
        command_descriptor: int,
        result_descriptor: int,
        host_pid: int,
        progress_of_worker: progress.Progress,
    ) -> None:
        self._command_descriptor = command_descriptor
        self._progress = progress_of_worker
        host = _pidfd(host_pid)
        self._host = None if host is None else _poll([], host)
        self._listener = _poll([result_descriptor], host)
        self._anything = _poll([command_descriptor, result_descriptor], host)

    def start(self) -> None:
        threading.Thread(target=self._watch, name="slipway host watch", daemon=True).start()

    def _watch(self) -> None:
        self._anything.poll()
        while self._progress.phase != progress.STOPPING and self._may_answer_yet():
            pass
        if self._progress.phase == progress.STOPPING:
            # The host asked for an orderly end: hooks may take their time, and closed pipes only
            # say that it has heard enough.
            if self._host is None:
                return
            self._host.poll()
        end_with_host()

    def _may_answer_yet(self) -> bool:
        answered_before = self._progress.answered
        if self._listener.poll(HALF_CLOSED_PATIENCE_MS):
            return False
        if self._progress.phase == progress.STARTING:
            # Requests that came before the end wait for the module to be imported.
            return _unread_bytes(self._command_descriptor) > 0
        return self._progress.answered != answered_before


def _poll(pipes: list[int], process: int | None) -> select.poll:
    poll = select.poll()
    for pipe in pipes:
        # No event is asked for: a hang-up or an error is reported all the same, traffic is not.
        poll.register(pipe, 0)
    if process is not None:
        poll.register(process, select.POLLIN)
    return poll


def _pidfd(pid: int) -> int | None:
    if pid == 0 or not hasattr(os, "pidfd_open"):
        # 0: the parent lives in another pid namespace. Then the pipes alone must tell.
        return None
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        # The host died between starting this process and now.
        end_with_host()
    except OSError:
        return None


def _unread_bytes(descriptor: int) -> int:
    try:
        answer = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0")
    except OSError:
        return 0
    return int(struct.unpack("i", answer)[0])
