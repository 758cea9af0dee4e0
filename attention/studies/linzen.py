"""The study of agreement in real sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lohe.attention.studies.study import SOFTMAX, Arm, Study

__all__ = ["LINZEN", "LINZEN_RATES"]

_SHAPES: dict[str, dict[str, Any]] = {
    "stock": {},
    "wide": {"width": 64, "heads": 4, "layers": 2, "hidden": 128},
}
_SHARPENED: dict[str, Any] = {"readout_exponent": 4, "d_osc": 8}

_RATES = (2e-3, 8e-3)  # the protocol has 4e-3, which was chosen with oscillators alone
_FEW = (0, 1)

LINZEN_RATES = tuple(f"-lr{rate:g}" for rate in _RATES)
"""Ends of the names of arms at other learning rates."""


def _arms() -> Iterator[Arm]:
    for name, shape in _SHAPES.items():
        yield Arm(f"fixed_query-{name}", "linzen", model=shape)
        yield Arm(f"softmax-{name}", "linzen", model=shape | SOFTMAX)
        yield Arm(f"fixed_query-{name}-p4-d8", "linzen", model=shape | _SHARPENED)
    for rate, end in zip(_RATES, LINZEN_RATES, strict=True):
        recipe = {"learning_rate": rate}
        yield Arm(f"fixed_query-stock{end}", "linzen", recipe=recipe, seeds=_FEW)
        yield Arm(f"softmax-stock{end}", "linzen", model=SOFTMAX, recipe=recipe, seeds=_FEW)


LINZEN = Study(
    name="linzen",
    question=(
        "Does what holds of agreement in templates hold of real sentences, with up to five "
        "attractors between subject and verb?"
    ),
    arms=tuple(_arms()),
    metric="test_balanced_accuracy_1",
)
"""The score is balanced over singular and plural verbs: a constant answer gets 1/2 of it."""
