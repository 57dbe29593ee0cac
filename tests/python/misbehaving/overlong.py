# SPDX-License-Identifier: Apache-2.0
"""Announces an answer of 4 GiB less one byte, sends a few bytes of it, and stops."""

from bridge_protocol import start, write_bytes

bridge = start()
if bridge.read_request() is not None:
    write_bytes(b"\xff\xff\xff\xff" + b"first bytes of an answer")
    bridge.read_until_end()
