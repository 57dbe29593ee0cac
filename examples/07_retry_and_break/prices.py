# SPDX-License-Identifier: Apache-2.0
"""Commands that fail as a library does that crashes its process."""

from __future__ import annotations

import os
import sys

from slipway_worker import command


@command("price")
def price(item: str) -> float:
    """Returns a price; the first worker of a pool crashes instead."""
    if sys.argv[sys.argv.index("--worker-id") + 1].endswith("/1"):
        os._exit(3)
    return 0.5 * len(item)


@command("broken_price")
def broken_price(item: str) -> float:
    """Crashes in every worker."""
    print(f"no price of {item}", file=sys.stderr, flush=True)
    os._exit(3)
