"""Boxes hold the equilibria that are known, one each, and refuse what cannot be isolated."""

from __future__ import annotations

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from equilibria_oracle import exact, newton
from threadpoolctl import threadpool_limits

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.equilibria.chart import exact_coordinates, to_chart
from lohe.proofs_numeric.equilibria.krawczyk import (
    contains_no_equilibrium,
    enclose,
    spectrum,
    unique_in,
)


def located(box, coordinates):
    """Say whether exact coordinates lie in the inner box."""
    with mpmath.workdps(150):
        centre = exact(box.coordinates, mpmath.mpf).sum(axis=0)
        away = [abs(mpmath.mpf(c) - v) for c, v in zip(centre.flat, coordinates.flat, strict=True)]
        return max(away) <= mpmath.mpf(box.inner)


def test_decoupled_oscillators_rest_at_every_choice_of_their_drives_ends():
    # Drives with rational directions, so that the equilibria are known exactly.
    drive = np.array([[1.0, 2.0, 2.0], [-2.0, 3.0, 6.0], [4.0, 4.0, -7.0]])
    norms = [3, 7, 9]
    network = Network(drive)
    for signs in itertools.product([1, -1], repeat=3):
        sign = np.array(signs, dtype=float)
        box = enclose(network, sign[:, None] * drive + 0.01)
        assert box.unstable == 2 * signs.count(-1)
        centre = exact(box.coordinates).sum(axis=0)
        for i in range(3):
            x = [Fraction(signs[i] * int(v), norms[i]) for v in drive[i]]
            xi = exact_coordinates(box.charts[i], x)
            assert max(abs(a - b) for a, b in zip(xi, centre[i], strict=True)) <= box.inner
        rates = spectrum(network, box)
        expected = np.repeat([-s * n for s, n in zip(signs, norms, strict=True)], 2)
        np.testing.assert_allclose(np.sort(rates.centres.real), np.sort(expected), rtol=1e-14)
        assert rates.abscissa_lower <= expected.max() <= rates.abscissa_upper
        assert box.inner < 1e-15
        assert box.outer > 0.05


@pytest.mark.parametrize("omega", [0.0, 1.0, -1.9])
def test_a_turning_oscillator_lags_by_the_known_angle(omega):
    network = Network([[0.0, 2.0]], frequency=[[[0.0, -omega], [omega, 0.0]]])
    with mpmath.workdps(60):
        lag = mpmath.asin(mpmath.mpf(omega) / 2)
        for stable in (True, False):
            angle = mpmath.pi / 2 + (lag if stable else mpmath.pi - lag)
            x = np.array([[mpmath.cos(angle), mpmath.sin(angle)]])
            box = enclose(network, x.astype(float))
            pole = 1 - 2 * int(box.charts[0])
            assert located(box, np.array([x[0, 1] / (1 + pole * x[0, 0])]))
            assert box.unstable == (0 if stable else 1)
            rate = mpmath.sqrt(4 - mpmath.mpf(omega) ** 2)
            found = spectrum(network, box)
            expected = -rate if stable else rate
            assert found.abscissa_lower <= expected <= found.abscissa_upper <= box.abscissa_upper


def test_two_coupled_oscillators_in_closed_form():
    # 5 sin(b - t) = k sin 2t for x = (cos t, ±sin t), by symmetry; d = 2.
    k = 1.5
    network = Network([[3.0, 4.0], [3.0, -4.0]], crosstalk=[[0.0, k], [k, 0.0]])
    with mpmath.workdps(60):
        b = mpmath.atan2(4, 3)
        t = mpmath.findroot(lambda t: 5 * mpmath.sin(b - t) - k * mpmath.sin(2 * t), 0.7)
        c = mpmath.cos(2 * t)
        own = -5 * mpmath.cos(b - t) - k * c
        xi = np.array([mpmath.sin(t), -mpmath.sin(t)]) / (1 + mpmath.cos(t))
        box = enclose(network, network.drive)
        assert located(box, xi)
        found = spectrum(network, box)
        assert found.abscissa_lower <= max(own + k * c, own - k * c) <= found.abscissa_upper
        assert box.unstable == 0


@pytest.mark.parametrize(
    ("n", "d", "seed"), [(1, 5, 0), (2, 2, 1), (3, 3, 2), (5, 2, 3), (2, 4, 4)]
)
def test_boxes_hold_the_equilibria_of_sixty_digits(n, d, seed):
    rng = np.random.default_rng(seed)
    crosstalk = rng.normal(size=(n, n)) / n
    np.fill_diagonal(crosstalk, 0.0)
    frequency = rng.normal(size=(n, d, d)) / 2
    network = Network(
        couplings=rng.exponential(size=(n, 6)),
        anchors=rng.normal(size=(6, d)),
        anchor_kind="free",
        crosstalk=crosstalk,
        frequency=frequency - frequency.mT,
    )
    proved = 0
    for guess in uniform(rng, (6, n), d):
        box = enclose(network, guess)
        if isinstance(box, str):
            continue
        proved += 1
        assert located(box, newton(network, box.charts, box.coordinates))
        assert box.inner <= 1e-14
        inside = np.full((n, d - 1), box.outer / 1.1)
        assert unique_in(network, box.charts, box.coordinates[0], inside)
        # The same equilibrium from another guess in the outer box.
        near = box.coordinates[0] + 0.3 * box.outer * rng.uniform(-1, 1, (n, d - 1))
        assert not contains_no_equilibrium(network, box.charts, near, inside)
    assert proved >= 2


def test_a_box_with_two_equilibria_is_not_unique_and_one_without_is_empty():
    network = Network([[0.0, 2.0]])
    charts = np.array([0])
    both = np.array([[0.0]]), np.array([[1.1]])
    assert not unique_in(network, charts, *both)
    assert not contains_no_equilibrium(network, charts, *both)
    empty = np.array([[0.2]]), np.array([[0.1]])
    assert contains_no_equilibrium(network, charts, *empty)
    assert not unique_in(network, charts, *empty)
    # The equilibrium is just outside the edge of one small box and just inside that of another.
    middle = np.array([[1 - 2.0**-20]])
    outside, inside = (np.array([[2.0**-20 * (1 + side * 2.0**-15)]]) for side in (-1, 1))
    assert contains_no_equilibrium(network, charts, middle, outside)
    assert not contains_no_equilibrium(network, charts, middle, inside)
    assert not unique_in(network, charts, middle, outside)
    assert unique_in(network, charts, middle, inside)


def saddle_node(gap):
    """Return a d = 2 oscillator whose two equilibria are about 2 √gap apart."""
    return Network([[0.0, 2.0]], frequency=[[[0.0, 2.0 - gap], [gap - 2.0, 0.0]]])


def test_equilibria_about_to_merge_are_told_apart():
    network = saddle_node(1e-12)
    found = []
    for tilt in (1e-6, -1e-6):
        box = enclose(network, [[1.0, tilt]])
        assert not isinstance(box, str)
        assert located(box, newton(network, box.charts, box.coordinates))
        found.append(box)
    assert [box.unstable for box in found] == [0, 1]
    apart = abs(found[0].coordinates.sum() - found[1].coordinates.sum())
    assert max(box.outer for box in found) < apart < 3e-6


def test_what_doubles_cannot_tell_apart_is_resolved_with_more_digits():
    # The exact drive is 2 + 2^-90; rounded it would not hold the oscillator of frequency 2.
    network = Network(
        couplings=[[2.0, 2.0**-90]],
        anchors=[[0.0, 1.0], [0.0, 1.0]],
        frequency=[[[0.0, 2.0], [-2.0, 0.0]]],
    )
    boxes = [enclose(network, [[1.0, tilt]]) for tilt in (1e-7, -1e-7)]
    boxes = [box for box in boxes if not isinstance(box, str)]
    assert boxes
    for box in boxes:
        assert len(box.coordinates) > 1
        assert located(box, newton(network, box.charts, box.coordinates))
        rate = Fraction(2) ** -44
        found = spectrum(network, box)
        assert box.unstable in (0, 1)
        sign = 1 if box.unstable else -1
        assert found.abscissa_lower < sign * float(rate) * (1 + sign * 1e-6)
        assert found.abscissa_upper > sign * float(rate) * (1 - sign * 1e-6)
        assert box.outer < 2 * rate


def test_singular_equilibria_are_refused_with_a_reason():
    assert "singular" in enclose(saddle_node(0.0), [[1.0, 1e-9]])
    ring = np.roll(np.eye(3), 1, axis=1)
    consensus = Network(np.zeros((3, 3)), crosstalk=ring + ring.T)
    assert "singular" in enclose(consensus, np.ones((3, 3)))
    assert "singular" in enclose(Network([[0.0, 0.0]]), [[1.0, 0.0]])


def test_no_equilibrium_and_too_many_unknowns_are_said_so():
    running = Network([[0.0, 1.0]], frequency=[[[0.0, 3.0], [-3.0, 0.0]]])
    assert "no equilibrium" in enclose(running, [[1.0, 1.0]])
    assert "unknowns" in enclose(Network(np.ones((5000, 2))), np.ones((5000, 2)))


@pytest.mark.parametrize("exponent", [-1000, -500, 0, 500, 1000])
@pytest.mark.parametrize("turning", [0.0, 0.25])
def test_units_do_not_matter_from_underflow_to_overflow(exponent, turning):
    unit = 2.0**exponent
    network = Network(
        np.array([[3.0, 4.0], [-1.0, 2.0]]) * unit,
        crosstalk=np.array([[0.0, 0.5], [0.5, 0.0]]) * unit,
        frequency=np.array([[[0.0, turning], [-turning, 0.0]]] * 2) * unit,
    )
    box = enclose(network, network.drive)
    assert box.unstable == 0
    assert box.inner < 1e-15
    assert box.outer > 0.05
    assert located(box, newton(network, box.charts, box.coordinates, digits=100))
    assert -3 * unit < box.abscissa_upper < -2 * unit


def test_the_boxes_radii_hold_with_room_and_not_beyond():
    network = Network([[3.0, 4.0], [-1.0, 2.0]], crosstalk=[[0.0, 0.5], [0.5, 0.0]])
    box = enclose(network, network.drive)
    centre, shape = box.coordinates[0], (2, 1)
    assert unique_in(network, box.charts, centre, np.full(shape, box.inner))
    assert unique_in(network, box.charts, centre, np.full(shape, box.outer))
    assert not unique_in(network, box.charts, centre, np.full(shape, box.inner / 4))
    assert not unique_in(network, box.charts, centre, np.full(shape, 4 * box.outer))


def test_a_bad_guess_is_a_users_error():
    network = Network([[0.0, 2.0]])
    with pytest.raises(InputError, match="shape"):
        enclose(network, [1.0, 0.0])
    with pytest.raises(InputError, match="zero or non-finite"):
        enclose(network, [[0.0, 0.0]])


def test_the_number_of_threads_changes_no_verdict():
    rng = np.random.default_rng(6)
    n, d = 30, 3
    crosstalk = rng.normal(size=(n, n)) / n
    np.fill_diagonal(crosstalk, 0.0)
    network = Network(rng.normal(size=(n, d)), crosstalk=crosstalk)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(enclose(network, network.drive))
    one, two = found
    np.testing.assert_array_equal(one.charts, two.charts)
    assert one.unstable == two.unstable == 0
    apart = np.abs(one.coordinates - two.coordinates).max()
    assert apart <= one.inner + two.inner
    assert to_chart(one.points)[0].tolist() == one.charts.tolist()


def test_what_is_said_of_random_boxes_is_true_of_all_equilibria():
    # Two oscillators in three dimensions, with all four equilibria known exactly.
    drive = np.array([[1.0, 2.0, 2.0], [-2.0, 3.0, 6.0]])
    network = Network(drive)
    unit = [[Fraction(int(v), norm) for v in row] for row, norm in zip(drive, (3, 7), strict=True)]
    rng = np.random.default_rng(8)
    said = {"none": 0, "one": 0, "nothing": 0}
    for _ in range(150):
        charts = rng.integers(0, 2, 2)
        known = [
            [exact_coordinates(charts[i], [s * v for v in unit[i]]) for i, s in enumerate(signs)]
            for signs in itertools.product([1, -1], repeat=2)
        ]
        near = np.array(known[rng.integers(4)], dtype=float)
        radii = rng.uniform(0.2, 1.0, (2, 2)) * 10.0 ** rng.uniform(-8, 0)
        middle = near + rng.uniform(-2, 2) * radii * rng.choice([-1.0, 1.0], (2, 2))
        inside = sum(
            all(
                abs(Fraction(m) - x) <= Fraction(r)
                for m, r, x in zip(middle.flat, radii.flat, itertools.chain(*state), strict=True)
            )
            for state in known
        )
        none = contains_no_equilibrium(network, charts, middle, radii)
        one = unique_in(network, charts, middle, radii)
        assert not (none and inside)
        assert not (one and inside != 1)
        said["none" if none else "one" if one else "nothing"] += 1
    assert min(said["none"], said["one"]) > 20
