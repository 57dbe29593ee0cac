# SPDX-License-Identifier: Apache-2.0
"""Answers every ping and no other request."""

from bridge_protocol import start

bridge = start()
request = bridge.read_request()
while request is not None:
    if request["command"] == "ping":
        bridge.answer(request)
    request = bridge.read_request()
