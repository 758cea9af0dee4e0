"""Answers are written down and read back; their weighted mean is the score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.attention.items import Answers, Items


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_answers_survive_packing(right):
    items = Items(tuple(range(len(right))))
    packed = Answers(np.array(right), items).packed()
    assert len(packed) <= len(right) / 4 + 2
    assert Answers.unpack(packed, items).right.tolist() == right


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=40))
def test_the_weighted_mean_is_the_mean_over_strata(answers):
    strata, right = (np.array(column) for column in zip(*answers, strict=True))
    weights = Items(tuple(range(len(strata))), tuple(strata.tolist())).weights
    means = [right[strata == one].mean() for one in np.unique(strata)]
    assert weights.sum() == pytest.approx(1)
    assert weights @ right == pytest.approx(np.mean(means))


@pytest.mark.parametrize("packed", ["8", "8000", "xy", ""])
def test_what_does_not_fit_the_items_is_refused(packed):
    with pytest.raises(ValueError, match=r"items|hex"):
        Answers.unpack(packed, Items((0, 1, 2)))
