"""What a campaign samples; with the network, a plan fixes every result to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np

from lohe.dynamics.errors import InputError

__all__ = ["LABELS", "Plan", "StartKind", "Starts", "Stopping"]

LABELS = ("converged", "elsewhere", "horizon", "failed")
"""What becomes of a start: at the reference point, at rest at another, still moving, not finite."""

StartKind = Literal["uniform", "strata", "tilted", "saddles"]
Engine = Literal["numpy", "numba"]


@dataclass(frozen=True)
class Starts:
    r"""How starts are drawn.

    Nearness to the antipodes is measured by :math:`u = F(\min_i \langle x_i, x^*_i \rangle)`,
    F its distribution function for uniform starts: u is uniform on [0, 1], and small where some
    oscillator starts almost opposite to its resting point.

    Parameters
    ----------
    kind
        ``uniform``; ``strata``, equally many starts in each stratum of u; ``tilted``, u = v^power
        for v uniform, each start weighted by its likelihood; ``saddles``, uniform in the caps of
        radius `angle` around the saddles next to the reference point, which says nothing of other
        starts.
    levels
        Rising edges between the strata, inside (0, 1); with ``strata`` only.
    power
        At least 1, the largest weight that a start can have; with ``tilted`` only.
    angle
        Radians, in (0, pi]; with ``saddles`` only.

    Raises
    ------
    InputError
        If a value cannot be used, or belongs to another kind.
    """

    kind: StartKind = "uniform"
    levels: tuple[float, ...] = ()
    power: float = 1.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(StartKind):
            known = ", ".join(get_args(StartKind))
            raise InputError(f"starts are {self.kind!r}; choose one of {known}")
        levels = tuple(float(level) for level in self.levels)
        object.__setattr__(self, "levels", levels)
        rising = all(a < b for a, b in pairwise(self.edges))
        if bool(levels) != (self.kind == "strata") or not rising:
            raise InputError(
                f"levels are {list(levels)}; strata need rising numbers between 0 and 1, "
                "other starts none"
            )
        power_fits = self.power >= 1 if self.kind == "tilted" else self.power == 1
        if not (np.isfinite(self.power) and power_fits):
            raise InputError(f"power is {self.power}; tilted starts need at least 1, others 1")
        angle_fits = 0 < self.angle <= np.pi if self.kind == "saddles" else self.angle == 0
        if not angle_fits:
            raise InputError(f"angle is {self.angle}; saddles need it in (0, pi], others 0")

    @property
    def edges(self) -> tuple[float, ...]:
        """Edges of the strata, from 0 to 1."""
        return (0.0, *self.levels, 1.0)


@dataclass(frozen=True)
class Stopping:
    """When a campaign has seen enough, judged at its last horizon by anytime-valid bounds.

    Parameters
    ----------
    lower
        Stop once the lower bound of the share that converges exceeds this.
    width
        Stop once the bounds are less than this apart.

    Raises
    ------
    InputError
        If neither or both are given, or the value is not between 0 and 1.
    """

    lower: float | None = None
    width: float | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.lower, self.width) if value is not None]
        if len(given) != 1 or not 0 < given[0] < 1:
            raise InputError("a stopping rule needs one of lower and width, between 0 and 1")

    def met(self, lower: float, upper: float) -> bool:
        """Tell whether bounds are good enough to stop."""
        if self.lower is not None:
            return lower > self.lower
        assert self.width is not None
        return upper - lower < self.width


@dataclass(frozen=True)
class Plan:
    """What is to be sampled; with the network, it fixes the result.

    Parameters
    ----------
    network_sha256
        Digest of the network.
    trials
        Number of starts; at most so many with a stopping rule.
    horizons
        Times at which every start is judged; kept in rising order, without repetition.
    seed
        Not negative.
    tolerance
        Distance from the reference point that counts as converged, below 2.
    confidence
        Of the bounds, between 0 and 1.
    family
        Number of bounds that hold together with that confidence (Bonferroni).
    starts
        How starts are drawn.
    stopping
        When to stop before `trials`; only with uniform starts.
    records
        Whether every single start's label, time and residual are kept.
    early
        Whether trials end as soon as a certified cap bounds the time they still need.
    engine
        ``numpy``, or the compiled twin ``numba``, which rounds differently.

    Raises
    ------
    InputError
        If a value cannot be used.
    """

    network_sha256: str
    trials: int
    horizons: tuple[float, ...]
    seed: int
    tolerance: float = 1e-6
    confidence: float = 0.99
    family: int = 1
    starts: Starts = field(default_factory=Starts)
    stopping: Stopping | None = None
    records: bool = True
    early: bool = True
    engine: Engine = "numpy"

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise InputError(f"trials is {self.trials}; need at least 1")
        horizons = tuple(sorted({float(t) for t in self.horizons}))
        if not horizons or not all(np.isfinite(t) and t >= 0 for t in horizons):
            raise InputError(f"horizons are {list(horizons)}; give finite times, not negative")
        object.__setattr__(self, "horizons", horizons)
        if self.seed < 0:
            raise InputError(f"seed is {self.seed}; it must not be negative")
        if not 0 < self.tolerance < 2:
            raise InputError(f"tolerance is {self.tolerance}; choose it between 0 and 2")
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence is {self.confidence}; choose it between 0 and 1")
        if self.family < 1:
            raise InputError(f"family is {self.family}; need at least 1")
        if self.trials <= len(self.starts.levels):
            raise InputError(
                f"trials is {self.trials}; need at least one for each of the "
                f"{len(self.starts.levels) + 1} strata"
            )
        if self.stopping is not None and self.starts.kind != "uniform":
            raise InputError("a stopping rule needs uniform starts; leave one of them out")
        if self.engine not in get_args(Engine):
            raise InputError(f"engine is {self.engine!r}; choose 'numpy' or 'numba'")

    def document(self) -> dict[str, Any]:
        """Return the plan as values that JSON can hold."""
        return asdict(self)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Plan:
        """Rebuild a plan from its `document`.

        Raises
        ------
        InputError
            If a value cannot be used.
        KeyError, TypeError
            If the document is no plan.
        """
        values = {name: document[name] for name in cls.__dataclass_fields__}
        starts, stopping = values["starts"], values["stopping"]
        values["starts"] = Starts(**(starts | {"levels": tuple(starts["levels"])}))
        values["stopping"] = None if stopping is None else Stopping(**stopping)
        return cls(**values | {"horizons": tuple(values["horizons"])})
