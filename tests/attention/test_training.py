"""Training learns, is deterministic, resumes to the bit, and guards its files."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from lohe.attention import checkpoint, training
from lohe.attention.architecture import TRANSFORMER
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.divergence import DivergenceError
from lohe.attention.recipe import Recipe
from lohe.attention.results import TrainingRun
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
from lohe.attention.training import evaluate, train
from lohe.dynamics.errors import InputError

TASK = SubjectVerbAgreement(sizes=(96, 32, 32))
CONFIG = sva_config(TASK, width=16, hidden=16)
RECIPE = Recipe(epochs=4, batch_size=32, learning_rate=3e-3)


def comparable(run):
    return [dict(entry) for entry in run.history], dict(run.metrics)


@pytest.mark.parametrize("mechanism", ["fixed_query", "softmax"])
def test_learns_a_few_sentences_by_heart(mechanism):
    task = SubjectVerbAgreement(sizes=(16, 16, 16))
    config = sva_config(task, mechanism=mechanism, dropout=0.0)
    recipe = Recipe(epochs=150, batch_size=16, learning_rate=1e-2, schedule="constant")
    _, run = train(task, config, recipe, seed=0)
    losses = [entry["loss"] for entry in run.history]
    assert losses[0] > 0.5
    assert losses[-1] < 0.01


def test_seed_fixes_everything():
    first, second = (train(TASK, CONFIG, RECIPE, seed=5) for _ in range(2))
    assert np.array_equal(first[0].parameters.vector, second[0].parameters.vector)
    assert comparable(first[1]) == comparable(second[1])
    other = train(TASK, CONFIG, RECIPE, seed=6)
    assert not np.array_equal(first[0].parameters.vector, other[0].parameters.vector)


def test_resumes_to_the_bit(tmp_path):
    whole_model, whole = train(TASK, CONFIG, RECIPE, seed=1)

    def stop_in_the_third_epoch(done, total):
        assert total == 12
        if done == 8:
            raise KeyboardInterrupt

    path = tmp_path / "a.model.npz"
    with pytest.raises(KeyboardInterrupt):
        train(TASK, CONFIG, RECIPE, seed=1, checkpoint=path, progress=stop_in_the_third_epoch)
    assert Checkpoint.load(path).epoch == 2
    steps = []
    model, run = train(
        TASK, CONFIG, RECIPE, seed=1, checkpoint=path, progress=lambda *at: steps.append(at)
    )
    assert steps[0] == (7, 12)
    assert np.array_equal(model.parameters.vector, whole_model.parameters.vector)
    assert comparable(run) == comparable(whole)
    assert run.wall_s > 0
    again, _ = train(TASK, CONFIG, RECIPE, seed=1, checkpoint=path)  # nothing left to do
    assert np.array_equal(again.parameters.vector, model.parameters.vector)
    assert np.array_equal(Checkpoint.load(path).model.parameters.vector, model.parameters.vector)


def test_keeps_the_best_epoch_over_an_interruption(tmp_path):
    # At a constant rate, runs of fewer epochs are beginnings of longer ones.
    recipe = replace(RECIPE, epochs=6, learning_rate=3e-2, schedule="constant")
    models = [train(TASK, CONFIG, replace(recipe, epochs=n), seed=1)[0] for n in range(1, 7)]
    (batch,) = TASK.batches("validation", 32)
    losses = [TASK.loss(evaluate(model, TASK, "validation"), batch)[0] for model in models]
    best = int(np.argmin(losses))
    assert best < 5  # so that what is kept is not the last

    def stop_in_the_last_epoch(done, total):
        if done == total - 1:
            raise KeyboardInterrupt

    path, recipe = tmp_path / "a.model.npz", replace(recipe, keep="best")
    with pytest.raises(KeyboardInterrupt):
        train(TASK, CONFIG, recipe, seed=1, checkpoint=path, progress=stop_in_the_last_epoch)
    model, run = train(TASK, CONFIG, recipe, seed=1, checkpoint=path)
    assert np.array_equal(model.parameters.vector, models[best].parameters.vector)
    assert run.metrics["validation_accuracy"] == run.history[best]["validation_accuracy"]
    assert len(run.history) == 6
    stored = Checkpoint.load(path)
    assert stored.kept is None
    assert np.array_equal(stored.model.parameters.vector, model.parameters.vector)


SCRIPT = """
import sys
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
from lohe.attention.training import train
from lohe.attention.recipe import Recipe
task = SubjectVerbAgreement(sizes=(96, 32, 32))
recipe = Recipe(epochs=2000, batch_size=32, learning_rate=3e-3)
train(task, sva_config(task, width=16, hidden=16), recipe, seed=1, checkpoint=sys.argv[1])
"""


def test_survives_a_kill_at_any_moment(tmp_path):
    """SIGKILL leaves a whole checkpoint, and nothing of it half-written under its name."""
    path = tmp_path / "a.model.npz"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)])
    try:
        deadline = time.monotonic() + 30
        while not (path.exists() and Checkpoint.load(path).epoch > 3):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    state = Checkpoint.load(path)
    assert state.task_config == TASK.config
    assert [entry["epoch"] for entry in state.history] == list(range(1, state.epoch + 1))


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "a.model.npz"
    recipe = replace(RECIPE, epochs=1)
    train(TASK, CONFIG, recipe, seed=1, checkpoint=path)
    other_task = SubjectVerbAgreement(seed=9, sizes=(96, 32, 32))
    for task, config, changed, seed, name in (
        (TASK, CONFIG, recipe, 2, "seed"),
        (TASK, replace(CONFIG, d_osc=3), recipe, 1, "d_osc"),
        (TASK, CONFIG, replace(recipe, learning_rate=1e-3), 1, "learning_rate"),
        (other_task, CONFIG, recipe, 1, "sentences_seed"),
    ):
        with pytest.raises(InputError, match=f"{name} differs"):
            train(task, config, changed, seed=seed, checkpoint=path)
    with pytest.raises(InputError, match="precision differs"):
        train(TASK, CONFIG, recipe, seed=1, checkpoint=path, dtype=np.float64)


def test_altered_checkpoints_are_refused(tmp_path):
    path = tmp_path / "a.model.npz"
    train(TASK, CONFIG, replace(RECIPE, epochs=1), seed=1, checkpoint=path)
    with np.load(path) as archive:
        arrays = dict(archive)
    changes = {
        "parameter.output.bias": arrays["parameter.output.bias"] + 1,
        "optimiser.second": arrays["optimiser.second"] * 2,
        "header": np.array(str(arrays["header"]).replace('"seed": 1', '"seed": 2')),
    }
    for name, changed in changes.items():
        np.savez(path, **(arrays | {name: changed}))
        with pytest.raises(InputError, match="altered"):
            Checkpoint.load(path)


def test_divergence_is_named():
    recipe = Recipe(epochs=3, batch_size=32, learning_rate=1e30)
    with (
        pytest.raises(DivergenceError, match=r"diverged after \d+ steps: "),
        np.errstate(all="ignore"),
    ):
        train(TASK, CONFIG, recipe, seed=0)


def test_what_is_refused_before_the_first_step_is_no_divergence(tmp_path):
    def refuse(*_, **__):
        raise InputError("no such model")

    with pytest.raises(InputError, match="no such model") as caught:
        train(TASK, CONFIG, RECIPE, seed=0, apply=refuse)
    assert caught.type is InputError
    stopped = {"seed": 0, "checkpoint": tmp_path / "run.model.npz"}

    def stop(done, total):
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(TASK, CONFIG, RECIPE, **stopped, progress=stop)
    with pytest.raises(InputError, match="no such model") as caught:
        train(TASK, CONFIG, RECIPE, **stopped, apply=refuse)
    assert caught.type is InputError


def test_trained_model_scores_what_its_run_says():
    model, run = train(TASK, CONFIG, RECIPE, seed=3)
    scores = TASK.score(evaluate(model, TASK, "test"), "test")
    assert run.metrics["test_accuracy"] == scores["accuracy"]
    assert run.history[-1]["validation_accuracy"] == run.metrics["validation_accuracy"]


def test_schedule_per_epoch_is_constant_within_an_epoch():
    recipe = replace(RECIPE, schedule_per="epoch")
    _, run = train(TASK, CONFIG, recipe, seed=0)
    rates = [entry["learning_rate"] for entry in run.history]
    expected = 3e-3 * (1 + np.cos(np.pi * np.arange(4) / 4)) / 2
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


def test_rate_warms_up_and_then_falls():
    recipe = replace(RECIPE, warmup=6, learning_rate=1e-2)  # 3 steps an epoch
    rates = [entry["learning_rate"] for entry in train(TASK, CONFIG, recipe, seed=0)[1].history]
    np.testing.assert_allclose(rates[:2], [0.5e-2, 1e-2])
    falling = [1e-2 * (1 + np.cos(np.pi * done)) / 2 for done in (2 / 6, 5 / 6)]
    np.testing.assert_allclose(rates[2:], falling)


def test_scalars_move_at_their_own_rate(monkeypatch):
    named = replace(TRANSFORMER, is_scalar=lambda name: name.endswith("gain"))
    monkeypatch.setattr(training, "architecture_of", lambda _: named)
    recipe = replace(RECIPE, epochs=1, batch_size=96, weight_decay=0.0)
    start = train(TASK, CONFIG, replace(recipe, learning_rate=1e-30), seed=0)[0].parameters
    plain, fast = (
        train(TASK, CONFIG, replace(recipe, scalar_rate=rate), seed=0)[0].parameters
        for rate in (1, 10)
    )
    for name, array in start.items():
        factor = 10 if name.endswith("gain") else 1
        moved = factor * (plain[name] - array)
        np.testing.assert_allclose(fast[name] - array, moved, rtol=1e-3, atol=1e-6)


def test_models_of_unknown_architecture_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.model.npz"
    other = replace(TRANSFORMER, name="perceptron")
    monkeypatch.setattr(checkpoint, "architecture_of", lambda _: other)
    train(TASK, CONFIG, replace(RECIPE, epochs=1), seed=0, checkpoint=path)
    with pytest.raises(InputError, match="'perceptron'; this version has transformer"):
        Checkpoint.load(path)


def test_result_file(tmp_path):
    _, run = train(TASK, CONFIG, replace(RECIPE, epochs=1), seed=0)
    path = tmp_path / "a.training.json"
    run.save(path)
    again = TrainingRun.load(path)
    assert comparable(again) == comparable(run)
    assert again.config["model"]["d_osc"] == 2
    for content, message in (
        ("{", "damaged"),
        ("[]", "not a lohe.training"),
        ('{"format": "lohe.training", "version": 9}', "version 9"),
        ('{"format": "lohe.training", "version": 1, "history": []}', "does not hold"),
    ):
        path.write_text(content)
        with pytest.raises(InputError, match=message):
            TrainingRun.load(path)
    with pytest.raises(InputError, match="no such file"):
        TrainingRun.load(tmp_path / "b.training.json")


@pytest.mark.parametrize(
    "change",
    [{"epochs": 0}, {"learning_rate": 0.0}, {"weight_decay": -1.0}, {"schedule": "linear"},
     {"decay": "none"}, {"schedule_per": "year"}, {"keep": "none"}, {"clip": float("nan")}],
)  # fmt: skip
def test_bad_recipes_are_named(change):
    with pytest.raises(InputError, match=next(iter(change))):
        replace(RECIPE, **change)


def test_a_run_names_every_state_of_the_program_that_made_it(tmp_path, monkeypatch):
    path, digests = tmp_path / "run.model.npz", iter(["first", "second"])
    monkeypatch.setattr("lohe.attention.training.source_digest", lambda: next(digests))

    def stop(done, total):
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(TASK, CONFIG, RECIPE, seed=0, checkpoint=path, progress=stop)
    assert Checkpoint.load(path).sources == ("first",)
    _, run = train(TASK, CONFIG, RECIPE, seed=0, checkpoint=path)
    assert run.versions["source"] == "first, second"
    _, again = train(TASK, CONFIG, RECIPE, seed=0, checkpoint=path)  # nothing is left to do
    assert again.versions == run.versions
