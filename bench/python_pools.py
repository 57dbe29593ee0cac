#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a call costs with the two process pools of Python's standard library.

The same echo, arguments and interpreter as in python_calls_bench.cpp, one worker each. Prints one
JSON object: for each row the time of a call [s], once a repetition; the rows alternate.

    python3 bench/python_pools.py [--repetitions N] [--calls N]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "tests" / "python")]

from echo_worker_module import echo  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

# As small_payload() in payloads.hpp.
PAYLOAD = {
    "text": "to be, or not to be, that is the question",
    "top": 10,
    "weight": 0.75,
    "tags": ["one", "two", "three"],
    "exact": True,
}
WARM_UP_CALLS = 50


def time_of_call(call: Callable[[], object], calls: int) -> float:
    """Returns the time of one of `calls` calls [s]."""
    begin = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - begin) / calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--calls", type=int, default=300, help="calls in one repetition")
    options = parser.parse_args()

    # The pool first: both fork, and a fork beside the executor's threads is best avoided.
    with multiprocessing.Pool(1) as pool, ProcessPoolExecutor(1) as executor:
        rows: dict[str, Callable[[], object]] = {
            "multiprocessing_pool_apply/100B": lambda: pool.apply(echo, kwds=PAYLOAD),
            "process_pool_executor/100B": lambda: executor.submit(echo, **PAYLOAD).result(),
        }
        for call in rows.values():
            if call() != PAYLOAD:
                sys.exit("python_pools.py: a pool did not give the payload back")
            time_of_call(call, WARM_UP_CALLS)
        seconds: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(options.repetitions):
            for name, call in rows.items():
                seconds[name].append(time_of_call(call, options.calls))
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main()
