# SPDX-License-Identifier: Apache-2.0
"""Takes `--delay SECONDS` before it reads its first request, and then behaves well."""

import time

from bridge_protocol import start

bridge = start(lambda parser: parser.add_argument("--delay", type=float, default=5.0))
time.sleep(bridge.options.delay)
bridge.serve()
