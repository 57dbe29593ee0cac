# SPDX-License-Identifier: Apache-2.0
"""Answers every call under its own id with what the call before it should have got, the first one with nothing."""

from bridge_protocol import start

bridge = start()
before = {"command": "echo"}
while True:
    request = bridge.read_request()
    if request is None:
        break
    if request["command"] in ("ping", "shutdown"):
        bridge.answer(request)
        if request["command"] == "shutdown":
            break
        continue
    bridge.answer({**before, "id": request["id"]})
    before = request
