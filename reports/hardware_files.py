"""What `lohe hardware` leaves in files: reductions, faults, training back, gradients, costs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lohe.dynamics.errors import InputError
from lohe.reports.hardware_schema import SCHEMAS
from lohe.reports.sources import Source, source

__all__ = ["EXPERIMENTS", "HardwareRecord", "load_hardware"]


@dataclass(frozen=True, eq=False)
class HardwareRecord:
    """One result.

    Parameters
    ----------
    name
        The file's name, without its ending.
    experiment : {"reduction", "robustness", "train-back", "gradients", "cost"}
        What it is of.
    document
        What the file holds.
    source
        The file.
    """

    name: str
    experiment: str
    document: Mapping[str, Any]
    source: Source


def load_hardware(path: str | os.PathLike[str]) -> HardwareRecord:
    """Read a ``.hardware.json`` file.

    Raises
    ------
    InputError
        If it cannot be read, or is not what a command of `lohe hardware` writes.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        experiment = document["experiment"]
        SCHEMAS[experiment].model_validate(document)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, StopIteration, RecursionError) as error:
        raise InputError(
            f"{path} is not what lohe hardware robustness, train or gradients writes, or "
            "substrates --check --json or cost --json prints; run it again"
        ) from error
    origin = source(path)
    return HardwareRecord(origin.stem, experiment, document, origin)


EXPERIMENTS = tuple(SCHEMAS)
"""What a file may be of, in the order of the report."""
