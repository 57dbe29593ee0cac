# SPDX-License-Identifier: Apache-2.0
"""What a worker accepts on its command line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import unittest

from slipway_worker import exit_codes
from slipway_worker.command_line import USAGE, UsageError, parse
from slipway_worker.protocol import DEFAULT_MAX_FRAME_BYTES
from worker_process import DEADLINE_S, search_path

REQUIRED = ["--mode", "pool-worker", "--worker-id", "w1", "--module", "functions"]


class TheCommandLine(unittest.TestCase):
    def test_has_defaults_for_what_is_not_required(self) -> None:
        options = parse(REQUIRED)
        self.assertEqual(options.worker_id, "w1")
        self.assertEqual(options.module, "functions")
        self.assertEqual(options.codec, "msgpack")
        self.assertEqual(options.max_frame_bytes, DEFAULT_MAX_FRAME_BYTES)
        self.assertIsNone(options.parent_pid)

    def test_takes_every_option_with_a_space_or_an_equals_sign(self) -> None:
        options = parse(
            ["--mode=pool-worker", "--worker-id=a=b", "--module", "/tmp/x.py", "--codec=json"]
            + ["--max-frame-bytes", "65536", "--parent-pid=17"]
        )
        self.assertEqual(
            (options.worker_id, options.module, options.codec), ("a=b", "/tmp/x.py", "json")
        )
        self.assertEqual((options.max_frame_bytes, options.parent_pid), (65536, 17))

    def test_names_the_option_at_fault(self) -> None:
        for arguments, message in (
            ([], "--mode is missing"),
            (REQUIRED[:2], "--worker-id is missing"),
            (REQUIRED[:4], "--module is missing"),
            (REQUIRED[:4] + ["--module="], "--module is missing"),
            (["--mode=standalone"] + REQUIRED[2:], "--mode must be pool-worker, not 'standalone'"),
            (REQUIRED + ["--codec", "xml"], "--codec must be msgpack or json, not 'xml'"),
            (REQUIRED + ["--max-frame-bytes", "17"], "--max-frame-bytes must be a whole number"),
            (REQUIRED + ["--max-frame-bytes", "1e6"], "--max-frame-bytes must be a whole number"),
            (REQUIRED + ["--parent-pid", "0"], "--parent-pid must be a whole number"),
            (REQUIRED + ["--parent-pid"], "--parent-pid needs a value"),
            (REQUIRED + ["--verbose"], "unknown option '--verbose'"),
            (REQUIRED + ["stray"], "unknown option 'stray'"),
        ):
            with self.subTest(arguments=arguments):
                with self.assertRaisesRegex(UsageError, "^" + message):
                    parse(arguments)

    def run_worker(self, *arguments: str, **streams: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "slipway_worker", *arguments],
            env={**os.environ, "PYTHONPATH": search_path()},
            stderr=subprocess.PIPE,
            text=True,
            timeout=DEADLINE_S,
            check=False,
            **streams,
        )

    def test_errors_go_to_standard_error_with_the_usage_and_exit_code_2(self) -> None:
        ended = self.run_worker("--mode", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.assertEqual(ended.returncode, exit_codes.USAGE)
        self.assertEqual(ended.stdout, "")
        self.assertEqual(ended.stderr, f"slipway_worker: --mode needs a value\n{USAGE}")

    def test_help_is_for_humans(self) -> None:
        ended = self.run_worker("--help", stdout=subprocess.PIPE)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, USAGE, ""))

    def test_a_worker_started_by_hand_on_a_terminal_says_what_it_is(self) -> None:
        own_end, terminal = pty.openpty()
        self.addCleanup(os.close, own_end)
        self.addCleanup(os.close, terminal)
        ended = self.run_worker(*REQUIRED, stdin=terminal, stdout=terminal)
        self.assertEqual(ended.returncode, exit_codes.USAGE)
        self.assertIn("standard input is a terminal; a worker is started by a host", ended.stderr)
