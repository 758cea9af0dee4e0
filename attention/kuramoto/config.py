"""The shape of a phase model, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kuramoto.attention import Manifold
from lohe.attention.kuramoto.coupling import COUPLINGS
from lohe.attention.kuramoto.gate import GATES
from lohe.attention.kuramoto.sphere import RETRACTIONS, Sphere
from lohe.attention.kuramoto.torus import Torus
from lohe.attention.language_model import check_language_sizes
from lohe.attention.rotary.rotation import rotary_frequencies
from lohe.dynamics.errors import InputError

__all__ = ["DRIFTS", "VALUES", "KuramotoConfig"]

DRIFTS = ("none", "fixed", "learned")
"""No drift, the rotary spectrum, or frequencies that start there and are learned."""

VALUES = ("phases", "free")
"""Values are the oscillators' own points, or a linear map of all the token's coordinates."""

_CHOICES = {
    "gate": GATES,
    "drift": DRIFTS,
    "values": VALUES,
    "coupling": tuple(COUPLINGS),
    "retraction": RETRACTIONS,
}


@dataclass(frozen=True)
class KuramotoConfig:
    """Shape of a language model whose tokens are oscillators.

    Parameters
    ----------
    context : int
        Longest sequence in training; positions are relative, so that a longer one may be run.
    outputs, vocabulary : int
        Number of words; the two agree.
    width, heads, layers, hidden : int
        Oscillators D of a token, heads (a divisor of D), layers, and width of the feed-forward
        layer.
    d_osc : int
        Coordinates of an oscillator: 2 keeps angles, the torus; more keeps unit vectors.
    gate, drift, values, coupling, retraction
        See `GATES`, `DRIFTS`, `VALUES`, `COUPLINGS` and `RETRACTIONS`; the last matters to
        spheres only.
    frustration : bool
        Whether every oscillator learns an angle by which its pull lags (Kuramoto-Sakaguchi).
    offset : bool
        Whether every oscillator learns an angle ahead of its own at which its scores peak.
    sees_itself : bool
        Whether a token attends to itself, too, which pulls at nothing but takes its weight.
    base : float
        Of the rotary spectrum; see `rotary_frequencies`.
    dropout : float
        Rate of the changes of states by attention and by the feed-forward layer.

    Raises
    ------
    InputError
        For sizes that are not positive or do not divide, and unknown names.
    """

    context: int
    outputs: int
    vocabulary: int
    width: int = 128
    heads: int = 4
    layers: int = 4
    hidden: int = 256
    d_osc: int = 2
    gate: Literal["none", "sigmoid", "softplus", "signed"] = "signed"
    drift: Literal["none", "fixed", "learned"] = "fixed"
    values: Literal["phases", "free"] = "phases"
    coupling: Literal["attended", "successor", "both"] = "attended"
    frustration: bool = False
    offset: bool = False
    sees_itself: bool = True
    retraction: Literal["exponential", "normalise"] = "exponential"
    base: float = 10_000.0
    dropout: float = 0.0

    mechanism: ClassVar[str] = "kuramoto"
    readout: ClassVar[str] = "next"
    coherence: ClassVar[float] = 0.0
    features: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_language_sizes(self)
        if self.d_osc < 2:
            raise InputError(f"d_osc is {self.d_osc}; an oscillator needs 2 coordinates or more")
        if not (math.isfinite(self.base) and self.base > 0):
            raise InputError(f"base is {self.base}; it must be positive and finite")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(
                    f"{name} is {getattr(self, name)!r}; choose {' or '.join(choices)}"
                )
        if self.d_osc == 2 and self.retraction != "exponential":
            raise InputError("the torus turns by angles and needs no retraction; leave it out")

    @property
    def manifold(self) -> Manifold:
        """Where the oscillators live."""
        return Torus() if self.d_osc == 2 else Sphere(self.d_osc, self.retraction)

    @property
    def oscillators(self) -> tuple[int, int]:
        """Heads and oscillators of a head."""
        return self.heads, self.width // self.heads

    @property
    def planes(self) -> tuple[int, int, int]:
        """Heads, oscillators of a head, and planes of an oscillator."""
        return *self.oscillators, self.d_osc // 2

    def frequencies(self) -> NDArray[np.float64] | None:
        """Return the rotary spectrum, the same for every head, or None where nothing drifts."""
        if self.drift == "none":
            return None
        heads, count, planes = self.planes
        spectrum = rotary_frequencies(count * planes, self.base).reshape(count, planes)
        return np.broadcast_to(spectrum, (heads, count, planes))
