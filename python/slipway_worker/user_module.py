# SPDX-License-Identifier: Apache-2.0
"""Imports the module whose commands the worker serves.

Belongs here: finding it by dotted name or by path. Does not: what happens when that fails.
"""

from __future__ import annotations

import importlib
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def import_user_module(module: str) -> ModuleType:
    """Imports `module`: a dotted name, or the path of a .py file.

    A path behaves as if the file were run: its folder is first on sys.path, so that it can import
    what lies beside it. Errors: whatever the import raises.
    """
    if not module.endswith(".py"):
        return importlib.import_module(module)
    path = os.path.abspath(module)
    if not os.path.isfile(path):
        raise ImportError(f"there is no file {path}", path=path)
    folder, name = os.path.split(path)
    name = name[: -len(".py")]
    sys.path.insert(0, folder)
    imported = importlib.import_module(name)
    if getattr(imported, "__file__", None) != path:
        raise ImportError(
            f"the name of {path} is taken by the module {imported!r}; rename the file", path=path
        )
    return imported
