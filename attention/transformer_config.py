"""The shape and mechanism of a transformer, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from lohe.attention.anchors_layer import ANCHOR_KINDS, AnchorKind, check_two_sided
from lohe.attention.dense_couplings import check_coupling
from lohe.attention.multi_head import MECHANISMS, Mechanism
from lohe.attention.positions import POSITIONS
from lohe.attention.readout import READOUTS
from lohe.dynamics.errors import InputError

__all__ = ["TransformerConfig"]

_CHOICES = {
    "mechanism": MECHANISMS,
    "anchor_kind": ANCHOR_KINDS,
    "positions": POSITIONS,
    "readout": READOUTS,
}


@dataclass(frozen=True)
class TransformerConfig:
    """Shape and mechanism of a transformer.

    Parameters
    ----------
    context : int
        Longest sequence, T_max.
    outputs : int
        Numbers that the read-out gives.
    vocabulary : int
        Number of words of token inputs; 0 for feature inputs.
    features : int
        Width of feature inputs; 0 for token inputs.
    width, heads, layers, hidden : int
        Width D of a token, heads (a divisor of D), layers, and width of the feed-forward layer.
    mechanism : {"fixed_query", "softmax"}
        The attention.
    d_qk : int, optional
        Width of a query and of a key; by default that of a value, D/heads.
    d_osc : int
        Dimension d of an oscillator; the sphere has dimension d - 1.
    coupling, readout_exponent, mask_readout
        Of fixed-query attention; see `fixed_query_attention`.
    learned_exponent : bool
        Whether every head learns its own exponent, starting at `readout_exponent`.
    two_sided : bool
        Whether every key has a second anchor; see `coherent_attention_vjp`.
    coherence : float
        Weight of the price on incoherent drives in the loss, see `incoherence`; 0 for none.
    anchor_kind, anchor_margin
        See `ANCHOR_KINDS`; the margin matters to ``"half_space"`` only.
    causal : bool
        Whether a token sees only the past.
    positions : {"none", "sinusoidal", "learned"}
        Positional encoding.
    readout : {"mean", "position", "next"}
        Mean over the visible tokens, the token at the batch's position, or, for language models,
        the loss of predicting each position's target.
    dropout : float
        Rate after the input, after attention and after the feed-forward layer.

    Raises
    ------
    InputError
        For sizes that are not positive or do not divide, and unknown names.
    """

    context: int
    outputs: int
    vocabulary: int = 0
    features: int = 0
    width: int = 32
    heads: int = 1
    layers: int = 1
    hidden: int = 64
    mechanism: Mechanism = "fixed_query"
    d_osc: int = 2
    coupling: str = "softplus"
    anchor_kind: AnchorKind = "unit"
    readout_exponent: float = 1.0
    mask_readout: bool = True
    causal: bool = False
    positions: Literal["none", "sinusoidal", "learned"] = "sinusoidal"
    readout: Literal["mean", "position", "next"] = "mean"
    dropout: float = 0.1
    d_qk: int | None = None
    anchor_margin: float = 0.1
    learned_exponent: bool = False
    two_sided: bool = False
    coherence: float = 0.0

    def __post_init__(self) -> None:
        if (self.vocabulary > 0) == (self.features > 0):
            raise InputError("give either a vocabulary or features, a positive number")
        for name in ("context", "outputs", "width", "heads", "layers", "hidden"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.width % self.heads:
            raise InputError(f"width {self.width} does not divide into {self.heads} heads")
        if self.d_qk is not None and self.d_qk < 1:
            raise InputError(f"d_qk is {self.d_qk}; it must be at least 1")
        if not 0 <= self.anchor_margin < 1:
            raise InputError(f"anchor_margin is {self.anchor_margin}; choose from 0 up to below 1")
        if self.d_osc < 2:
            raise InputError(f"d_osc is {self.d_osc}; an oscillator needs 2 coordinates or more")
        if not (math.isfinite(self.coherence) and self.coherence >= 0):
            raise InputError(f"coherence is {self.coherence}; it must be 0 or more")
        if self.mechanism == "softmax":
            for name in ("learned_exponent", "two_sided", "coherence"):
                if getattr(self, name):
                    raise InputError(
                        f"{name} is of oscillators, which softmax has not; leave it out"
                    )
        check_two_sided(self.two_sided, self.anchor_kind)
        if not (math.isfinite(self.readout_exponent) and self.readout_exponent > 0):
            raise InputError(
                f"readout_exponent is {self.readout_exponent}; it must be positive and finite"
            )
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout is {self.dropout}; choose from 0 up to below 1")
        check_coupling(self.coupling)
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(
                    f"{name} is {getattr(self, name)!r}; choose {' or '.join(choices)}"
                )

    @property
    def query_width(self) -> int:
        """Width of a query and of a key of one head."""
        return self.d_qk or self.width // self.heads
