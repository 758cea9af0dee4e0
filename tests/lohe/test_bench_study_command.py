"""``lohe bench STUDY`` trains what is missing, prints tables, and says what went wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from lohe.__main__ import main
from lohe.attention.studies import catalogue
from lohe.attention.studies.catalogue import STUDIES
from lohe.attention.studies.results import StudyResults
from lohe.attention.studies.study import Arm, Study
from lohe.commands.bench_study import STUDY_COMMANDS

MODEL = {"width": 16, "hidden": 16}
TINY = {"options": {"sizes": [96, 32, 32]}, "recipe": {"epochs": 2}, "seeds": (0, 1)}
SOFTMAX = Arm("softmax-ff64", "sva", model=MODEL | {"mechanism": "softmax"}, **TINY)
OSCILLATORS = Arm("fixed_query-ff64", "sva", model=MODEL, **TINY)
STUDY = Study("sva", "Which?", (OSCILLATORS, SOFTMAX), "test_accuracy", failure=0.6)


@pytest.fixture
def sva(monkeypatch, tmp_path):
    def install(study):
        monkeypatch.setattr(catalogue, "STUDIES", {"sva": study})

    install(STUDY)
    monkeypatch.chdir(tmp_path)
    return install


def run(*words):
    return main(["bench", "sva", *words])


def test_every_study_has_its_command_and_no_other():
    assert STUDY_COMMANDS.keys() == STUDIES.keys()


def test_trains_what_is_missing_and_prints_tables(sva, capsys, tmp_path):
    assert run("--workers", "1", "--work", "w", "-o", "r.json") == 0
    out = capsys.readouterr().out
    assert "fixed_query-ff64     2" in out
    assert "NOT RUN: Oscillators get 5.27 points more" in out  # by arms that this study lacks
    assert out.endswith("kept in r.json\n")
    document = json.loads((tmp_path / "r.json").read_text())
    assert {*document["runs"]["softmax-ff64"]} == {"0", "1"}
    assert run("--work", "w", "-o", "r.json", "--json") == 0  # nothing left to do
    assert json.loads(capsys.readouterr().out) == document


SCRIPT = f"""
import sys
from lohe.__main__ import main
from lohe.attention.studies import catalogue
from lohe.attention.studies.results import StudyResults
from lohe.attention.studies.study import Arm, Study
catalogue.STUDIES = {{"sva": {STUDY!r}}}
main(["bench", "sva", "--workers", "2", "--work", sys.argv[1], "-o", sys.argv[1] + "/r.json"])
"""


def test_killed_with_its_worker_processes_it_loses_nothing(sva, tmp_path):
    killed = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(killed)])
    try:
        deadline = time.monotonic() + 100
        while not any(killed.glob("*.model.npz")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    time.sleep(1)  # until the processes have seen that they are alone
    assert run("--workers", "1", "--work", "killed", "-o", "killed/r.json") == 0
    assert run("--workers", "1", "-o", "undisturbed.json") == 0
    found, wanted = (
        StudyResults.load(tmp_path / name) for name in ("killed/r.json", "undisturbed.json")
    )
    assert found.missing(STUDY) == []
    for arm in ("softmax-ff64", "fixed_query-ff64"):
        for seed, one in found.finished(arm).items():
            other = wanted.finished(arm)[seed]
            assert replace(one, wall_s=0) == replace(other, wall_s=0)


def test_lists_what_there_is_and_stops(sva, capsys, tmp_path):
    only = ["--arms", "softmax*", "--seeds", "1", "--workers", "1"]
    assert run(*only) == 0
    assert (tmp_path / "bench_sva.json").exists()
    record = tmp_path / "runs" / "bench" / "sva" / "softmax-ff64-seed0.training.json"
    assert record.exists()
    capsys.readouterr()
    assert run("--list") == 0
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    states = {name: state.strip() for name, state in lines.items()}
    assert states.pop("softmax-ff64-seed0") == "done"
    assert {*states.values()} == {"to do"}
    (tmp_path / "bench_sva.json").unlink()
    record.with_name("fixed_query-ff64-seed1.model.npz").touch()
    assert run("--list", "--json") == 0
    found = json.loads(capsys.readouterr().out)["runs"]
    assert found["softmax-ff64-seed0"] == "finished in the work folder"
    assert found["fixed_query-ff64-seed1"] == "begun"


def test_a_failed_run_is_shouted_and_tried_again(sva, capsys):
    sva(replace(STUDY, arms=(replace(SOFTMAX, model={"width": 15, "heads": 2}), OSCILLATORS)))
    words = ["--seeds", "1", "--workers", "1", "-o", "r.json"]
    assert run(*words) == 2
    out = capsys.readouterr().out
    assert "FAILED softmax-ff64-seed0: width 15 does not divide into 2 heads" in out
    assert "fixed_query-ff64  " in out
    assert run(*words, "--list") == 0
    assert "failed: width 15" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_run_that_diverges_is_a_result_and_not_made_again(sva, capsys):
    wild = replace(SOFTMAX, recipe={"epochs": 2, "learning_rate": 1e30})
    sva(replace(STUDY, arms=(wild, OSCILLATORS)))
    words = ["--seeds", "1", "--workers", "1", "-o", "r.json"]
    for _ in range(2):
        assert run(*words) == 0
        found = capsys.readouterr()
        assert "FAILED softmax-ff64-seed0: training diverged after 1 steps" in found.out
        assert "0, 1 diverged" in found.out
    assert "softmax-ff64-seed0" not in found.err  # the second time


def test_errors_are_one_line(sva, capsys, tmp_path):
    (tmp_path / "other.json").write_text("{}")
    for words, message in (
        (["--arms", "nothing*"], "no arm is called 'nothing*'; the study sva has fixed_query-ff64"),
        (["-o", "other.json"], "other.json"),
        (["-o", "/proc/nowhere/x.json"], "cannot write"),
        (["--work", "/proc/nowhere", "--workers", "1"], "choose another --work"),
        (["--workers", "0"], "--workers"),
    ):
        assert run(*words) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


def test_a_figure_of_the_intervals_is_drawn(sva, tmp_path):
    assert run("--workers", "1", "--plot", "f.svg") == 0
    picture = (tmp_path / "f.svg").read_text()
    assert picture.count("softmax-ff64") == 1
    assert "test accuracy" in picture
