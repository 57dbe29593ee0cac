# SPDX-License-Identifier: Apache-2.0
"""Writes `--bytes N` to standard error before it reads its first request, then behaves well.

A host that does not read standard error while it waits for the handshake never gets one. With
--one-line the flood has no line end.
"""

import sys

from bridge_protocol import start


def add_arguments(parser):
    parser.add_argument("--bytes", type=int, default=8 * 1024 * 1024)
    parser.add_argument("--one-line", action="store_true")


bridge = start(add_arguments)
line = b"stderr flood " * 6 + (b"" if bridge.options.one_line else b"\n")
written = 0
while written < bridge.options.bytes:
    written += sys.stderr.buffer.write(line)
sys.stderr.buffer.flush()
bridge.serve()
