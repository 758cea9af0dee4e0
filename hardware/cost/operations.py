"""Operations of a stage of attention, in multiply-adds.

The count is that of Pasqualetti & Guo (arXiv 2606.12059): a multiply-add, a comparison and an
addition by itself cost 1, an exponential 10. Of a query with t visible keys,

===============  ==========================================  ======================
part             what                                        cost
===============  ==========================================  ======================
coupling         W_ij from the score                         t times the function's
drive            h_i = sum_j W_ij r_j                        t d
resting point    x_i = h_i/|h_i|                             2
readout          <x_i, r_j>                                  t d
normaliser       one over the sum of the weights             2
===============  ==========================================  ======================

Softmax has exponentials and a normaliser alone. Where oscillators settle, drive and resting point
are physics; where the readout is physics, too, only couplings and the normaliser are left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lohe.dynamics.errors import InputError

__all__ = ["COUPLING_COSTS", "ROWS", "AttentionShape", "Operations", "count_operations"]

EXPONENTIAL = 10

COUPLING_COSTS: Mapping[str, int] = MappingProxyType(
    {
        "relu": 1,
        "softplus": 2 * EXPONENTIAL + 2,
        "elu": EXPONENTIAL + 1,
        "squareplus": EXPONENTIAL + 3,
    }
)
"""Of one coupling. ReLU's is the published one. Ours are: softplus max(s, 0) + ln(1 + e^-|s|), with
a logarithm as dear as an exponential; ELU + 1, one exponential and a choice; squareplus, a square
root as dear, a square and its sum, and a mean."""

ROWS = ("softmax", "all digital", "settling physical", "readout physical")
"""Softmax, and which parts of fixed-query attention are physics."""

_RESTING_POINT = _NORMALISER = 2


@dataclass(frozen=True)
class AttentionShape:
    """The size of a stage.

    Parameters
    ----------
    tokens, heads : int
        T and H.
    d_osc : int
        Dimension of an oscillator.
    causal : bool
        Whether query i sees the keys j <= i alone.

    Raises
    ------
    InputError
        For sizes that are not positive.

    Examples
    --------
    >>> AttentionShape(tokens=4, heads=2, d_osc=2, causal=True).pairs
    20
    """

    tokens: int
    heads: int
    d_osc: int
    causal: bool = False

    def __post_init__(self) -> None:
        for name in ("tokens", "heads", "d_osc"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least 1")

    @property
    def queries(self) -> int:
        """Queries of all heads, which is how many oscillators settle."""
        return self.heads * self.tokens

    @property
    def pairs(self) -> int:
        """Pairs of a query and a key that it sees, of all heads."""
        seen = self.tokens * (self.tokens + 1) // 2 if self.causal else self.tokens**2
        return self.heads * seen


@dataclass(frozen=True)
class Operations:
    """Multiply-adds of a stage by part.

    Parameters
    ----------
    coupling, drive, resting_point, readout, normaliser : int
        See the module; what physics does costs 0. Softmax's exponentials are its couplings.
    exponentials : int
        How many of these are exponentials, or as dear; each is counted as 10.
    """

    coupling: int
    drive: int
    resting_point: int
    readout: int
    normaliser: int
    exponentials: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        parts = self.coupling, self.drive, self.resting_point, self.readout, self.normaliser
        return sum(parts)

    @property
    def multiply_adds(self) -> int:
        """All but the exponentials."""
        return self.total - EXPONENTIAL * self.exponentials


def count_operations(shape: AttentionShape, row: str, coupling: str = "relu") -> Operations:
    """Count the operations of a stage.

    Parameters
    ----------
    shape
        Its size.
    row
        One of `ROWS`.
    coupling
        One of `COUPLING_COSTS`; softmax has none.

    Raises
    ------
    InputError
        For unknown names.

    Examples
    --------
    >>> agreement = AttentionShape(tokens=9, heads=1, d_osc=2)
    >>> [count_operations(agreement, row).total for row in ROWS]
    [828, 441, 261, 99]
    """
    if row not in ROWS:
        raise InputError(f"no row is called {row!r}; choose {' or '.join(ROWS)}")
    normaliser = _NORMALISER * shape.queries
    if row == "softmax":
        return Operations(EXPONENTIAL * shape.pairs, 0, 0, 0, normaliser, shape.pairs)
    if coupling not in COUPLING_COSTS:
        raise InputError(f"no coupling {coupling!r}; choose {' or '.join(COUPLING_COSTS)}")
    along = shape.pairs * shape.d_osc
    settles, reads = row != "all digital", row == "readout physical"
    return Operations(
        coupling=COUPLING_COSTS[coupling] * shape.pairs,
        drive=0 if settles else along,
        resting_point=0 if settles else _RESTING_POINT * shape.queries,
        readout=0 if reads else along,
        normaliser=normaliser,
        exponentials=COUPLING_COSTS[coupling] // EXPONENTIAL * shape.pairs,
    )
