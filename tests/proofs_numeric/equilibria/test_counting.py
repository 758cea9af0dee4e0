"""Equilibria are counted once each, and only where their stability is known."""

import numpy as np
import pytest

from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.claims import Verdict
from lohe.proofs_numeric.equilibria.exhaustive import search
from lohe.proofs_numeric.equilibria.stable_points import apart
from lohe.proofs_numeric.verify import verify


def led(gap: float, crosstalk: float) -> Network:
    """A turning oscillator that hardly locks, and one that hears it: one stable equilibrium."""
    turning = [[[0.0, gap - 1], [1 - gap, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]
    one_way = [[0.0, 0.0], [crosstalk, 0.0]]
    return Network([[1.0, 0.0], [2.0, 1.0]], frequency=turning, crosstalk=one_way)


@pytest.mark.parametrize("gap", [1e-8, 1e-10, 1e-11, 1e-12])
def test_near_a_saddle_node_no_equilibrium_counts_twice(gap: float) -> None:
    found = search(led(gap, 1e-3), nodes=20_000)
    boxes = found.enclosures
    assert all(apart(a, b) for k, a in enumerate(boxes) for b in boxes[:k])
    assert found.tree is not None
    assert sorted(box.unstable or 0 for box in boxes) == [0, 1, 1, 2]


def test_one_stable_equilibrium_near_a_saddle_node_is_not_taken_for_several() -> None:
    network = led(1e-11, 1.2)
    certificate = certify(network, "unique_stable", nodes=20_000)
    assert certificate.verdict is Verdict.PROVED
    assert verify(certificate, network).verdict is Verdict.PROVED


@pytest.mark.parametrize("stronger", [0.0, 0.5])
def test_a_centre_counts_neither_as_stable_nor_as_unstable(stronger: float) -> None:
    # θ' = -h_i sin θ_i + J_ik sin(θ_k - θ_i): at rest at 0 with eigenvalues ±i√3 exactly, and,
    # far from it and alone, an oscillator that is attracted.
    drives, matrix = [[-1.0, 0.0], [1.0, 0.0]], [[0.0, 2.0], [-2.0, 0.0]]
    network = Network(drives, crosstalk=matrix)
    if stronger:
        network = Network(
            [*drives, [stronger, 0.0]], crosstalk=np.pad(np.array(matrix), ((0, 1), (0, 1)))
        )
    found = search(network, nodes=20_000)
    assert any(box.unstable is None for box in found.enclosures)
    assert found.tree is None
    assert "imaginary axis" in found.left[-1]
    certificate = certify(network, nodes=20_000)
    assert certificate.claims["unique_stable"].verdict is Verdict.UNDECIDED
    assert verify(certificate, network).claims["unique_stable"].verdict is Verdict.UNDECIDED
