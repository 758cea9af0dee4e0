"""Totals do not depend on who was faster."""

from __future__ import annotations

import numpy as np
import pytest
from coins import Coins, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.proofs_numeric.basins.anytime import anytime_bounds
from lohe.proofs_numeric.basins.plan import Starts, Stopping
from lohe.proofs_numeric.basins.strata import by_stratum
from lohe.proofs_numeric.basins.summary import summarise
from lohe.proofs_numeric.basins.tally import Fold, pooled
from lohe.proofs_numeric.statistics.confidence_sequence import bernoulli_bounds

TILTED = Starts("tilted", power=3.0)


def blocks_of(plan):
    sampler = Coins.prepare(None, plan)
    return [summarise(plan, sampler.run(number)) for number in range(sampler.blocks)]


def fold_of(plan, blocks, first=0):
    fold = Fold(plan, first)
    for block in blocks:
        fold.add(block)
    return fold


def same(one, other):
    assert one.blocks == other.blocks
    assert one.certified == other.certified
    assert one.stopped == other.stopped
    np.testing.assert_array_equal(one.counts, other.counts)
    for mine, theirs in zip(one.failures or (), other.failures or (), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    "plan", [plan_of(), plan_of(starts=TILTED), plan_of(stopping=Stopping(width=0.4))]
)
@settings(max_examples=20)
@given(st.permutations(range(7)))
def test_any_order_of_the_blocks_gives_the_same_totals(plan, order):
    blocks = blocks_of(plan)
    fold = fold_of(plan, (blocks[number] for number in order))
    same(fold.tally(), fold_of(plan, blocks).tally())
    assert fold.done == fold.tally().trials


@given(st.sets(st.integers(0, 6)))
def test_totals_end_before_the_first_block_that_is_missing(present):
    plan = plan_of()
    blocks = blocks_of(plan)
    fold = fold_of(plan, (blocks[number] for number in present))
    row = next(number for number in range(8) if number not in present)
    same(fold.tally(), fold_of(plan, blocks[:row]).tally())
    assert fold.done == sum(blocks[number].trials for number in present)


def test_totals_count_every_trial_and_weigh_every_failure():
    plan = plan_of(starts=TILTED)
    results = [Coins(plan).run(number) for number in range(7)]
    tally = fold_of(plan, blocks_of(plan)).tally()
    assert tally.trials == 100
    for horizon, labels in enumerate(tally.labels):
        assert sum(labels.values()) == 100
        assert len(tally.failures[horizon]) == 100 - labels["converged"]
        weights = [r.weights[r.labels[horizon] != 0] for r in results]
        np.testing.assert_array_equal(tally.failures[horizon], np.concatenate(weights))
    assert tally.certified == sum(result.certified.sum() for result in results)


def test_a_block_never_counts_twice():
    plan = plan_of()
    blocks = blocks_of(plan)
    for added, again in (([0, 1], 1), ([2], 2)):
        fold = fold_of(plan, (blocks[number] for number in added))
        with pytest.raises(ValueError, match="counted before"):
            fold.add(blocks[again])


@pytest.mark.parametrize("stopping", [Stopping(lower=0.5), Stopping(width=0.3)])
def test_a_campaign_stops_at_the_first_block_whose_bounds_are_good_enough(stopping):
    plan = plan_of(trials=800, stopping=stopping, family=2)
    blocks = blocks_of(plan)
    fold = fold_of(plan, blocks)
    assert 0 < fold.stop < 49

    def met(count):
        labels = sum(block.counts.sum(axis=0) for block in blocks[:count])[-1]
        # Bonferroni: half of the error for each of the two bounds.
        return stopping.met(*bernoulli_bounds(int(labels[0]), int(labels.sum()), 0.995))

    assert [met(count) for count in range(1, fold.stop + 2)] == [False] * fold.stop + [True]
    assert fold.tally().blocks == fold.stop + 1
    assert fold.done == 16 * (fold.stop + 1)


def test_pooling_seeds_adds_them_up():
    plans = [
        plan_of(trials=trials, seed=seed, starts=TILTED) for seed, trials in ((1, 40), (2, 50))
    ]
    tallies = [fold_of(plan, blocks_of(plan)).tally() for plan in plans]
    both = pooled(tallies)
    assert both.trials == 90
    np.testing.assert_array_equal(both.counts, tallies[0].counts + tallies[1].counts)
    for horizon, weights in enumerate(both.failures):
        apart = [tally.failures[horizon] for tally in tallies]
        np.testing.assert_array_equal(weights, np.concatenate(apart))


@pytest.mark.parametrize(
    "starts", [Starts(), Starts("strata", levels=(0.25,)), TILTED], ids=lambda s: s.kind
)
def test_anytime_bounds_hold_the_truth_and_narrow(starts):
    # Coins fall alike in every stratum, whatever they weigh: 70 % converge. A start's weight is
    # 1.5 on average here, so that a weighted share of failures is 0.45.
    truth = 0.55 if starts.kind == "tilted" else 0.7
    widths = []
    for trials in (400, 6400):
        plan = plan_of(trials=trials, starts=starts, confidence=0.9999)
        tally = fold_of(plan, blocks_of(plan)).tally()
        for lower, upper in anytime_bounds(plan, tally):
            assert lower <= truth <= upper
            widths.append(upper - lower)
    assert max(widths[2:]) < 0.5 * min(widths[:2])
    assert anytime_bounds(plan, Fold(plan).tally()) == ((0.0, 1.0), (0.0, 1.0))


def test_what_is_proved_of_far_starts_sharpens_the_bounds_of_rare_failures():
    starts = Starts("strata", levels=(0.1,))
    plan = plan_of(trials=32, starts=starts)
    blocks = blocks_of(plan)
    for block in blocks:  # far starts, which are of the second stratum, all converge
        block.counts[1] = [[8, 0, 0, 0]] * 2
    tally = fold_of(plan, blocks).tally()
    blind, knowing = anytime_bounds(plan, tally), anytime_bounds(plan, tally, (0.2, 0.1))
    assert knowing[0] == blind[0]  # the second stratum begins below 0.2
    assert blind[1][0] < 0.9 <= knowing[1][0] <= knowing[1][1] == blind[1][1]
    blocks[0].counts[1, 1] = [7, 0, 1, 0]  # a proof that is contradicted is not relied on
    tally = fold_of(plan, blocks).tally()
    assert anytime_bounds(plan, tally, (0.2, 0.1)) == anytime_bounds(plan, tally)


def test_each_stratum_has_bounds_of_its_own():
    plan = plan_of(trials=1600, starts=Starts("strata", levels=(0.1, 0.4)), confidence=0.9999)
    tally = fold_of(plan, blocks_of(plan)).tally()
    found = by_stratum(plan, tally)
    assert [(one.start, one.end) for one in found] == [(0.0, 0.1), (0.1, 0.4), (0.4, 1.0)]
    assert sum(one.trials for one in found) == 1600
    assert sum(one.converged for one in found) == tally.labels[-1]["converged"]
    assert all(one.lower <= 0.7 <= one.upper for one in found)
