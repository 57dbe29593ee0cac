# SPDX-License-Identifier: Apache-2.0
"""State that belongs to one session of the host, kept from request to request.

Belongs here: which sessions this worker knows. Does not: when one ends (the host says so with
`cleanup_session`), or which worker a session goes to (the pool decides).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Session:
    """What a command receives for its parameter `session`.

    `id` is the host's name for the session; `state` is a dict of the user's own, empty at first and
    lost when the worker ends: what must survive a crash belongs elsewhere.
    """

    __slots__ = ("id", "state")

    def __init__(self, id: str) -> None:
        self.id = id
        self.state: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return f"Session(id={self.id!r})"


class SessionTable:
    """The sessions of this worker, in the order in which they began."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def get_or_begin(self, session_id: str) -> Session:
        session = self._sessions.get(session_id)
        if session is None:
            session = self._sessions[session_id] = Session(session_id)
        return session

    def remove(self, session_id: str) -> Session | None:
        return self._sessions.pop(session_id, None)

    def remove_all(self) -> list[Session]:
        """Removes all sessions and returns them, oldest first."""
        sessions = list(self._sessions.values())
        self._sessions.clear()
        return sessions
