# SPDX-License-Identifier: Apache-2.0
"""Cuts a traceback so that it begins in user code: users look for their own lines."""

from __future__ import annotations

import importlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_NOT_USER_CODE = (
    os.path.dirname(__file__) + os.sep,
    os.path.dirname(importlib.__file__) + os.sep,
    "<frozen importlib",
)


def first_user_frame(frames: TracebackType | None) -> TracebackType | None:
    """Returns the part of a traceback that begins in user code: without ours and the importer's.

    None when no user code ran, as for a module that does not exist.
    """
    while frames is not None:
        file = frames.tb_frame.f_code.co_filename
        if not file.startswith(_NOT_USER_CODE):
            return frames
        frames = frames.tb_next
    return None

