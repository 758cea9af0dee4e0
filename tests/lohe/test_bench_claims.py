"""Verdicts follow from the intervals, and from nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from lohe.attention.items import Answers, Items
from lohe.attention.studies.catalogue import STUDIES
from lohe.attention.studies.results import Failure, Finished, StudyResults
from lohe.attention.studies.study import SOFTMAX, Arm, Study
from lohe.commands.bench_claims import Ahead, FailsLess, Loses, Tied
from lohe.commands.bench_gap_ratio import GapRatio
from lohe.commands.bench_gaps import gap_table, power_laws
from lohe.commands.bench_published import CLAIMS
from lohe.commands.bench_study_compare import advantage, mean_score, taken_away
from lohe.commands.bench_study_plot import draw_study
from lohe.commands.bench_study_tables import arms_table, scores_table
from lohe.proofs_numeric.statistics.crossed import crossed_mean

NOISE = (-0.02, 0.01, 0.0, 0.02, -0.01)


def results_of(metric="test_accuracy", **scores):
    """Return results with a run for each score given, or five around a single one."""
    runs = {}
    for arm, values in scores.items():
        several = [values + noise for noise in NOISE] if isinstance(values, float) else values
        runs[arm.replace("_", "-")] = {
            seed: Finished({metric: value, "test_more": seed}, {}, 1.0, 10, {}, {})
            if isinstance(value, float)
            else Failure("?", diverged=value == "diverged")
            for seed, value in enumerate(several)
        }
    study = Study("s", "?", tuple(Arm(name, "sva") for name in runs), metric, "accuracy" in metric)
    return replace(StudyResults.begin(study), runs=runs), study


def word(claim, **scores):
    return claim.judge(results_of(**scores)[0]).word


AHEAD = Ahead("?", ("a", "b"), published=0.1, controls={"with more": ("c", "d")})


@pytest.mark.parametrize(
    ("a", "c", "wanted"),
    [
        (0.9, 0.9, "reproduced"),
        (0.9, 0.8, "confounded"),
        (0.9, [0.5, 1.0], "reproduced"),  # a control that tells nothing takes nothing back
        ([0.75, 0.95, 0.8, 0.9, 0.8], 0.9, "undecided"),
        ([0.79, 0.81, 0.8, 0.79, 0.81], 0.9, "not reproduced"),
        (0.7, 0.9, "not reproduced"),
        ([0.9], 0.9, "undecided"),
        ([0.82, 0.821, 0.819, 0.82, 0.82], 0.9, "same direction"),  # above 0, and far below 0.1
        (1.0, 0.9, "same direction"),  # far above 0.1
        # The control's own interval holds 0 since it is noisy, not since anything is taken away.
        (0.9, [0.7, 1.0, 0.9, 0.8, 1.0], "reproduced"),
        # What is taken away is told apart from 0, and the rest still from 0.
        (0.9, 0.85, "reproduced"),
    ],
)
def test_ahead(a, c, wanted):
    b = [0.8, 0.8, 0.8, 0.8, 0.8]
    assert word(AHEAD, a=a, b=b, c=c, d=b) == wanted


def test_figures_name_the_published_one_and_the_control():
    results, _ = results_of(a=0.9, b=0.8, c=0.8, d=0.8)
    why = AHEAD.judge(results).why
    assert "a against b: +10.00 (+10.00 to +10.00)" in why
    assert "the published +10.00; better in 5 of 5 seeds" in why
    assert why.endswith("with more: 0.00 (0.00 to 0.00), less by +10.00 (+10.00 to +10.00)")
    assert AHEAD.judge(results_of(a=0.9)[0]).word == "not run"


@pytest.mark.parametrize(
    ("bad", "control", "wanted"),
    [
        ([0.5] * 8, [0.5] * 3, "reproduced"),
        (["diverged"] * 8, [0.5] * 3, "reproduced"),  # training that breaks down fails, too
        ([0.5] * 16, [0.5] * 10, "same direction"),
        ([0.5] * 10, [], "confounded"),
        ([0.5], [0.5] * 3, "undecided"),
        ([], [0.5] * 3, "not reproduced"),
        (["lost"] * 8, [], "undecided"),
    ],
)
def test_fails_less(bad, control, wanted):
    claim = FailsLess("?", 0.85, ("a",), ("b",), (0.0, 0.4), {"wider": ("c", "d")})
    good = [0.9] * 20
    scores = {"a": good, "b": bad + good[len(bad) :], "c": good}
    assert word(claim, **scores, d=control + good[len(control) :]) == wanted


def test_two_control_runs_without_a_failure_confound_nothing():
    claim = FailsLess("?", 0.85, ("a",), ("b",), (0.0, 0.4), {"wider": ("c", "d")})
    good = [0.9] * 20
    assert word(claim, a=good, b=[0.5] * 8 + good[8:], c=good[:2], d=good[:2]) == "reproduced"


def test_nothing_is_decided_by_the_runs_that_survived():
    b = [0.8, 0.8, 0.8, 0.8, 0.8]
    scores = {"a": [0.9, 0.91, 0.9, 0.9, "diverged"], "b": b, "c": 0.9, "d": b}
    verdict = AHEAD.judge(results_of(**scores)[0])
    assert verdict.word == "undecided"
    assert verdict.why.endswith("; without a-seed4 (diverged)")
    claims = (Tied("?", ("a", "b")), GapRatio("?", ("a", "b"), ("c", "b"), 1.0))
    for claim in (*claims, Loses("?", ("b", "a"), "test_more")):
        assert claim.judge(results_of(**scores)[0]).why.endswith("; without a-seed4 (diverged)")
    lost = scores | {"a": ["lost"] * 5}
    assert "without a-seed0 (failed)" in AHEAD.judge(results_of(**lost)[0]).why


def test_a_mean_is_not_decided_where_a_failure_may_not_have_been_seen():
    claim = Ahead("?", ("a", "b"), published=0.0527, failure=0.85)
    scores = {"a": [0.97, 0.972, 0.971, 0.97], "b": [0.968, 0.97, 0.97, 0.967]}
    assert word(claim, **scores) == "undecided"
    assert word(replace(claim, failure=None), **scores) == "same direction"


def test_failures_that_are_seen_decide_the_direction():
    claim = Ahead("?", ("a", "b"), published=0.0527, failure=0.85)
    good = [0.97] * 20
    assert word(claim, a=good, b=[0.6] * 7 + good[7:]) == "reproduced"
    assert word(claim, b=good, a=[0.6] * 7 + good[7:]) == "not reproduced"
    assert word(claim, a=good, b=[0.6] * 3 + good[3:]) == "undecided"  # a chance of one in four


def test_each_mechanism_is_judged_by_the_recipe_it_validates_best_with():
    claim = Ahead("?", ("a", "b"), 0.1, recipes=("-fast",), chosen_by="validation_accuracy")
    results, _ = results_of(
        a=[0.9, 0.9, 0.9], a_fast=[0.7, 0.7], b=[0.5, 0.5, 0.5], b_fast=[0.8, 0.8]
    )
    better = {"a": 0.6, "a-fast": 0.5, "b": 0.4, "b-fast": 0.7}
    runs = {
        arm: {
            seed: replace(run, metrics={**run.metrics, "validation_accuracy": better[arm]})
            for seed, run in results.finished(arm).items()
        }
        for arm in better
    }
    results = replace(results, runs=runs)
    assert claim.judge(results).why.startswith("a against b-fast: +10.00")
    runs["b-fast"][1] = Failure("?", diverged=True)  # such a recipe is no better one
    assert claim.judge(results).why.startswith("a against b: +40.00")


@pytest.mark.parametrize(
    ("far", "wanted"),
    [
        ([22.5, 22.4, 22.6, 22.5, 22.45], "reproduced"),
        ([24.0, 24.1, 24.2, 24.0, 24.0], "same direction"),  # it closes, but not to a quarter
        ([31.0, 31.1, 31.2, 31.0, 31.3], "not reproduced"),
        ([20.0, 38.0, 12.0, 30.0, 22.0], "undecided"),
        ([22.0, 25.0, 21.5, 21.5, 22.5], "undecided"),  # from nothing to a half is no ratio
    ],
)
def test_gap_ratio(far, wanted):
    claim = GapRatio("?", ("d32", "soft"), ("d2", "soft"), published=0.25)
    scores = {"d32": far, "soft": [20.0] * 5, "d2": [30.0, 30.1, 30.2, 29.9, 30.0]}
    verdict = claim.judge(results_of("test_perplexity", **scores)[0])
    assert verdict.word == wanted
    assert "the published 25 %" in verdict.why


@pytest.mark.parametrize(
    ("score", "wanted"),
    [(20.1, "tied"), (21.0, "worse"), (18.0, "better"), ([19.0, 21.0, 20.5], "undecided")],
)
def test_tied(score, wanted):
    claim = Tied("?", ("a", "b"))
    scores = {"a": score, "b": [20.0] * 5}
    assert claim.judge(results_of("test_perplexity", **scores)[0]).word == wanted


def test_ties_are_judged_against_the_less_favourable_of_several():
    claim = Tied("?", ("a", "b"), more=("c",))
    scores = {"a": [20.0] * 5, "b": [20.1] * 5, "c": [19.0] * 5}
    assert claim.judge(results_of("test_perplexity", **scores)[0]).word == "worse"
    assert (
        claim.judge(results_of("test_perplexity", **scores | {"c": [22.0] * 5})[0]).word == "tied"
    )
    del scores["c"]
    assert claim.judge(results_of("test_perplexity", **scores)[0]).word == "not run"


def test_loses():
    claim = Loses("?", ("a", "b"), "test_more")  # that score is the number of the seed
    far, near = [5.0, 6.1, 7.0], [0.1, 0.9, 2.0]
    assert word(claim, a=far, b=near) == "reproduced"
    assert word(claim, a=far, b=far) == "not reproduced"
    assert word(claim, a=near, b=near) == "undecided"
    assert word(claim, a=[-5.0, -4.0, -3.1], b=near) == "not reproduced"
    assert word(claim, a=far) == "not run"


def test_loses_beside_another_score_and_up_to_rounding():
    claim = Loses("?", ("a", "b"), "test_accuracy", own="test_more")
    far, near = [-5.0, -4.0, -3.1], [-1e-5, 1.0 - 1.1e-5, 2.0 - 1e-5]
    assert word(claim, a=far, b=near) == "not reproduced"  # the least loss is one
    assert word(replace(claim, rounding=1e-3), a=far, b=near) == "reproduced"


def test_an_advantage_of_no_published_size_need_only_be_one():
    claim = Ahead("?", ("a", "b"))
    assert word(claim, a=0.9, b=[0.8] * 5) == "reproduced"
    assert word(claim, a=0.8, b=[0.8] * 5) == "undecided"
    assert word(claim, a=0.7, b=[0.8] * 5) == "not reproduced"
    assert "published" not in claim.judge(results_of(a=0.9, b=0.8)[0]).why


def test_gaps_follow_their_power_law(tmp_path):
    scores = {f"stories_d{d}": [20 + s * d**-0.5 for s in (9, 10, 11)] for d in (2, 4, 8, 16)}
    narrow = {"stories_softmax_qk2": [21.0, 21.1, 20.9]}
    results, study = results_of("test_perplexity", stories_softmax=[20.0] * 3, **scores, **narrow)
    _, rows = gap_table("stories", results)
    assert [row[0] for row in rows] == ["2", "4", "8", "16"]
    assert rows[0][1].startswith("−7.07")  # behind, so no advantage
    assert rows[0][-1] == "worse"
    (line,) = power_laws("stories", results)  # one width of narrow softmax is no law
    assert "C = 10.00" in line
    assert "α = 0.5 (0.5 to 0.5) over 3 seeds" in line
    draw_study(replace(study, name="stories"), results, tmp_path / "f.svg")
    picture = (tmp_path / "f.svg").read_text()
    assert "oscillators: 10 · size^−0.5" in picture
    assert "perplexity above softmax" in picture


def test_arms_stand_against_others_and_count_failures():
    results, study = results_of(a=[0.9, 0.8, 0.9, "diverged"], b=[0.8, 0.8, 0.7])
    arms = (study.arms[0], replace(study.arms[1], model=SOFTMAX))
    titles, rows = arms_table(replace(study, arms=arms, failure=0.85), results)
    first, second = (dict(zip(titles, row, strict=True)) for row in rows)
    assert first["test accuracy"].startswith("86.67 (")
    assert (first["pairs"], first["against"]) == ("2 : 0", "b")
    assert first["failed"].startswith("2 (")
    assert first["runs"] == "3, 1 diverged"
    assert (second["pairs"], second["failed"]) == ("", "3 (to 100 %)")
    assert scores_table(study, results) == (("arm", "more"), [("a", "1.00"), ("b", "1.00")])
    several = {**results.finished("a")[0].metrics, "test_other": 3.0, "validation_accuracy": 1.0}
    first = replace(results.finished("a")[0], metrics=several)
    results = replace(results, runs={"a": {0: first}})  # more scores than arms
    assert scores_table(study, results) == (
        ("score", "a"),
        [("more", "0"), ("other", "3.00")],
    )


def test_every_arm_that_is_named_is_in_its_study():
    assert CLAIMS.keys() <= STUDIES.keys()
    for name, claims in CLAIMS.items():
        study = STUDIES[name]
        arms = {arm.name: arm for arm in study.arms}
        named = [word for claim in claims for word in _arms(vars(claim))]
        assert {*named} <= {*arms}, name
        for arm in study.arms:
            if rival := study.rival(arm):
                assert {*arm.seeds} <= {*rival.seeds}, f"{name}: {arm.name}"


def _arms(fields):
    ends = fields.get("recipes", ())
    yield from (arm + end for end in ends for arm in fields["pair"])
    yield from _names(value for name, value in fields.items() if name != "recipes")


def _names(values):
    """Yield the arms in a claim's fields: in pairs, nested as they may be."""
    for value in values:
        if isinstance(value, dict):
            yield from _names(value.values())
        elif isinstance(value, tuple):
            if all(isinstance(part, str) for part in value):
                yield from value
            else:
                yield from _names(value)


def with_answers(results, chances, items, rng):
    """Return the results with answers by chance, and the scores that they give."""
    runs = {}
    for arm, chance in chances.items():
        runs[arm] = {}
        for seed in range(5):
            answers = Answers(rng.random(len(items)) < chance, items)
            score = float(answers.right @ items.weights)
            runs[arm][seed] = replace(
                results.runs[arm][seed],
                metrics={"test_accuracy": score},
                right={"test_accuracy": answers.packed()},
                items={"test_accuracy": items},
            )
    return replace(results, runs=runs)


def test_intervals_are_for_other_items_where_answers_are_kept():
    rng = np.random.default_rng(1)
    easy = rng.random(60)
    arms = {"a": np.clip(easy + 0.1, 0, 1), "b": easy, "c": easy, "d": easy}
    items = Items(tuple(range(60)))
    results, _ = results_of(a=0.9, b=0.8, c=0.9, d=0.8)
    results = with_answers(results, arms, items, rng)
    bare = {
        arm: {seed: replace(run, right={}, items={}) for seed, run in runs.items()}
        for arm, runs in results.runs.items()
    }
    without = replace(results, runs=bare)
    for found, narrow in (
        (mean_score(results, "a"), mean_score(without, "a")),
        (advantage(results, "a", "b").mean, advantage(without, "a", "b").mean),
        (taken_away(results, ("a", "b"), ("c", "d")), taken_away(without, ("a", "b"), ("c", "d"))),
    ):
        assert found.value == pytest.approx(narrow.value)
        assert found.upper - found.lower > narrow.upper - narrow.lower
    table = np.array([run.right for run in results.answers("a", "test_accuracy").values()])
    wanted = crossed_mean(table, items.clusters, np.zeros(60))
    assert mean_score(results, "a").lower == pytest.approx(wanted.lower)
    other = replace(results, runs={**results.runs, "b": bare["b"]})  # a run that does not say
    assert advantage(other, "a", "b") == advantage(without, "a", "b")
