"""Studies go on where they stopped, take finished runs over, and name what failed."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from lohe.attention.checkpoint import Checkpoint
from lohe.attention.items import Answers, Items
from lohe.attention.results import TrainingRun
from lohe.attention.studies import run as run_module
from lohe.attention.studies import run_case as case_module
from lohe.attention.studies.results import Failure, Finished, StudyResults
from lohe.attention.studies.run import run_study
from lohe.attention.studies.run_case import Device, run_case
from lohe.attention.studies.study import Arm, Case, Study
from lohe.attention.training import evaluate
from lohe.attention.transformer import apply_regularised
from lohe.dynamics.errors import InputError

TINY = {"options": {"sizes": [96, 32, 32]}, "recipe": {"epochs": 3, "batch_size": 32}}


def arm(name, **model):
    return Arm(name, "sva", model={"width": 16, "hidden": 16} | model, seeds=(0, 1), **TINY)


STUDY = Study("tiny", "Which?", (arm("a"), arm("b", mechanism="softmax")), "test_accuracy")


def one_by_one(task, numbers):
    return map(task, numbers)


def stop_after(count):
    def execute(task, numbers):
        for done, number in enumerate(numbers):
            if done == count:
                raise KeyboardInterrupt
            yield task(number)

    return execute


def scores(path):
    """Return what a file says, but for times."""
    document = json.loads(path.read_text())
    for runs in document["runs"].values():
        for run in runs.values():
            run.pop("wall_s", None)
    return document


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    run_study(folder / "r.json", STUDY, folder, one_by_one)
    return folder


def test_results_say_what_was_trained_and_how_well(whole):
    results = StudyResults.load(whole / "r.json")
    assert results.missing(STUDY) == []
    assert results.protocols["b"]["model"]["mechanism"] == "softmax"
    assert "mechanism" not in results.protocols["a"]["model"]  # the default
    assert results.protocols["a"]["recipe"]["epochs"] == 3
    assert results.protocols["a"]["task"]["sizes"] == [96, 32, 32]
    for case in STUDY.cases():
        found, record = (
            results.outcome(case),
            TrainingRun.load(whole / f"{case.name}.training.json"),
        )
        assert results.of(case.arm.name)[case.seed] == found.metrics["test_accuracy"]
        assert found.metrics == pytest.approx(record.metrics, rel=1e-6)
        assert found.history["epoch"] == [1, 2, 3]
        model = Checkpoint.load(whole / f"{case.name}.model.npz").model
        assert found.parameters == model.parameters.vector.size
        assert {"lohe", "numpy", "python"} <= set(found.versions)
    text = (whole / "r.json").read_text()
    assert len(text.splitlines()) < 60  # a run is a line


def test_goes_on_after_an_interruption_to_the_same_file(whole, tmp_path):
    path = tmp_path / "r.json"
    with pytest.raises(KeyboardInterrupt):
        run_study(path, STUDY, tmp_path, stop_after(1))
    assert len(StudyResults.load(path).missing(STUDY)) == 3
    notes = []
    run_study(path, STUDY, tmp_path, one_by_one, note=lambda case, *_: notes.append(case.name))
    assert notes == ["b-seed0", "a-seed1", "b-seed1"]
    assert scores(path) == scores(whole / "r.json")


def test_finished_runs_of_the_folder_are_taken_over_only_if_they_are_these(whole, monkeypatch):
    monkeypatch.setattr(case_module, "train", lambda *_, **__: pytest.fail("trained again"))
    path = whole / "again.json"
    run_study(path, STUDY, whole, one_by_one)
    assert path.read_text() == (whole / "r.json").read_text()
    monkeypatch.undo()
    other = replace(STUDY.arms[0], model={"width": 16, "hidden": 8})
    outcome, _ = run_case(Case(other, 0), whole)
    assert isinstance(outcome, Failure)
    assert "a-seed0.model.npz belongs to another run (hidden differs)" in outcome.reason


def test_arms_and_seeds_may_be_added_and_left_out(whole, tmp_path):
    path = tmp_path / "r.json"
    path.write_text((whole / "r.json").read_text())
    wider = replace(STUDY, arms=(arm("c", d_osc=3), *STUDY.arms)).only(seeds=3)
    results = run_study(path, wider, tmp_path, one_by_one)
    assert [*results.arms] == ["c", "a", "b"]
    assert set(results.of("c")) == set(results.of("a")) == {0, 1, 2}
    first = StudyResults.load(whole / "r.json")
    assert results.runs["a"][0] == first.runs["a"][0]
    narrow = run_study(path, STUDY.only("b"), tmp_path, lambda *_: pytest.fail("nothing to do"))
    assert set(narrow.of("c")) == {0, 1, 2}


def test_another_arm_of_an_old_name_or_another_setting_is_refused(whole, tmp_path, monkeypatch):
    path = tmp_path / "r.json"
    path.write_text((whole / "r.json").read_text())
    changed = replace(STUDY, arms=(arm("a", d_osc=3),))
    with pytest.raises(InputError, match=r"the arm a was run with other model; delete"):
        run_study(path, changed, tmp_path, one_by_one)
    with pytest.raises(InputError, match="of the study tiny, not other"):
        run_study(path, replace(STUDY, name="other"), tmp_path, one_by_one)
    settings = {"sva": lambda **_: pytest.fail("read before it is needed")}
    monkeypatch.setattr(case_module, "SETTINGS", settings)
    run_study(path, STUDY, tmp_path, one_by_one)
    results = StudyResults.load(path)
    protocol = results.protocols["a"] | {"recipe": {"epochs": 9}}
    with pytest.raises(InputError, match="the setting sva has changed"):
        results.add(Case(STUDY.arms[0], 2), Failure("?"), protocol)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_fails_is_recorded_and_tried_again_unless_it_diverged(tmp_path, monkeypatch):
    path = tmp_path / "r.json"
    broken = (
        Arm("diverging", "sva", TINY["options"], recipe=TINY["recipe"] | {"learning_rate": 1e30}),
        Arm("misspelt", "sva", TINY["options"], model={"widht": 3}),
        Arm("nowhere", "no-such-setting"),
    )
    study = replace(STUDY, arms=(*broken, STUDY.arms[1])).only(seeds=1)
    results = run_study(path, study, tmp_path, one_by_one)
    reasons = {name: runs[0].reason for name, runs in results.runs.items() if name != "b"}
    assert [*reasons] == ["diverging", "misspelt", "nowhere"]
    assert "TypeError" in reasons["misspelt"]
    assert "'widht'" in reasons["misspelt"]
    assert "no setting is called 'no-such-setting'; choose sva" in reasons["nowhere"]
    assert not any("\n" in reason for reason in reasons.values())
    assert isinstance(results.runs["b"][0], Finished)
    assert StudyResults.load(path) == results
    assert {name: runs[0].diverged for name, runs in results.runs.items() if name != "b"} == {
        "diverging": True,
        "misspelt": False,
        "nowhere": False,
    }
    assert [case.arm.name for case in results.missing(study)] == ["misspelt", "nowhere"]


def test_models_run_where_they_are_told_and_the_record_says_where(whole, tmp_path):
    calls = []

    def elsewhere(*arguments, **options):
        calls.append(arguments)
        return apply_regularised(*arguments, **options)

    case = Case(STUDY.arms[0], 0)
    outcome, _ = run_case(case, tmp_path, Device("elsewhere", elsewhere))
    assert calls
    assert outcome.machine["device"] == "elsewhere"
    here = StudyResults.load(whole / "r.json").outcome(case)
    assert here.machine["device"] == "cpu"
    assert outcome.metrics == here.metrics


HOLD = """
import sys, time
from lohe.attention.studies.claimed import claimed
from pathlib import Path
with claimed(Path(sys.argv[1]), "a-seed0") as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""


def test_what_another_process_trains_is_left_until_it_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "_PAUSE", 0.01)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    noted = []

    def note(case, *_):
        noted.append(case.name)
        if len(noted) == 3:  # all others are done: the other process dies
            other.kill()
            other.wait()

    with other:
        assert other.stdout.readline() == b"True\n"
        run_study(tmp_path / "r.json", STUDY, tmp_path, one_by_one, note=note)
    assert noted == ["b-seed0", "a-seed1", "b-seed1", "a-seed0"]


def test_examined_scores_stand_beside_the_others_and_must_be_numbers(tmp_path, monkeypatch):
    read = case_module._read
    examine = {"coherence": 0.5}
    monkeypatch.setattr(
        case_module,
        "_read",
        lambda *choice: replace(read(*choice), examine=lambda model, task: examine),
    )
    case = Case(STUDY.arms[0], 0)
    assert run_case(case, tmp_path)[0].metrics["coherence"] == 0.5
    examine["coherence"] = float("nan")
    assert run_case(case, tmp_path)[0] == Failure("not a finite number: coherence")


def test_what_runs_of_the_folder_get_right_is_kept_and_its_items_once(whole, monkeypatch):
    read = case_module._read
    items = Items(clusters=tuple(range(32)), strata=(0, 1) * 16)
    monkeypatch.setattr(
        case_module,
        "_read",
        lambda *choice: replace(
            read(*choice), answers=lambda outputs: {"half": Answers(outputs[:, 0] > 0, items)}
        ),
    )
    path = whole / "right.json"
    results = run_study(path, STUDY, whole, one_by_one)
    assert StudyResults.load(path) == results
    document = json.loads(path.read_text())
    assert len(document["items"]) == 1
    assert len(document["runs"]["a"]["0"]["right"]["test_half"]) == 32 / 4
    document["runs"]["a"]["0"]["right"]["test_half"] = "00"
    (whole / "damaged.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"damaged\.json is damaged"):
        StudyResults.load(whole / "damaged.json")
    for case in STUDY.cases():
        model, _, setting = case_module.load_run(case, whole)
        answers = results.answers(case.arm.name, "test_half")[case.seed]
        assert answers.items == items
        assert np.array_equal(answers.right, evaluate(model, setting.task, "test")[:, 0] > 0)


def test_files_from_before_answers_were_kept_are_read(whole, tmp_path):
    document = json.loads((whole / "r.json").read_text())
    assert document.pop("items") == []
    (tmp_path / "r.json").write_text(json.dumps(document))
    results = StudyResults.load(tmp_path / "r.json")
    assert results == StudyResults.load(whole / "r.json")
    assert results.answers("a", "test_accuracy") == {}


def test_scores_that_are_not_finite_are_divergence(whole, monkeypatch):
    found = case_module._taken_over

    def wild(*arguments):
        model, run = found(*arguments)
        return model, replace(run, metrics=run.metrics | {"test_accuracy": float("inf")})

    monkeypatch.setattr(case_module, "_taken_over", wild)
    outcome, _ = run_case(Case(STUDY.arms[0], 0), whole)
    assert outcome == Failure("not a finite number: test_accuracy", diverged=True)


def test_what_another_process_writes_to_the_same_file_stays(tmp_path):
    path = tmp_path / "r.json"

    def meanwhile(task, numbers):
        for number in numbers:
            made = task(number)
            if number == 0:
                run_study(path, STUDY.only("b"), tmp_path, one_by_one)
            yield made

    results = run_study(path, STUDY.only("a"), tmp_path, meanwhile)
    assert {arm: {*runs} for arm, runs in results.runs.items()} == {"a": {0, 1}, "b": {0, 1}}
    assert StudyResults.load(path) == results


def test_files_from_before_divergence_was_told_apart_are_read(tmp_path):
    case = Case(STUDY.arms[0], 0)
    results = StudyResults.begin(STUDY).add(case, Failure("training diverges"), None)
    results.save(tmp_path / "r.json")
    assert "diverged" not in (tmp_path / "r.json").read_text()
    assert StudyResults.load(tmp_path / "r.json").missing(STUDY)[0] == case


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "lohe.study", "version": 1, "runs": {}}'])
def test_damaged_files_are_named(text, tmp_path):
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"r\.json"):
        run_study(path, STUDY, tmp_path, one_by_one)
