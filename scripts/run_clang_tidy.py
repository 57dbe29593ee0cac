#!/usr/bin/env python3
"""Runs clang-tidy over our sources, several at once, and over none that it found clean before.

A source counts as unchanged when the same clang-tidy with the same configuration and the same compile
command would see the same text of it and of every header of ours that it includes, and the packages
that we build upon have the same versions. What was found clean is remembered below the user's cache folder
($XDG_CACHE_HOME or ~/.cache), for every clone and for as long as it is asked for once a month.

    scripts/run_clang_tidy.py --build build/lint [--jobs N] [FOLDER...]

Exit status: 0 all clean, 1 findings, 2 wrong use.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT_SECONDS = 30 * 24 * 3600
FOLDERS = ("protocol", "supervision", "actors", "harness", "tools", "tests", "bench", "examples")
# A header of ours is spelled in angle brackets from the root, or, when it is a helper of a test, in quotes
# from the file that includes it; check_includes.py makes sure of it. What names no file of ours is not ours.
INCLUDE = re.compile(rb'^\s*#\s*include\s*(?:<(?:slipway/)?([^>]+)>|"([^"]+)")', re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """A source and the command that compiles it."""

    path: Path
    command: str


def units_of(build: Path, folders: list[str], root: Path = ROOT) -> list[Unit]:
    """The sources below the folders that the compile database of a build folder knows, sorted."""
    found: dict[Path, Unit] = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        path = Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(build.resolve()) or not path.is_relative_to(root):
            continue
        if path.relative_to(root).parts[0] in folders:
            # A source that two targets compile is looked at once, as the first of them compiles it.
            found.setdefault(path, Unit(path, entry.get("command") or " ".join(entry["arguments"])))
    return [found[path] for path in sorted(found)]


def closure_of(source: Path, root: Path = ROOT) -> list[Path]:
    """The source and all headers of ours that it includes, directly or not, sorted."""
    seen = {source}
    waiting = [source]
    while waiting:
        file = waiting.pop()
        for match in INCLUDE.finditer(file.read_bytes()):
            header = root / match[1].decode() if match[1] else file.parent / match[2].decode()
            header = header.resolve()
            if header not in seen and header.is_relative_to(root) and header.is_file():
                seen.add(header)
                waiting.append(header)
    return sorted(seen)


def surroundings(root: Path = ROOT) -> bytes:
    """What holds for every source: the versions of clang-tidy and of our packages, the configuration."""
    packages = [
        line.split()[1]
        for line in (root / "scripts/packages.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("build ")
    ]
    parts = [path.read_bytes() for path in [root / ".clang-tidy", *sorted(root.glob("*/.clang-tidy"))]]
    for command in (["clang-tidy", "--version"], ["dpkg-query", "--show", *packages]):
        try:
            parts.append(subprocess.run(command, capture_output=True, check=False).stdout)
        except FileNotFoundError:
            parts.append(b"unknown")
    return b"\0".join(parts)


def key_of(unit: Unit, around: bytes, root: Path = ROOT) -> str:
    """A name for everything that the findings in this source depend upon; the same in every clone."""
    digest = hashlib.sha256(around)
    digest.update(unit.command.replace(str(root), ".").encode())
    for path in closure_of(unit.path, root):
        digest.update(b"\0" + path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def forget_old(known: Path, now: float) -> None:
    """Removes what nobody has asked for in a month."""
    for file in known.iterdir():
        if now - file.stat().st_mtime > KEPT_SECONDS:
            file.unlink(missing_ok=True)


def tidy(unit: Unit, build: Path) -> tuple[bool, str]:
    """Whether the source is clean, and what clang-tidy said."""
    run = subprocess.run(
        ["clang-tidy", "--quiet", "-p", str(build), str(unit.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode == 0, run.stdout.strip() or run.stderr.strip()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Runs clang-tidy over what has changed.")
    parser.add_argument("--build", type=Path, required=True, help="folder with compile_commands.json")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="only these (default: all of ours)")
    options = parser.parse_args(arguments)

    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    known = Path(cache, "slipway/clang-tidy-clean")
    known.mkdir(parents=True, exist_ok=True)
    forget_old(known, time.time())
    around = surroundings()
    units = units_of(options.build, options.folders or list(FOLDERS))
    keys = {unit: key_of(unit, around) for unit in units}
    waiting = [unit for unit in units if not (known / keys[unit]).exists()]
    for unit in set(units).difference(waiting):
        (known / keys[unit]).touch()
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        started = time.monotonic()
        runs = {pool.submit(tidy, unit, options.build): unit for unit in waiting}
        for done, run in enumerate(concurrent.futures.as_completed(runs), start=1):
            unit = runs[run]
            clean, said = run.result()
            seconds = time.monotonic() - started
            name = unit.path.relative_to(ROOT)
            print(f"[{done}/{len(waiting)} {seconds:.0f} s] {name}{'' if clean else ': FINDINGS'}", flush=True)
            if clean:
                (known / keys[unit]).touch()
            else:
                bad += 1
                print(said, flush=True)
    print(f"clang-tidy: {len(units)} sources, {len(waiting)} looked at, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
