# SPDX-License-Identifier: Apache-2.0
from slipway_worker import command


@command("add")
def add(left: int, right: int) -> int:
    return left + right
