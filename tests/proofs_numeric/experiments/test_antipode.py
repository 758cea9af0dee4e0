"""Starts near the antipode are as rare as the Beta law says."""

import numpy as np
import pytest

from lohe.proofs_numeric.experiments.antipode import near_antipode
from lohe.proofs_numeric.experiments.share import share


@pytest.mark.parametrize("d", [2, 3, 8])
def test_counts_agree_with_the_law(d):
    near, chance = near_antipode(d, (10.0, 45.0, 90.0, 180.0), 100_000, np.random.default_rng(d))
    assert np.all(np.diff(near.astype(int), axis=0) >= 0)
    assert chance[2:] == pytest.approx([0.5, 1.0])
    assert np.array_equal(near[3], np.ones(100_000, dtype=bool))
    for row, predicted in zip(near, chance, strict=True):
        assert share(row, predicted, 1 - 1e-9, 1).inside
