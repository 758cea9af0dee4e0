"""Campaigns survive kills, refuse what is not theirs, grow, and lose nothing."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time

import coins
import numpy as np
import pytest
from coins import NETWORK, Coins

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign, extension, trials
from lohe.proofs_numeric.basins.estimate import estimate_basin
from lohe.proofs_numeric.basins.merge import merge
from lohe.proofs_numeric.basins.plan import LABELS, Starts, Stopping
from lohe.proofs_numeric.basins.records import encode
from lohe.proofs_numeric.basins.summary import summarise

TRIALS = 50_000
PLAN = {"seed": 1, "horizons": (1.0, 6.0), "tolerance": 1e-3}
COORDINATES = 2**11
BLOCKS = 49


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(trials, "_ALONE_COORDINATES", COORDINATES)


@pytest.fixture
def tossed(monkeypatch):
    """Let campaigns toss coins in blocks of 16."""
    monkeypatch.setattr(campaign, "Sampler", Coins)


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(0)
    return Network(np.exp(rng.standard_normal((200, 1))) * rng.standard_normal((200, 2)))


@pytest.fixture(scope="module")
def finished(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("campaign") / "x.basin.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trials, "_ALONE_COORDINATES", COORDINATES)
        return path, campaign.run(path, network, TRIALS, **PLAN)


def rows(path):
    """Return all of a file's blocks, and its plan, as they are stored."""
    with sqlite3.connect(path) as database:
        found = database.execute("SELECT * FROM block ORDER BY seed, number").fetchall()
        plan = database.execute("SELECT * FROM plan ORDER BY key").fetchall()
    database.close()
    return found, plan


def stop_after(blocks):
    """Make a progress callback that interrupts the run after so many blocks."""
    calls = iter(range(blocks + 1))

    def progress(done, total):
        if next(calls, None) is None:
            raise KeyboardInterrupt

    return progress


def stop_at_once(done, total):
    raise KeyboardInterrupt


def test_a_campaign_finds_what_single_estimates_find(network, finished):
    path, found = finished
    assert campaign.load(path) == found
    for estimate in found:
        alone = estimate_basin(
            network, TRIALS, seed=1, horizon=estimate.horizon, tolerance=PLAN["tolerance"]
        )
        assert estimate == alone


def test_one_file_is_left(finished):
    assert [path.name for path in finished[0].parent.iterdir()] == ["x.basin.sqlite"]


def test_an_interrupted_campaign_goes_on_to_the_same_result(network, finished, tmp_path):
    path = tmp_path / "x.basin.sqlite"
    with pytest.raises(KeyboardInterrupt):
        campaign.run(path, network, TRIALS, **PLAN, progress=stop_after(5))
    with pytest.raises(InputError, match="not finished"):
        campaign.load(path)
    seen = []
    resumed = campaign.run(path, network, TRIALS, **PLAN, progress=lambda *a: seen.append(a))
    assert seen[0] == (6 * 1024, TRIALS)  # what was done before is kept, to the last block
    assert seen[-1] == (TRIALS, TRIALS)
    assert resumed == finished[1]
    assert rows(path) == rows(finished[0])


class Shuffled:
    """An executor that finishes blocks in any order."""

    def __init__(self, seed):
        self._rng = random.Random(seed)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def run(self, task, blocks):
        blocks = list(blocks)
        self._rng.shuffle(blocks)
        yield from map(task, blocks)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"starts": Starts("tilted", power=3.0)},
        {"starts": Starts("strata", levels=(0.1,))},
        {"records": False},
        {"stopping": Stopping(lower=0.6)},
        {"stopping": Stopping(width=0.2)},
    ],
    ids=str,
)
@pytest.mark.usefixtures("tossed")
def test_the_order_in_which_blocks_finish_changes_nothing(options, tmp_path, monkeypatch):
    straight = tmp_path / "straight.basin.sqlite"
    found = campaign.run(straight, NETWORK, 1000, **PLAN, **options)
    for seed in range(3):
        monkeypatch.setattr(campaign, "executor", lambda *args, seed=seed: Shuffled(seed))
        path = tmp_path / f"{seed}.basin.sqlite"
        assert campaign.run(path, NETWORK, 1000, **PLAN, **options) == found
        assert rows(path) == rows(straight)
        assert campaign.load(path) == found


@pytest.mark.usefixtures("tossed")
def test_records_come_back_block_by_block(tmp_path):
    path = tmp_path / "x.basin.sqlite"
    for starts in (Starts(), Starts("tilted", power=3.0)):
        path.unlink(missing_ok=True)
        campaign.run(path, NETWORK, 100, **PLAN, starts=starts)
        plan = campaign.plan_of(path)
        assert plan == coins.plan_of(starts=starts)
        put = [Coins(plan).run(number) for number in range(7)]
        assert [encode(plan, r) for r in campaign.records(path)] == [encode(plan, r) for r in put]
        found = list(campaign.summaries(path))
        assert all(map(lambda a, b: a.same(summarise(plan, b)), found, put))


@pytest.mark.usefixtures("tossed")
def test_a_campaign_without_records_says_so(tmp_path):
    path = tmp_path / "x.basin.sqlite"
    found = campaign.run(path, NETWORK, 100, **PLAN, records=False)
    assert campaign.load(path) == found
    with pytest.raises(InputError, match="no records"):
        next(campaign.records(path))


@pytest.mark.usefixtures("tossed")
def test_an_extended_campaign_is_as_if_it_had_been_so_large_at_once(tmp_path):
    grown, whole = tmp_path / "grown.basin.sqlite", tmp_path / "whole.basin.sqlite"
    computed = []

    class Watched(Coins):
        def run(self, number):
            computed.append(number)
            return super().run(number)

    campaign.Sampler = Watched  # the fixture puts the real one back
    # 40 = 2 full blocks of 16 and one of 8, which is sampled anew with 16.
    for size in (40, 70, 200):
        campaign.run(grown, NETWORK, size, **PLAN)
    assert computed == [0, 1, 2, 2, 3, 4, *range(4, 13)]
    campaign.run(whole, NETWORK, 200, **PLAN)
    assert campaign.load(grown) == campaign.load(whole)
    assert rows(grown)[0] == rows(whole)[0]
    with pytest.raises(InputError, match="plans 200 trials, more than 100"):
        campaign.run(grown, NETWORK, 100, **PLAN)
    assert campaign.load(grown) == campaign.load(whole)


@pytest.mark.usefixtures("tossed")
def test_an_interrupted_extension_keeps_what_was_there(tmp_path):
    path = tmp_path / "x.basin.sqlite"
    campaign.run(path, NETWORK, 40, **PLAN)
    with pytest.raises(KeyboardInterrupt):
        campaign.run(path, NETWORK, 100, **PLAN, progress=stop_at_once)
    assert [block.number for block in campaign.summaries(path)] == [0, 1]
    with pytest.raises(InputError, match=r"32 of 100"):
        campaign.load(path)
    campaign.run(path, NETWORK, 100, **PLAN)
    whole = tmp_path / "whole.basin.sqlite"
    assert campaign.load(path) == campaign.run(whole, NETWORK, 100, **PLAN)


@pytest.mark.usefixtures("tossed")
def test_parts_are_run_block_by_block(tmp_path):
    path, whole = tmp_path / "x.basin.sqlite", tmp_path / "whole.basin.sqlite"
    part = campaign.run(path, NETWORK, 100, **PLAN, blocks=(4, 6))
    assert part[0].trials == 32
    assert part == campaign.run(path, NETWORK, 100, **PLAN, blocks=(4, 6))
    with pytest.raises(InputError, match="not finished"):
        campaign.load(path)
    campaign.run(path, NETWORK, 100, **PLAN, blocks=(2, 7))
    found = campaign.run(path, NETWORK, 100, **PLAN)
    assert found == campaign.run(whole, NETWORK, 100, **PLAN)
    assert rows(path) == rows(whole)
    for blocks in ((0, 8), (3, 3), (-1, 2)):
        with pytest.raises(InputError, match="this campaign has 7"):
            campaign.run(path, NETWORK, 100, **PLAN, blocks=blocks)
    stopping = Stopping(width=0.1)
    with pytest.raises(InputError, match="stopping rule"):
        campaign.run(path, NETWORK, 100, **PLAN, blocks=(1, 2), stopping=stopping)


@pytest.mark.usefixtures("tossed")
def test_a_stopped_campaign_keeps_no_block_beyond(tmp_path):
    path = tmp_path / "x.basin.sqlite"
    found = campaign.run(path, NETWORK, 10_000, **PLAN, stopping=Stopping(lower=0.5))
    kept = [block.number for block in campaign.summaries(path)]
    assert kept == list(range(len(kept)))
    assert found[-1].trials == 16 * len(kept) < 10_000
    assert found[-1].interval == "confidence sequence"
    assert found[-1].lower > 0.5
    # More trials are no reason to go on.
    assert campaign.run(path, NETWORK, 20_000, **PLAN, stopping=Stopping(lower=0.5)) == found


@pytest.mark.usefixtures("tossed")
def test_a_family_may_grow_but_not_where_a_rule_has_judged_it(tmp_path):
    path, ruled = tmp_path / "x.basin.sqlite", tmp_path / "ruled.basin.sqlite"
    one = campaign.run(path, NETWORK, 100, **PLAN)
    six = campaign.run(path, NETWORK, 100, **PLAN, family=6)
    assert six[0].lower < one[0].lower
    assert campaign.load(path) == six
    rule = {"stopping": Stopping(width=0.01)}
    campaign.run(ruled, NETWORK, 100, **PLAN, **rule)
    with pytest.raises(InputError, match=r"another plan \(family 1, here 6\)"):
        campaign.run(ruled, NETWORK, 100, **PLAN, **rule, family=6)


def script(progress):
    """Return a program that runs the campaign in small blocks."""
    return (
        "import sys, time\n"
        "from lohe.dynamics.network import Network\n"
        "from lohe.proofs_numeric.basins import campaign, trials, writer\n"
        f"trials._ALONE_COORDINATES, writer.COMMIT_SECONDS = {COORDINATES}, 0.0\n"
        "network = Network.load(sys.argv[2])\n"
        f"{progress}\n"
        f"campaign.run(sys.argv[1], network, {TRIALS}, **{PLAN!r}, progress=progress)"
    )


def test_a_killed_campaign_goes_on_to_the_same_result(network, finished, tmp_path):
    path, stored = tmp_path / "x.basin.sqlite", tmp_path / "n.network.npz"
    network.save(stored)
    slow = "def progress(done, total): time.sleep(0.02)"
    process = subprocess.Popen([sys.executable, "-c", script(slow), str(path), str(stored)])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and blocks_in(path) < 2 and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert 2 <= blocks_in(path) < BLOCKS
    assert campaign.run(path, network, TRIALS, **PLAN) == finished[1]


def blocks_in(path):
    """Count the blocks committed by now, also while a run writes the file."""
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(path) as database:
            found = database.execute("SELECT count(*) FROM block").fetchone()[0]
    except sqlite3.DatabaseError:
        return 0
    finally:
        database.close()
    return int(found)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"horizons": (1.0,)},
        {"tolerance": 1e-4},
        {"confidence": 0.9},
        {"starts": Starts("tilted", power=2.0)},
        {"stopping": Stopping(lower=0.5)},
        {"records": False},
        {"early": False},
        {"engine": "numba"},
    ],
    ids=str,
)
@pytest.mark.usefixtures("tossed")
def test_another_plan_is_refused_by_name(tmp_path, change):
    path = tmp_path / "x.basin.sqlite"
    campaign.run(path, NETWORK, 100, **PLAN)
    before = path.read_bytes()
    with pytest.raises(InputError, match=f"another plan \\({next(iter(change))} "):
        campaign.run(path, NETWORK, 100, **(PLAN | change))
    assert path.read_bytes() == before


@pytest.mark.usefixtures("tossed")
def test_another_version_may_read_and_not_go_on(tmp_path, monkeypatch):
    path, other = tmp_path / "x.basin.sqlite", tmp_path / "other.basin.sqlite"
    found = campaign.run(path, NETWORK, 100, **PLAN)
    for module in (campaign, extension):
        monkeypatch.setattr(module, "versions", lambda: {"lohe": "99.1"})
    assert campaign.load(path) == found
    assert campaign.run(path, NETWORK, 100, **PLAN) == found
    with pytest.raises(InputError, match=r"begun by lohe .*, and this is 99\.1"):
        campaign.run(path, NETWORK, 200, **PLAN)
    assert campaign.load(path) == found
    campaign.run(other, NETWORK, 100, **(PLAN | {"seed": 2}))
    with pytest.raises(InputError, match=r"other.basin.sqlite by 99\.1"):
        merge([path, other], tmp_path / "both.basin.sqlite")


def test_another_network_is_refused(finished):
    with pytest.raises(InputError, match="another network"):
        campaign.run(finished[0], Network([[1.0, 0.0]]), TRIALS, **PLAN)
    assert campaign.load(finished[0]) == finished[1]


@pytest.mark.usefixtures("tossed")
def test_a_block_that_comes_twice_is_a_defect_and_not_counted(tmp_path, monkeypatch):
    class Twice(Shuffled):
        def run(self, task, blocks):
            for block in blocks:
                yield from (task(block), task(block))

    monkeypatch.setattr(campaign, "executor", lambda *args: Twice(0))
    with pytest.raises(ValueError, match="counted before"):
        campaign.run(tmp_path / "x.basin.sqlite", NETWORK, 100, **PLAN)


def test_labels_have_the_meaning_of_the_plan(finished):
    assert all(tuple(estimate.labels) == LABELS for estimate in finished[1])


def test_asking_a_finished_campaign_again_changes_no_byte(network, finished, tmp_path):
    path = tmp_path / "x.basin.sqlite"
    before = finished[0].read_bytes()
    path.write_bytes(before)
    assert campaign.run(path, network, TRIALS, **PLAN) == finished[1]
    assert path.read_bytes() == before
