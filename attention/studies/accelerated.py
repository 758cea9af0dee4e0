"""Classical attention against schemes with momentum, in both families of kernels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lohe.attention.accelerated import FAMILIES, SCHEMES
from lohe.attention.studies.study import Arm, Study

__all__ = ["ACCELERATED"]

_SEEDS = (0, 1, 2)

_WIDE = 586_092  # parameters of a linear model with momenta, whose tables the baseline has not


def _arm(family: str, scheme: str, name: str = "", **options: Any) -> Arm:
    """Return an arm, to be compared with the family's baseline."""
    options = {"family": family, "scheme": scheme, **options}
    name = "-".join(filter(None, (family, scheme, name)))
    baseline = f"{family}-baseline"
    return Arm(name, "accelerated", options, seeds=_SEEDS, against=baseline * (name != baseline))


def _of(family: str) -> Iterator[Arm]:
    yield _arm(family, "baseline")
    yield _arm(family, "baseline", "wide", parameters=_WIDE)
    for scheme in SCHEMES[family][1:]:
        yield _arm(family, scheme)
    yield _arm(family, "presymplectic_euler", "at-rest", start="zero")


def _softmax() -> Iterator[Arm]:
    # A step of Strang's takes four calls of the force; these are 273 steps, 9 % more calls.
    yield replace(_arm("softmax", "strang", "few-steps"), recipe={"epochs": 3})
    for scheme in ("euler", "presymplectic_euler"):
        yield _arm("softmax", scheme, "leaking", sealed=False)


ACCELERATED = Study(
    name="accelerated",
    question=(
        "Does momentum make attention learn faster at the same number of oracle calls, by which "
        "scheme, and how much does a leak of the future flatter it?"
    ),
    arms=(*(arm for family in FAMILIES for arm in _of(family)), *_softmax()),
    metric="test_perplexity",
    larger_is_better=False,
)
"""Stein, Li & Steidl (arXiv 2603.16535) have the accelerated schemes learn faster."""
