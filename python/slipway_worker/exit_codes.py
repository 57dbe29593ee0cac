# SPDX-License-Identifier: Apache-2.0
"""The exit codes with which a worker tells its host why it ended.

They lie above what Python (1, 2) and common tools use, so that a host can tell them from an exit
that user code chose. A worker that user code ends with ``sys.exit(n)`` exits with that ``n``; one
that a signal ends (SIGTERM has its default action) has no exit code but that signal.
"""

from __future__ import annotations

# `shutdown` was answered, or the command pipe closed, or the host is gone.
OK = 0

# The command line is wrong, or somebody started the worker by hand on a terminal.
USAGE = 2

# The interpreter lacks what the worker needs, such as msgpack. Standard error says how to mend it.
ENVIRONMENT = 81

# The user's module cannot be imported or an `on_start` hook failed: see the traceback on standard
# error.
START_FAILED = 82

# The host sent bytes that are no frame, no value of this codec, or no request with an id.
PROTOCOL_ERROR = 83
