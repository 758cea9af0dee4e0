"""Whatever happens to a campaign's processes, its file ends up as if nothing had."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from local_cluster import LocalCluster

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign, trials
from lohe.proofs_numeric.basins.executors import dispatch

TRIALS = 2000
PLAN = {"seed": 1, "horizons": (1.0, 6.0), "tolerance": 1e-3}
WORK = 2**17  # forty blocks
PATIENCE = 5.0
KEPT = "finished blocks are kept"


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(0)
    crosstalk = 0.02 * rng.standard_normal((8, 8)) * (1 - np.eye(8))
    return Network(rng.standard_normal((8, 3)), crosstalk=crosstalk)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(trials, "_WORK", WORK)


@pytest.fixture(scope="module")
def undisturbed(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("campaign") / "x.basin.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trials, "_WORK", WORK)
        campaign.run(path, network, TRIALS, **PLAN)
    assert len(rows(path)) > 20
    return rows(path)


@pytest.fixture(scope="module")
def one_cluster():
    with LocalCluster(2) as running:
        yield running


@pytest.fixture
def local(one_cluster):
    """Give a cluster of two workers that live, whatever the last test did to them.

    The test that kills its scheduler is the last.
    """
    for process in one_cluster.workers:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
    while sum(process.poll() is None for process in one_cluster.workers) < 2:
        one_cluster.add_worker()
    return one_cluster


def rows(path):
    """Return every column of every finished block."""
    if not path.exists():
        return []
    with sqlite3.connect(path) as database:
        try:
            found = database.execute("SELECT * FROM block ORDER BY seed, number").fetchall()
        except sqlite3.OperationalError:  # nothing is committed yet
            found = []
    database.close()
    return found


def once(act, after=3):
    """Make a progress callback that acts once, when so many blocks are in."""
    left = [after]

    def progress(done, total):
        if not done:
            return
        left[0] -= 1
        if left[0] == 0:
            act()

    return progress


def loky_processes(parent=None):
    children = psutil.Process(parent).children(recursive=True)
    return [child for child in children if "popen_loky" in " ".join(child.cmdline())]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_processes_that_die_or_hang_lose_nothing(network, undisturbed, tmp_path, number):
    victims = []

    def strike():
        victims.append(loky_processes()[0])
        victims[0].send_signal(number)

    path = tmp_path / "x.basin.sqlite"
    options = {"workers": 2, "patience": PATIENCE, "progress": once(strike)}
    campaign.run(path, network, TRIALS, **PLAN, **options)
    assert rows(path) == undisturbed
    assert not victims[0].is_running()
    assert loky_processes() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_dask_workers_that_die_or_hang_lose_nothing(network, undisturbed, local, tmp_path, number):
    path = tmp_path / "x.basin.sqlite"
    strike = once(lambda: local.workers[-1].send_signal(number))
    options = {"scheduler": local.address, "patience": PATIENCE, "progress": strike}
    campaign.run(path, network, TRIALS, **PLAN, **options)
    assert rows(path) == undisturbed


def command(path, network, *options):
    """Return the same campaign as a command, slowed down so that it can be caught in the middle."""
    stored = path.with_name("n.network.npz")
    network.save(stored)
    script = (
        "import sys, time\n"
        "from lohe.__main__ import main\n"
        "from lohe.proofs_numeric.basins import campaign, trials\n"
        f"trials._WORK, summarise = {WORK}, campaign.summarise\n"
        "def slowly(*arguments):\n"
        "    time.sleep(0.03)\n"
        "    return summarise(*arguments)\n"
        "campaign.summarise = slowly\n"
        "sys.exit(main())\n"
    )
    plan = f"--trials {TRIALS} --seed 1 --horizon 1 --horizon 6 --tolerance 1e-3"
    words = ["basin", stored, "-o", path, *plan.split(), *options]
    return [sys.executable, "-P", "-c", script, *map(str, words)]


def begun(path, network, *options):
    """Start the command, and return its process when it has committed something."""
    process = subprocess.Popen(
        command(path, network, *options),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not rows(path) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()
    return process


def wait_until_alone(session):
    """Wait until no process of a session is left."""

    def left():
        found = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == session and process.status() != "zombie":
                    found.append(process)
            except (OSError, psutil.NoSuchProcess):
                continue
        return found

    deadline = time.monotonic() + 20
    while left() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left() == []


@pytest.fixture(params=["processes", "cluster"])
def where(request):
    if request.param == "processes":
        return {"workers": 2}
    return {"scheduler": request.getfixturevalue("local").address}


def as_options(where):
    ((name, value),) = where.items()
    return f"--{name}", value


def check_and_go_on(path, network, undisturbed):
    """Check that what an ended run left is right as far as it goes, and finish it here."""
    kept = rows(path)
    assert 0 < len(kept) < len(undisturbed)
    assert set(kept) < set(undisturbed)
    campaign.run(path, network, TRIALS, **PLAN)
    assert rows(path) == undisturbed


def test_a_killed_client_goes_on_and_leaves_no_process(network, undisturbed, where, tmp_path):
    path = tmp_path / "x.basin.sqlite"
    process = begun(path, network, *as_options(where))
    process.kill()
    process.communicate()
    wait_until_alone(process.pid)
    check_and_go_on(path, network, undisturbed)


def test_ctrl_c_ends_the_command_at_once_and_it_goes_on(network, undisturbed, where, tmp_path):
    path = tmp_path / "x.basin.sqlite"
    process = begun(path, network, *as_options(where))
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, said = process.communicate(timeout=30)
    assert said == "lohe: interrupted; run the same command again to go on\n"
    assert process.returncode == 130
    wait_until_alone(process.pid)
    check_and_go_on(path, network, undisturbed)


def test_a_full_disk_loses_nothing_that_was_committed(network, undisturbed, local, tmp_path):
    path = tmp_path / "x.basin.sqlite"
    process = begun(path, network, "--scheduler", local.address)
    # No file can grow past this size: to SQLite, a device without space.
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, 4096))
    _, said = process.communicate(timeout=30)
    assert said.startswith(f"lohe: cannot use {path}")
    assert said.count("\n") == 1
    assert process.returncode == 2
    wait_until_alone(process.pid)
    check_and_go_on(path, network, undisturbed)


def test_nobody_left_to_work_is_one_line(network, undisturbed, local, tmp_path, capfd):
    path = tmp_path / "x.basin.sqlite"

    def strike():
        for process in local.workers:
            process.kill()

    options = {"scheduler": local.address, "patience": PATIENCE, "progress": once(strike)}
    with pytest.raises(InputError, match=rf"no worker of {local.address} .* {KEPT}"):
        campaign.run(path, network, TRIALS, **PLAN, **options)
    assert capfd.readouterr() == ("", "")
    check_and_go_on(path, network, undisturbed)


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_a_scheduler_that_hangs_or_dies_is_one_line(  # noqa: PLR0917
    network, undisturbed, local, tmp_path, capfd, number
):
    path = tmp_path / "x.basin.sqlite"
    strike = once(lambda: local.scheduler.send_signal(number))
    options = {"scheduler": local.address, "patience": PATIENCE, "progress": strike}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "ANSWER", 1.0)
        with pytest.raises(InputError, match=f"the Dask scheduler at {local.address} is gone"):
            campaign.run(path, network, TRIALS, **PLAN, **options)
    local.scheduler.send_signal(signal.SIGCONT)
    assert capfd.readouterr() == ("", "")
    check_and_go_on(path, network, undisturbed)
