"""Laws of the cut into tiles: every pair that meets is in exactly one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.attention.kernels.tiles import choose_tiles, lead_blocks
from lohe.dynamics.errors import InputError

lengths = st.integers(1, 40)


@given(queries=lengths, keys=lengths, rows=lengths, columns=lengths, causal=st.booleans())
def test_every_pair_is_met_once(queries, keys, rows, columns, causal):
    keys = queries if causal else keys
    tiles = choose_tiles(np, (queries, keys), 4, causal=causal, tile=(rows, columns))
    met = np.zeros((queries, keys), dtype=int)
    for block in tiles.row_blocks:
        for some_rows, some_columns in tiles.cut(*block):
            tile = met[some_rows, some_columns]
            assert 0 < tile.size <= tiles.size
            tile += 1
    seen = np.tri(queries, dtype=bool) if causal else np.ones_like(met, dtype=bool)
    assert (met[seen] == 1).all()
    assert met.max() == 1


@given(lead=st.lists(st.integers(1, 5), max_size=3), entries=st.integers(1, 30))
def test_every_leading_entry_is_in_one_block(lead, entries):
    count = np.zeros(lead, dtype=int)
    for block in lead_blocks(tuple(lead), entries):
        assert count[block].size <= entries
        count[(*block, ...)] += 1
    assert (count == 1).all()


def test_a_tile_has_a_side():
    with pytest.raises(InputError, match="at least one row"):
        choose_tiles(np, (4, 4), 4, causal=False, tile=(0, 3))
