# SPDX-License-Identifier: Apache-2.0
"""What the worker has done so far, for `get_stats` and for the host watch.

Belongs here: counters and the phase. Does not: deciding anything from them.
Written by the serving thread only; the watch thread reads single fields.
"""

from __future__ import annotations

import time

# The phases of a worker, in their order.
STARTING = "starting"  # imports the user's module, runs its start hooks
SERVING = "serving"
STOPPING = "stopping"  # `shutdown` came: ends sessions, runs exit handlers


class Progress:
    """Counts the answers sent: `ok` with a result, `failed` with an error."""

    __slots__ = ("ok", "failed", "phase", "_started_at")

    def __init__(self) -> None:
        self.ok = 0
        self.failed = 0
        self.phase = STARTING
        self._started_at = time.monotonic()

    @property
    def answered(self) -> int:
        return self.ok + self.failed

    @property
    def uptime_s(self) -> float:
        return time.monotonic() - self._started_at
