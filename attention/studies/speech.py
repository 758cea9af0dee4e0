"""The studies of spoken words: positions, sharpening, dimension, the recipe, the amount of data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lohe.attention.studies.study import Arm, Study

__all__ = ["FSDD", "KWS"]

_MECHANISMS = ("fixed_query", "softmax")
_POSITIONS = ("none", "sinusoidal", "learned")

# Two thirds of the small-data protocol's epochs, to bear twice as many arms.
_RECIPE = {"epochs": 40}

# Of the learning curves, and of the second data set's oscillators.
_FEW = (0, 1, 2)


def _arm(setting: str, name: str, **model: Any) -> Arm:
    return Arm(name, setting, model={"positions": "none"} | model, recipe=_RECIPE)


def _positions(setting: str) -> Iterator[Arm]:
    """Yield both mechanisms with and without positions: anchors are a positional code too."""
    for positions in _POSITIONS:
        for mechanism in _MECHANISMS:
            yield _arm(
                setting, f"{mechanism}-{positions}", mechanism=mechanism, positions=positions
            )


def _oscillators(setting: str, *settings: tuple[str, float, int]) -> Iterator[Arm]:
    """Yield oscillators with other readout exponents p and dimensions d."""
    for positions, p, d_osc in settings:
        yield _arm(
            setting,
            f"fixed_query-{positions}-p{p:g}-d{d_osc}",
            positions=positions,
            readout_exponent=p,
            d_osc=d_osc,
        )


def _shares(setting: str, *shares: float) -> Iterator[Arm]:
    """Yield the learning curve: fewer training speakers or takes, equally many steps."""
    for share in shares:
        for positions in ("none", "sinusoidal"):
            for mechanism in _MECHANISMS:
                name = f"{mechanism}-{positions}"
                arm = _arm(setting, name, mechanism=mechanism, positions=positions)
                yield replace(
                    arm, name=f"{name}-share{share:g}", options={"share": share}, seeds=_FEW
                )


def _stock(setting: str, *recipes: tuple[str, dict[str, Any]]) -> Iterator[Arm]:
    """Yield the published recipe, made for eleven times the clips, and steps towards ours."""
    for name, recipe in recipes:
        for mechanism in _MECHANISMS:
            model = {"mechanism": mechanism, "positions": "none"}
            yield Arm(f"{mechanism}-{name}", setting, {"protocol": "stock"}, model, recipe)


KWS = Study(
    name="kws",
    question=(
        "Are oscillators better at spotting keywords than softmax, or better only than softmax "
        "without positions, and what does the sign of the difference depend on?"
    ),
    arms=(
        *_positions("kws"),
        *_oscillators(
            "kws",
            ("none", 2.0, 2),
            ("none", 4.0, 2),
            ("none", 1.0, 8),
            ("none", 1.0, 32),
            ("none", 4.0, 32),
            ("sinusoidal", 4.0, 32),
        ),
        # Anchors that tokens make themselves are no positional code.
        _arm(
            "kws",
            "fixed_query-none-p4-d32-content",
            readout_exponent=4.0,
            d_osc=32,
            anchor_kind="content",
        ),
        *_stock("kws", ("stock", {}), ("stock-fast", {"learning_rate": 1e-2})),
        *_shares("kws", 0.125, 0.25, 0.5),
    ),
    metric="test_accuracy",
)
"""The paper's +1.00 points over softmax without positions is the claim."""

FSDD = Study(
    name="fsdd",
    question="Does what decides on keywords of new voices decide on digits of known ones?",
    arms=(
        *_positions("fsdd"),
        *(
            replace(arm, seeds=_FEW)
            for arm in _oscillators("fsdd", ("none", 4.0, 2), ("none", 1.0, 32), ("none", 4.0, 32))
        ),
        *_shares("fsdd", 0.125),
    ),
    metric="test_accuracy",
)
"""The second set of spoken words."""
