# SPDX-License-Identifier: Apache-2.0
"""Answers with values that are no response.

--shape map      a map with the right id, but without `success` (default)
--shape list     no map at all
--shape result   a response to `ping` whose result is a string instead of a map
--shape error    a failure whose error is a number
"""

from bridge_protocol import start

bridge = start(
    lambda parser: parser.add_argument(
        "--shape", choices=("map", "list", "result", "error"), default="map"
    )
)
while True:
    request = bridge.read_request()
    if request is None:
        break
    bridge.write_value(
        {
            "map": {"id": request["id"], "status": "ok"},
            "list": [request["id"], True, "ok"],
            "result": {"id": request["id"], "success": True, "result": "ok"},
            "error": {"id": request["id"], "success": False, "error": 7},
        }[bridge.options.shape]
    )
