"""``lohe bench`` writes its results, goes on where it stopped, and says what went wrong."""

import json

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.attention.head import Head
from lohe.commands import bench_disorder
from lohe.commands.bench_tables import report
from lohe.dynamics.sphere import uniform

COMMANDS = ("convergence", "horizons", "disorder")


@pytest.fixture
def heads(tmp_path):
    """Two models of two heads each, in folders of their own."""
    rng = np.random.default_rng(0)
    folders = []
    for d in (2, 3):
        folder = tmp_path / f"d{d}"
        folder.mkdir()
        for index in range(2):
            head = Head(
                q=rng.standard_normal((4, 6, 3)),
                k=rng.standard_normal((4, 6, 3)),
                anchors=uniform(rng, 6, d),
                causal=True,
                sequence=np.arange(4),
                name=f"tale-seed0 layer 0 head {index}",
            )
            head.save(folder / f"tale-{index}.head.npz")
        folders.append(str(folder))
    return folders


def run(*words):
    return main(["bench", *map(str, words)])


def read(path):
    return json.loads(path.read_text())


def without_times(document):
    return [{k: v for k, v in case.items() if k != "wall_s"} for case in document["cases"].values()]


def test_convergence_holds_samples_beside_predictions(heads, tmp_path, capsys):
    output = tmp_path / "result.json"
    command = ["convergence", *heads, "--solves", 2000, "--horizon", 1, "-o", output]
    assert run(*command, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document == read(output)
    assert list(document["cases"]) == ["tale-seed0, d = 2", "tale-seed0, d = 3"]
    for case in document["cases"].values():
        assert (case["oscillators"], case["heads"]) == (48, 2)
        for start in ("random", "sequential"):
            assert case[start]["trials"] == 2000
            assert case[start]["inside"]
            assert 0 < case[start]["predicted"] < 1
        missed = case["explanation"]["missed"]
        assert missed == pytest.approx(1 - case["random"]["predicted"])
    assert document["config"]["bounds"] == 4
    assert document["versions"]["numpy"] == np.__version__
    assert run(*command) == 0
    printed = capsys.readouterr().out
    assert "4 of 4 exact predictions lie within" in printed
    assert "starved" in printed


def test_horizons_and_disorder_hold_a_row_each(heads, tmp_path):
    output = tmp_path / "h.json"
    options = ["--solves", 300, "-o", output]
    assert run("horizons", heads[0], *options, "--horizon", 1, "--horizon", 9) == 0
    (case,) = read(output)["cases"].values()
    assert [row["horizon"] for row in case["horizons"]] == [1, 9]
    assert all(row["inside"] for row in case["horizons"])
    output.unlink()
    assert run("disorder", *heads, *options, "--spread", 0.1, "--spread", 0.5) == 0
    cases = read(output)["cases"]
    assert [case["spread"] for case in cases.values()] == [0.1, 0.5, 0.1, 0.5]
    for case in cases.values():
        assert case["settled"]["inside"]
        assert case["settled"]["successes"] <= case["locked"] <= 300
        assert 0 <= case["weight_shift"]["median"] <= case["weight_shift"]["99 %"] <= 2


def test_antipode_needs_no_heads(tmp_path, capsys):
    output = tmp_path / "a.json"
    words = ["--d", 3, "--angle", 90, "--angle", 60, "--starts", 1000, "-o", output]
    assert run("antipode", *words) == 0
    (case,) = read(output)["cases"].values()
    assert [row["predicted"] for row in case["angles"]] == pytest.approx([0.25, 0.5])
    assert "2 of 2 exact predictions" in capsys.readouterr().out


def test_goes_on_after_an_interruption_with_the_same_numbers(heads, tmp_path, monkeypatch):
    whole, broken = tmp_path / "whole.json", tmp_path / "broken.json"
    words = ["disorder", *heads, "--solves", 200, "--spread", 0.1, "--spread", 0.5, "-o"]
    assert run(*words, whole) == 0
    run_one, done = bench_disorder._disorder, []

    def stop_at_third(*arguments):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(arguments)
        return run_one(*arguments)

    monkeypatch.setattr(bench_disorder, "_disorder", stop_at_third)
    assert run(*words, broken) == 130
    assert len(read(broken)["cases"]) == 2
    done.clear()
    assert run(*words, broken) == 0
    assert len(done) == 2  # only what was missing
    assert without_times(read(broken)) == without_times(read(whole))


def test_a_model_has_the_same_result_whatever_stands_beside_it(heads, tmp_path):
    alone, beside = tmp_path / "alone.json", tmp_path / "beside.json"
    assert run("horizons", heads[1], "--solves", 300, "-o", alone) == 0
    assert run("horizons", *heads, "--solves", 300, "-o", beside) == 0
    counts = [
        [row["successes"] for row in read(path)["cases"]["tale-seed0, d = 3"]["horizons"]]
        for path in (alone, beside)
    ]
    assert counts[0] == counts[1]


def test_models_of_one_name_are_told_apart_by_their_folders(heads, tmp_path):
    twin = tmp_path / "twin"
    twin.mkdir()
    for file in (tmp_path / "d2").iterdir():
        (twin / file.name).write_bytes(file.read_bytes())
    output = tmp_path / "h.json"
    assert run("horizons", heads[0], twin, "--solves", 10, "-o", output) == 0
    cases = read(output)["cases"]
    assert list(cases) == ["tale-seed0, d = 2", "tale-seed0, d = 2 (twin)"]
    assert {case["oscillators"] for case in cases.values()} == {48}


@pytest.mark.parametrize("command", COMMANDS)
def test_figures_are_drawn(command, heads, tmp_path):
    picture = tmp_path / "figure.svg"
    words = ["--solves", 100, "-o", tmp_path / "r.json", "--plot", picture]
    assert run(command, *heads, *words) == 0
    assert picture.read_text().count("tale-seed0, d = 3") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["horizons", "."], "holds no"),
        (["horizons", "none.head.npz"], "no such file"),
        (["convergence", "d2", "--horizon", "0"], "positive horizon"),
        (["convergence", "d2", "--solves", "0"], "solves"),
        (["antipode", "--angle", "200"], "180"),
        (["disorder", "d2", "--spread", "-1"], "not negative"),
        (["horizons", "d2", "-o", "d2/tale-0.head.npz"], "damaged"),
        (["horizons", "d2", "-o", "/proc/nowhere/x.json"], "cannot"),
    ],
)
@pytest.mark.usefixtures("heads")
def test_errors_are_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_a_finished_result_stays_as_it_is_and_an_unfinished_one_needs_its_versions(
    heads, tmp_path, monkeypatch, capsys
):
    output = tmp_path / "r.json"
    command = ["horizons", *heads, "--solves", 10, "-o", output]
    assert run(*command) == 0
    before = output.read_text()
    monkeypatch.setattr("lohe.attention.results.versions", lambda: {"numpy": "another"})
    assert run(*command) == 0
    assert output.read_text() == before
    document = json.loads(before)
    document["cases"].popitem()
    output.write_text(json.dumps(document))
    capsys.readouterr()
    assert run(*command) == 2
    assert "other versions" in capsys.readouterr().err


def test_a_file_of_another_experiment_is_kept(heads, tmp_path, capsys):
    output = tmp_path / "r.json"
    assert run("horizons", heads[0], "--solves", 10, "-o", output) == 0
    before = output.read_text()
    assert run("horizons", heads[0], "--solves", 11, "-o", output) == 2
    assert "solves differ" in capsys.readouterr().err
    assert run("convergence", heads[0], "--solves", 10, "-o", output) == 2
    assert "not a result of `lohe bench convergence`" in capsys.readouterr().err
    assert output.read_text() == before


def test_a_prediction_outside_its_bounds_is_shouted():
    share = {
        "successes": 1, "trials": 9, "fraction": 1 / 9, "lower": 0.0, "upper": 0.4,
        "confidence": 0.99, "predicted": 0.5, "inside": False, "angle": 5.0,
    }  # fmt: skip
    document = {
        "experiment": "antipode",
        "config": {"bounds": 1, "confidence": 0.99},
        "cases": {"d = 2": {"d": 2, "angles": [share]}},
    }
    lines = report(document)
    assert lines[1].endswith("NO")
    assert lines[-1].startswith("0 of 1")
