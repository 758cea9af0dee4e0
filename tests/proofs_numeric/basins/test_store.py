"""A campaign's file: written by one, read by many, and believed only where it is sealed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import numpy as np
import pytest
from coins import NETWORK, Coins

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins import campaign, database, store
from lohe.proofs_numeric.basins.plan import Starts
from lohe.proofs_numeric.basins.records import encode
from lohe.proofs_numeric.basins.status import status

PLAN = {"seed": 1, "horizons": (1.0, 6.0), "tolerance": 1e-3}


@pytest.fixture(autouse=True)
def tossed(monkeypatch):
    monkeypatch.setattr(campaign, "Sampler", Coins)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.basin.sqlite"


def run(path, trials=100, **changes):
    return campaign.run(path, NETWORK, trials, **(PLAN | changes))


def everything(path):
    """Return all that a file says of a campaign."""
    plan = campaign.plan_of(path)
    records = [encode(plan, result) for result in campaign.records(path)]
    return plan, campaign.load(path), records, status(path).bounds


def refused(call):
    with pytest.raises(InputError) as raised:
        call()
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE block SET counts = '[[[8,0,8,0],[8,0,8,0]]]' WHERE number = 0",
        "UPDATE block SET counts = 'x' WHERE number = 0",
        "UPDATE block SET counts = '' WHERE number = 0",
        f"UPDATE block SET counts = '{'[' * 100_000}' WHERE number = 0",
        f"UPDATE plan SET value = '{'[' * 100_000}' WHERE key = 'seeds'",
        "UPDATE block SET number = -1 WHERE number = 0",
        "UPDATE block SET seed = '2' WHERE number = 0",
        "UPDATE block SET places = '[[16, 0]]' WHERE number = 0",
        "UPDATE block SET firsts = '[[0]]' WHERE number = 0",
        "UPDATE block SET certified = 17 WHERE number = 0",
        "UPDATE block SET certified = 'all' WHERE number = 0",
        "UPDATE block SET weights = zeroblob(8) WHERE number = 0",
        "UPDATE block SET attractors = zeroblob(32) WHERE number = 0",
        "UPDATE block SET trials = 15 WHERE number = 0",
        "UPDATE block SET stream = '{}' WHERE number = 0",
        "UPDATE block SET digest = zeroblob(32) WHERE number = 0",
        "UPDATE block SET number = 99 WHERE number = 0",
        "UPDATE block SET number = 'x' WHERE number = 0",
        "UPDATE plan SET value = '[9.0, 11.0]' WHERE key = 'horizons'",
        "UPDATE plan SET value = '0.5' WHERE key = 'tolerance'",
        "UPDATE plan SET value = '[]' WHERE key = 'seeds'",
        "UPDATE plan SET value = replace(value, '1', '7') WHERE key = 'seeds'",
        "UPDATE plan SET value = '0' WHERE key = 'block_size'",
        "UPDATE plan SET value = 'x' WHERE key = 'tolerance'",
        "UPDATE plan SET value = '7' WHERE key = 'starts'",
        "UPDATE plan SET value = '{}' WHERE key = 'theory'",
        "DELETE FROM plan WHERE key = 'theory'",
        "DELETE FROM plan",
        "DROP TABLE block",
        "DROP TABLE plan",
        "PRAGMA application_id = 5",
        "PRAGMA user_version = 9",
    ],
    ids=lambda damage: damage[:60],
)
def test_altered_files_are_refused(path, damage):
    run(path)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute(damage)
    for read in (campaign.load, status):
        refused(lambda read=read: read(path))
    refused(lambda: run(path))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE block SET records = substr(records, 1, 20) WHERE number = 2",
        "UPDATE block SET records = records || x'00' WHERE number = 2",
        "UPDATE block SET records = NULL WHERE number = 2",
        "UPDATE block SET records = (SELECT records FROM block WHERE number = 3) WHERE number = 2",
        "UPDATE block SET records_digest = zeroblob(32) WHERE number = 2",
        "UPDATE block SET records = (SELECT records FROM block WHERE number = 3), records_digest = "
        "(SELECT records_digest FROM block WHERE number = 3) WHERE number = 2",
    ],
)
def test_altered_records_are_refused_and_counts_stay_readable(path, damage):
    found = run(path)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute(damage)
    assert campaign.load(path) == found
    assert "damaged" in refused(lambda: list(campaign.records(path)))


def test_a_flipped_bit_is_refused_or_changes_nothing_that_is_read(path, tmp_path):
    run(path, starts=Starts("tilted", power=2.0))
    put, whole = path.read_bytes(), everything(path)
    flipped, caught = tmp_path / "flipped.basin.sqlite", 0
    written = [place for place, byte in enumerate(put) if byte]
    for place in written[::53]:
        flipped.write_bytes(put[:place] + bytes([put[place] ^ 4]) + put[place + 1 :])
        try:
            assert everything(flipped) == whole
        except InputError:
            caught += 1
    assert caught > 0.7 * len(written[::53])


def test_truncated_and_foreign_files_are_refused_and_left_alone(path, tmp_path):
    run(path)
    whole = path.read_bytes()
    for content in (whole[:5000], b"not a database, whatever its name says"):
        path.write_bytes(content)
        for call in (run, campaign.load, status):
            refused(lambda call=call: call(path))
        assert path.read_bytes() == content
    assert "no such file" in refused(lambda: campaign.load(tmp_path / "absent.basin.sqlite"))
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as opened, opened:
        opened.execute("CREATE TABLE diary (entry TEXT)")
    assert "no basin campaign" in refused(lambda: run(other))


def test_files_of_the_first_version_say_what_to_do(path):
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.executescript(
            f"PRAGMA application_id = {store.APPLICATION}; PRAGMA user_version = 1;"
            "CREATE TABLE plan (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
        )
    assert "has version 1, expected 2; sample anew" in refused(lambda: campaign.load(path))


def test_an_unusable_path_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "x.basin.sqlite"):
        assert "use another path" in refused(lambda place=place: run(place))


def test_any_name_of_a_file_will_do(tmp_path):
    found = run(tmp_path / "a")
    for name in ("what? 100 %#1.sqlite", ":memory:", "Größe.basin.sqlite"):
        assert run(tmp_path / name) == found == campaign.load(tmp_path / name)


def test_a_second_run_of_the_same_file_is_told_to_wait(path):
    def meanwhile(done, total):
        before = path.read_bytes()
        assert "wait for the other run" in refused(lambda: run(path))
        assert path.read_bytes() == before

    run(path, progress=meanwhile)


def test_of_two_runs_that_start_together_one_is_told_to_wait(path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from coins import NETWORK, Coins\n"
        "from lohe.dynamics.errors import InputError\n"
        "from lohe.proofs_numeric.basins import campaign, writer\n"
        "campaign.Sampler, writer.COMMIT_SECONDS = Coins, 0.0\n"
        "print('ready', flush=True); input()\n"
        f"try: print(campaign.run(sys.argv[1], NETWORK, 2000, **{PLAN!r})[0].converged)\n"
        "except InputError as error: print(error)"
    )
    command = [sys.executable, "-c", code, str(path), os.path.dirname(__file__)]
    pipe = subprocess.PIPE
    both = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0].strip() for process in both]
    found = str(campaign.load(path)[0].converged)
    assert found in said
    # Unless one was through before the other had begun, that one was told.
    assert all(words == found or "wait for the other run" in words for words in said)


def test_seeds_of_any_size_are_kept(path, tmp_path):
    for seed in (2**80, np.int64(7)):
        file = tmp_path / f"{seed}.basin.sqlite"
        assert run(file, seed=seed) == campaign.load(file)
        assert campaign.plan_of(file).seed == seed


def test_a_run_is_watched_without_holding_it_up(path):
    seen = []

    def look(done, total):
        now = status(path)
        assert now.live
        assert now.process == os.getpid()
        seen.append(now.done)

    run(path, 1000, progress=look)
    assert seen == sorted(seen)
    assert not status(path).live


def test_a_commit_waits_for_a_reader(path, monkeypatch):
    monkeypatch.setattr("lohe.proofs_numeric.basins.writer.COMMIT_SECONDS", 0.0)

    def read(done, total):
        if done == 320:
            reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM block").fetchone()
            threading.Timer(0.3, reader.close).start()

    assert run(path, 640, progress=read)[0].trials == 640


def test_a_process_killed_in_a_commit_leaves_the_last_one(path):
    run(path, 1000)
    before = campaign.load(path)
    # A small cache makes SQLite write pages before the commit: then the journal is needed.
    crash = (
        "import os, signal, sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('PRAGMA cache_size = 1')\n"
        "database.execute('BEGIN IMMEDIATE')\n"
        "database.execute(\"UPDATE block SET counts = '', attractors = zeroblob(9000)\")\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-S", "-c", crash, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert path.with_name(f"{path.name}-journal").exists()
    assert status(path).complete
    assert campaign.load(path) == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_full_disk_is_one_clear_line_and_loses_nothing_committed(path, tmp_path, monkeypatch):
    monkeypatch.setattr("lohe.proofs_numeric.basins.writer.COMMIT_SECONDS", 0.0)
    connect = sqlite3.connect

    def small_disk(*args, **options):
        small = connect(*args, **options)
        small.execute("PRAGMA max_page_count = 12")
        return small

    monkeypatch.setattr(database.sqlite3, "connect", small_disk)
    said = refused(lambda: run(path, 1600))
    assert said == (
        f"cannot use {path}: the disk is full; free some space and run the same command again"
    )
    monkeypatch.setattr(database.sqlite3, "connect", connect)
    kept = status(path)
    assert kept.finished > 2
    seen = []
    assert run(path, 1600, progress=lambda done, total: seen.append(done)) == run(
        tmp_path / "whole.basin.sqlite", 1600
    )
    assert seen[0] == kept.done


def test_a_write_protected_file_can_be_read(path, monkeypatch):
    found = run(path)
    if os.geteuid() == 0:  # root may write everywhere: let SQLite refuse instead
        connect = sqlite3.connect

        def reading(place, **options):
            return connect(place.replace("mode=rwc", "mode=ro").replace("=rw", "=ro"), **options)

        monkeypatch.setattr(database.sqlite3, "connect", reading)
        monkeypatch.setattr(store.os, "access", lambda place, mode: False)
    else:
        path.chmod(0o444)
    assert campaign.load(path) == found
    assert status(path).live is None
    assert "write-protected" in refused(lambda: run(path, 200))


def test_a_copy_made_between_two_runs_goes_on_by_itself(path, tmp_path):
    run(path)
    copy = tmp_path / "copy.basin.sqlite"
    shutil.copy(path, copy)
    assert run(copy, 200) == run(path, 200)
