# SPDX-License-Identifier: Apache-2.0
"""Closes its standard output on the first request and lives on until its input ends."""

import os

from bridge_protocol import start

bridge = start()
bridge.read_request()
os.close(1)
bridge.read_until_end()
# Without the interpreter's own end, which would complain that it cannot flush.
os._exit(0)
