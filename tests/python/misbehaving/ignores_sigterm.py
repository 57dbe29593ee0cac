# SPDX-License-Identifier: Apache-2.0
"""Behaves well until it should end: then neither `shutdown`, end of input nor SIGTERM ends it."""

import signal

from bridge_protocol import start

signal.signal(signal.SIGTERM, signal.SIG_IGN)
start().serve()
while True:
    signal.pause()
