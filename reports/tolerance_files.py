"""What `lohe tolerance --json` printed, read back from a file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.tolerance import Tolerance
from lohe.proofs_numeric.tolerance_effects import Effect
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.reports.tolerance_picture import QUANTITIES

__all__ = ["ToleranceRecord", "load_tolerance"]

_INPUTS = "inputs"


@dataclass(frozen=True, eq=False)
class ToleranceRecord:
    """What `lohe tolerance` found of one instance.

    Parameters
    ----------
    name
        The file's name.
    digest
        SHA-256 of the network, or of the tokens.
    n, d
        Number of oscillators and dimension.
    found
        By direction, as the command names them; ``inputs`` alone for tokens.
    """

    name: str
    digest: str
    n: int
    d: int
    found: Mapping[str, Tolerance]

    @property
    def of_inputs(self) -> bool:
        """Whether it is the inputs that vary, and not the devices."""
        return _INPUTS in self.found


def load_tolerance(path: str | os.PathLike[str]) -> ToleranceRecord:
    """Read a ``.tolerance.json`` file.

    Raises
    ------
    InputError
        If it cannot be read, or is not what `lohe tolerance --json` prints.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _record(path.name, document)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} is not what `lohe tolerance --json` prints; run it again") from (
            error
        )


def _record(name: str, document: Mapping[str, Any]) -> ToleranceRecord:
    n, d = int(document["oscillators"]), int(document["dimension"])
    if "tokens_sha256" in document:
        whole = _number(document["proved"])
        radii = _per_oscillator(document["per_oscillator"], n)
        theorem = str(document["theorem"]) if whole else ""
        inputs = Tolerance("input_box", Uncertainty(), whole, radii, None, theorem)
        return ToleranceRecord(name, _digest(document["tokens_sha256"]), n, d, {_INPUTS: inputs})
    found = {key: _tolerance(entry, n) for key, entry in document["directions"].items()}
    if not found or not set(found) <= set(QUANTITIES) - {_INPUTS}:
        raise ValueError("no directions, or unknown ones")
    ordered = {key: found[key] for key in QUANTITIES if key in found}
    return ToleranceRecord(name, _digest(document["network_sha256"]), n, d, ordered)


def _tolerance(entry: Mapping[str, Any], n: int) -> Tolerance:
    refuted = entry["refuted_at"]
    return Tolerance(
        claim=str(entry["claim"]),
        direction=_devices(entry["direction"]),
        head=_number(entry["proved"]),
        per_oscillator=_per_oscillator(entry["per_oscillator"], n),
        refuted_at=None if refuted is None else _number(refuted),
        theorem=str(entry["theorem"]),
        effects=tuple(map(_effect, entry["effects"])),
    )


def _effect(entry: Mapping[str, Any]) -> Effect:
    weights = entry["weight_error_upper"]
    return Effect(
        share=_number(entry["share"]),
        uncertainty=_devices(entry["box"]),
        angle_upper=_number(entry["angle_upper"]),
        weight_error_upper=None if weights is None else _number(weights),
    )


def _devices(entry: Mapping[str, Any]) -> Uncertainty:
    return Uncertainty(**{name: _number(value) for name, value in entry.items()})


def _per_oscillator(values: Any, n: int) -> NDArray[np.float64] | None:
    if values is None:
        return None
    found = np.asarray(values, dtype=np.float64)
    if found.shape != (n,) or not (found >= 0).all():
        raise ValueError("not one number of 0 or more for each oscillator")
    return found


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    if not 0 <= value < math.inf:
        raise ValueError("negative or not finite")
    return float(value)


def _digest(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 64:
        raise ValueError("not a SHA-256")
    return value
