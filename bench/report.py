#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs all benchmarks of a build and prints one table: times, ratios, aims.

    python3 bench/report.py --build build/release [--repetitions N] [--filter REGEX] [--output FILE]
                            [--peers] [--nimble-pool FOLDER]

Everything runs once a round, for N rounds, so that a machine that slows down or is busy for a while
slows all rows alike. A time is the median of all its repetitions. A ratio is taken within each round
and then its median over the rounds, so it is steadier than the times are.

Rows of supervisors are compared with Erlang/OTP and Elixir: with --peers by running those here, if
they are installed; else with figures recorded on another machine, which says less. Likewise pools with
NimblePool, which runs beside ours when its sources are given with --nimble-pool.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

# Seconds that one repetition of a row takes at least, and repetitions a round.
MIN_TIME_S = 0.05
REPETITIONS_A_ROUND = 3
PYTHON_POOLS = "python_pools.py"
PEERS = "peers/supervisor_bench.escript"
NIMBLE_POOL_BENCH = "peers/pool_bench.exs"
# What the names of rows that a peer was measured for begin with.
PEER = "otp:"
NIMBLE_POOL = "nimble_pool:"
PROGRAMS = (
    "bench_python_calls",
    PYTHON_POOLS,
    "bench_pool",
    "bench_mailbox",
    "bench_telemetry",
    "bench_protocol",
    "bench_supervisor",
    "bench_simulation",
)
_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
# Of Google Benchmark's context; the rest names host and paths.
_VERSIONS = ("compiler", "caf", "boost", "msgpack_c", "build_type")


@dataclass(frozen=True)
class Aim:
    """What a row should reach: a time, or a ratio to its peer, of at most or at least `bound`."""

    bound: float
    kind: str  # "at most s", "at most x", "at least x"

    def text(self) -> str:
        if self.kind == "at most s":
            return "<= " + time_text(self.bound)
        return ("<= " if self.kind == "at most x" else ">= ") + f"{self.bound:g} x"

    def verdict(self, seconds: float, ratio: float | None) -> str:
        value = seconds if self.kind == "at most s" else ratio
        if value is None:
            return "peer missing"
        met = value >= self.bound if self.kind == "at least x" else value <= self.bound
        if met:
            return "met"
        if self.kind == "at most s":
            return f"short by {time_text(value - self.bound)}"
        return f"short by {abs(value - self.bound):.2f} x"


@dataclass(frozen=True)
class Row:
    """One line of the table; `name` is the benchmark's, without what Google Benchmark adds."""

    name: str
    peer: str = ""
    aim: Aim | None = None
    # What the peer took on another machine [s], for when it is not measured here.
    recorded: float | None = None
    recorded_as: str = ""


FLOOR = Aim(1.15, "at most x")
EIGHT_TIMES = Aim(8, "at least x")
LEVEL = Aim(1.2, "at most x")
HALF = Aim(0.5, "at most x")
FIFTH = Aim(0.2, "at most x")
TENTH = Aim(0.1, "at most x")
FIVE_NS = Aim(5e-9, "at most s")


def beside_otp(name: str, recorded: float) -> Row:
    return Row(name, PEER + name, HALF, recorded, "OTP, recorded elsewhere")


def beside_nimble_pool(name: str, aim: Aim | None, recorded: float | None = None) -> Row:
    return Row(name, NIMBLE_POOL + name, aim, recorded, "NimblePool, recorded elsewhere")


# Rows that are compared with others or have an aim. Any other row that runs is listed below them.
ROWS = (
    Row("pipe_by_hand/100B"),
    Row("client_call/100B", "pipe_by_hand/100B", FLOOR),
    Row("client_call_asleep/100B", "pipe_by_hand/100B"),
    Row("client_call_of_4_workers/100B", "pipe_by_hand/100B"),
    Row("async_call/100B", "pipe_by_hand/100B"),
    Row("python_pool_actor/100B", "pipe_by_hand/100B"),
    Row("pipe_by_hand/64KiB"),
    Row("client_call/64KiB", "pipe_by_hand/64KiB", FLOOR),
    Row("client_call_asleep/64KiB", "pipe_by_hand/64KiB"),
    Row("pipe_by_hand/16MiB"),
    Row("client_call/16MiB", "pipe_by_hand/16MiB", FLOOR),
    Row("client_call_asleep/16MiB", "pipe_by_hand/16MiB"),
    Row("process_pool_executor/100B", "client_call/100B", EIGHT_TIMES),
    Row("multiprocessing_pool_apply/100B", "client_call/100B", EIGHT_TIMES),
    # Recorded: NimblePool 1.1 on Elixir 1.14 on 2 cores, 2026-11-20; 5.2 to 6.9 and 7.1 to 7.5 us.
    beside_nimble_pool("checkout_checkin/workers:4/threads:1", TENTH, 6.0e-6),
    beside_nimble_pool("checkout_checkin/workers:4/threads:8", FIFTH, 7.3e-6),
    beside_nimble_pool("checkout_checkin/workers:4/threads:64", None),
    beside_nimble_pool("checkout_checkin/workers:1000/threads:1", TENTH, 6.0e-6),
    beside_nimble_pool("checkout_checkin/workers:1000/threads:8", FIFTH, 7.3e-6),
    beside_nimble_pool("checkout_checkin/workers:1000/threads:64", None),
    # What an event costs that nobody hears.
    Row("telemetry_disabled", aim=FIVE_NS),
    # No growth with the pool or with its queue.
    Row("hand_over/workers:4/queued:1"),
    Row("hand_over/workers:1000/queued:10000", "hand_over/workers:4/queued:1", LEVEL),
    Row("cancel_in_the_middle/queued:10000", "cancel_in_the_middle/queued:1000", LEVEL),
    # Recorded: OTP 25 and Elixir 1.14 on 2 cores, 2026-11-20; the first took 10 to 18 us.
    beside_otp("one_for_one_restart/window_ms:1", 14e-6),
    beside_otp("one_for_all_restart/children:1000", 10.9e-3),
    beside_otp("dynamic_start_child/children:100000", 40e-6),
    # No growth with restarts in the window, with siblings, with children.
    Row("one_for_one_restart/window_ms:3600000", "one_for_one_restart/window_ms:1", LEVEL),
    Row(
        "one_for_one_restart_among/children:10000",
        "one_for_one_restart_among/children:1000",
        LEVEL,
    ),
)


def time_text(seconds: float) -> str:
    """Gives three significant digits and a unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


@dataclass
class Measurements:
    """All times of all rows [s], by row and round."""

    names: list[str]
    rounds: list[dict[str, list[float]]] = field(default_factory=list)

    def has(self, name: str) -> bool:
        return any(times.get(name) for times in self.rounds)

    def seconds(self, name: str) -> float:
        return median(time for times in self.rounds for time in times.get(name, ()))

    def ratio(self, name: str, peer: str) -> float | None:
        ratios = [
            median(times[name]) / median(times[peer])
            for times in self.rounds
            if times.get(name) and times.get(peer)
        ]
        return median(ratios) if ratios else None


def cached(build: Path, variable: str) -> str:
    """Returns what CMake has stored for `variable` in this build."""
    cache = build / "CMakeCache.txt"
    if not cache.is_file():
        sys.exit(f"report.py: {build} is no build folder; `./dev bench` makes one and builds it")
    found = re.search(rf"^{variable}:\w+=(.*)$", cache.read_text(), re.MULTILINE)
    return found.group(1) if found else ""


def output_of(command: list[str]) -> str:
    """Runs a program to its end; ends this one with its error text if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        sys.exit(f"report.py: cannot run {command[0]}: {error.strerror}")
    if done.returncode != 0:
        sys.exit(f"report.py: {Path(command[0]).name} failed:\n{done.stderr.strip()}")
    return done.stdout


class Program:
    """One program with those of its rows that are wanted."""

    def __init__(self, command: list[str], names: list[str]) -> None:
        self._command = command
        self.names = names
        self.context: dict[str, Any] = {}

    def run(self) -> dict[str, list[float]]:
        wanted = "|".join(re.escape(name) for name in self.names)
        answer = json.loads(
            output_of(
                [
                    *self._command,
                    f"--benchmark_filter=^({wanted})$",
                    f"--benchmark_min_time={MIN_TIME_S}",
                    f"--benchmark_repetitions={REPETITIONS_A_ROUND}",
                    "--benchmark_enable_random_interleaving=true",
                    "--benchmark_format=json",
                ]
            )
        )
        self.context = answer["context"]
        times: dict[str, list[float]] = {}
        for run in answer["benchmarks"]:
            if run.get("error_occurred"):
                sys.exit(f"report.py: {run['name']} failed: {run['error_message']}")
            if run["run_type"] == "iteration":
                seconds = run["real_time"] * _UNITS[run["time_unit"]]
                times.setdefault(short(run["name"]), []).append(seconds)
        return times


class OtherProgram:
    """The process pools of Python's standard library, Erlang's supervisors, or NimblePool."""

    context: dict[str, Any] = {}

    def __init__(self, command: list[str], names: list[str]) -> None:
        self._command = command
        self.names = names

    def run(self) -> dict[str, list[float]]:
        times: dict[str, list[float]] = json.loads(output_of(self._command))
        return times


def short(name: str) -> str:
    return re.sub(r"/(real|process|manual)_time|/iterations:\d+", "", name)


def peers(wanted: re.Pattern[str]) -> list[Program | OtherProgram]:
    """Gives Erlang's and Elixir's rows, as far as both are here and our rows are wanted."""
    rows = [row.peer for row in ROWS if row.peer.startswith(PEER) and wanted.search(row.name)]
    escript = shutil.which("escript")
    if escript is None:
        print("report.py: no Erlang here, so no peers (Debian: erlang-base elixir)", file=sys.stderr)
        return []
    command = [escript, str(ROOT / "bench" / PEERS)]
    elixir = next(Path("/").glob("usr/lib/elixir/lib/elixir/ebin"), None)
    if elixir is None:
        print("report.py: no Elixir here, so no DynamicSupervisor beside ours", file=sys.stderr)
        rows = [row for row in rows if "dynamic" not in row]
    else:
        command.append(str(elixir))
    return [OtherProgram(command, rows)] if rows else []


def nimble_pool(sources: Path, wanted: re.Pattern[str]) -> list[Program | OtherProgram]:
    """Gives NimblePool's rows, if ours are wanted."""
    rows = [row.peer for row in ROWS if row.peer.startswith(NIMBLE_POOL) and wanted.search(row.name)]
    elixir = shutil.which("elixir")
    if elixir is None:
        sys.exit("report.py: NimblePool needs Elixir (Debian: elixir)")
    if not (sources / "lib" / "nimble_pool.ex").is_file():
        sys.exit(f"report.py: {sources} has no lib/nimble_pool.ex")
    command = [elixir, str(ROOT / "bench" / NIMBLE_POOL_BENCH), str(sources.resolve())]
    return [OtherProgram(command, rows)] if rows else []


def programs(build: Path, python: str, wanted: re.Pattern[str]) -> list[Program | OtherProgram]:
    chosen: list[Program | OtherProgram] = []
    for name in PROGRAMS:
        if name == PYTHON_POOLS:
            rows = [row.name for row in ROWS if row.aim is EIGHT_TIMES]
            if any(wanted.search(row) for row in rows):
                chosen.append(OtherProgram([python, str(ROOT / "bench" / name)], rows))
            continue
        path = build / "bench" / name
        if not path.is_file():
            sys.exit(f"report.py: {path} has not been built; `./dev bench` builds it")
        listed = output_of([str(path), "--benchmark_list_tests=true"]).split()
        rows = [row for row in listed if wanted.search(short(row))]
        if rows:
            chosen.append(Program([str(path)], rows))
    return chosen


def measure(chosen: list[Program | OtherProgram], rounds: int) -> Measurements:
    done = Measurements([short(name) for program in chosen for name in program.names])
    for index in range(rounds):
        times: dict[str, list[float]] = {}
        # Forwards and backwards in turn, so that none always runs first.
        for program in chosen if index % 2 == 0 else reversed(chosen):
            times.update(program.run())
        done.rounds.append(times)
        print(f"report.py: round {index + 1} of {rounds} done", file=sys.stderr)
    return done


def machine(chosen: list[Program | OtherProgram], python: str) -> dict[str, Any]:
    """Describes what was measured on and with; neither host nor paths."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"^model name\s*:\s*(.*)$", info.read_text(), re.MULTILINE)
    versions = "import platform, msgpack; print(platform.python_version(), *msgpack.version)"
    python_version, _, msgpack_version = output_of([python, "-c", versions]).strip().partition(" ")
    described: dict[str, Any] = {
        "cpu": model.group(1) if model else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": python_version,
        "python_msgpack": msgpack_version.replace(" ", "."),
    }
    for program in chosen:
        for key in _VERSIONS:
            if key in program.context:
                described[key] = program.context[key]
    return described


@dataclass(frozen=True)
class Result:
    """What became of one row."""

    row: Row
    seconds: float
    ratio: float | None
    compared_to: str

    def verdict(self) -> str:
        return self.row.aim.verdict(self.seconds, self.ratio) if self.row.aim else ""

    def as_cells(self) -> tuple[str, ...]:
        return (
            self.row.name,
            time_text(self.seconds),
            f"{self.ratio:.2f} x" if self.ratio else "",
            self.compared_to if self.ratio else "",
            self.row.aim.text() if self.row.aim else "",
            self.verdict(),
        )

    def as_json(self) -> dict[str, Any]:
        described: dict[str, Any] = {"row": self.row.name, "median_s": self.seconds}
        if self.ratio is not None:
            described |= {"ratio": round(self.ratio, 4), "to": self.compared_to}
        if self.row.aim:
            described |= {"aim": self.row.aim.text(), "verdict": self.verdict()}
        return described


def result_of(row: Row, measured: Measurements) -> Result:
    seconds = measured.seconds(row.name)
    if row.recorded is not None and not measured.has(row.peer):
        return Result(row, seconds, seconds / row.recorded, row.recorded_as)
    ratio = measured.ratio(row.name, row.peer) if row.peer else None
    return Result(row, seconds, ratio, row.peer)


def results_of(measured: Measurements) -> list[Result]:
    known = [row for row in ROWS if row.name in measured.names]
    others = [Row(name) for name in measured.names if name not in {row.name for row in ROWS}]
    return [result_of(row, measured) for row in known + others]


def print_table(results: list[Result]) -> None:
    lines: list[tuple[str, ...]] = [("row", "median", "ratio", "to", "aim", "")]
    lines += [result.as_cells() for result in results]
    widths = [max(len(cell) for cell in column) for column in zip(*lines)]
    rule = "  ".join("-" * width for width in widths).rstrip()
    for index, line in enumerate(lines):
        cells = [
            cell.rjust(width) if column in (1, 2) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ]
        print("  ".join(cells).rstrip())
        if index == 0:
            print(rule)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument(
        "--repetitions", type=int, default=5, metavar="N", help="rounds (default: 5)"
    )
    parser.add_argument("--filter", default="", metavar="REGEX", help="rows to run (default: all)")
    parser.add_argument(
        "--peers", action="store_true", help="measure Erlang/OTP and Elixir too, if installed"
    )
    parser.add_argument(
        "--nimble-pool", type=Path, metavar="FOLDER", help="measure NimblePool too, from its sources"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bench.json")
    options = parser.parse_args()

    python = cached(options.build, "SLIPWAY_PYTHON")
    load_before = os.getloadavg()[0]
    chosen = programs(options.build, python, re.compile(options.filter))
    if options.peers:
        chosen += peers(re.compile(options.filter))
    if options.nimble_pool:
        chosen += nimble_pool(options.nimble_pool, re.compile(options.filter))
    if not chosen:
        sys.exit(f"report.py: no row matches {options.filter!r}")
    measured = measure(chosen, max(1, options.repetitions))
    described = machine(chosen, python)
    results = results_of(measured)

    print(f"{described['cpu']}, {described['cores']} cores, {described['kernel']}")
    print_table(results)
    if load_before > 0.5 * (os.cpu_count() or 1):
        print(
            f"The machine was busy (load {load_before:.1f}): ratios of short calls suffer most. "
            "Run it again on a quiet one."
        )
    report = {
        "machine": described,
        "load_before": round(load_before, 2),
        "rows": [result.as_json() for result in results],
        "seconds": measured.rounds,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n")
    print(f"all values: {options.output}")


if __name__ == "__main__":
    main()
