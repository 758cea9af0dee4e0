"""Scores over the calls of the force: the share that an arm needs, its table and its figure."""

from dataclasses import replace

import pytest

from lohe.attention.studies.accelerated import ACCELERATED
from lohe.attention.studies.results import Finished, StudyResults
from lohe.commands.bench_curves import curve, curves_table, share_of_calls
from lohe.commands.bench_study_plot import draw_study
from lohe.commands.bench_study_report import study_tables

EPOCHS = [1, 3, 5, 7, 9, 11]


def run(scores, seed=0.0):
    history = {"epoch": EPOCHS, "validation_perplexity": [score + seed for score in scores]}
    return Finished({"test_perplexity": scores[-1] + seed}, history, 1.0, 10, {}, {})


def results_of(**arms):
    """Return results with three seeds of each arm; underscores of schemes stay, `__` is a dash."""
    runs = {
        name.replace("__", "-"): {seed: run(scores, 0.1 * seed) for seed in range(3)}
        for name, scores in arms.items()
    }
    return replace(StudyResults.begin(ACCELERATED), runs=runs)


SLOW = [100.0, 80.0, 60.0, 50.0, 45.0, 40.0]
FAST = [80.0, 50.0, 40.0, 30.0, 25.0, 20.0]


@pytest.mark.parametrize(
    ("mine", "share"), [(FAST, 5 / 11), (SLOW, 1.0), ([40.0] * 6, 1 / 11), ([50.0] * 6, None)]
)
def test_share_of_calls(mine, share):
    found = share_of_calls(*(list(zip(EPOCHS, line, strict=True)) for line in (mine, SLOW)))
    assert found == (None if share is None else pytest.approx(share))


def test_a_step_of_strang_counts_four_times():
    results = results_of(softmax__baseline=SLOW, softmax__strang=FAST)
    slow, fast = (
        curve(results, arm, results.finished(arm)[0])
        for arm in ("softmax-baseline", "softmax-strang")
    )
    assert [calls for calls, _ in slow] == EPOCHS
    assert [calls for calls, _ in fast] == [4 * epoch for epoch in EPOCHS]
    assert share_of_calls(fast, slow) == pytest.approx(20 / 11)


def test_table_names_the_share_or_that_it_was_not_reached():
    results = results_of(linear__baseline=SLOW, linear__euler=FAST, linear__nesterov=[50.0] * 6)
    titles, rows = curves_table(ACCELERATED, results)
    assert titles[1:3] == ("after 1", "after 3")
    table = {row[0]: row[1:] for row in rows}
    assert table["linear-baseline"] == ("100.10", "80.10", "60.10", "50.10", "40.10", "")
    assert table["linear-euler"][-1] == "45 % (45 to 45)"
    assert table["linear-nesterov"][-1] == "not reached in 3 of 3"
    assert "curves" in study_tables(ACCELERATED, results)


def test_figure_has_a_panel_for_each_family(tmp_path):
    results = results_of(linear__baseline=SLOW, linear__euler=FAST, softmax__strang=SLOW)
    draw_study(ACCELERATED, results, tmp_path / "f.svg")
    picture = (tmp_path / "f.svg").read_text()
    for text in ("linear attention", "softmax attention", "strang", "validation perplexity"):
        assert text in picture
