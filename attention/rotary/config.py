"""The shape of the baseline, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from lohe.attention.language_model import check_language_sizes
from lohe.dynamics.errors import InputError

__all__ = ["RotaryConfig"]


@dataclass(frozen=True)
class RotaryConfig:
    """Shape of a pre-norm transformer with rotary positions, RMS norms and SwiGLU, without biases.

    Parameters
    ----------
    context : int
        Longest sequence in training; positions are relative, so that a longer one may be run.
    outputs, vocabulary : int
        Number of words; the two agree.
    width, heads, layers, hidden : int
        Width D of a token, heads (D/heads is even), layers, and width of the feed-forward layer.
    base : float
        Of the rotary spectrum; see `rotary_frequencies`.
    dropout : float
        Rate after attention and after the feed-forward layer.

    Raises
    ------
    InputError
        For sizes that are not positive or do not divide.
    """

    context: int
    outputs: int
    vocabulary: int
    width: int = 128
    heads: int = 4
    layers: int = 4
    hidden: int = 344
    base: float = 10_000.0
    dropout: float = 0.0

    mechanism: ClassVar[str] = "rotary"
    readout: ClassVar[str] = "next"
    coherence: ClassVar[float] = 0.0
    features: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_language_sizes(self)
        if self.width // self.heads % 2:
            raise InputError(
                f"heads of width {self.width // self.heads} do not divide into planes; "
                "choose an even width"
            )
        if not (math.isfinite(self.base) and self.base > 0):
            raise InputError(f"base is {self.base}; it must be positive and finite")
