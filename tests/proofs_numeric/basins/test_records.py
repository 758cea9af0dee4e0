"""Records come back as they went, or not at all."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest
from coins import plan_of, toss
from hypothesis import given
from hypothesis import strategies as st

from lohe.proofs_numeric.basins.plan import Starts
from lohe.proofs_numeric.basins.records import decode, encode
from lohe.proofs_numeric.basins.summary import summarise

STARTS = st.sampled_from(
    [Starts(), Starts("strata", levels=(0.1, 0.5)), Starts("tilted", power=3.0)]
)


@st.composite
def blocks(draw):
    plan = plan_of(starts=draw(STARTS), horizons=tuple(range(draw(st.integers(1, 3)))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return plan, toss(plan, draw(st.integers(0, 9)), draw(st.integers(1, 40)), rng)


@given(blocks())
def test_records_are_exact_but_for_times_and_residuals(block):
    plan, result = block
    back = decode(plan, summarise(plan, result), encode(plan, result))
    for name in ("labels", "strata", "places", "certified", "attractors"):
        found, put = getattr(back, name), getattr(result, name)
        assert found.dtype == put.dtype
        np.testing.assert_array_equal(found, put)
    for name in ("times", "residuals"):
        np.testing.assert_array_equal(getattr(back, name), np.float32(getattr(result, name)))
    np.testing.assert_array_equal(back.weights, result.weights)
    assert encode(plan, back) == encode(plan, result)


@given(blocks())
def test_a_summary_counts_every_trial_once_at_each_horizon(block):
    plan, result = block
    summary = summarise(plan, result)
    assert summary.trials == result.trials
    assert (summary.counts.sum(axis=(0, 2)) == result.trials).all()
    np.testing.assert_array_equal(
        summary.counts.sum(axis=2).T, [summary.places.sum(axis=1)] * len(plan.horizons)
    )
    for kind, first in enumerate(summary.firsts):
        assert np.flatnonzero(result.places == kind + 1)[0] == first


@given(blocks(), st.data())
def test_truncated_and_extended_records_are_refused(block, data):
    plan, result = block
    summary, blob = summarise(plan, result), encode(plan, result)
    cut = data.draw(st.integers(0, len(blob) - 1))
    for forged in (blob[:cut], blob + b"x", b""):
        with pytest.raises(ValueError, match="record"):
            decode(plan, summary, forged)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": np.full((2, 20), 4, dtype=np.uint8)},
        {"strata": np.ones(20, dtype=np.uint8)},
        {"places": np.full(20, 99, dtype=np.int32)},
        {"places": np.full(20, -2, dtype=np.int32)},
        {"certified": np.full(20, 2, dtype=np.uint8)},
        {"certified": np.ones(20, dtype=np.uint8)},
    ],
)
def test_records_that_disagree_with_what_was_counted_are_refused(change):
    plan = plan_of()
    result = toss(plan, 0, 20, np.random.default_rng(0))
    forged = encode(plan, replace(result, **change))
    with pytest.raises(ValueError, match="record"):
        decode(plan, summarise(plan, result), forged)


def test_a_compressed_bomb_is_refused_before_it_fills_the_memory():
    plan = plan_of()
    result = toss(plan, 0, 20, np.random.default_rng(0))
    measured = 2 * 4 * 20
    bomb = zlib.compress(bytes(10**8), 9) + bytes(measured)
    with pytest.raises(ValueError, match="another length"):
        decode(plan, summarise(plan, result), bomb)


def test_a_number_beyond_32_bits_is_infinite_and_no_warning():
    plan = plan_of()
    result = replace(toss(plan, 0, 20, np.random.default_rng(0)), residuals=np.full(20, 1e300))
    back = decode(plan, summarise(plan, result), encode(plan, result))
    assert np.isinf(back.residuals).all()
