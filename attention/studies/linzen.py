"""The study of agreement in real sentences."""

from __future__ import annotations

from typing import Any

from lohe.attention.studies.study import Arm, Study

__all__ = ["LINZEN"]

_STOCK: dict[str, Any] = {}
_WIDE: dict[str, Any] = {"width": 64, "heads": 4, "layers": 2, "hidden": 128}

_MODELS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("fixed_query-stock", _STOCK),
    ("softmax-stock", _STOCK | {"mechanism": "softmax"}),
    ("fixed_query-stock-p4-d8", _STOCK | {"readout_exponent": 4.0, "d_osc": 8}),
    ("fixed_query-wide", _WIDE),
    ("softmax-wide", _WIDE | {"mechanism": "softmax"}),
    ("fixed_query-wide-p4-d8", _WIDE | {"readout_exponent": 4.0, "d_osc": 8}),
)

LINZEN = Study(
    name="linzen",
    question=(
        "Does what holds of agreement in templates hold of real sentences, with up to five "
        "attractors between subject and verb?"
    ),
    arms=tuple(Arm(name, "linzen", model=model) for name, model in _MODELS),
    metric="test_balanced_accuracy_1",
)
"""The score is balanced over singular and plural verbs: a constant answer gets 1/2 of it."""
