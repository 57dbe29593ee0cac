# SPDX-License-Identifier: Apache-2.0
"""Answers the first request with the first half of a frame, and no more after that."""

from bridge_protocol import start, write_bytes

bridge = start()
request = bridge.read_request()
if request is not None:
    frame = bridge.frame({"id": request["id"], "success": True, "result": bridge.result(request)})
    write_bytes(frame[: len(frame) // 2])
    bridge.read_until_end()
