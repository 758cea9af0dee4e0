"""What is proved for every device holds for the worst that can be drawn."""

import numpy as np
import pytest
from flint import arb, ctx

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.equilibria.chart import poles, to_points
from lohe.proofs_numeric.equilibria.devices import deviations
from lohe.proofs_numeric.equilibria.krawczyk import enclose, spectrum
from lohe.proofs_numeric.uncertainty import Uncertainty


def random_network(rng, n, d):
    crosstalk = rng.normal(size=(n, n)) / n
    np.fill_diagonal(crosstalk, 0.0)
    frequency = rng.normal(size=(n, d, d)) / 3
    return Network(
        couplings=rng.exponential(size=(n, 4)),
        anchors=rng.normal(size=(4, d)),
        anchor_kind="free",
        crosstalk=crosstalk,
        frequency=frequency - frequency.mT,
    )


def device(rng, network, uncertainty, *, push=None):
    """Draw a device at the edge of the uncertainty, its drives pushed one way if one is given."""
    n, d = network.n, network.d
    sign = np.sign(rng.normal(size=network.couplings.shape))
    moves = rng.normal(size=(*network.couplings.shape, d))
    if push is not None:
        sign = np.sign(push @ network.anchors.T)
        moves = np.broadcast_to(push[:, None], moves.shape)
    moves = moves / np.linalg.norm(moves, axis=-1, keepdims=True)
    couplings = network.couplings * (1 + uncertainty.mismatch * sign)
    seen = network.anchors + uncertainty.anchors * moves
    extra = rng.normal(size=(n, n)) ** 5
    np.fill_diagonal(extra, 0.0)
    extra *= uncertainty.crosstalk / np.maximum(np.abs(extra).sum(axis=1, keepdims=True), 1e-300)
    turn = rng.normal(size=(n, d, d))
    turn -= turn.mT
    turn *= uncertainty.frequency / np.linalg.norm(turn, 2, axis=(1, 2))[:, None, None]
    return Network(
        np.einsum("ij,ijd->id", couplings, seen),
        crosstalk=network.crosstalk + extra * (1 - 1e-12),
        frequency=network.frequency + turn * (1 - 1e-12),
    )


@pytest.mark.parametrize(("n", "d", "seed"), [(1, 2, 0), (2, 2, 1), (3, 3, 2), (2, 4, 3)])
@pytest.mark.parametrize(
    "kinds", [("mismatch",), ("crosstalk",), ("frequency",), ("anchors",),
              ("mismatch", "crosstalk", "frequency", "anchors")]
)  # fmt: skip
def test_every_device_rests_in_the_inner_box_as_stable_as_proved(n, d, seed, kinds):
    rng = np.random.default_rng(seed)
    network = random_network(rng, n, d)
    uncertainty = Uncertainty(**dict.fromkeys(kinds, 1e-4))
    guess = network.drive
    box = enclose(network, guess, uncertainty)
    assert box.unstable is not None
    discs = spectrum(network, box, uncertainty)
    x = to_points(box.charts, box.coordinates)
    for k in range(8):
        push = None
        if k % 2:
            across = rng.normal(size=x.shape)
            push = across - (across * x).sum(-1, keepdims=True) * x
        one = enclose(device(rng, network, uncertainty, push=push), x)
        assert not isinstance(one, str)
        np.testing.assert_array_equal(one.charts, box.charts)
        away = np.abs(one.coordinates[0] - box.coordinates[0]).max()
        assert away <= box.inner
        assert one.unstable == box.unstable
        rates = spectrum(network, one).centres
        assert rates.real.max() <= box.abscissa_upper
        for rate in rates:
            assert np.any(np.abs(rate - discs.centres) <= discs.radii)


def test_no_uncertainty_changes_nothing_and_too_much_is_said_so():
    network = random_network(np.random.default_rng(5), 2, 3)
    plain, none = (enclose(network, network.drive, u) for u in (None, Uncertainty()))
    np.testing.assert_array_equal(plain.coordinates, none.coordinates)
    assert (plain.inner, plain.outer, plain.unstable) == (none.inner, none.outer, none.unstable)
    assert deviations(network, Uncertainty()) is None
    for much in (Uncertainty(frequency=5.0), Uncertainty(crosstalk=1e308)):
        assert "too large" in enclose(network, network.drive, much)
    with pytest.raises(InputError, match="anchors"):
        enclose(Network([[0.0, 1.0]]), [[0.0, 1.0]], Uncertainty(mismatch=0.1))


def test_a_frequency_that_unlocks_some_device_is_never_accepted():
    # |ω| reaches ‖h‖ = 1 at 0.5 + 0.5: no equilibrium is left there.
    network = Network([[0.0, 1.0]], frequency=[[[0.0, 0.5], [-0.5, 0.0]]])
    found = [
        not isinstance(enclose(network, [[0.5, 0.8]], Uncertainty(frequency=w)), str)
        for w in (0.01, 0.1, 0.5, 0.7)
    ]
    assert found[0]
    assert not found[2]
    assert not found[3]


def test_the_bounds_of_the_deviations_are_those_of_exact_sums():
    network = Network([[3.0, 4.0, 0.0], [1.0, 0.0, 0.0]])
    found = deviations(network, Uncertainty(crosstalk=0.25, frequency=0.5))
    np.testing.assert_array_equal(found.equations, np.full(4, 0.75))
    ctx.prec = 53
    root = arb(2).sqrt()
    for bound, exact in ((found.derivative, 2 * root), (found.linearisation, root)):
        assert np.all([arb(b) >= (exact * 1).mid() for b in bound])
        np.testing.assert_allclose(bound, float(exact), rtol=1e-15)
    assert poles(np.array([0, 1])).tolist() == [1.0, -1.0]
