"""What `lohe hardware` leaves in files: reductions, faults, training back, gradients, costs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lohe.dynamics.errors import InputError
from lohe.reports.cost_picture import PARTS
from lohe.reports.fault_grid import fault_scores
from lohe.reports.reduction_picture import KINDS
from lohe.reports.sources import Source, source
from lohe.reports.training_back_picture import training_curves

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
        _CHECKS[experiment](document)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, StopIteration) as error:
        raise InputError(
            f"{path} is not what lohe hardware robustness, train or gradients writes, or "
            "substrates --check --json or cost --json prints; run it again"
        ) from error
    origin = source(path)
    return HardwareRecord(origin.stem, experiment, document, origin)


def _check_reduction(document: Mapping[str, Any]) -> None:
    for facts in document["substrates"].values():
        float(facts["frequency_hz"]), float(facts["lag"]), float(facts["power_w"])
    for found in document["errors"].values():
        for one in found:
            for name in ("share", *KINDS):
                if one[name] is not None:
                    float(one[name])


def _check_gradients(document: Mapping[str, Any]) -> None:
    for case in document["cases"].values():
        for quality in case["gradients"].values():
            for name in ("bias", "spread", "noticed", "settlings"):
                float(quality[name])


def _check_cost(document: Mapping[str, Any]) -> None:
    for row in document["operations"].values():
        int(row["total"])
    for found in document["substrates"].values():
        float(found["settling_s"]["longest"])
        for energy in found["joules_per_token"].values():
            for part in (*PARTS, "total"):
                float(energy[part])
            for low, high in energy["sensitivities"].values():
                float(low), float(high)


_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], object]] = MappingProxyType(
    {
        "reduction": _check_reduction,
        "robustness": fault_scores,
        "train-back": training_curves,
        "gradients": _check_gradients,
        "cost": _check_cost,
    }
)

EXPERIMENTS = tuple(_CHECKS)
"""What a file may be of, in the order of the report."""
