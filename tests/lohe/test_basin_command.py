"""``lohe basin`` from the command line: results, resumption, files, one-line errors."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.commands.basin_text import interval
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign, trials
from lohe.proofs_numeric.basins.plan import Stopping
from lohe.proofs_numeric.basins.status import status

BLOCK = 100


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(trials, "_ALONE_COORDINATES", 3 * BLOCK)


@pytest.fixture
def stored(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "x.network.npz"
    Network(rng.standard_normal((20, 3))).save(path)
    return path


@pytest.fixture
def call(capsys):
    """Return a function that runs the command: its exit code, and what it wrote."""

    def run(*words):
        code = main(["basin", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def refused(call, *words):
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert err.startswith("lohe: ")
    assert err.count("\n") == 1
    return err


def test_bounds_and_proof_stand_apart_and_the_file_holds_the_same(stored, call):
    code, out, _ = call(stored, "--trials", 5000, "--json")
    assert code == 0
    result = json.loads(out)
    assert result["proved"] == {"volume": 1.0, "theorem": "T1"}
    assert len(result["sampled"]) == result["family"] == 3
    for row in result["sampled"]:
        assert row["lower"] <= row["predicted"] <= row["upper"]
        assert sum(row["labels"].values()) == 5000
    kept = campaign.load(stored.with_name("x.basin.sqlite"))
    assert [estimate.converged for estimate in kept] == [r["converged"] for r in result["sampled"]]


def test_text_says_what_is_sampled_and_what_is_proved(stored, tmp_path, call):
    output = tmp_path / "y.basin.sqlite"
    command = [stored, "--trials", 100, "--horizon", 5, "--horizon", 9, "-o", output]
    said = [call(*command) for _ in range(2)]  # the second run finds the finished campaign
    said.append(call("show", output))
    assert said[0] == said[1] == said[2]
    assert "sampled: 100 uniform starts" in said[0][1]
    assert "proved: almost every start settles in the end (T1)" in said[0][1]
    assert "another plan (seed 0, here 1)" in refused(call, *command, "--seed", 1)


def test_what_is_printed_of_bounds_still_holds(stored, call):
    _, out, _ = call(stored, "--trials", 3000, "--horizon", 6)
    kept = campaign.load(stored.with_name("x.basin.sqlite"))[0]
    titles, row = (line.split() for line in out.splitlines()[1:3])
    printed = dict(zip(titles, row, strict=True))
    assert kept.lower - 1e-5 < float(printed["lower"]) <= kept.lower
    assert kept.upper <= float(printed["upper"]) < kept.upper + 1e-5
    assert float(printed["settled"]) == pytest.approx(kept.fraction, abs=1e-6)


def test_several_instances_share_one_error(stored, tmp_path, call):
    other = tmp_path / "y.network.npz"
    Network([[1.0, 2.0]]).save(other)
    code, out, _ = call(tmp_path, "--trials", 200, "--horizon", 5, "--horizon", 9)
    assert code == 0
    assert "all 4 sampled together hold with confidence 0.99" in out
    assert "proved: almost every start settles in the end (T1): each" in out
    for name, words in (("x", (stored, other)), ("y", (other, stored))):
        kept = tmp_path / f"{name}.basin.sqlite"
        assert campaign.plan_of(kept).family == 4
        code, again, _ = call(*words, "--trials", 200, "--horizon", 5, "--horizon", 9)
        assert code == 0
        assert sorted(again.splitlines()) == sorted(out.splitlines())
    result = json.loads(
        call(tmp_path, "--trials", 200, "--horizon", 5, "--horizon", 9, "--json")[1]
    )
    assert [one["family"] for one in result["campaigns"]] == [4, 4]


def test_two_halves_merged_are_the_whole(stored, tmp_path, call):
    plan = [stored, "--trials", 1000, "--horizon", 6]
    files = {name: tmp_path / f"{name}.basin.sqlite" for name in ("a", "b", "both", "whole")}
    code, out, _ = call(*plan, "--blocks", "0:4", "-o", files["a"])
    assert code == 0
    assert "this is a part: blocks 0:4 of 10, 4 of which are finished" in out
    assert call(*plan, "--blocks", "4:10", "-o", files["b"])[0] == 0
    assert "merge the parts that are missing" in refused(call, "show", files["a"])
    code, out, _ = call("merge", files["a"], files["b"], "-o", files["both"])
    assert code == 0
    assert "finished; 1000 of 1000 starts, 10 of 10 blocks" in out
    whole = call(*plan, "-o", files["whole"])[1]
    assert call("show", files["both"])[1] == whole.replace("whole.", "both.")
    assert "exists" in refused(call, "merge", files["a"], files["b"], "-o", files["whole"])


def test_seeds_merged_are_one_sample(stored, tmp_path, call):
    files = [tmp_path / f"{seed}.basin.sqlite" for seed in (1, 2)]
    for seed, file in enumerate(files, 1):
        call(stored, "--trials", 500, "--horizon", 6, "--seed", seed, "-o", file)
    both = tmp_path / "both.basin.sqlite"
    assert call("merge", *files, "-o", both)[0] == 0
    code, out, _ = call("show", both)
    assert code == 0
    assert "sampled: 1000 uniform starts, seeds 1, 2 together" in out
    assert "2 seeds together: if what was seen by then led to more" in out
    assert "merged of 2 seeds" in refused(
        call, stored, "--trials", 500, "--horizon", 6, "--seed", 1, "-o", both
    )


def test_an_extended_campaign_says_so(stored, tmp_path, call):
    path = tmp_path / "x.basin.sqlite"
    for trials_, extended in ((250, False), (1000, True)):
        _, out, _ = call(stored, "--trials", trials_, "--horizon", 6)
        assert ("extended after 250 starts" in out) == extended
    row = json.loads(call("show", path, "--json")[1])["sampled"][0]
    assert row["anytime_lower"] < row["lower"] < row["upper"] < row["anytime_upper"]
    assert "more than 10" in refused(call, stored, "--trials", 10, "--horizon", 6)


def test_a_stopping_rule_ends_a_campaign_early(stored, tmp_path, call):
    path = tmp_path / "x.basin.sqlite"
    command = [stored, "--trials", 100_000, "--horizon", 12]
    code, out, _ = call(*command, "--until-lower", 0.95)
    assert code == 0
    assert "stopped at the first block with a lower bound above 0.95 at the last horizon" in out
    assert "bounds: a confidence sequence, valid whenever one stops" in out
    assert campaign.plan_of(path).stopping == Stopping(lower=0.95)
    assert campaign.load(path)[0].trials < 100_000
    assert "its stopping rule is met" in call("status", path)[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--starts", "strata"], ["starts in 4 strata", "sampled in each stratum", "0.9"]),
        (["--starts", "strata", "--levels", "0.2,0.5"], ["starts in 3 strata", "0.2 to 0.5"]),
        (["--starts", "strata", "--levels", "0.2", "--levels", "0.5"], ["0.2 to 0.5"]),
        (["--starts", "tilted", "--power", "3"], ["(power 3)", "importance sampling"]),
    ],
)
def test_rare_starts_are_drawn_more_often(stored, call, options, words):
    code, out, _ = call(stored, "--trials", 2000, "--horizon", 9, *options)
    assert code == 0
    for word in words:
        assert word in out
    kept = campaign.load(stored.with_name("x.basin.sqlite"))[0]
    # Whichever starts are drawn, the bounds are about uniform ones.
    assert kept.lower <= kept.predicted <= kept.upper


def test_where_starts_end_is_listed_and_proved(tmp_path, call):
    # Two oscillators that are driven apart and pull each other together: they give way to one
    # side or to the other.
    path, kept = tmp_path / "pair.network.npz", tmp_path / "pair.basin.sqlite"
    Network([[1.0, 0.0], [-1.0, 0.05]], crosstalk=[[0, 2.0], [2.0, 0]]).save(path)
    code, out, _ = call(path, "--trials", 100, "--horizon", 60)
    assert code == 0
    assert "proved: several stable equilibria" in out
    rows = [line for line in out.splitlines() if line.startswith(("the resting point", "attr"))]
    assert len(rows) == 2
    assert all(row.endswith("proved stable") for row in rows)
    assert call("show", kept, "--network", path)[1] == out
    assert f"lohe basin show {kept} --network FILE" in call("show", kept)[1]
    found = json.loads(call("show", kept, "--network", path, "--json")[1])["attractors"]
    assert [one["reference"] for one in found] == [True, False]
    assert found[1]["sampled"]["count"] == campaign.load(kept)[0].labels["elsewhere"]
    other = tmp_path / "other.network.npz"
    Network([[1.0, 0.0]]).save(other)
    assert "another network" in refused(call, "show", kept, "--network", other)
    call(other, "--trials", 10, "--horizon", 1)  # where nothing is elsewhere to be listed
    kept = tmp_path / "other.basin.sqlite"
    assert "another network" in refused(call, "show", kept, "--network", path)


def test_status_of_a_running_and_a_finished_campaign(stored, tmp_path, call):
    path = tmp_path / "x.basin.sqlite"
    said = []

    def look(done, total):
        said.append(call("status", path, "--json")[1])

    network = Network.load(stored)
    campaign.run(path, network, 250, seed=0, horizons=(3.0,), progress=look)
    results = [json.loads(text) for text in said]
    assert all(result["running"] for result in results)
    assert results[0]["trials"] == {"done": 0, "planned": 250}
    code, out, _ = call("status", path)
    assert code == 0
    assert "finished; 250 of 250 starts, 3 of 3 blocks" in out
    assert json.loads(call("status", path, "--json")[1])["complete"]
    now = status(path)
    assert f"{now.labels[0]['converged']}" in out


def test_a_terminal_shows_trials_rate_and_bounds_as_they_come(stored, call, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich then takes stderr for a terminal
    monkeypatch.setenv("COLUMNS", "150")
    monkeypatch.setattr("lohe.commands.basin_progress._SECONDS", 0.0)
    code, _, err = call(stored, "--trials", 1000, "--horizon", 6)
    assert code == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", err)
    assert "1000/1000" in plain
    assert "/s" in plain
    bounds = status(stored.with_name("x.basin.sqlite")).bounds[-1]
    assert f"settled {interval(*bounds)}" in plain


def test_every_start_can_be_exported(stored, call):
    call(stored, "--trials", 3000, "--starts", "tilted", "--horizon", 0.5, "--horizon", 3)
    path = stored.with_name("x.basin.sqlite")
    code, out, _ = call("export", path)
    assert code == 0
    table = list(csv.DictReader(path.with_name("x.starts.csv").read_text().splitlines()))
    assert out.startswith("3000 starts in")
    assert [row["start"] for row in table] == [str(start) for start in range(3000)]
    estimates = campaign.load(path)
    for estimate in estimates:
        labels = [row[f"label at {estimate.horizon:g}"] for row in table]
        assert labels.count("converged") == estimate.converged
    assert all(float(row["weight"]) > 0 for row in table)
    within = [row["time"] != "" and float(row["time"]) <= 3 for row in table]
    assert sum(within) == pytest.approx(estimates[-1].converged, abs=2)
    assert "no records" in refused(call, "export", without_records(stored, call))


def without_records(stored, call):
    path = stored.with_name("none.basin.sqlite")
    call(stored, "--trials", 100, "--no-records", "-o", path)
    return path


@pytest.mark.parametrize("command", [[], ["status"], ["merge"], ["show"], ["export"]])
def test_every_command_shows_an_example_of_its_own(call, command):
    code, out, _ = call(*command, "--help")
    assert code == 0
    assert " ".join(["Example: lohe basin", *command]) in " ".join(out.split())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["absent.network.npz"], "no such file"),
        (["stat", "x.basin.sqlite"], "no such file: stat"),
        (["{}", "--trials", "0"], "trials is 0"),
        (["{}", "--horizon", "nan"], "horizons"),
        (["{}", "-o", "/dev/null/x.basin.sqlite"], "another path"),
        (["{}", "--workers", "0"], "workers is 0"),
        (["{}", "--starts", "normal"], "choose one of uniform, strata, tilted, saddles"),
        (["{}", "--power", "2"], "--power does not belong to uniform starts"),
        (["{}", "--starts", "strata", "--levels", "a"], "--levels is 'a'"),
        (["{}", "--starts", "strata", "--levels", "0.5,0.2"], "rising numbers"),
        (["{}", "--starts", "tilted", "--until-width", "0.1"], "uniform starts"),
        (["{}", "--until-lower", "0.5", "--until-width", "0.1"], "one of lower and width"),
        (["{}", "--blocks", "3"], "--blocks is '3'"),
        (["{}", "--blocks", "3:2000"], "two rising numbers"),
        (["{}", "--engine", "cuda"], "'cuda'"),
        (["{}", "--workers", "2", "--scheduler", "tcp://host:1"], "scheduler or workers"),
        (["status", "absent.basin.sqlite"], "no such file"),
        (["status", "{}"], "damaged or no basin campaign"),
        (["show", "absent.basin.sqlite"], "no such file"),
        (["merge", "a.basin.sqlite", "-o", "b.basin.sqlite"], "at least two"),
        (["merge", "a.basin.sqlite", "b.basin.sqlite"], "--output"),
        (["{}", "{}"], "two files would both be sampled"),
    ],
)
def test_unusable_input_is_one_line_and_exit_code_two(stored, call, words, says):
    assert says in refused(call, *(word.format(stored) for word in words))


def test_an_error_among_several_names_the_file(stored, tmp_path, call):
    other = tmp_path / "y.network.npz"
    Network(np.zeros((1, 2))).save(other)
    assert str(other) in refused(call, stored, other)
