"""Two labs share the work: what they bring together is what one would have found."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from coins import NETWORK, Coins

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign
from lohe.proofs_numeric.basins.merge import merge
from lohe.proofs_numeric.basins.plan import Starts, Stopping
from lohe.proofs_numeric.basins.status import Missing, status

PLAN = {"seed": 1, "horizons": (1.0, 6.0), "tolerance": 1e-3}


@pytest.fixture(autouse=True)
def tossed(monkeypatch):
    monkeypatch.setattr(campaign, "Sampler", Coins)


@pytest.fixture
def made(tmp_path):
    """Give a function that runs a campaign under a name, and returns its path."""

    def make(name, trials=100, network=NETWORK, **changes):
        path = tmp_path / f"{name}.basin.sqlite"
        campaign.run(path, network, trials, **(PLAN | changes))
        return path

    return make


def blocks(path):
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT * FROM block ORDER BY seed, number").fetchall()


@pytest.mark.parametrize(
    "parts",
    [
        [(0, 4), (4, 7)],
        [(3, 7), (0, 3)],
        [(0, 5), (2, 7)],
        [(0, 7), (2, 4)],
        [(0, 2), (1, 5), (5, 7)],
    ],
    ids=str,
)
@pytest.mark.parametrize("starts", [Starts(), Starts("tilted", power=3.0)], ids=lambda s: s.kind)
def test_parts_together_are_the_whole_and_count_once(made, tmp_path, parts, starts):
    whole = made("whole", starts=starts)
    files = [made(f"part{number}", blocks=part, starts=starts) for number, part in enumerate(parts)]
    output = tmp_path / "all.basin.sqlite"
    merge(files, output)
    assert blocks(output) == blocks(whole)
    assert campaign.load(output) == campaign.load(whole)
    assert status(output).bounds == status(whole).bounds
    # A whole campaign, which anybody may extend.
    campaign.run(output, NETWORK, 200, **PLAN, starts=starts)
    assert campaign.load(output) == campaign.load(made("whole", 200, starts=starts))


def test_parts_that_leave_a_gap_say_so_and_can_be_filled(made, tmp_path):
    output = tmp_path / "all.basin.sqlite"
    merge([made("a", blocks=(0, 2)), made("b", blocks=(5, 7))], output)
    assert status(output).missing == (Missing(seed=1, first=2, end=5),)
    with pytest.raises(InputError, match="not finished"):
        campaign.load(output)
    assert campaign.run(output, NETWORK, 100, **PLAN) == campaign.load(made("whole"))


def test_seeds_are_pooled(made, tmp_path):
    first, second = made("a"), made("b", 50, seed=2)
    output = tmp_path / "all.basin.sqlite"
    merge([first, second], output)
    for both, one, other in zip(*map(campaign.load, (output, first, second)), strict=True):
        assert both.trials == 150
        assert both.converged == one.converged + other.converged
        assert both.upper - both.lower < min(one.upper - one.lower, other.upper - other.lower)
    assert sorted(blocks(output)) == sorted([*blocks(first), *blocks(second)])
    assert len(list(campaign.records(output))) == 7 + 4
    now = status(output)
    assert (now.seeds, now.done, now.trials, now.complete) == ((1, 2), 150, 150, True)
    with pytest.raises(InputError, match="merged of 2 seeds"):
        campaign.run(output, NETWORK, 100, **PLAN)


def test_merging_again_changes_nothing(made, tmp_path):
    a, b = made("a", blocks=(0, 4)), made("b", blocks=(4, 7))
    output, again = tmp_path / "all.basin.sqlite", tmp_path / "again.basin.sqlite"
    merge([a, b, made("c", seed=5)], output)
    merge([output, a, b], again)
    assert blocks(again) == blocks(output)
    merge([output, b], output)  # the output may be one of the files
    assert blocks(again) == blocks(output)
    assert campaign.load(again) == campaign.load(output)


def test_the_larger_of_two_sizes_is_planned_on(made, tmp_path):
    # The last block of the smaller file holds 8 trials, the same one of the larger 16.
    output = tmp_path / "all.basin.sqlite"
    small, large = made("small", 40), made("large", 100, blocks=(2, 7))
    merge([small, large], output)
    assert campaign.load(output) == campaign.load(made("whole"))
    assert status(output).earlier == (40,)


def test_stopped_campaigns_pool_with_bounds_that_allow_it(made, tmp_path):
    output = tmp_path / "all.basin.sqlite"
    rule = {"stopping": Stopping(width=0.2)}
    files = [made("a", 10_000, **rule), made("b", 10_000, seed=2, **rule)]
    merge(files, output)
    found = campaign.load(output)[-1]
    assert found.interval == "confidence sequence"
    assert found.trials == sum(campaign.load(path)[-1].trials for path in files)
    assert status(output).stopped


def refused(files, output):
    before = output.read_bytes() if output.exists() else None
    with pytest.raises(InputError) as raised:
        merge(files, output)
    assert "\n" not in str(raised.value)
    assert (output.read_bytes() if output.exists() else None) == before
    return str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        {"horizons": (1.0,)},
        {"tolerance": 1e-4},
        {"confidence": 0.9},
        {"family": 2},
        {"starts": Starts("tilted", power=2.0)},
        {"stopping": Stopping(lower=0.99)},
        {"records": False},
        {"early": False},
        {"engine": "numba"},
    ],
    ids=str,
)
def test_different_plans_are_refused_by_name(made, tmp_path, change):
    said = refused([made("a"), made("b", **change)], tmp_path / "all.basin.sqlite")
    assert f"different plans ({next(iter(change))} " in said


def test_different_networks_are_refused(made, tmp_path):
    other = Network([[3.0, 4.0], [0.0, 2.0]])
    said = refused([made("a"), made("b", network=other)], tmp_path / "all.basin.sqlite")
    assert "different networks" in said


class Tampered(Coins):
    """One trial of block 3 has another label."""

    def run(self, number):
        result = super().run(number)
        if number == 3:
            result.labels[0, 5] ^= 1
        return result


class Slower(Coins):
    """One trial of block 3 took longer."""

    def run(self, number):
        result = super().run(number)
        if number == 3:
            result.times[5] = 99.0
        return result


@pytest.mark.parametrize("sampler", [Tampered, Slower])
def test_files_that_disagree_are_refused_and_the_block_is_named(
    made, tmp_path, monkeypatch, sampler
):
    mine = made("a", blocks=(0, 5))
    monkeypatch.setattr(campaign, "Sampler", sampler)
    theirs = made("b", blocks=(3, 7))
    assert "disagree about block 3 of seed 1" in refused(
        [mine, theirs], tmp_path / "all.basin.sqlite"
    )


def test_files_that_are_no_use_are_refused(made, tmp_path):
    one, other = made("a"), made("b", seed=2)
    output = tmp_path / "all.basin.sqlite"
    assert "at least two" in refused([one], output)
    assert "given twice" in refused([one, one.parent / ".." / one.parent.name / one.name], output)
    assert "no such file" in refused([one, tmp_path / "absent.basin.sqlite"], output)
    assert "exists; merge it with the others" in refused([one, other], made("c", seed=3))
    other.write_bytes(other.read_bytes()[:9000])
    assert "damaged" in refused([one, other], output)
    assert not output.exists()


def test_a_file_that_is_being_written_is_refused(made, tmp_path):
    other = made("b", seed=2)

    def meanwhile(done, total):
        files = [tmp_path / "a.basin.sqlite", other]
        assert "is being written" in refused(files, tmp_path / "all.basin.sqlite")

    made("a", 32, progress=meanwhile)
