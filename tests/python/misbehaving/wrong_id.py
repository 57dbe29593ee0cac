# SPDX-License-Identifier: Apache-2.0
"""Answers every request under an id that nobody asked with."""

from bridge_protocol import start

bridge = start()
while True:
    request = bridge.read_request()
    if request is None:
        break
    bridge.answer({**request, "id": request["id"] + 1000})
