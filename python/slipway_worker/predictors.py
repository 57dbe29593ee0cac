# SPDX-License-Identifier: Apache-2.0
"""What computes the outputs of a program from its inputs.

Belongs here: the offline predictor, and the one that asks a language model through dspy. Does not:
which program is meant (programs).
"""

from __future__ import annotations

import importlib
import sys

from slipway_worker.remote_errors import RemoteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Predictor(Protocol):
        def __call__(
            self, inputs: dict[str, object], outputs: list[str]
        ) -> dict[str, object]:
            """Returns a value for each name in `outputs`; `inputs` is in the signature's order."""
            ...


OFFLINE_MODEL = "offline"

PACKAGE_MISSING = "PackageMissing"

_KINDS: dict[type, str] = {float: "float", list: "array", dict: "map", bytes: "binary"}


def predict_offline(inputs: dict[str, object], outputs: list[str]) -> dict[str, object]:
    """Returns `OUTPUT(INPUT=TEXT, ...)` for each output: the same on every machine, in Python and
    in C++ (actors/internal/programs_core.cpp).
    """
    arguments = ", ".join(f"{name}={_text_of(value)}" for name, value in inputs.items())
    return {name: f"{name}({arguments})" for name in outputs}


def _text_of(value: object) -> str:
    # Only what has one text in every language; of anything else the kind must do.
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, str)):
        return str(value)
    return f"<{_KINDS.get(type(value), type(value).__name__)}>"


class DspyPredictor:
    """Asks `model` through the package dspy."""

    def __init__(self, model: str, options: dict[str, Any]) -> None:
        """Errors: RemoteError PackageMissing when this interpreter has no dspy; what dspy raises
        for a model or options that it does not take.
        """
        self._dspy = _import_dspy(model)
        self._model = self._dspy.LM(model, **options)

    def __call__(self, inputs: dict[str, object], outputs: list[str]) -> dict[str, object]:
        predict = self._dspy.Predict(f"{', '.join(inputs)} -> {', '.join(outputs)}")
        with self._dspy.context(lm=self._model):
            prediction = predict(**inputs)
        return {name: getattr(prediction, name) for name in outputs}


def _import_dspy(model: str) -> Any:
    try:
        return importlib.import_module("dspy")
    except ModuleNotFoundError as error:
        # A package that dspy itself misses is another matter, and its name is in the traceback.
        if error.name != "dspy":
            raise
    raise RemoteError(
        PACKAGE_MISSING,
        f"the model {model!r} needs the package 'dspy', which the interpreter {sys.executable} "
        f"does not have; install it there with `{sys.executable} -m pip install dspy`, or "
        f"configure the model {OFFLINE_MODEL!r}",
    )
