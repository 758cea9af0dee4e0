"""The studies of spoken words: positions, sharpening, dimension, the recipe, the amount of data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lohe.attention.studies.study import SOFTMAX, Arm, Study

__all__ = ["FSDD", "KWS", "SPEECH_RATES"]

_POSITIONS = ("none", "sinusoidal", "learned")

# Two thirds of the small-data protocol's epochs, to bear twice as many arms.
_RECIPE = {"epochs": 40}

_RATES = (3e-3, 3e-2)  # the protocol has 1e-2, which was chosen with oscillators alone

SPEECH_RATES = tuple(f"-lr{rate:g}" for rate in _RATES)
"""Ends of the names of arms at other learning rates."""

# Of the learning curves, and of the second data set's oscillators.
_FEW = (0, 1, 2)


def _oscillators(setting: str, name: str, positions: str = "none", **model: Any) -> Arm:
    model = {"positions": positions} | model
    return Arm(f"fixed_query-{name}", setting, model=model, recipe=_RECIPE)


def _softmax(setting: str, positions: str) -> Arm:
    model = SOFTMAX | {"positions": positions}
    return Arm(f"softmax-{positions}", setting, model=model, recipe=_RECIPE)


def _pairs(setting: str, *positions: str) -> Iterator[Arm]:
    """Yield both mechanisms: anchors are a positional code, which softmax alone has not."""
    for kind in positions:
        yield _oscillators(setting, kind, kind)
        yield _softmax(setting, kind)


def _sharpened(setting: str, positions: str, *shapes: tuple[float, int]) -> Iterator[Arm]:
    """Yield oscillators with other readout exponents p and dimensions d."""
    for p, d_osc in shapes:
        yield _oscillators(
            setting,
            f"{positions}-p{p:g}-d{d_osc}",
            positions,
            readout_exponent=p,
            d_osc=d_osc,
        )


def _shares(setting: str, *shares: float) -> Iterator[Arm]:
    """Yield the learning curve: fewer training speakers or takes, equally many steps."""
    for share in shares:
        for arm in _pairs(setting, "none", "sinusoidal"):
            name = f"{arm.name}-share{share:g}"
            yield replace(arm, name=name, options={"share": share}, seeds=_FEW)


def _rates(setting: str) -> Iterator[Arm]:
    """Yield both mechanisms without positions at other learning rates."""
    for rate, end in zip(_RATES, SPEECH_RATES, strict=True):
        for arm in _pairs(setting, "none"):
            recipe = _RECIPE | {"learning_rate": rate}
            yield replace(arm, name=f"{arm.name}{end}", recipe=recipe, seeds=(0, 1))


def _stock(setting: str, name: str, **recipe: Any) -> Iterator[Arm]:
    """Yield both mechanisms by the published recipe, made for eleven times the clips, or near."""
    for arm in _pairs(setting, "none"):
        mechanism, _ = arm.name.split("-")
        yield replace(arm, name=f"{mechanism}-{name}", options={"protocol": "stock"}, recipe=recipe)


KWS = Study(
    name="kws",
    question=(
        "Are oscillators better at spotting keywords than softmax, or better only than softmax "
        "without positions, and what does the sign of the difference depend on?"
    ),
    arms=(
        *_pairs("kws", *_POSITIONS),
        *_sharpened("kws", "none", (2, 2), (4, 2), (1, 8), (1, 32), (4, 32)),
        *_sharpened("kws", "sinusoidal", (4, 32)),
        # Anchors that tokens make themselves are no positional code.
        _oscillators(
            "kws", "none-p4-d32-content", readout_exponent=4, d_osc=32, anchor_kind="content"
        ),
        *_stock("kws", "stock"),
        *_stock("kws", "stock-fast", learning_rate=1e-2),
        *_shares("kws", 0.125, 0.25, 0.5),
        *_rates("kws"),
    ),
    metric="test_accuracy",
)
"""The paper's +1.00 points over softmax without positions is the claim."""

FSDD = Study(
    name="fsdd",
    question="Does what decides on keywords of new voices decide on digits of known ones?",
    arms=(
        *_pairs("fsdd", *_POSITIONS),
        *(replace(arm, seeds=_FEW) for arm in _sharpened("fsdd", "none", (4, 2), (1, 32), (4, 32))),
        *_shares("fsdd", 0.125),
    ),
    metric="test_accuracy",
)
"""The second set of spoken words."""
