"""The symbolic field and energy are those of the numerical network."""

import numpy as np
import pytest
from sympy import lambdify

from lohe.dynamics import field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.theory.energy import energy, vector_field
from lohe.theory.symbols import Oscillators


def values(symbolic, network, x):
    """Map the symbols of a network to its numbers."""
    table = {}
    for i in range(symbolic.n):
        table |= dict(zip(symbolic.x[i], x[i], strict=True))
        table |= dict(zip(symbolic.h[i], network.drive[i], strict=True))
        for row in range(symbolic.d):
            for column in range(row):
                table[symbolic.frequency[i][row, column]] = network.frequency[i, row, column]
        for k in range(symbolic.n):
            if i != k:
                table[symbolic.crosstalk[i, k]] = network.crosstalk[i, k]
    return table


@pytest.mark.parametrize(("n", "d"), [(1, 2), (3, 2), (2, 3), (2, 4)])
def test_the_field_agrees_with_numbers(n, d):
    rng = np.random.default_rng(n + d)
    frequency = rng.normal(size=(n, d, d))
    crosstalk = rng.normal(size=(n, n)) * (1 - np.eye(n))
    network = Network(
        rng.normal(size=(n, d)), crosstalk=crosstalk, frequency=frequency - frequency.mT
    )
    symbolic = Oscillators(n, d, symmetric=False)
    x = uniform(rng, (n,), d)
    table = values(symbolic, network, x)
    found = lambdify(list(table), [list(column) for column in vector_field(symbolic)])
    np.testing.assert_allclose(
        found(*table.values()), field.vector_field(network, x), rtol=1e-12, atol=1e-12
    )


def test_the_energy_agrees_with_numbers():
    rng = np.random.default_rng(0)
    crosstalk = rng.normal(size=(3, 3)) * (1 - np.eye(3))
    network = Network(
        rng.normal(size=(3, 3)), crosstalk=crosstalk + crosstalk.T, frequency=np.zeros((3, 3, 3))
    )
    symbolic = Oscillators(3, 3)
    x = uniform(rng, (3,), 3)
    table = {
        symbol: value
        for symbol, value in values(symbolic, network, x).items()
        if getattr(symbol, "is_Symbol", False)
    }
    found = lambdify(list(table), energy(symbolic))(*table.values())
    np.testing.assert_allclose(found, field.energy(network, x), rtol=1e-12)
