"""Shares of attractors: counts that add up, bounds that hold together, points that are proved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.dynamics.errors import InputError
from lohe.dynamics.gallery import anchored_circulant, anchored_pair, consensus
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign, catalogue, census
from lohe.proofs_numeric.basins.merge import merge
from lohe.proofs_numeric.basins.plan import LABELS, Plan, Starts, Stopping
from lohe.proofs_numeric.basins.result import NOWHERE, BlockResult
from lohe.proofs_numeric.basins.summary import summarise
from lohe.proofs_numeric.basins.trials import Sampler

CONVERGED, ELSEWHERE, HORIZON, _ = range(len(LABELS))
POINTS = np.array([[[np.cos(a), np.sin(a)]] for a in np.linspace(0.1, 6.0, 40001)])
HELD = Network([[1.0, 0.0]])


def take_as_given(patch):
    """Let any state pass for an equilibrium, so that places can be made up; prove none."""
    patch.setattr(catalogue, "MOST_ANGLES", 0)
    patch.setattr(census, "MOST_ENCLOSED", 0)


@pytest.fixture
def taken_as_given(monkeypatch):
    take_as_given(monkeypatch)


def plan_of(trials, **changes):
    return Plan("0" * 64, trials, (1.0,), 0, **changes)


def block_of(plan, number, kinds, *, strata=None, weights=None, untold=0):
    """Make a block whose trials are at POINTS[kind - 1], at the reference (0), or moving (-1)."""
    kinds = np.asarray(kinds)
    names, first = np.unique(kinds[kinds > 0], return_index=True)
    names = names[np.argsort(first)]
    places = kinds.astype(np.int32)
    for place, name in enumerate(names, start=1):
        places[kinds == name] = place
    labels = np.where(kinds == 0, CONVERGED, np.where(kinds > 0, ELSEWHERE, HORIZON))
    labels[np.flatnonzero(kinds == NOWHERE)[:untold]] = ELSEWHERE
    size = kinds.size
    return BlockResult(
        number=number,
        labels=labels[np.newaxis].astype(np.uint8),
        strata=np.zeros(size, dtype=np.uint8) if strata is None else strata,
        weights=weights,
        times=np.full(size, np.nan),
        residuals=np.zeros(size),
        places=places,
        certified=np.zeros(size, dtype=np.bool_),
        attractors=POINTS[names - 1],
    )


def counted(plan, blocks, network=HELD, reference=None):
    summaries = [summarise(plan, block) for block in blocks]
    return census.census([summaries], plan, network, reference)


def share_at(found, kind):
    """Return the share of POINTS[kind - 1]; None if nobody came there."""
    near = [a for a in found.attractors if np.abs(a.point - POINTS[kind - 1]).max() < 1e-9]
    return near[0].share if near else None


def test_every_trial_is_counted_once(taken_as_given):
    plan = plan_of(12)
    blocks = [
        block_of(plan, 0, [0, 1, 900, -1, 900, 0]),
        block_of(plan, 3, [900, -1, -1, 2000, 0, 1], untold=1),
    ]
    found = counted(plan, blocks, reference=POINTS[40000])
    assert [a.share.count for a in found.attractors] == [3, 3, 2, 1]
    assert found.attractors[0].reference
    assert (found.moving.count, found.untold, found.trials) == (2, 1, 12)
    assert sum(a.share.count for a in found.attractors) + 2 + 1 == found.trials


def test_blocks_out_of_order_are_refused(taken_as_given):
    plan = plan_of(2)
    blocks = [block_of(plan, number, [0]) for number in (1, 0)]
    with pytest.raises(ValueError, match="block 0 follows block 1"):
        counted(plan, blocks)


def test_seeds_follow_each_other_each_from_its_first_block(taken_as_given):
    plan = plan_of(8)
    series = [[summarise(plan, block_of(plan, 0, [0, 1, 1, 0]))] for _ in range(2)]
    found = census.census(series, plan, HELD, POINTS[40000])
    assert [a.share.count for a in found.attractors] == [4, 4]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([-1, 0, 1, 900, 2000]), min_size=2, max_size=60), st.data())
def test_shares_do_not_depend_on_where_blocks_end(kinds, data):
    cut = data.draw(st.integers(1, len(kinds) - 1))
    plan = plan_of(len(kinds))
    with pytest.MonkeyPatch.context() as patch:
        take_as_given(patch)
        one = counted(plan, [block_of(plan, 0, kinds)])
        two = counted(plan, [block_of(plan, 0, kinds[:cut]), block_of(plan, 1, kinds[cut:])])
    assert [a.share for a in one.attractors] == [a.share for a in two.attractors]
    assert one.moving == two.moving


def misses(chances, trials, rng, **changes):
    """Say whether some bound of a campaign misses its probability; chances[0] is the reference."""
    plan = plan_of(trials, confidence=0.8, **changes)
    kinds = rng.choice(len(chances), size=trials, p=chances)
    found = counted(plan, [block_of(plan, 0, kinds)], reference=POINTS[40000])
    shares = {0: found.attractors[0].share}
    for kind in np.unique(kinds[kinds > 0]):
        shares[int(kind)] = share_at(found, kind)
    return any(not s.lower <= chances[kind] <= s.upper for kind, s in shares.items())


@pytest.mark.parametrize("changes", [{}, {"stopping": Stopping(lower=0.99)}])
def test_all_bounds_hold_together(taken_as_given, changes):
    rng = np.random.default_rng(1)
    wrong = sum(misses([0.5, 0.3, 0.15, 0.05], 200, rng, **changes) for _ in range(120))
    # With chance 0.2 at most each: 38 or more of 120 would happen once in a thousand times.
    assert wrong < 38


def test_bounds_hold_where_every_attractor_is_rare(taken_as_given):
    # Whoever is met once among thousands looks more frequent than it is. Counting that sighting
    # as well puts every lower bound above the truth, however many bounds share the error.
    rng, rare = np.random.default_rng(2), 30_000
    chances = [0.0, *([1 / rare] * rare)]
    wrong = sum(misses(chances, 30, rng) for _ in range(20))
    assert wrong < 11  # 1 in 2000


def test_a_single_sighting_says_only_that_the_rest_is_rare(taken_as_given):
    plan = plan_of(100)
    share = share_at(counted(plan, [block_of(plan, 0, [7, *[0] * 99])], reference=POINTS[40000]), 7)
    assert share.count == 1
    assert share.lower == 0
    assert 0 < share.upper < 0.1


def test_trials_not_told_apart_may_belong_anywhere(taken_as_given):
    plan = plan_of(200)
    kinds = [1, 0, -1, 0] * 50
    sure = share_at(counted(plan, [block_of(plan, 0, kinds)], reference=POINTS[40000]), 1)
    unsure = share_at(
        counted(plan, [block_of(plan, 0, kinds, untold=50)], reference=POINTS[40000]), 1
    )
    assert unsure.lower == sure.lower
    assert sure.upper < 0.45
    assert unsure.upper > 0.5


def test_strata_are_put_together_by_their_probabilities(taken_as_given):
    plan = plan_of(400, starts=Starts("strata", levels=(0.1,)))
    # Attractor 1 holds half of the rare stratum and nothing of the other.
    kinds = np.zeros(400, dtype=int)
    kinds[0::4] = 1
    strata = (np.arange(400) % 2).astype(np.uint8)
    found = counted(plan, [block_of(plan, 0, kinds, strata=strata)], reference=POINTS[40000])
    share = share_at(found, 1)
    assert found.interval == "stratified"
    assert share.fraction == pytest.approx(0.05)
    assert share.lower < 0.05 < share.upper < 0.15
    assert found.attractors[0].share.fraction == pytest.approx(0.95)


def test_tilted_starts_are_weighted_back(taken_as_given):
    plan = plan_of(4000, starts=Starts("tilted", power=4.0))
    rng = np.random.default_rng(3)
    v = rng.random(4000)
    u, weights = v**4, 4 * v**3
    kinds = np.where(u < 0.01, 1, np.where(u > 0.9, -1, 0))
    found = counted(plan, [block_of(plan, 0, kinds, weights=weights)], reference=POINTS[40000])
    share = share_at(found, 1)
    assert found.interval == "weighted"
    assert share.lower < 0.01 < share.upper
    assert share.fraction == pytest.approx(0.01, rel=0.2)
    assert found.moving.fraction == pytest.approx(0.1, rel=0.2)
    assert found.moving.lower < 0.1 < found.moving.upper
    assert found.attractors[0].share.fraction == pytest.approx(0.89, rel=0.05)


def sampled(network, trials, horizon, **changes):
    plan = Plan(network.digest, trials, (horizon,), 5, 1e-3, **changes)
    sampler = Sampler.prepare(network, plan)
    blocks = [summarise(plan, sampler.run(number)) for number in range(sampler.blocks)]
    return census.census([blocks], plan, network, sampler.trials.reference)


# Opposite anchors, and the pair would rather agree: it turns off to either side.
PAIR = Network([[1.0, 0.0], [-1.0, 0.0]], crosstalk=[[0.0, 1.0], [1.0, 0.0]])


def test_seeds_of_a_merged_file_add_up(tmp_path):
    files = [tmp_path / f"{seed}.basin.sqlite" for seed in (1, 2)]
    for seed, path in enumerate(files, start=1):
        campaign.run(path, PAIR, 50, seed=seed, horizons=(60.0,), tolerance=1e-3)
    merge(files, tmp_path / "both.basin.sqlite")
    both = campaign.attractors(tmp_path / "both.basin.sqlite", PAIR)
    apart = [campaign.attractors(path, PAIR) for path in files]
    assert both.trials == 100

    def counts(found):
        return {np.round(a.point, 6).tobytes(): a.share.count for a in found.attractors}

    one, two = map(counts, apart)
    assert counts(both) == {key: one.get(key, 0) + two.get(key, 0) for key in one | two}
    with pytest.raises(InputError, match="another network"):
        campaign.attractors(files[0], HELD)


def test_both_sides_of_a_symmetric_pair_are_proved_with_equal_shares():
    found = sampled(PAIR, 400, 60.0)
    stable = [a for a in found.attractors if a.stable]
    assert len(stable) == 2
    for one in stable:
        assert one.share.lower < 0.5 < one.share.upper
        assert abs(one.point[0, 1]) == pytest.approx(np.cos(np.pi / 6))
        assert one.alone
    assert np.abs(stable[0].point - stable[1].point * [1, -1]).max() < 1e-9
    assert found.several


def test_one_attractor_is_not_several():
    found = sampled(anchored_pair(3.0), 100, 20.0)
    assert [a.stable for a in found.attractors] == [True]
    assert not found.several
    assert found.attractors[0].share.count == found.trials == 100


def test_twisted_states_of_the_ring_are_proved():
    found = sampled(anchored_circulant(8), 150, 400.0)
    assert [a.stable for a in found.attractors] == [True] * 3
    assert found.several
    mirrored = found.attractors[1].share, found.attractors[2].share
    # The mirror image of a start is as likely as the start.
    middle = (mirrored[0].fraction + mirrored[1].fraction) / 2
    for share in mirrored:
        assert share.lower <= middle <= share.upper
    assert sum(a.share.count for a in found.attractors) + found.moving.count == 150


def test_a_continuum_is_one_place_and_nothing_is_proved_of_it():
    found = sampled(consensus(3, 3), 60, 30.0)
    assert len(found.attractors) == 2
    reference, agreed = found.attractors
    assert (reference.share.count, agreed.share.count) == (0, 60)
    assert agreed.turned
    assert not reference.turned
    for each in found.attractors:
        assert each.enclosure is None
        assert "continuum" in each.reason
