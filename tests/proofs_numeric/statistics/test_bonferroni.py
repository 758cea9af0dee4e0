"""Bonferroni's shares of the error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.bonferroni import each


@given(st.floats(0.01, 0.999999), st.integers(1, 10_000))
def test_the_errors_of_all_bounds_add_up_to_the_error_allowed(confidence, family):
    assert (1 - each(confidence, family)) * family == pytest.approx(1 - confidence, rel=1e-6)


def test_one_bound_keeps_its_confidence():
    assert each(0.99, 1) == pytest.approx(0.99, rel=1e-15)


@pytest.mark.parametrize("bad", [(0.0, 1), (1.0, 1), (float("nan"), 1), (0.9, 0)])
def test_senseless_families_are_refused(bad):
    with pytest.raises(InputError):
        each(*bad)
