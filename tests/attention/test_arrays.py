"""Laws of what is done to every array first."""

import numpy as np
import pytest

from lohe.attention.arrays import all_finite


@pytest.mark.parametrize("rows", [5, 5000])
@pytest.mark.parametrize("strided", [False, True])
def test_one_entry_decides_whether_all_are_finite(rows, strided):
    array = np.zeros((2, rows, 32), dtype=np.float32)
    array = array[..., ::2] if strided else array
    assert all_finite(np, array)
    array[...] = np.finfo(np.float32).max  # sums of these overflow
    assert all_finite(np, array)
    for value in (np.nan, np.inf, -np.inf):
        array[1, rows // 2, 7] = value
        assert not all_finite(np, array)
    array[...] = 0
    array[1, -1, -1], array[1, -1, -2] = np.inf, -np.inf
    assert not all_finite(np, array)
