"""The compiled steps give what NumPy's give, up to rounding."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy import sparse

from lohe.dynamics.errors import InputError
from lohe.dynamics.exponential import FAILED, STOPPED, follow
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform


def test_without_numba_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "lohe.dynamics.exponential_compiled", raising=False)
    with pytest.raises(InputError, match=r"lohe\[fast\]"):
        follow(Network([[1.0, 0.0]]), np.array([[[0.0], [1.0]]]), 1.0, engine="numba")


def random_network(n=6, d=3, seed=0, layout=np.asarray):
    rng = np.random.default_rng(seed)
    crosstalk = 0.3 * rng.standard_normal((n, n)) * (rng.random((n, n)) < 0.6)
    np.fill_diagonal(crosstalk, 0)
    return Network(rng.standard_normal((n, d)), crosstalk=layout(crosstalk))


def starts(network, trials, seed=1):
    states = uniform(np.random.default_rng(seed), (trials, network.n), network.d)
    return np.moveaxis(states, 0, -1).copy()


@pytest.fixture(name="both")
def both_engines():
    pytest.importorskip("numba", reason="needs the extra 'fast'")

    def run(network, x, duration, **options):
        return (follow(network, x, duration, engine=e, **options) for e in ("numpy", "numba"))

    return run


@pytest.mark.parametrize(
    ("d", "layout", "trials"),
    [(2, np.asarray, 1), (3, sparse.csr_array, 127), (3, np.asarray, 300), (7, np.asarray, 129)],
)
def test_both_engines_agree(both, d, layout, trials):
    network = random_network(d=d, seed=d, layout=layout)
    plain, compiled = both(network, starts(network, trials), 8.0)
    np.testing.assert_allclose(compiled.x, plain.x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(compiled.step, plain.step, rtol=1e-6)
    np.testing.assert_array_equal(compiled.steps, plain.steps)
    np.testing.assert_array_equal(compiled.ended, plain.ended)
    assert np.abs(np.linalg.norm(compiled.x, axis=1) - 1).max() < 1e-15


@pytest.mark.parametrize("drive", [0.0, 1.0])
@pytest.mark.parametrize("crosstalk", [None, 0.3, 1e300])
def test_both_engines_agree_where_forces_vanish_or_overflow(both, drive, crosstalk):
    pair = None if crosstalk is None else [[0.0, crosstalk], [crosstalk, 0.0]]
    network = Network(drive * np.eye(2), crosstalk=pair)
    plain, compiled = both(network, starts(network, 5), 3.0)
    np.testing.assert_allclose(compiled.x, plain.x, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(compiled.ended, plain.ended)
    assert np.all((plain.ended == FAILED) == (crosstalk == 1e300))


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_one_oscillator_that_overflows_fails_its_trial(both, order):
    crosstalk = np.array([[0.0, 0.1, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    drive = np.array([[1.0, 0.0], [1e200, 0.0], [0.0, 1.0]])
    network = Network(drive[order], crosstalk=sparse.csr_array(crosstalk[order, order]))
    for run in both(network, starts(network, 5), 1.0):
        assert np.all(run.ended == FAILED)


def test_both_engines_agree_over_extreme_strides(both):
    network = Network([[1e9, 0.0], [0.0, 1e-9]], crosstalk=[[0.0, 1e-12], [0.0, 0.0]])
    plain, compiled = both(network, starts(network, 40), 1e6)
    np.testing.assert_allclose(compiled.x, plain.x, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(compiled.ended, plain.ended)


def test_both_engines_bring_slow_common_motions_to_rest(both):
    network = Network([[1.0, 0.0], [-1.0, 0.0]], crosstalk=[[0.0, 5.0], [5.0, 0.0]])
    for run in both(network, starts(network, 20), 400.0, tolerance=1e-4):
        np.testing.assert_allclose(np.abs(run.x[:, 0]), 0.1, rtol=0, atol=1e-9)


def test_both_engines_stop_in_the_same_places(both):
    network = random_network(seed=5)

    def high(x, elapsed, rows):
        return x[0, 0] > 0.5

    plain, compiled = both(network, starts(network, 400), 2.0, stop=high)
    assert 0 < np.count_nonzero(plain.ended == STOPPED) < 400
    np.testing.assert_array_equal(compiled.ended, plain.ended)
    np.testing.assert_allclose(compiled.elapsed, plain.elapsed, rtol=1e-9)
    np.testing.assert_allclose(compiled.x, plain.x, rtol=0, atol=1e-9)


def test_the_same_batch_gives_the_same_bits():
    pytest.importorskip("numba", reason="needs the extra 'fast'")
    network = random_network(seed=6)
    x = starts(network, 200)
    first, second = (follow(network, x, 3.0, engine="numba") for _ in range(2))
    for name, values in vars(first).items():
        np.testing.assert_array_equal(values, getattr(second, name))


def test_natural_frequencies_and_other_engines_are_refused():
    turning = Network([[1.0, 0.0]], frequency=[[[0.0, 1.0], [-1.0, 0.0]]])
    x = np.array([[[0.0], [1.0]]])
    with pytest.raises(InputError, match="choose one of numpy, numba"):
        follow(turning, x, 1.0, engine="fortran")
    pytest.importorskip("numba", reason="needs the extra 'fast'")
    with pytest.raises(InputError, match="natural frequencies"):
        follow(turning, x, 1.0, engine="numba")
