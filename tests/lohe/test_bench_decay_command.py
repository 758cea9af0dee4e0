"""``lohe bench decay``: what it writes, how it goes on, what it says."""

import json

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.attention.accelerated.course import SCHEMES
from lohe.commands import bench_decay
from lohe.commands.bench_decay_tables import CHOSEN, decay_tables, sentences

SMALL = ("--d", 1, "--d", 2, "--condition", 10, "--calls", 4, "--calls", 16)
FEW = ("--problems", 4, "--tuning", 3)


def run(*words):
    return main(["bench", "decay", *map(str, words)])


def read(path):
    return json.loads(path.read_text())


def without_times(document):
    return {
        name: {key: value for key, value in case.items() if key != "wall_s"}
        for name, case in document["cases"].items()
    }


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decay")
    path, picture = folder / "decay.json", folder / "decay.svg"
    assert run(*SMALL, *FEW, "-o", path, "--plot", picture) == 0
    return path, picture


def test_every_cell_and_scheme_has_its_figures(result):
    path, picture = result
    document = read(path)
    assert list(document["cases"]) == [
        "quadratic, d = 1, condition 1",
        "quadratic, d = 2, condition 10",
        "bilinear, d = 1, condition 1",
        "bilinear, d = 2, condition 10",
    ]
    for case in document["cases"].values():
        assert list(case["schemes"]) == list(SCHEMES)
        for scheme, found in case["schemes"].items():
            assert len(found["step"]) == len(found["left"]) == len(found["broken"]) == 2
            assert all(0 < left <= 1 for left in found["left"])
            assert ("ratio" in found) == (scheme != "classical")
            for value, lower, upper in found.get("ratio", ()):
                assert lower <= value <= upper
        first = case["schemes"]
        for place in range(2):
            ratio = first["classical"]["left"][place] / first[CHOSEN]["left"][place]
            assert first[CHOSEN]["ratio"][place][0] == pytest.approx(ratio, rel=2e-3)
    assert document["config"]["bounds"] == 4 * 2 * 8
    assert document["versions"]["numpy"] == np.__version__
    drawn = picture.read_text()
    assert all(
        f"{energy}, d = {d}" in drawn for energy in ("quadratic", "bilinear") for d in (1, 2)
    )


def test_prints_tables_or_data(result, capsys):
    path, _ = result
    assert run(*SMALL, *FEW, "-o", path) == 0  # finished, so only read
    printed = capsys.readouterr().out
    document = read(path)
    for line in (*sentences(document), "presymplectic euler", "exponent bilinear"):
        assert line in printed
    assert run(*SMALL, *FEW, "-o", path, "--json") == 0
    assert json.loads(capsys.readouterr().out) == document


def test_goes_on_where_it_stopped_with_the_same_numbers(result, tmp_path, monkeypatch):
    path, _ = result
    broken, one, done = tmp_path / "broken.json", bench_decay._decay, []

    def stop_at_third(*arguments):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(arguments)
        return one(*arguments)

    monkeypatch.setattr(bench_decay, "_decay", stop_at_third)
    assert run(*SMALL, *FEW, "-o", broken) == 130
    assert len(read(broken)["cases"]) == 2
    done.clear()
    assert run(*SMALL, *FEW, "-o", broken) == 0
    assert len(done) == 2
    assert without_times(read(broken)) == without_times(read(path))


def test_another_seed_has_other_problems(result, tmp_path):
    path, _ = result
    other = tmp_path / "other.json"
    words = ("--d", 2, "--condition", 10, "--calls", 4, "--calls", 16, *FEW)
    assert run(*words, "--seed", 1, "-o", other) == 0
    name = "quadratic, d = 2, condition 10"
    mine, others = (read(each)["cases"][name]["schemes"][CHOSEN] for each in (path, other))
    assert mine["left"] != others["left"]


def test_cells_are_counted_by_their_intervals(result):
    document = read(result[0])
    intervals = [(2.0, 1.5, 3.0), (0.5, 0.2, 0.9), (1.1, 0.9, 1.3), (4.0, 1.01, 9.0)]
    for case, found in zip(document["cases"].values(), intervals, strict=True):
        case["schemes"][CHOSEN]["ratio"] = [list(found)] * 2
        case["schemes"][CHOSEN]["broken"] = [1, 0]
        case["schemes"]["classical"]["exponent"] = None
    tables = decay_tables(document)
    (row,) = (row for row in tables["schemes"][1] if row[0] == "presymplectic euler")
    assert row[1:] == ("2 / 1 / 1", "2 / 1 / 1", "12.5 %")
    assert tables["ratio quadratic 4"][1][0] == ("1", "2 (1.5 to 3)", "")
    assert tables["exponent bilinear"][1][1][2].startswith("- / ")
    for line in sentences(document):
        assert "in 2 of 4 cells, behind in 1, and 1 are undecided" in line
        assert "0.5 to 4 times" in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--d", "0"], "d"),
        (["--calls", "2"], "calls"),
        (["--d", "2", "--confidence", "1.5", *map(str, FEW)], "confidence"),
    ],
)
def test_errors_are_one_line(words, message, tmp_path, capsys):
    assert run(*words, "-o", tmp_path / "x.json") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
