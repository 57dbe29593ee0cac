# SPDX-License-Identifier: Apache-2.0
"""Fails before it reads anything: a traceback on standard error and exit code 1."""

from bridge_protocol import start

start()
raise RuntimeError("this bridge cannot start")
