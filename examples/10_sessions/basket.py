# SPDX-License-Identifier: Apache-2.0
"""A basket for each session, and a command that crashes the process."""

from __future__ import annotations

import os

from slipway_worker import Session, command


@command("add")
def add(session: Session, item: str) -> int:
    """Puts an item into the basket of the session; returns how many are in it."""
    basket = session.state.setdefault("basket", [])
    basket.append(item)
    return len(basket)


@command("crash")
def crash() -> None:
    """Ends the process, and with it every basket that it holds."""
    os._exit(3)
