# SPDX-License-Identifier: Apache-2.0
"""Runs Python functions inside a worker process that a Slipway pool supervises.

    from slipway_worker import command

    @command("score")
    def score(features, weight=1.0):
        return sum(features) * weight

The host starts ``python3 -m slipway_worker --mode pool-worker --worker-id ID --module MODULE`` and
calls `score` by name; see README.md for sessions, hooks, errors and exit codes.
"""

from __future__ import annotations

from slipway_worker.registry import (
    RegistrationError,
    command,
    extends,
    on_session_end,
    on_start,
)
from slipway_worker.sessions import Session

__all__ = ["RegistrationError", "Session", "command", "extends", "on_session_end", "on_start"]

__version__ = "0.1.0"
