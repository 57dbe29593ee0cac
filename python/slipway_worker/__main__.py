# SPDX-License-Identifier: Apache-2.0
"""The worker process: from its first instruction to its exit code.

  take the pipes -> watch the host -> load the codec -> import the module -> start hooks -> serve

Nothing of the user's runs before the pipes are out of reach and the host is being watched.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys

from slipway_worker import command_line, exit_codes
from slipway_worker.codecs import CodecUnavailable, load_codec
from slipway_worker.frames import FrameReader, FrameWriter
from slipway_worker.host_watch import HostWatch, end_with_host
from slipway_worker.progress import Progress
from slipway_worker.registry import default_registry
from slipway_worker.serving import ProtocolError, Server
from slipway_worker.standard_streams import NoFramePipes, take_frame_descriptors
from slipway_worker.user_frames import first_user_frame
from slipway_worker.user_module import import_user_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main(arguments: list[str]) -> int:
    """Runs a worker; returns its exit code, unless it must end at once."""
    if "--help" in arguments or "-h" in arguments:
        sys.stdout.write(command_line.USAGE)
        return exit_codes.OK
    try:
        options = command_line.parse(arguments)
        command_descriptor, result_descriptor = take_frame_descriptors()
    except (command_line.UsageError, NoFramePipes) as error:
        sys.stderr.write(f"slipway_worker: {error}\n{command_line.USAGE}")
        return exit_codes.USAGE

    _set_signals()
    progress = Progress()
    host_pid = os.getppid() if options.parent_pid is None else options.parent_pid
    HostWatch(command_descriptor, result_descriptor, host_pid, progress).start()
    try:
        codec = load_codec(options.codec)
    except CodecUnavailable as error:
        _end(exit_codes.ENVIRONMENT, f"slipway_worker: {error}\n")
    _start_user_code(options.module, options.worker_id)
    # What the module loaded stays for ever: the collector need not walk it again and again.
    gc.collect()
    gc.freeze()

    server = Server(
        options.worker_id, default_registry, codec, options.max_frame_bytes, progress
    )
    try:
        was_shut_down = server.serve(
            FrameReader(command_descriptor, options.max_frame_bytes),
            FrameWriter(result_descriptor),
        )
    except ProtocolError as error:
        _end(exit_codes.PROTOCOL_ERROR, f"slipway_worker: protocol error: {error}\n")
    except ConnectionError:
        end_with_host()
    if not was_shut_down:
        end_with_host()
    server.end_sessions()
    return exit_codes.OK


def _set_signals() -> None:
    # A crash in a C extension then leaves the Python lines that led to it on standard error.
    faulthandler.enable()
    # The default action ends the process at once and without a word, even while a C extension
    # holds the interpreter; a handler written in Python would have to wait for it.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
    # Ctrl-C on a terminal reaches the whole foreground group; the host decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _start_user_code(module: str, worker_id: str) -> None:
    stage = f"importing the module {module!r}"
    try:
        import_user_module(module)
        for hook in default_registry.start_hooks:
            stage = f"the start hook {hook.__qualname__!r} of {module!r}"
            hook(worker_id)
    except BaseException as error:
        # SystemExit too: a module that ends the process on import has failed to start.
        _end(exit_codes.START_FAILED, _start_report(stage, error))


def _start_report(stage: str, error: BaseException) -> str:
    import traceback

    frames = first_user_frame(error.__traceback__)
    text = "".join(traceback.format_exception(type(error), error, frames))
    place = f"interpreter {sys.executable}, working directory {os.getcwd()}"
    return f"{text}slipway_worker: {stage} failed ({place})\n"


def _end(exit_code: int, report: str) -> NoReturn:
    # Without the interpreter's own end: threads and exit handlers of user code could hold it up.
    try:
        sys.stdout.flush()
        sys.stderr.write(report)
        sys.stderr.flush()
    except OSError:
        # Nobody reads standard error; the exit code must do.
        pass
    os._exit(exit_code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
