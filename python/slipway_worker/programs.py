# SPDX-License-Identifier: Apache-2.0
"""A module to serve (`--module slipway_worker.programs`): keeps programs and executes them.

A program is a signature, the names of inputs and outputs, under an id. It belongs to the session
that created it, or to none, and is found only there. A predictor makes outputs of inputs: the
offline one at first, a language model through dspy after `configure_lm`.

Belongs here: the commands and their results. Does not: predicting (predictors); what every worker
answers by itself (serving).
What lies here is lost when the worker ends.
Source: the commands of the seed system's bridge; actors/internal/programs_core.cpp is the same in
C++, and one suite of tests holds both to docs/bridge.md.
"""

from __future__ import annotations

import datetime

from slipway_worker.predictors import OFFLINE_MODEL, DspyPredictor, predict_offline
from slipway_worker.registry import command, extends
from slipway_worker.remote_errors import INVALID_ARGUMENTS, RemoteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from slipway_worker.predictors import Predictor
    from slipway_worker.sessions import Session

UNKNOWN_PROGRAM = "UnknownProgram"
PROGRAM_EXISTS = "ProgramExists"


class Program:
    """One program and how often it was executed."""

    __slots__ = ("id", "session_id", "signature", "inputs", "outputs", "created_at", "executions")

    def __init__(self, id: str, session_id: Optional[str], signature: dict[str, Any]) -> None:
        self.id = id
        self.session_id = session_id
        self.signature = signature
        self.inputs = _field_names(signature, "inputs")
        self.outputs = _field_names(signature, "outputs")
        if not self.outputs:
            raise RemoteError(INVALID_ARGUMENTS, "`signature.outputs` must name a field at least")
        self.created_at = datetime.datetime.now(datetime.timezone.utc).isoformat()
        self.executions = 0

    def info(self) -> dict[str, object]:
        return {
            "id": self.id,
            "session_id": self.session_id,
            "signature": self.signature,
            "created_at": self.created_at,
            "executions": self.executions,
        }


class ProgramTable:
    """The programs of one worker and what predicts for them."""

    def __init__(self) -> None:
        self.predictor: Predictor = predict_offline
        self._programs: dict[tuple[Optional[str], str], Program] = {}

    def __len__(self) -> int:
        return len(self._programs)

    def add(self, program: Program) -> None:
        holder = self._programs.setdefault((program.session_id, program.id), program)
        if holder is not program:
            raise RemoteError(
                PROGRAM_EXISTS,
                f"there is a program {program.id!r} already{_of_session(program.session_id)}",
            )

    def find(self, program_id: str, session_id: Optional[str]) -> Program:
        _check_id("program_id", program_id)
        program = self._programs.get((session_id, program_id))
        if program is None:
            raise RemoteError(
                UNKNOWN_PROGRAM, f"there is no program {program_id!r}{_of_session(session_id)}"
            )
        return program

    def remove(self, program: Program) -> None:
        del self._programs[program.session_id, program.id]

    def remove_session(self, session_id: str) -> int:
        """Returns how many programs went."""
        ended = [key for key in self._programs if key[0] == session_id]
        for key in ended:
            del self._programs[key]
        return len(ended)

    def remove_all(self) -> int:
        """Returns how many programs went."""
        removed = len(self._programs)
        self._programs.clear()
        return removed

    def sorted(self, session_id: Optional[str]) -> list[Program]:
        """Returns those of the session, or all for None, by id and session."""
        return sorted(
            (p for p in self._programs.values() if session_id in (None, p.session_id)),
            key=lambda p: (p.id, p.session_id or ""),
        )


# A process is one worker and keeps one table, as it has one registry.
_programs = ProgramTable()


@command("create_program")
def create_program(
    id: str, signature: dict[str, Any], session: Optional[Session] = None
) -> dict[str, object]:
    _check_id("id", id)
    _programs.add(Program(id, _id_of(session), signature))
    return {"program_id": id, "status": "created"}


@command("execute_program")
def execute_program(
    program_id: str, inputs: dict[str, Any], session: Optional[Session] = None
) -> dict[str, object]:
    program = _programs.find(program_id, _id_of(session))
    if type(inputs) is not dict:
        raise RemoteError(INVALID_ARGUMENTS, "`inputs` must be a map")
    for name in program.inputs:
        if name not in inputs:
            raise RemoteError(
                INVALID_ARGUMENTS, f"`inputs` of the program {program_id!r} lacks {name!r}"
            )
    given = {name: inputs[name] for name in program.inputs}
    outputs = _programs.predictor(given, program.outputs)
    program.executions += 1
    return {"program_id": program_id, "outputs": outputs}


@command("list_programs")
def list_programs(session: Optional[Session] = None) -> dict[str, object]:
    programs = [program.info() for program in _programs.sorted(_id_of(session))]
    return {"programs": programs, "total_count": len(programs)}


@command("get_program_info")
def get_program_info(program_id: str, session: Optional[Session] = None) -> dict[str, object]:
    return _programs.find(program_id, _id_of(session)).info()


@command("delete_program")
def delete_program(program_id: str, session: Optional[Session] = None) -> dict[str, object]:
    _programs.remove(_programs.find(program_id, _id_of(session)))
    return {"program_id": program_id, "status": "deleted"}


@command("configure_lm")
def configure_lm(
    model: str, provider: Optional[str] = None, session_id: object = None, **options: Any
) -> dict[str, object]:
    """Chooses what predicts from now on; the options are those of `dspy.LM`.

    `session_id` is taken and not used: the model is the worker's.
    """
    _check_id("model", model)
    if model == OFFLINE_MODEL:
        _programs.predictor = predict_offline
    else:
        full_name = f"{provider}/{model}" if provider else model
        _programs.predictor = DspyPredictor(full_name, options)
    return {"status": "configured", "model": model}


@command("cleanup")
def cleanup() -> dict[str, object]:
    return {"status": "cleaned", "programs_removed": _programs.remove_all()}


@command("reset_state")
def reset_state() -> dict[str, object]:
    _programs.predictor = predict_offline
    return {"status": "reset", "programs_removed": _programs.remove_all()}


@extends("get_stats")
def count_programs() -> dict[str, object]:
    return {"programs_count": len(_programs)}


@extends("cleanup_session")
def remove_programs_of(session_id: str) -> dict[str, object]:
    return {"programs_removed": _programs.remove_session(session_id)}


def _id_of(session: Optional[Session]) -> Optional[str]:
    return None if session is None else session.id


def _of_session(session_id: Optional[str]) -> str:
    return " outside of sessions" if session_id is None else f" in the session {session_id!r}"


def _check_id(name: str, value: object) -> None:
    if type(value) is not str or not value:
        raise RemoteError(
            INVALID_ARGUMENTS, f"`{name}` must be a string with content, not {value!r}"
        )


def _field_names(signature: object, kind: str) -> list[str]:
    fields = signature.get(kind) if isinstance(signature, dict) else None
    if isinstance(fields, list):
        found = (field.get("name") if isinstance(field, dict) else None for field in fields)
        names = [name for name in found if isinstance(name, str) and name]
        if len(names) == len(fields):
            return names
    raise RemoteError(
        INVALID_ARGUMENTS,
        f"`signature.{kind}` must be a list of maps with a `name`, as in "
        "{'inputs': [{'name': 'question'}], 'outputs': [{'name': 'answer'}]}",
    )
