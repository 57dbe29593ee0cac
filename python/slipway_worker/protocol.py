# SPDX-License-Identifier: Apache-2.0
"""The numbers both sides of the pipe must agree on.

Belongs here: version and limits of the wire protocol. Does not: reading, writing, or encoding.
"""

from __future__ import annotations

PROTOCOL_VERSION = 1

# 64 MiB: large enough for a matrix or an image, small enough that four workers which each hold one
# frame do not endanger their host.
DEFAULT_MAX_FRAME_BYTES = 64 * 1024 * 1024

# Below this an error with its traceback could not be reported.
MIN_MAX_FRAME_BYTES = 4096

# What four bytes of header can announce.
MAX_MAX_FRAME_BYTES = 0xFFFFFFFF
