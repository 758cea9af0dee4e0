"""Enclosures of the equations and their derivative hold the exact ones, from dual numbers."""

from fractions import Fraction

import numpy as np
import pytest
from equilibria_oracle import Oracle, exact
from flint import arb, fmpq
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.equilibria.arbs import arbs, precision, to_balls, upper
from lohe.proofs_numeric.equilibria.chart import frame_at, poles
from lohe.proofs_numeric.equilibria.operator import linearise
from lohe.proofs_numeric.equilibria.system import (
    derivative,
    linearisation,
    read_precisely,
    read_system,
    residual,
)

SIZES = [(1, 2), (2, 2), (3, 2), (2, 3), (2, 4)]


def random_network(rng, n, d, *, anchored=False):
    crosstalk = rng.normal(size=(n, n))
    np.fill_diagonal(crosstalk, 0.0)
    frequency = rng.normal(size=(n, d, d))
    others = {"crosstalk": crosstalk, "frequency": frequency - frequency.mT}
    if anchored:
        couplings, anchors = rng.exponential(size=(n, 5)), rng.normal(size=(5, d))
        return Network(couplings=couplings, anchors=anchors, anchor_kind="free", **others)
    return Network(rng.normal(size=(n, d)), **others)


def holds(ball, values):
    middle, radius = exact(ball.middle), exact(ball.radius)
    return bool(np.all(np.abs(np.asarray(values) - middle) <= radius))


def random_box(rng, n, d, reach):
    charts = rng.integers(0, 2, n)
    middle = rng.uniform(-1, 1, (n, d - 1))
    return charts, Balls(middle, reach * rng.uniform(size=middle.shape))


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("reach", [0.0, 1e-8, 0.3])
@pytest.mark.parametrize("anchored", [False, True])
def test_balls_hold_the_exact_equations_and_derivatives(n, d, reach, anchored):
    rng = np.random.default_rng(100 * n + d)
    network = random_network(rng, n, d, anchored=anchored)
    truth, system = Oracle(network), read_system(network)
    charts, box = random_box(rng, n, d, reach)
    centre = frame_at(poles(charts), Balls.exact(box.middle))
    value = residual(system, centre)
    exact_frames = truth.frames(charts, exact(box.middle))
    assert holds(centre.basis, exact_frames)
    assert holds(value, truth.equations(charts, exact_frames, exact(box.middle)))
    slope = derivative(system, centre, Balls(np.zeros(box.shape), box.radius))
    linear = linearisation(system, poles(charts), box)
    for _ in range(3):
        place = rng.choice([Fraction(-1), Fraction(1), Fraction(1, 3)], size=box.shape)
        xi = exact(box.middle) + exact(box.radius) * place
        assert holds(slope, truth.jacobian(charts, exact_frames, xi))
        assert holds(linear, truth.linearisation(charts, xi))


@pytest.mark.parametrize("bits", [106, 424])
def test_arb_holds_the_exact_equations_and_derivatives(bits):
    rng = np.random.default_rng(bits)
    network = random_network(rng, 2, 3, anchored=True)
    truth = Oracle(network)
    charts, box = random_box(rng, 2, 3, 1e-3)
    place = rng.choice([Fraction(-1), Fraction(1), Fraction(1, 3)], size=box.shape)
    xi = exact(box.middle) + exact(box.radius) * place

    def inside(balls, values):
        pairs = zip(balls.ravel(), np.asarray(values).ravel(), strict=True)
        return all(ball.contains(arb(fmpq(v.numerator, v.denominator))) for ball, v in pairs)

    with precision(bits):
        system = read_precisely(network)
        centre = frame_at(poles(charts), arbs(box.middle))
        value = residual(system, centre)
        frames = truth.frames(charts, exact(box.middle))
        assert inside(value, truth.equations(charts, frames, exact(box.middle)))
        offset = arbs(np.zeros(box.shape), box.radius)
        assert inside(derivative(system, centre, offset), truth.jacobian(charts, frames, xi))
        region = arbs(box.middle, box.radius)
        assert inside(linearisation(system, poles(charts), region), truth.linearisation(charts, xi))
        assert upper(value.reshape(-1)).max() < 10


def test_the_operator_bounds_hold_for_exact_derivatives():
    rng = np.random.default_rng(2)
    network = random_network(rng, 2, 3)
    truth = Oracle(network)
    charts, box = random_box(rng, 2, 3, 0.05)
    with precision(200):
        precise = read_precisely(network)
    operator = linearise(read_system(network), precise, poles(charts), box.middle)
    inverse = exact(operator.inverse)
    frames = truth.frames(charts, exact(box.middle))
    assert holds(operator.step, inverse @ truth.equations(charts, frames, exact(box.middle)))
    reach = box.radius.ravel()
    bound = operator.spread(reach)
    for _ in range(5):
        xi = exact(box.middle) + exact(box.radius) * rng.choice([-1, 1], size=box.shape)
        defect = inverse @ truth.jacobian(charts, frames, xi) - np.eye(4, dtype=int)
        assert np.all(np.abs(defect) @ exact(reach) <= exact(bound))


def test_dense_and_sparse_crosstalk_are_one_system():
    rng = np.random.default_rng(3)
    dense = random_network(rng, 3, 2)
    thin = Network(
        dense.drive, crosstalk=sparse.csr_array(dense.crosstalk), frequency=dense.frequency
    )
    charts, box = random_box(rng, 3, 2, 1e-3)
    found = [linearisation(read_system(net), poles(charts), box) for net in (dense, thin)]
    np.testing.assert_array_equal(found[0].middle, found[1].middle)


def test_rounding_outward_from_arb():
    with precision(300):
        third = arbs([1.0, -1e300]) / 3
        values = np.array([*third, arb(2) ** -2000, arb("nan"), arb("inf")], dtype=object)
        ends = upper(values)
        assert all(arb(end) >= value for end, value in zip(ends[:3], values[:3], strict=True))
        assert np.isinf(ends[3:]).all()
        balls = to_balls(values)
    assert Fraction(balls.upper[0]) > Fraction(1, 3) > Fraction(balls.lower[0])
    assert np.isinf(balls.radius[3:]).all()
