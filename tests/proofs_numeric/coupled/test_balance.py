"""T6 and T6a on instances of all scales agree with their hypotheses in exact rationals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.attraction import examine_attraction
from lohe.proofs_numeric.coupled.balance import weigh, weigh_exactly
from lohe.proofs_numeric.coupled.contraction import examine_contraction
from lohe.proofs_numeric.uncertainty import Uncertainty

# Few digits, so that equalities are common; scales up to both ends of the floats.
FEW = st.integers(-4, 4).map(float)
FIGURE = st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0])
SCALE = st.sampled_from([-1060, -1000, -540, -500, 0, 0, 0, 500, 1000])


@st.composite
def instances(draw):
    n, keys = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    scales = np.array(draw(st.lists(SCALE, min_size=n, max_size=n)))
    j = draw(hnp.arrays(np.float64, (n, n), elements=FEW)) / 8
    np.fill_diagonal(j, 0)
    turn = draw(hnp.arrays(np.float64, n, elements=FEW)) / 4
    w = np.abs(draw(hnp.arrays(np.float64, (n, keys), elements=FEW)))
    anchors = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])[:keys]
    shift = scales[:, np.newaxis]
    w, j, turn = np.ldexp(w, shift), np.ldexp(j, shift), np.ldexp(turn, scales)
    a = turn[:, np.newaxis, np.newaxis] * np.array([[0.0, -1.0], [1.0, 0.0]])
    matrix = sparse.csr_array(j) if draw(st.booleans()) else j
    net = Network(
        couplings=w,
        anchors=anchors,
        crosstalk=matrix,
        frequency=a if draw(st.booleans()) else None,
    )
    figures = {name: draw(FIGURE) / 4 for name in ("mismatch", "anchors")}
    exponent = draw(SCALE)
    for name in ("crosstalk", "frequency"):
        figures[name] = float(np.ldexp(draw(FIGURE) / 8, exponent))
    return net, Uncertainty(**figures)


def hypotheses(net: Network, allowed: Uncertainty) -> tuple[bool, bool]:
    """T6 and T6a in plain fractions: with these anchors and d = 2 only one root is irrational."""
    eps, delta = Fraction(allowed.mismatch), Fraction(allowed.anchors)
    eta, omega = Fraction(allowed.crosstalk), Fraction(allowed.frequency)
    j = net.crosstalk.toarray() if sparse.issparse(net.crosstalk) else net.crosstalk
    still = omega == 0 and (net.frequency is None or not np.any(net.frequency))
    contracts, attracts = still, True
    for i in range(net.n):
        w = [Fraction(x) for x in net.couplings[i].tolist()]
        h = [
            sum((a * Fraction(b) for a, b in zip(w, column.tolist(), strict=True)), Fraction(0))
            for column in net.anchors.T
        ]
        e = eps * sum(w) + delta * (1 + eps) * sum(w)
        s = sum((abs(Fraction(x)) for x in j[i].tolist()), Fraction(0)) + eta
        a = omega + (0 if net.frequency is None else abs(Fraction(net.frequency[i, 1, 0])))
        square = h[0] ** 2 + h[1] ** 2
        contracts = contracts and square > (e + 2 * s) ** 2
        needed = (s + a) ** 2 + 4 * s**2
        rest = square - e**2 - needed
        attracts = attracts and rest > 0 and rest**2 > 4 * e**2 * needed
    return contracts, attracts


@given(instances())
@settings(max_examples=150)
def test_verdicts_are_those_of_exact_arithmetic(instance):
    net, allowed = instance
    contracts, attracts = hypotheses(net, allowed)
    assert (examine_contraction(net, allowed).contraction_upper is not None) == contracts
    assert (examine_attraction(net, allowed).rate_lower is not None) == attracts


@given(instances())
@settings(max_examples=60)
def test_bounds_in_floats_hold_the_exact_figures(instance):
    net, allowed = instance
    bounds = weigh(net, allowed)
    for i in range(net.n):
        exact = weigh_exactly(net, allowed, i)
        lower = bounds.drive_lower[i]
        if np.isfinite(lower):
            least = Fraction(lower) + exact.error  # at most the drive's norm, both ends signed
            assert least <= 0 or least**2 <= exact.drive_square
        assert bounds.crosstalk_upper[i] == np.inf or bounds.crosstalk_upper[i] >= exact.crosstalk
        assert bounds.frequency_upper[i] == np.inf or bounds.frequency_upper[i] >= exact.frequency
