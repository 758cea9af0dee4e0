"""The errors of drives cover every device, whatever the scale."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from exact_oracle import fractions, random_network
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.enclosure import sqrt_down
from lohe.proofs_numeric.uncertainty import Uncertainty

figures = st.floats(0, 4) | st.sampled_from([0.0, 5e-324, 1e-200])


@settings(max_examples=50)
@given(figures, figures, st.integers(0, 99), st.integers(-900, 900))
def test_errors_of_drives_are_upper_bounds_and_hardly_larger(mismatch, anchors, seed, scale):
    base = random_network(np.random.default_rng(seed), n=3, keys=4)
    network = Network(couplings=np.ldexp(base.couplings, scale), anchors=base.anchors)
    found = Uncertainty(mismatch=mismatch, anchors=anchors).drive_errors(network)
    norms = [sqrt_down(sum(x * x for x in r)) for r in fractions(network.anchors)]
    errors = []
    for row in fractions(network.couplings):
        mass = sum(w * r for w, r in zip(row, norms, strict=True))
        shaken = Fraction(anchors) * (1 + Fraction(mismatch)) * sum(row)
        errors.append(Fraction(mismatch) * mass + shaken)
    # A figure below the normal numbers has no digits to be sharp with, on one scale for all.
    blunt = 0 < min(mismatch or 1, anchors or 1) < 1e-300
    for bound, exact in zip(found, errors, strict=True):
        if bound < np.inf:
            assert Fraction(float(bound)) >= exact
        most = 4 * float(max(errors)) if blunt else float(exact) * (1 + 1e-12)
        assert float(exact) <= bound <= most + 1e-300
    if mismatch == anchors == 0:
        assert not found.any()


def test_displacements_are_the_part_of_the_anchors():
    network = random_network(np.random.default_rng(0))
    both = Uncertainty(mismatch=0.25, anchors=0.125)
    rest = both.drive_errors(network) - Uncertainty(mismatch=0.25).drive_errors(network)
    np.testing.assert_allclose(both.displacements(network), rest, rtol=1e-12)
    assert not Uncertainty(mismatch=1.0).displacements(network).any()


def test_couplings_that_are_all_zero_move_nothing_by_their_anchors():
    network = Network(couplings=[[0.0, 0.0], [1.0, 2.0]], anchors=np.eye(2))
    assert Uncertainty(anchors=0.5).drive_errors(network).tolist()[0] == 0


@pytest.mark.parametrize("value", [-1e-300, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["mismatch", "crosstalk", "frequency", "anchors"])
def test_figures_are_finite_and_not_negative(name, value):
    with pytest.raises(InputError, match=name):
        Uncertainty(**{name: value})


@pytest.mark.parametrize("name", ["mismatch", "anchors"])
def test_errors_of_couplings_need_couplings(name):
    with pytest.raises(InputError, match=f"{name} needs a network with couplings"):
        Uncertainty(**{name: 0.1}).drive_errors(Network([[1.0, 0.0]]))
    assert not Uncertainty(frequency=1.0, crosstalk=1.0).drive_errors(Network([[1.0, 0.0]])).any()
