"""The commands in surroundings that are not the developer's: other locales, homes and users."""

import json
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reports.conftest import make_head

ROOT = Path(__file__).resolve().parents[2]
BARE = {"PATH": os.environ["PATH"]}
ASCII = BARE | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
JOB = (
    ("certify", "a.head.npz"),
    ("verify", "a.certificate.json", "a.network.npz"),
    ("basin", "a.network.npz", "--trials", "100"),
    ("tolerance", "a.network.npz", "--mismatch", "1"),
    ("report", "."),
    ("audit", "--only", "oscillators-operations"),
)


def run(words, folder, environment, **options):
    return subprocess.run(
        [sys.executable, "-m", "lohe", *words], cwd=folder, env=environment, capture_output=True,
        check=False, timeout=120, **options,
    )  # fmt: skip


def fine(done):
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
    assert done.returncode in {0, 1, 3}, done.stderr.decode(errors="replace")


@pytest.fixture
def folder(tmp_path):
    make_head(words=("ä", "猫", "sat")).save(tmp_path / "a.head.npz")
    return tmp_path


def test_without_a_home(folder):
    fine(run(JOB[0], folder, BARE))


def test_the_main_job_runs_where_only_ascii_is_shown(folder):
    for words in JOB:
        fine(run(words, folder, ASCII))
    assert "猫" in (folder / "lohe.report.html").read_text(encoding="utf-8")


def test_what_a_terminal_cannot_show_becomes_a_question_mark(folder):
    done = run(("audit",), folder, ASCII)
    assert done.returncode == 0
    done.stdout.decode("ascii")
    assert b"?" in done.stdout
    done = run(("audit", "--json"), folder, ASCII)
    assert json.loads(done.stdout)["findings"]


def test_a_name_in_other_letters_is_a_file_like_any_other(folder):
    shutil.copy(folder / "a.head.npz", folder / "köpfe 猫.head.npz")
    fine(run(("certify", "köpfe 猫.head.npz"), folder, BARE | {"LC_ALL": "C.UTF-8"}))
    assert (folder / "köpfe 猫.certificate.json").exists()


def test_a_home_that_cannot_be_written_is_not_needed(folder):
    home = folder / "home"
    home.write_text("")  # a file, in which nobody can make a folder, whoever they are
    environment = BARE | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    for words in JOB:
        fine(run(words, folder, environment))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can be another user")
def test_an_ordinary_user_runs_it_and_is_told_what_may_not_be_written():
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        pytest.skip("there is no user nobody")
    base = Path("/tmp") / f"lohe-nobody-{os.getpid()}"
    base.mkdir(mode=0o755)
    try:
        make_head().save(base / "a.head.npz")
        try:
            run(("--version",), base, BARE, user=user.pw_uid, group=user.pw_gid)
        except PermissionError:
            pytest.skip("another user may not run this interpreter")
        done = run(("certify", "a.head.npz"), base, BARE, user=user.pw_uid, group=user.pw_gid)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
        assert b"cannot write" in done.stderr
        os.chown(base, user.pw_uid, user.pw_gid)
        fine(run(("certify", "a.head.npz"), base, BARE, user=user.pw_uid, group=user.pw_gid))
        assert (base / "a.certificate.json").stat().st_uid == user.pw_uid
    finally:
        shutil.rmtree(base)


def test_nothing_is_fetched_pickled_or_evaluated():
    """But by `lohe data fetch`, whose file is named; the one `exec` of a page is in the tests."""
    allowed = {"attention/tasks/library.py", "attention/tasks/download.py"}
    # A task goes to the workers of one's own cluster pickled, as Dask sends all; no file is.
    of_clusters = {"proofs_numeric/basins/executors/remote.py"}
    for room in (
        "lohe",
        "theory",
        "dynamics",
        "proofs_numeric",
        "attention",
        "hardware",
        "reports",
    ):
        for file in (ROOT / room).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            where = str(file.relative_to(ROOT))
            for word in ("urllib.request", "http.client", "import requests", "import socket"):
                assert word not in text or where in allowed, f"{where} says {word}"
            for word in ("allow_pickle=True", "pickle.load", " eval(", " exec("):
                if where not in of_clusters:
                    assert word not in text, f"{where} says {word}"
