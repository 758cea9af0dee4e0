"""Campaigns survive kills, refuse what is not theirs, and lose nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
from joblib.externals.loky import reusable_executor

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign
from lohe.proofs_numeric.basins.estimate import estimate_basin
from lohe.proofs_numeric.basins.trials import Plan, Sampler

TRIALS = 200_000
PLAN = {"seed": 1, "horizons": (1.0, 6.0), "tolerance": 1e-3}


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(0)
    return Network(np.exp(rng.standard_normal((200, 1))) * rng.standard_normal((200, 2)))


@pytest.fixture(scope="module")
def finished(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("campaign") / "x.basin.sqlite"
    return path, campaign.run(path, network, TRIALS, **PLAN)


def stop_after(blocks):
    """Make a progress callback that interrupts the run after so many blocks."""
    calls = iter(range(blocks + 1))

    def progress(done, total):
        if next(calls, None) is None:
            raise KeyboardInterrupt

    return progress


def test_a_campaign_finds_what_single_estimates_find(network, finished):
    path, found = finished
    assert campaign.load(path) == found
    for estimate in found:
        alone = estimate_basin(
            network, TRIALS, seed=1, horizon=estimate.horizon, tolerance=PLAN["tolerance"]
        )
        assert estimate == alone


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_campaign_goes_on_to_the_same_result(network, finished, tmp_path, workers):
    path = tmp_path / "x.basin.sqlite"
    with pytest.raises(KeyboardInterrupt):
        campaign.run(path, network, TRIALS, **PLAN, progress=stop_after(2))
    with pytest.raises(InputError, match="not finished"):
        campaign.load(path)
    seen = []
    resumed = campaign.run(
        path, network, TRIALS, **PLAN, workers=workers, progress=lambda *a: seen.append(a)
    )
    assert seen[0][0] > 0  # what was done before is not done again
    assert resumed == finished[1]
    assert campaign.load(path) == finished[1]


def test_a_killed_campaign_goes_on_to_the_same_result(network, finished, tmp_path):
    path, stored = tmp_path / "x.basin.sqlite", tmp_path / "n.network.npz"
    network.save(stored)
    script = (
        "import sys, time; from lohe.dynamics.network import Network\n"
        "from lohe.proofs_numeric.basins import campaign\n"
        "campaign.run(sys.argv[1], Network.load(sys.argv[2]), "
        f"{TRIALS}, **{PLAN!r}, progress=lambda done, total: time.sleep(0.2))"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(path), str(stored)])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and blocks_in(path) < 2:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert 2 <= blocks_in(path) < TRIALS // Sampler.prepare(network).block_size
    assert campaign.run(path, network, TRIALS, **PLAN) == finished[1]


def kill_one_worker():
    """Make a progress callback that shoots one of the pool's processes after the first block."""
    shot = []

    def progress(done, total):
        if done and not shot:
            shot.append(next(iter(reusable_executor._executor._processes)))
            os.kill(shot[0], signal.SIGKILL)

    return progress


def test_a_killed_worker_is_one_clear_error_and_loses_nothing(tmp_path):
    rng = np.random.default_rng(5)
    crosstalk = 0.01 * (1 - np.eye(20))
    network = Network(rng.standard_normal((20, 2)), crosstalk=crosstalk)
    path, trials, plan = tmp_path / "x.basin.sqlite", 4000, {"seed": 0, "horizons": (2.0,)}
    with pytest.raises(InputError, match="a worker process was killed"):
        campaign.run(path, network, trials, **plan, workers=2, progress=kill_one_worker())
    assert (
        1
        <= blocks_in(path)
        < Sampler.prepare(network).blocks(
            Plan(network.digest, trials, plan["horizons"], 0, 1e-6, 0.99)
        )
    )
    whole = campaign.run(tmp_path / "whole.basin.sqlite", network, trials, **plan)
    assert campaign.run(path, network, trials, **plan) == whole


def blocks_in(path):
    # The file itself is locked while the run lives; a copy shows what was committed by then.
    if not path.exists():
        return 0
    copy = path.with_name("copy.sqlite")
    shutil.copy(path, copy)
    try:
        with sqlite3.connect(copy) as database:
            rows = database.execute("SELECT count(*) FROM block").fetchone()[0]
        database.close()
    except sqlite3.DatabaseError:
        return 0
    return int(rows)


@pytest.mark.parametrize(
    "change",
    [{"seed": 2}, {"horizons": (1.0,)}, {"tolerance": 1e-4}, {"confidence": 0.9}],
)
def test_another_plan_is_refused_by_name(network, finished, change):
    with pytest.raises(InputError, match=f"another plan \\({next(iter(change))} "):
        campaign.run(finished[0], network, TRIALS, **(PLAN | change))


def test_more_trials_and_another_network_are_refused(network, finished):
    with pytest.raises(InputError, match="trials"):
        campaign.run(finished[0], network, TRIALS + 1, **PLAN)
    with pytest.raises(InputError, match="another network"):
        campaign.run(finished[0], Network([[1.0, 0.0]]), TRIALS, **PLAN)
    assert campaign.load(finished[0]) == finished[1]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE block SET counts = '[[1, 2, 3, 4], [1, 2, 3, 4]]' WHERE number = 0",
        "UPDATE block SET counts = 'x' WHERE number = 0",
        "UPDATE block SET stream = '{}' WHERE number = 0",
        "UPDATE block SET number = 99 WHERE number = 0",
        "DELETE FROM plan WHERE key = 'seed'",
        "UPDATE plan SET value = '7' WHERE key = 'seed'",
        "UPDATE plan SET value = 'x' WHERE key = 'tolerance'",
        "DROP TABLE block",
        "PRAGMA application_id = 5",
        "PRAGMA user_version = 9",
    ],
)
def test_altered_files_are_refused(finished, tmp_path, damage):
    path = tmp_path / "x.basin.sqlite"
    shutil.copy(finished[0], path)
    with sqlite3.connect(path) as database:
        database.execute(damage)
    database.close()
    with pytest.raises(InputError):
        campaign.load(path)


def test_truncated_and_foreign_files_are_refused(network, finished, tmp_path):
    path = tmp_path / "x.basin.sqlite"
    for content in (finished[0].read_bytes()[:5000], b"not a database, whatever its name says"):
        path.write_bytes(content)
        for call in (lambda: campaign.load(path), lambda: campaign.run(path, network, 10, **PLAN)):
            with pytest.raises(InputError) as raised:
                call()
            assert "\n" not in str(raised.value)
        assert path.read_bytes() == content
    with pytest.raises(InputError, match="no such file"):
        campaign.load(tmp_path / "absent.basin.sqlite")


def test_an_unusable_path_is_one_clear_line(network, tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "x.basin.sqlite"):
        with pytest.raises(InputError, match="use another path"):
            campaign.run(path, network, 10, **PLAN)


def test_a_second_run_of_the_same_file_is_told_to_wait(network, tmp_path, monkeypatch):
    path = tmp_path / "x.basin.sqlite"

    def meanwhile(done, total):
        if done:
            with pytest.raises(InputError, match="wait for the other run"):
                campaign.run(path, network, 10, **PLAN)

    campaign.run(path, network, 10, **PLAN, progress=meanwhile)


def test_a_full_disk_loses_nothing_that_was_done(network, finished, tmp_path):
    path, stored = tmp_path / "x.basin.sqlite", tmp_path / "n.network.npz"
    network.save(stored)
    script = (
        "import resource, sys; from lohe.dynamics.network import Network\n"
        "from lohe.dynamics.errors import InputError\n"
        "from lohe.proofs_numeric.basins import campaign\n"
        "network = Network.load(sys.argv[2])\n"
        "def fill(done, total):\n"
        "    if done > 100_000: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        f"try: campaign.run(sys.argv[1], network, {TRIALS}, **{PLAN!r}, progress=fill)\n"
        "except InputError as error: print(error)"
    )
    command = [sys.executable, "-c", script, str(path), str(stored)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.startswith("cannot use")
    assert said.count("\n") == 1
    assert blocks_in(path) > 2
    assert campaign.run(path, network, TRIALS, **PLAN) == finished[1]
