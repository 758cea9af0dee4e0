"""Discs hold known eigenvalues and count the unstable ones, or say that they cannot."""

import mpmath
import numpy as np
import pytest
from equilibria_oracle import Oracle, exact, newton

from lohe.dynamics.network import Network
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.equilibria import escalation
from lohe.proofs_numeric.equilibria.chart import poles
from lohe.proofs_numeric.equilibria.krawczyk import enclose, spectrum
from lohe.proofs_numeric.equilibria.spectrum import Spectrum, discs


def covered(found, eigenvalues):
    """Say whether every eigenvalue lies in a disc and the bounds of the abscissa hold."""
    each = all(np.any(np.abs(found.centres - e) <= found.radii) for e in eigenvalues)
    largest = max(complex(e).real for e in eigenvalues)
    return each and found.abscissa_lower <= largest <= found.abscissa_upper


def test_integer_eigenvalues_behind_an_integer_change_of_basis():
    rng = np.random.default_rng(1)
    for _ in range(20):
        low = np.tril(rng.integers(-2, 3, (5, 5)), -1) + np.eye(5, dtype=int)
        change = low @ low.T  # determinant 1, so its inverse is integer too
        inverse = np.round(np.linalg.inv(change)).astype(int)
        assert np.array_equal(change @ inverse, np.eye(5))
        eigenvalues = rng.choice(np.arange(-9, 10), size=5, replace=False)
        found = discs(Balls.exact(change @ np.diag(eigenvalues) @ inverse))
        assert covered(found, eigenvalues)
        if 0 not in eigenvalues:
            assert found.unstable == np.count_nonzero(eigenvalues > 0)


def test_complex_pairs_and_their_abscissa():
    matrix = np.array([[-1.0, 2.0, 0.0], [-2.0, -1.0, 0.0], [0.0, 0.0, 3.0]])
    found = discs(Balls.exact(matrix))
    assert covered(found, [-1 + 2j, -1 - 2j, 3])
    assert found.unstable == 1
    assert found.abscissa_upper - found.abscissa_lower < 1e-13
    turning = discs(Balls.exact(np.array([[0.0, 1.0], [-1.0, 0.0]])))
    assert turning.unstable is None


@pytest.mark.parametrize("symmetric", [False, True])
def test_every_matrix_within_the_radii_is_covered(symmetric):
    rng = np.random.default_rng(2)
    middle = rng.normal(size=(6, 6))
    radius = np.full((6, 6), 1e-3)
    if symmetric:
        middle = (middle + middle.T) / 2
    found = discs(Balls(middle, radius), symmetric=symmetric)
    for _ in range(50):
        change = rng.choice([-1.0, 1.0], size=(6, 6))
        if symmetric:
            change = np.triu(change) + np.triu(change, 1).T
        eigenvalues = np.linalg.eigvals(middle + 0.999 * radius * change)
        assert covered(found, eigenvalues)


def test_a_defective_matrix_has_wide_discs_and_an_unknown_one_unbounded_ones():
    matrix = np.array([[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0], [1e-30, 0.0, -1.0]])
    roots = -1 + 1e-10 * np.exp(2j * np.pi * np.arange(3) / 3)
    assert covered(discs(Balls.exact(matrix)), roots)
    unknown = discs(Balls(np.eye(2), np.array([[np.inf, 0.0], [0.0, 0.0]])))
    assert unknown.unstable is None
    assert unknown.abscissa_upper == np.inf


def test_the_abscissa_is_bounded_below_by_discs_apart_from_the_rest():
    found = Spectrum(np.array([0.0, 1.0, 5.0 + 1j]), np.array([0.6, 0.6, 0.5]))
    assert found.abscissa_lower == pytest.approx(4.5)
    together = Spectrum(np.array([0.0, 1.0, 2.0]), np.array([0.6, 0.6, 0.6]))
    assert together.abscissa_lower == pytest.approx(-0.6)
    assert together.abscissa_upper == pytest.approx(2.6)


@pytest.mark.parametrize("gradient", [False, True])
def test_doubles_and_arb_agree_with_sixty_digits(gradient):
    rng = np.random.default_rng(3)
    crosstalk = rng.normal(size=(3, 3)) / 3
    np.fill_diagonal(crosstalk, 0)
    frequency = rng.normal(size=(3, 3, 3)) / 3
    if gradient:
        network = Network(rng.normal(size=(3, 3)), crosstalk=crosstalk + crosstalk.T)
    else:
        network = Network(
            rng.normal(size=(3, 3)), crosstalk=crosstalk, frequency=frequency - frequency.mT
        )
    box = enclose(network, network.drive)
    found = spectrum(network, box)
    with mpmath.workdps(60):
        oracle = Oracle(network, mpmath.mpf)
        xi = newton(network, box.charts, box.coordinates)
        matrix = mpmath.matrix(oracle.linearisation(box.charts, xi).tolist())
        eigenvalues = [complex(e) for e in mpmath.eig(matrix)[0]]
    assert covered(found, eigenvalues)
    assert found.unstable == sum(e.real > 0 for e in eigenvalues) == box.unstable
    assert found.radii.max() < 1e-12
    centres, radii = escalation.spectrum_discs(
        network, poles(box.charts), box.coordinates, box.inner
    )
    assert covered(Spectrum(centres, radii), eigenvalues)
    assert exact(box.coordinates).shape == (1, 3, 2)
