"""What a file says of its campaign, whoever is writing it."""

from __future__ import annotations

import pytest
from coins import NETWORK, Coins

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins import campaign
from lohe.proofs_numeric.basins.plan import Stopping
from lohe.proofs_numeric.basins.status import Missing, status

PLAN = {"seed": 1, "horizons": (1.0, 6.0), "tolerance": 1e-3}


@pytest.fixture(autouse=True)
def tossed(monkeypatch):
    monkeypatch.setattr(campaign, "Sampler", Coins)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.basin.sqlite"


def test_a_finished_campaign(path):
    found = campaign.run(path, NETWORK, 100, **PLAN)
    now = status(path)
    assert (now.done, now.trials, now.judged) == (100, 100, 100)
    assert (now.finished, now.blocks, now.missing, now.complete) == (7, 7, (), True)
    assert now.labels == tuple(estimate.labels for estimate in found)
    assert now.certified == found[0].certified
    assert now.size == path.stat().st_size
    assert now.live is False
    assert now.plan == campaign.plan_of(path)
    for (lower, upper), estimate in zip(now.bounds, found, strict=True):
        # Who may look at any time knows less than who looks once.
        assert lower < estimate.lower < estimate.upper < upper


def test_blocks_that_were_lucky_to_finish_early_are_done_but_not_judged(path):
    campaign.run(path, NETWORK, 100, **PLAN, blocks=(0, 2))
    campaign.run(path, NETWORK, 100, **PLAN, blocks=(5, 7))
    now = status(path)
    assert (now.done, now.judged) == (32 + 20, 32)
    assert sum(now.labels[0].values()) == 32
    assert now.missing == (Missing(1, 2, 5),)
    assert not now.complete


def test_a_part_is_judged_from_its_own_first_block(path):
    campaign.run(path, NETWORK, 100, **PLAN, blocks=(3, 5))
    now = status(path)
    assert (now.done, now.judged) == (32, 32)
    assert now.missing == (Missing(1, 0, 3), Missing(1, 5, 7))


def test_a_campaign_that_was_just_begun(path):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        campaign.run(path, NETWORK, 100, **PLAN, progress=stop)
    now = status(path)
    assert (now.done, now.finished, now.rate) == (0, 0, None)
    assert now.bounds == ((0.0, 1.0), (0.0, 1.0))
    assert now.missing == (Missing(1, 0, 7),)


def test_a_stopped_campaign_misses_nothing(path):
    found = campaign.run(path, NETWORK, 10_000, **PLAN, stopping=Stopping(width=0.2))
    now = status(path)
    assert now.stopped
    assert now.complete
    assert now.done == now.judged == found[-1].trials < now.trials == 10_000
    assert now.bounds[-1] == (found[-1].lower, found[-1].upper)


def test_an_extended_campaign_says_what_was_planned_before(path):
    for trials in (40, 100, 300):
        campaign.run(path, NETWORK, trials, **PLAN)
    assert status(path).earlier == (40, 100)


def test_the_rate_is_that_of_the_run_that_lives(path):
    seen = []
    campaign.run(path, NETWORK, 1600, **PLAN, blocks=(0, 10))

    def look(done, total):
        now = status(path)
        seen.append((now.live, now.rate))

    campaign.run(path, NETWORK, 1600, **PLAN, blocks=(10, 20), progress=look)
    assert all(live for live, _ in seen)
    assert seen[0][1] is None  # what an earlier run did is not this one's pace
    assert status(path).rate > 0


def test_missing_and_foreign_files_are_one_line(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        status(tmp_path / "absent.basin.sqlite")
    (tmp_path / "empty.basin.sqlite").touch()
    with pytest.raises(InputError, match="is empty; run the campaign again"):
        status(tmp_path / "empty.basin.sqlite")
