"""What the tests of the command share: a folder for each test, and the command as a process in it."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
ECHO_MODULE = ROOT / "tests/python/echo_worker_module.py"
# Far above what anything here takes; a hang is a failure, not a stuck build.
PATIENCE_S = 120
# The command to test, and an interpreter that has msgpack.
options = argparse.Namespace()


class Finished:
    """A run that is over."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def results(self) -> list[dict[str, Any]]:
        """The lines of standard output, each a JSON object."""
        return [json.loads(line) for line in self.out.splitlines()]


class CommandTest(unittest.TestCase):
    """A folder for each test, in which its files lie and the command runs."""

    folder: Path

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="slipway-command-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name).resolve()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def config(
        self, extra: str = "", module: str | Path = ECHO_MODULE, name: str = "run.toml", size: int = 2
    ) -> Path:
        """A configuration with one pool; `extra` are more lines of the pool."""
        return self.write(
            name,
            f'[[pool]]\nname = "echo"\nsize = {size}\npython = "{options.python}"\n'
            f'module = "{module}"\n{extra}\n',
        )

    def start(self, *words: str | Path, **how: Any) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [options.command, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=how.pop("stdin", subprocess.DEVNULL),
            text=True,
            cwd=self.folder,
            **how,
        )
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process: subprocess.Popen[str]) -> None:
        """Whatever the test has left of it."""
        if process.poll() is None:
            process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()
        process.wait(PATIENCE_S)

    def finish(self, process: subprocess.Popen[str], given: str | None = None) -> Finished:
        try:
            out, err = process.communicate(given, timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            # Bounded as well: whoever else holds its pipes open must not hold up the whole suite.
            out, err = process.communicate(timeout=PATIENCE_S)
            self.fail(f"it did not end; it had said:\n{out}{err}")
        return Finished(process.returncode, out, err)

    def slipway(self, *words: str | Path, given: str | None = None) -> Finished:
        """Runs the command to its end, with `given` on its standard input."""
        stdin = subprocess.DEVNULL if given is None else subprocess.PIPE
        return self.finish(self.start(*words, stdin=stdin), given)


def main() -> None:
    """Runs the tests of the program that was started, with the words that CMakeLists.txt gives it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--command", required=True, help="the command to test")
    parser.add_argument("--python", required=True, help="an interpreter that has msgpack")
    _, rest = parser.parse_known_args(namespace=options)
    options.command = os.path.abspath(options.command)
    # A line for each test as it ends: of a run that is ended from outside ctest shows whole lines only.
    unittest.main(module="__main__", argv=[sys.argv[0], *rest], verbosity=2)
