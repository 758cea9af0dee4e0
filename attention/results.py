"""The record of one training run, as a JSON file."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import scipy

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import read_json, write_text

__all__ = ["TrainingRun", "machine", "versions"]

FORMAT = "lohe.training"
VERSION = 1

# More epochs than anybody trains for, and larger scores than any: a damaged file has them.
_EPOCHS, _LARGEST = 10**7, 1e100


@dataclass(frozen=True)
class TrainingRun:
    """What was trained, how, and what came of it.

    Parameters
    ----------
    task, mechanism
        Names.
    config
        Everything that determines the run beside the seed: model, recipe, task.
    seed
        Of the initial parameters, the shuffling and the dropout.
    metrics
        Final scores by ``split_metric``.
    history
        One entry per epoch, with ``epoch`` from 1.
    wall_s
        Seconds spent in training, over all sittings.
    versions, machine
        Of the libraries, and what they ran on.
    """

    task: str
    mechanism: str
    config: Mapping[str, Any]
    seed: int
    metrics: Mapping[str, float]
    history: tuple[Mapping[str, float], ...]
    wall_s: float
    versions: Mapping[str, str]
    machine: Mapping[str, Any]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.training.json`` file, atomically.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        document = {"format": FORMAT, "version": VERSION} | asdict(self)
        write_text(path, json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TrainingRun:
        """Read a ``.training.json`` file.

        Raises
        ------
        InputError
            If the file is missing, damaged, or of another format or version.
        """
        document = read_json(path, "train again")
        if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
            raise InputError(f"{path} is not a {FORMAT} file")
        if (version := document.pop("version", None)) != VERSION:
            raise InputError(f"{path} has version {version}; expected {VERSION}")
        try:
            history = tuple(document["history"])
            if not all(0 < entry["epoch"] < _EPOCHS for entry in history):
                raise ValueError("an epoch is no number of one")
            numbers = [*document["metrics"].values(), *(x for row in history for x in row.values())]
            if any(isinstance(x, int | float) and not abs(x) < _LARGEST for x in numbers):
                raise ValueError("a score is larger than any")
            return cls(**(document | {"history": history}))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{path} does not hold a training run; train again") from error


def versions() -> dict[str, str]:
    """Return the versions that the numbers depend on."""
    return {
        "lohe": version("lohe"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }


def machine() -> dict[str, Any]:
    """Return what the run was measured on, without naming the machine."""
    return {
        "architecture": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count() or 0,
    }
