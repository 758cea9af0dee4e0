"""Oscillators on spheres of any dimension, with known answers."""

import numpy as np
import pytest
from verdicts import PROVED, REFUTED, theorem, verdicts

from lohe.dynamics.gallery import consensus, detuned, opposed_anchors, quaternion
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform


@pytest.mark.parametrize("d", [3, 5, 7])
@pytest.mark.parametrize("spread", [0.1, 10.0])
def test_odd_dimensions_lock_at_any_spread(d: int, spread: float) -> None:
    """Chandra, Girvan & Ott, Phys. Rev. X 9 (2019) 011002: odd D is different."""
    network = detuned(d, 30, spread, rng=np.random.default_rng(d))
    claims = verdicts(network, "unique_stable", "almost_global", "settling", "lock")
    assert {claim.verdict for claim in claims.values()} == {PROVED}


@pytest.mark.parametrize("d", [2, 4, 6])
def test_even_dimensions_lose_lock(d: int) -> None:
    """The same source: in even D a spread beyond the drive unlocks, a small one does not.

    f(0+) = ||A^-1 h||^2 > 1 decides.
    """
    slow = detuned(d, 30, 0.1, rng=np.random.default_rng(d))
    assert verdicts(slow, "lock")["lock"].verdict is PROVED
    fast = detuned(d, 30, 10.0, rng=np.random.default_rng(d))
    assert verdicts(fast, "lock")["lock"].verdict is REFUTED
    mixed = detuned(d, 12, 1.5, rng=np.random.default_rng(d))
    assert mixed.frequency is not None
    norms = np.linalg.norm(np.linalg.solve(mixed.frequency, mixed.drive[..., None])[..., 0], axis=1)
    assert np.any(norms > 1)
    assert np.any(norms < 1)
    for drive, frequency, size in zip(mixed.drive, mixed.frequency, norms, strict=True):
        one = Network(drive[np.newaxis], frequency=frequency[np.newaxis])
        assert verdicts(one, "lock")["lock"].verdict is (PROVED if size > 1 else REFUTED)


@pytest.mark.parametrize(
    ("drive", "locks"),
    [
        (2.5, False),
        (float(np.nextafter(3.0, 0.0)), False),
        (3.0, False),
        (float(np.nextafter(3.0, 4.0)), True),
        (5.0, True),
    ],
)
def test_unit_quaternions_lock_below_their_drive(drive: float, locks: bool) -> None:
    """Lohe, J. Phys. A 42 (2009) 395101, the group SU(2): |omega| = |(1, 2, 2)| = 3, exactly."""
    claims = verdicts(quaternion(drive, (1.0, 2.0, 2.0)), "unique_stable", "almost_global", "lock")
    assert {claim.verdict for claim in claims.values()} == {PROVED if locks else REFUTED}
    if drive == 5.0:
        values = claims["lock"].values
        assert values["rate_lower"] <= 4 <= values["rate_upper"]


@pytest.mark.parametrize(("n", "d"), [(3, 2), (2, 3), (4, 3), (10, 8)])
def test_consensus_without_anchors_is_never_unique(n: int, d: int) -> None:
    """Markdahl, Thunberg & Goncalves, IEEE Trans. Automat. Contr. 63 (2018) 1664.

    Almost every start agrees (for d >= 3), but not on where: a continuum of equilibria.
    """
    claims = verdicts(consensus(n, d), "unique_stable", "almost_global")
    assert {claim.verdict for claim in claims.values()} == {REFUTED}
    assert theorem(claims["unique_stable"]) == "L3"


def test_an_anchor_anywhere_ends_the_continuum() -> None:
    """The same network with one anchor on every oscillator: T6 as soon as it outweighs."""
    free = consensus(4, 3)
    held = Network(np.tile([0.0, 0.0, 6.5], (4, 1)), crosstalk=free.crosstalk)
    claims = verdicts(held, "unique_stable", "almost_global")
    assert {claim.verdict for claim in claims.values()} == {PROVED}


@pytest.mark.parametrize("d", [2, 3, 8])
def test_opposite_anchors_can_cancel(d: int) -> None:
    """Gordan's theorem: the hull of the anchors contains the origin, so some input has no drive.

    Balanced couplings are that input; with others this instance is certain, but not every one.
    """
    balanced = verdicts(opposed_anchors(d))
    assert {claim.verdict for claim in balanced.values()} == {REFUTED}
    uneven = verdicts(opposed_anchors(d, balance=0.5))
    assert uneven["all_inputs"].verdict is REFUTED
    assert uneven["unique_stable"].verdict is PROVED
    # Coherence (1 - 1/2)/(1 + 1/2) = 1/3: so much mismatch may cancel the drive.
    assert verdicts(opposed_anchors(d, balance=0.5), "mismatch", mismatch=0.33)[
        "mismatch"
    ].verdict is (PROVED)
    assert verdicts(opposed_anchors(d, balance=0.5), "mismatch", mismatch=0.34)[
        "mismatch"
    ].verdict is (REFUTED)


@pytest.mark.parametrize("d", [2, 3, 8])
def test_anchors_of_a_half_space_hold_for_every_input(d: int) -> None:
    """The other side of Gordan's theorem."""
    anchors = uniform(np.random.default_rng(d), 6, d)
    anchors[:, 0] = np.abs(anchors[:, 0]) + 0.1
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    claims = verdicts(Network(couplings=np.ones((2, 6)), anchors=anchors), "all_inputs")
    assert claims["all_inputs"].verdict is PROVED


@pytest.mark.parametrize("d", [2, 3, 8])
def test_without_a_drive_every_state_rests(d: int) -> None:
    """T1's hypothesis h != 0: the zero drive, alone and among others."""
    network = Network(np.concatenate([np.zeros((1, d)), np.eye(d)]))
    claims = verdicts(network, "unique_stable", "almost_global", "settling")
    assert {claim.verdict for claim in claims.values()} == {REFUTED}
    tiny = Network(np.full((1, d), 5e-324))
    assert verdicts(tiny, "unique_stable")["unique_stable"].verdict is PROVED
