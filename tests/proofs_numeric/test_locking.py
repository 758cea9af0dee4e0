"""What is proved of locks holds on every device, and decides the cases with known answers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from exact_oracle import drives as exact_drives
from exact_oracle import fractions
from flint import arb, arb_mat, ctx

from lohe.dynamics.errors import InputError
from lohe.dynamics.lorentz import lorentz_flow
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.locking import examine_locks
from lohe.proofs_numeric.settling_bound import cap_quantile, locked_settling_time_upper
from lohe.proofs_numeric.uncertainty import Uncertainty

NONE = Uncertainty()


def skew(rng, n, d, size=1.0):
    matrix = size * rng.standard_normal((n, d, d))
    return matrix - np.swapaxes(matrix, 1, 2)


def ball(x: Fraction) -> arb:
    return arb(x.numerator) / arb(x.denominator)


def resolvent_norm(drive, frequency, level) -> arb:
    """Enclose the norm of (level I - A)^-1 h at 300 bits."""
    d = len(drive)
    shifted = [
        [
            ball((Fraction(level) if i == j else 0) - Fraction(float(frequency[i, j])))
            for j in range(d)
        ]
        for i in range(d)
    ]
    y = arb_mat(shifted).solve(arb_mat([[ball(x)] for x in drive]))
    return sum((x * x for x in y.entries()), arb(0)).sqrt()


@pytest.fixture(autouse=True)
def _precision():
    with ctx.workprec(300):
        yield


@pytest.mark.parametrize("d", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e299])
@pytest.mark.parametrize(("mismatch", "spread"), [(0, 0), (0.01, 0), (0, 0.05), (1e-6, 0.4)])
def test_levels_and_ceilings_satisfy_their_rules(d, scale, mismatch, spread):
    rng = np.random.default_rng(d)
    n, keys = 12, 6
    network = Network(
        couplings=scale * rng.exponential(size=(n, keys)),
        anchors=rng.standard_normal((keys, d)),
        anchor_kind="free",
        frequency=scale * skew(rng, n, d, 0.5),
    )
    devices = Uncertainty(mismatch=mismatch, frequency=spread * scale)
    found = examine_locks(network, devices)
    errors = devices.drive_errors(network)
    proved = np.flatnonzero(found.rates_lower > 0)
    for i in proved:
        drive, frequency = exact_drives(network)[i], network.frequency[i]
        error, omega = arb(float(errors[i])), arb(devices.frequency)
        level, ceiling = float(found.levels[i]), float(found.ceilings[i])
        if level > 0:
            assert level > devices.frequency
            norm = resolvent_norm(drive, frequency, level)
            assert norm * (arb(level) - omega) > arb(level) + error
            assert found.rates_lower[i] == level
        else:
            entries = [ball(x) for row in fractions(frequency) for x in row]
            turn = (sum((x * x for x in entries), arb(0)) / 2).sqrt() + omega
            push = sum((ball(x) ** 2 for x in drive), arb(0)).sqrt() - error
            assert push > turn
            assert (push**2 - turn**2).sqrt() >= arb(float(found.rates_lower[i]))
        if ceiling < np.inf:
            norm = resolvent_norm(drive, frequency, ceiling)
            assert norm * (arb(ceiling) + omega) + error < arb(ceiling)
    if devices.none:
        assert found.proved == (found.unlocked is None)
        assert found.proved or d % 2 == 0
        np.testing.assert_allclose(found.rates_lower[proved], found.rates_upper[proved], rtol=1e-6)


@pytest.mark.parametrize("spread", [0.0, 0.03, 0.2])
def test_no_device_has_another_rate_or_rests_elsewhere(spread):
    rng = np.random.default_rng(3)
    n, d, keys = 10, 4, 5
    anchors = rng.standard_normal((keys, d))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    couplings = 1 + rng.exponential(size=(n, keys))
    network = Network(couplings=couplings, anchors=anchors, frequency=skew(rng, n, d, 0.1))
    devices = Uncertainty(mismatch=0.02, frequency=spread, anchors=0.01)
    found = examine_locks(network, devices)
    proved = np.flatnonzero(np.isfinite(found.radii))
    assert len(proved) > n / 2
    seen = np.zeros(n)
    for k in range(300):
        size = 1.0 if k % 2 else rng.uniform()
        e = devices.mismatch * size * rng.choice([-1, 1], size=couplings.shape)
        moved = rng.standard_normal((n, keys, d))
        moved *= size * devices.anchors / np.linalg.norm(moved, axis=2, keepdims=True)
        drive = np.einsum("nt,ntd->nd", couplings * (1 + e), anchors + moved)
        turn = skew(rng, n, d)
        turn *= size * spread / np.linalg.norm(turn, 2, axis=(1, 2))[:, None, None]
        matrix = np.zeros((n, d + 1, d + 1))
        matrix[:, :d, :d], matrix[:, :d, d] = network.frequency + turn, drive
        matrix[:, d, :d] = drive
        values, vectors = np.linalg.eig(matrix[proved])
        lead = values.real.argmax(axis=1)
        rate = values.real.max(axis=1)
        assert (rate >= found.rates_lower[proved] * (1 - 1e-12)).all()
        assert (rate <= found.rates_upper[proved] * (1 + 1e-12)).all()
        point = vectors[np.arange(len(proved)), :, lead].real
        point = point[:, :d] / point[:, d:]
        away = np.linalg.norm(point - found.points[proved], axis=1)
        assert (away <= found.radii[proved] + 1e-12).all()
        seen[proved] = np.maximum(seen[proved], away)
    assert (seen[proved] > found.radii[proved] / 50).all()  # and the radius is no mere two


@pytest.mark.parametrize("norm", [1.0, 1e-300, 2.0**1000])
def test_one_ulp_under_at_and_over_the_edge_in_the_plane(norm):
    turns = [np.nextafter(norm, 0), norm, np.nextafter(norm, np.inf)]
    for turn, locks in zip(turns, (True, False, False), strict=True):
        frequency = np.array([[[0, -turn], [turn, 0]]])
        found = examine_locks(Network([[norm, 0.0]], frequency=frequency))
        assert found.proved == locks
        assert (found.unlocked is not None) == (not locks)


def test_odd_dimensions_always_lock_under_random_frequencies_and_even_ones_not():
    rng = np.random.default_rng(1)
    for d in (3, 5, 7):
        assert examine_locks(
            Network(rng.standard_normal((300, d)), frequency=skew(rng, 300, d))
        ).proved
    for d in (2, 4):
        drive = rng.standard_normal((300, d))
        found = examine_locks(Network(drive, frequency=skew(rng, 300, d)))
        i, point = found.unlocked
        assert 0.2 < (found.rates_lower > 0).mean() < 0.8
        assert found.rates_lower[i] == 0
        assert sum(x * x for x in point) <= 1


def test_zero_drives_and_absent_frequencies():
    network = Network([[3.0, 4.0], [0.0, 0.0]])
    found = examine_locks(network)
    assert found.unlocked == (1, (0, 0))
    assert found.rates_lower[0] == pytest.approx(5, rel=1e-14)
    assert found.rates_lower[0] <= 5 <= found.rates_upper[0]
    assert examine_locks(Network([[3.0, 4.0]])).proved


def test_drives_that_cancel_are_summed_exactly():
    # The float product of these is 0, or far from it; the exact sum is tiny but there.
    couplings = [[1e16, 1.0, 1e16], [1.0, 1.0, 1.0]]
    anchors = [[1.0, 0.0, 0.0], [0.0, 0.0, 1e-3], [-1.0, 0.0, 0.0]]
    frequency = np.zeros((2, 3, 3))
    frequency[:, 0, 1], frequency[:, 1, 0] = -1, 1
    network = Network(couplings=couplings, anchors=anchors, anchor_kind="free", frequency=frequency)
    found = examine_locks(network)
    assert found.proved
    np.testing.assert_allclose(found.rates_lower, 1e-3, rtol=1e-10)
    np.testing.assert_allclose(found.points, [[0, 0, 1], [0, 0, 1]], atol=1e-9)


def test_rates_far_below_the_frequency_are_found_by_exact_arithmetic():
    frequency = np.zeros((3, 3, 3))
    frequency[:, 0, 1], frequency[:, 1, 0] = -1, 1
    drive = np.zeros((3, 3))
    drive[:, 2] = [1e-200, 1e-100, 1e-30]
    network = Network(drive, frequency=frequency)
    found = examine_locks(network)
    assert found.proved
    np.testing.assert_allclose(found.rates_lower, drive[:, 2], rtol=1e-15)
    assert (found.rates_upper > found.rates_lower).all()
    # A spread of the frequency larger than the rate may tilt the axis: nothing is proved then.
    assert examine_locks(network, Uncertainty(frequency=1e-40)).unresolved == (0, 1)


def test_a_rate_below_the_smallest_float_is_left_open():
    frequency = np.zeros((1, 3, 3))
    frequency[0, 0, 1], frequency[0, 1, 0] = -1e10, 1e10
    # The axis turns by about 1e-10 of the drive's direction: the rate is near 5e-334.
    frequency[0, 1, 2], frequency[0, 2, 1] = -1.0, 1.0
    found = examine_locks(Network([[5e-324, 0.0, 0.0]], frequency=frequency))
    assert found.unlocked is None
    assert found.unresolved == (0,)


def test_locking_is_not_asked_of_coupled_networks():
    coupled = Network([[1.0, 0.0], [0.0, 1.0]], crosstalk=[[0, 1.0], [0, 0]])
    with pytest.raises(InputError, match="remove the crosstalk"):
        examine_locks(coupled)
    with pytest.raises(InputError, match="remove the crosstalk"):
        examine_locks(Network([[1.0, 0.0]]), Uncertainty(crosstalk=0.1))


@pytest.mark.parametrize("d", [2, 3, 6])
def test_the_exact_flow_converges_at_the_proved_rate_and_in_the_proved_time(d):
    rng = np.random.default_rng(d)
    drive, frequency = 4 * rng.standard_normal((1, d)), skew(rng, 1, d, 0.3)
    network = Network(drive, frequency=frequency)
    found = examine_locks(network)
    rate, point = found.rates_lower[0], found.points[0]
    starts = uniform(rng, 4000, d)
    repelling = np.linalg.solve(found.rates_lower[0] * np.eye(d) + frequency[0], -drive[0])
    times = np.array([0.5, 1.0, 3.0]) / rate

    def ratio(x):
        away = np.linalg.norm(x - point, axis=1)
        return away / np.linalg.norm(x - repelling, axis=1)

    before = ratio(starts)
    for t in times:
        after = lorentz_flow(starts, drive, frequency, np.full(4000, t))
        np.testing.assert_allclose(ratio(after), np.exp(-rate * t) * before, rtol=1e-7)
    epsilon, delta = 0.05, 0.02
    t = locked_settling_time_upper(rate, epsilon, cap_quantile(delta, d))
    final = lorentz_flow(starts, drive, frequency, np.full(4000, t))
    late = (np.linalg.norm(final - point, axis=1) > epsilon).mean()
    assert late <= delta + 4 * np.sqrt(delta / 4000)
