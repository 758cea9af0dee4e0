"""Plans: what cannot be used is named, and a document gives the plan back."""

from __future__ import annotations

import json

import pytest

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.plan import Plan, Starts, Stopping

GOOD = {"network_sha256": "0" * 64, "trials": 100, "horizons": (3.0, 1.0, 3.0), "seed": 0}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"starts": Starts("strata", levels=(0.001, 0.1)), "confidence": 0.9, "family": 6},
        {"starts": Starts("tilted", power=8.0), "records": False},
        {"starts": Starts("saddles", angle=0.25), "early": False},
        {"stopping": Stopping(lower=0.99), "engine": "numba"},
        {"stopping": Stopping(width=0.01), "tolerance": 0.5},
    ],
)
def test_a_document_gives_the_plan_back(change):
    plan = Plan(**GOOD | change)
    assert Plan.read(json.loads(json.dumps(plan.document()))) == plan


def test_horizons_rise_without_repetition():
    assert Plan(**GOOD).horizons == (1.0, 3.0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"trials": 0}, "trials"),
        ({"horizons": ()}, "horizons"),
        ({"horizons": (float("nan"),)}, "horizons"),
        ({"horizons": (-1.0,)}, "horizons"),
        ({"seed": -1}, "seed"),
        ({"tolerance": 2.0}, "tolerance"),
        ({"confidence": 1.0}, "confidence"),
        ({"family": 0}, "family"),
        ({"engine": "cuda"}, "engine"),
        ({"trials": 2, "starts": Starts("strata", levels=(0.1, 0.2))}, "each of the 3 strata"),
        ({"stopping": Stopping(lower=0.5), "starts": Starts("tilted", power=2.0)}, "uniform"),
    ],
)
def test_unusable_plans_are_named(change, says):
    with pytest.raises(InputError, match=says):
        Plan(**GOOD | change)


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "normal"},
        {"kind": "strata"},
        {"kind": "strata", "levels": (0.2, 0.1)},
        {"kind": "strata", "levels": (0.0, 0.1)},
        {"kind": "uniform", "levels": (0.5,)},
        {"kind": "tilted", "power": 0.5},
        {"kind": "tilted", "power": float("inf")},
        {"kind": "uniform", "power": 2.0},
        {"kind": "saddles"},
        {"kind": "saddles", "angle": 4.0},
        {"kind": "uniform", "angle": 1.0},
    ],
)
def test_unusable_starts_are_named(values):
    with pytest.raises(InputError):
        Starts(**values)


@pytest.mark.parametrize("values", [{}, {"lower": 0.5, "width": 0.1}, {"width": 0.0}])
def test_unusable_rules_are_named(values):
    with pytest.raises(InputError, match="one of lower and width"):
        Stopping(**values)


def test_rules_are_met_by_bounds():
    assert Stopping(lower=0.9).met(0.91, 1.0)
    assert not Stopping(lower=0.9).met(0.9, 1.0)
    assert Stopping(width=0.1).met(0.5, 0.59)
    assert not Stopping(width=0.1).met(0.5, 0.61)
