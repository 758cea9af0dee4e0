"""Phase models against a rotary transformer of as many parameters, on texts by characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lohe.attention.studies.study import Arm, Study

__all__ = ["KURAMOTO", "KURAMOTO_RATES", "KURAMOTO_RECIPES"]

_SEEDS = (0, 1, 2)
_FEW = (0, 1)

# Of the training text, so much is read by the arms that ask what a part of the model is for.
_SHORT = {"characters": 1_800_000}

# The second paper's pull towards what followed, beside that towards the attended; a gate of both
# signs and an angle at which scores peak let a token look for others than its like.
_SUCCESSORS: dict[str, Any] = {"coupling": "both", "gate": "signed", "offset": True}

_PARTS: dict[str, dict[str, Any]] = {
    "no-gate": {"gate": "none"},
    "signed-gate": {"gate": "signed"},
    "no-drift": {"drift": "none"},
    "learned-drift": {"drift": "learned"},
    "free-values": {"values": "free"},
    "offset": {"offset": True},
    "unseen-self": {"sees_itself": False},
    "frustration": {"frustration": True},
    "successor": {"coupling": "successor"},
    "both": {"coupling": "both"},
}
"""What an ablation changes of the phase model."""

KURAMOTO_RATES = ("-lr0.001", "-lr0.002", "-lr0.008")
"""Ends of the names of arms with other rates than the setting's."""


def _phases(text: str, name: str = "", seeds: tuple[int, ...] = _SEEDS, **options: Any) -> Arm:
    name = "-".join(filter(None, (text, "kuramoto", name)))
    options = {"system": "kuramoto", **options}
    return Arm(name, text, options, seeds=seeds, against=f"{text}-rotary")


def _baseline(text: str, name: str = "", seeds: tuple[int, ...] = _SEEDS, **options: Any) -> Arm:
    name = "-".join(filter(None, (text, "rotary", name)))
    return Arm(name, text, {"system": "rotary", **options}, seeds=seeds)


def _main(text: str) -> tuple[Arm, ...]:
    return _baseline(text), _phases(text), _phases(text, "successors", **_SUCCESSORS)


def _parts() -> Iterator[Arm]:
    baseline = _baseline("enwik8", "short", _FEW, **_SHORT)
    base = _phases("enwik8", "short", _FEW, **_SHORT)
    yield baseline
    yield replace(base, against=baseline.name)
    for name, changes in _PARTS.items():
        arm = _phases("enwik8", f"short-{name}", _FEW, **_SHORT, **changes)
        yield replace(arm, against=base.name)
    arm = _phases("enwik8", "short-successors", _FEW, **_SHORT, **_SUCCESSORS)
    yield replace(arm, against=baseline.name)


def _recipes() -> Iterator[Arm]:
    for arm in _main("enwik8"):
        short = replace(arm, options={**arm.options, "characters": 900_000}, seeds=(0,), against="")
        yield replace(short, name=f"{arm.name}-quarter")
        for end in KURAMOTO_RATES:
            rate = float(end.removeprefix("-lr"))
            yield replace(short, name=f"{arm.name}-quarter{end}", recipe={"learning_rate": rate})


KURAMOTO = Study(
    name="kuramoto",
    question=(
        "How far are phases that pull at each other behind a rotary transformer of as many "
        "parameters and tokens, which of their parts matter, and do successors beat it?"
    ),
    arms=(*_main("enwik8"), *_main("shakespeare"), *_parts()),
    metric="test_bits",
    larger_is_better=False,
    folder="characters",
)
"""Nunley (arXiv 2606.11585) has phases 0.021 bits behind, at a million parameters."""

KURAMOTO_RECIPES = Study(
    name="kuramoto-recipes",
    question="Is the learning rate of the study of characters the best for both mechanisms?",
    arms=tuple(_recipes()),
    metric="validation_bits",
    larger_is_better=False,
    folder="characters",
)
"""What the rate of the other study is checked by: one seed, a quarter of the text."""
