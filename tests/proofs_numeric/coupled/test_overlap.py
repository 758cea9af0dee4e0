"""T12's overlap: a lower bound, close to it, by floats and by whole numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse
from truth_agreement import overlap

from lohe.dynamics.network import Network
from lohe.proofs_numeric.checker_agreement import shares
from lohe.proofs_numeric.checker_exact import ZERO, Instance, rational
from lohe.proofs_numeric.coupled import overlap as module
from lohe.proofs_numeric.coupled.overlap import overlap_lower

SETS = dict.fromkeys(("mismatch", "crosstalk", "frequency", "anchors"), ZERO)


def network(J):
    return Network(np.zeros((J.shape[0], 2)), crosstalk=J)


def listening(rng, n, scale=1.0):
    J = rng.exponential(size=(n, n)) * (rng.random((n, n)) < 0.8) * scale
    J[:, 0] += scale * 0.01
    J[rng.integers(n)] *= 2.0 ** rng.integers(-20, 20)
    np.fill_diagonal(J, 0)
    return J


@pytest.mark.parametrize("scale", [1.0, 2.0**-1060, 2.0**1000])
def test_in_whole_numbers_the_bound_is_the_overlap_rounded_down(scale):
    rng = np.random.default_rng(2)
    for n in (2, 3, 5, 8):
        J = listening(rng, n, scale)
        for form in (J, sparse.csr_array(J)):
            found = overlap_lower(network(form)).lower
            assert Fraction(found) <= overlap(J) < Fraction(float(np.nextafter(found, np.inf)))


@pytest.mark.parametrize("scale", [1.0, 2.0**-1000, 2.0**1000])
@pytest.mark.parametrize("n", [2, 5, 16, 17, 40])
def test_in_floats_the_bound_is_below_and_a_checker_confirms_it(monkeypatch, n, scale):
    monkeypatch.setattr(module, "_EXACTLY", 0)
    rng = np.random.default_rng(n)
    for _ in range(4):
        J = listening(rng, n, scale)
        if n < 6:
            J[:, 0] *= rng.random() < 0.5  # else what all hear may be all there is
        found, least = overlap_lower(network(J)), overlap(J)
        assert Fraction(found.lower) <= least
        assert found.lower >= float(least) * (1 - 1e-8) - 2.0**-990
        t, s = found.pair
        common = sum(map(Fraction, np.minimum(J[t], J[s]).tolist()), Fraction(0))
        assert common + Fraction(J[t, s]) + Fraction(J[s, t]) <= least * Fraction(10001, 10000)
        if found.lower:
            shares(Instance(network(J).arrays(), SETS), rational(found.lower))


def test_what_all_others_hear_is_a_bound_and_all_of_it_where_one_leads(monkeypatch):
    rng = np.random.default_rng(3)
    causal = np.tril(rng.exponential(size=(30, 30)), -1)
    monkeypatch.setattr(module, "MOST_PAIRED", 1)
    for form in (causal, sparse.csr_array(causal)):
        found = overlap_lower(network(form))
        assert found == module.Overlap(float(causal[1:, 0].min()), None)
    J = listening(rng, 6)
    for form in (J, sparse.csr_array(J)):
        columns = overlap_lower(network(form)).lower
        least = np.where(np.eye(6, dtype=bool), np.inf, J).min(axis=0)
        assert columns == pytest.approx(least.sum())
        assert Fraction(columns) <= overlap(J)


def test_stored_zeros_and_no_crosstalk_share_nothing():
    diagonal = sparse.csr_array(([0.0, 1.0, 1.0], ([0, 1, 2], [0, 0, 0])), shape=(3, 3))
    assert overlap_lower(network(diagonal)).lower in (0.0, 1.0)
    assert overlap_lower(Network(np.zeros((3, 2)))).lower == 0.0
    apart = np.zeros((4, 4))
    apart[[1, 3], [0, 2]] = 1.0
    assert overlap_lower(network(apart)) == module.Overlap(0.0, (0, 2))
