# SPDX-License-Identifier: Apache-2.0
"""Answers the handshake, then the first half of a frame for the next request, and no more."""

from bridge_protocol import start, write_bytes

bridge = start()
handshake = bridge.read_request()
if handshake is not None:
    write_bytes(
        bridge.frame({"id": handshake["id"], "success": True, "result": bridge.result(handshake)})
    )
request = bridge.read_request()
if request is not None:
    frame = bridge.frame({"id": request["id"], "success": True, "result": {"half": True}})
    write_bytes(frame[: len(frame) // 2])
    bridge.read_until_end()
