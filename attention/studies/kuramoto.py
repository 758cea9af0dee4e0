"""Phase models against a rotary transformer of as many parameters, on texts by characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lohe.attention.studies.character_settings import CHARACTER_RATES
from lohe.attention.studies.study import Arm, Study

__all__ = ["KURAMOTO", "KURAMOTO_RECIPES"]

_SEEDS = (0, 1, 2)
_FEW = (0, 1)

# Of the training text, so much is read by the arms that ask what a part of the model is for.
_QUARTER = {"characters": 900_000}

# The second paper's pull towards what followed, beside that towards the attended; a token's own
# successor is not known, so that it does not attend to itself.
_SUCCESSORS: dict[str, Any] = {"coupling": "both", "sees_itself": False}

_PARTS: dict[str, dict[str, Any]] = {
    "no-gate": {"gate": "none"},
    "sigmoid-gate": {"gate": "sigmoid"},
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

_RATES = (1e-3, 2e-3, 4e-3, 8e-3)


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
    baseline = _baseline("enwik8", "quarter", _FEW, **_QUARTER)
    base = _phases("enwik8", "quarter", _FEW, **_QUARTER)
    yield baseline
    yield replace(base, against=baseline.name)
    for name, changes in _PARTS.items():
        arm = _phases("enwik8", f"quarter-{name}", _FEW, **_QUARTER, **changes)
        yield replace(arm, against=base.name)
    arm = _phases("enwik8", "quarter-successors", _FEW, **_QUARTER, **_SUCCESSORS)
    yield replace(arm, against=baseline.name)


def _recipes() -> Iterator[Arm]:
    for arm in _main("enwik8"):
        options = {**arm.options, **_QUARTER}
        short = replace(arm, name=_quarter(arm.name), options=options, seeds=(0,), against="")
        yield short
        for rate in _RATES:
            if rate != CHARACTER_RATES[arm.options["system"]]:
                name = f"{short.name}-lr{rate:g}"
                yield replace(short, name=name, recipe={"learning_rate": rate})


def _quarter(name: str) -> str:
    """Return what the arm is called on a quarter of the text, in both studies."""
    return name.replace("rotary", "rotary-quarter").replace("kuramoto", "kuramoto-quarter")


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
