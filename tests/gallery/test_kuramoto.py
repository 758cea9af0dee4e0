"""Planar oscillators with known thresholds and known numbers of attractors."""

import numpy as np
import pytest
from verdicts import PROVED, REFUTED, UNDECIDED, theorem, verdicts

from lohe.dynamics.gallery import (
    THREE_LOCK,
    anchored_circulant,
    anchored_pair,
    three_kuramoto,
    two_kuramoto,
)
from lohe.proofs_numeric.equilibria.exhaustive import search
from lohe.proofs_numeric.equilibria.stable_points import stable_points


def test_the_ring_of_eight_with_one_weak_anchor_has_several_attractors() -> None:
    """Wiley, Strogatz & Girvan, Chaos 16 (2006) 015103: twisted states with |q| < n/4 are stable.

    At n = 8 these are q = -1, 0, 1, and an anchor of 0.3 leaves them stable. A certificate that
    calls this network's resting point unique is wrong.
    """
    claims = verdicts(anchored_circulant(8), "unique_stable", "almost_global")
    for claim in claims.values():
        assert claim.verdict is REFUTED
        assert theorem(claim) == "T8"
        assert [box["unstable"] for box in claim.witness["equilibria"]] == [0, 0]
    found = stable_points(anchored_circulant(8), enough=4)
    assert len(found) == 3
    angles = [np.unwrap(np.arctan2(e.points[:, 1], e.points[:, 0])) for e in found]
    turns = [round(float(a[-1] - a[0] + (a[-1] - a[0]) / 7) / (2 * np.pi)) for a in angles]
    assert sorted(turns) == [-1, 0, 1]


@pytest.mark.parametrize(("n", "reach"), [(5, 1), (12, 1), (11, 3), (20, 6), (22, 7)])
def test_rings_and_dense_circulants_with_a_weak_anchor(n: int, reach: int) -> None:
    """Townsend, Stillman & Strogatz, Chaos 30 (2020) 083142: twisted states of dense networks.

    22 oscillators that feel 14 of the 21 others, 67 %, still have more than one attractor.
    """
    network = anchored_circulant(n, reach=reach, strength=0.01)
    assert len(stable_points(network)) == 2
    if n > 7:  # fewer are searched for all equilibria, which takes longer
        assert verdicts(network, "unique_stable")["unique_stable"].verdict is REFUTED


def test_the_triangle_synchronises() -> None:
    """Three identical oscillators that all feel each other have no twisted state: |q| < 3/4.

    Every equilibrium is enclosed; one is stable, and the flow descends an energy.
    """
    claims = verdicts(anchored_circulant(3), "unique_stable", "almost_global")
    assert claims["unique_stable"].verdict is PROVED
    assert claims["almost_global"].verdict is PROVED
    assert theorem(claims["unique_stable"]) == "T8"


@pytest.mark.parametrize(
    ("detuning", "locks"),
    [
        (0.0, True),
        (0.999, True),
        (float(np.nextafter(1.0, 0.0)), True),
        (1.0, False),
        (float(np.nextafter(1.0, 2.0)), False),
        (-1.001, False),
        (50.0, False),
    ],
)
def test_two_kuramoto_oscillators_lock_below_their_coupling(detuning: float, locks: bool) -> None:
    """Adler, Proc. IRE 34 (1946) 351: the difference locks iff |detuning| < K, to the last bit.

    At equality one half-stable point is left: at rest, but not stable.
    """
    names = ("unique_stable", "almost_global", "settling")
    claims = verdicts(two_kuramoto(1.0, detuning), *names, *(("lock",) if detuning else ()))
    assert {claim.verdict for claim in claims.values()} == {PROVED if locks else REFUTED}
    assert theorem(claims["unique_stable"]) == ("T5" if detuning else "T1")


def test_the_rate_of_two_kuramoto_oscillators() -> None:
    """The relative phase settles at the rate sqrt(K^2 - detuning^2): 4 for K = 5 and 3."""
    claim = verdicts(two_kuramoto(5.0, 3.0), "lock")["lock"]
    assert claim.values["rate_lower"] <= 4 <= claim.values["rate_upper"]
    assert claim.values["rate_upper"] - claim.values["rate_lower"] < 1e-10


@pytest.mark.parametrize(
    ("ratio", "count"), [(0.9, 4), (1.5, 2), (THREE_LOCK - 1e-5, 2), (THREE_LOCK + 1e-5, 0)]
)
def test_three_kuramoto_oscillators_lock_up_to_their_threshold(ratio: float, count: int) -> None:
    """Maistrenko et al., Phys. Rev. Lett. 93 (2004) 084102: 3 omega/K up to 1.7601725.

    Below 1 there are two locked states with the outer two opposite, too.
    """
    network = three_kuramoto(3.0, ratio)
    found = search(network)
    assert found.tree is not None
    assert len(found.enclosures) == count
    claims = verdicts(network, "unique_stable", "almost_global")
    assert claims["unique_stable"].verdict is (PROVED if count else REFUTED)
    # Beyond equilibria nothing is known of a flow that descends no energy.
    assert claims["almost_global"].verdict is (UNDECIDED if count else REFUTED)


def test_the_threshold_of_three_is_the_maximum_of_two_sines() -> None:
    angle = np.arccos((np.sqrt(33) - 1) / 8)
    assert abs(np.sin(angle) + np.sin(2 * angle) - THREE_LOCK) < 1e-7


def test_crosstalk_at_the_limit_of_the_contraction_theorem() -> None:
    """T6 needs a drive above twice the crosstalk, and its limit is sharp.

    One ulp above, it holds. At the limit the state with both turned away is degenerate, below it
    two more equilibria appear (none of them stable): counting decides, or nothing.
    """
    names = ("unique_stable", "almost_global")
    above = verdicts(anchored_pair(float(np.nextafter(2.0, 3.0))), *names)
    assert {c.verdict for c in above.values()} == {PROVED}
    assert theorem(above["unique_stable"]) == "T6"
    at = verdicts(anchored_pair(2.0), *names)
    assert {c.verdict for c in at.values()} == {UNDECIDED}
    assert "oscillators 0 to 1 at 180°" in at["unique_stable"].reason
    below = verdicts(anchored_pair(1.5), *names)
    assert {c.verdict for c in below.values()} == {PROVED}
    assert theorem(below["unique_stable"]) == "T8"
    assert below["unique_stable"].values["equilibria"] == 6
