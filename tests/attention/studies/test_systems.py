"""Studies of phases and of momentum: arms are other runs, equally large, and can be described."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lohe.attention.accelerated import SCHEMES, apply_accelerated
from lohe.attention.accelerated.one_by_one import losses_one_by_one
from lohe.attention.architecture import architecture_of
from lohe.attention.model import Model
from lohe.attention.studies.accelerated import ACCELERATED
from lohe.attention.studies.kuramoto import KURAMOTO, KURAMOTO_RECIPES
from lohe.attention.studies.run_case import run_case
from lohe.attention.studies.settings import SETTINGS
from lohe.attention.studies.study import Arm, Case
from lohe.attention.tasks.text import Corpus

STUDIES = (KURAMOTO, KURAMOTO_RECIPES, ACCELERATED)
TEXT = b"the cat sat on the mat, and 0123456789 rats sat on the cat. " * 150


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for name in ("enwik8", "shakespeare"):
        monkeypatch.setattr(f"lohe.attention.studies.character_settings.load_{name}", lambda: TEXT)
    words = tuple(TEXT.decode().split())
    corpus = Corpus("stories", (words,) * 2, (words,), (words,))
    monkeypatch.setattr("lohe.attention.studies.accelerated_settings.load_stories", lambda: corpus)


def setting(arm):
    found = SETTINGS[arm.setting](**arm.options)
    assert not arm.model
    return replace(found, recipe=replace(found.recipe, **arm.recipe))


def size(arm):
    config = setting(arm).config
    return architecture_of(config).initialise(config, np.random.default_rng(0)).vector.size


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_arm_is_another_run_and_stands_against_one_of_as_many_seeds(study):
    runs = {
        (arm.setting, str(arm.options.get("characters")), setting(arm).config, setting(arm).recipe)
        for arm in study.arms
    }
    assert len(runs) == len(study.arms)
    for arm in study.arms:
        rival = study.rival(arm)
        assert (rival is None) == (not arm.against)
        if rival is not None:
            assert {*arm.seeds} <= {*rival.seeds}


def test_phases_and_their_baseline_are_within_one_per_cent_of_a_million_parameters():
    for arm in KURAMOTO.arms:
        assert abs(size(arm) / 1_060_000 - 1) < 0.01


def test_the_wide_baselines_are_as_large_as_models_with_momenta():
    # The vocabulary of this text is smaller than that of the study, by so many rows of a table.
    arms = {arm.name: arm for arm in ACCELERATED.arms}
    for family in SCHEMES:
        wide, own = arms[f"{family}-baseline-wide"], arms[f"{family}-presymplectic_euler"]
        lacking = 64 * (2000 - setting(own).task.symbols)
        budget = wide.options["parameters"]
        assert abs((size(own) + 3 * lacking + lacking // 64) / budget - 1) < 0.001


def test_the_protocol_takes_1001_steps():
    recipe = setting(ACCELERATED.arms[0]).recipe
    assert (recipe.batch_size, recipe.learning_rate, recipe.second_rate) == (72, 3e-4, 0.95)
    assert (recipe.warmup, recipe.scalar_rate) == (150, 100)
    config = setting(ACCELERATED.arms[0]).config
    assert (config.layers, config.heads, config.width, config.context) == (4, 4, 64, 128)
    windows, left = divmod(838_785 - 1, 128)
    assert (windows - 1, left) == (72 * 91, 0)
    assert recipe.epochs * 91 == 1001


def test_rates_are_tried_around_that_of_the_study():
    tried = {}
    for arm in KURAMOTO_RECIPES.arms:
        system, _, _ = arm.name.partition("-lr")
        tried.setdefault(system, []).append(setting(arm).recipe.learning_rate)
    assert len(tried) == 3
    for rates in tried.values():
        assert sorted(rates) == [1e-3, 2e-3, 4e-3, 8e-3]
    own = {arm.name: setting(arm).recipe.learning_rate for arm in KURAMOTO.arms}
    for name, rates in tried.items():
        assert own[name] == rates[0]


@pytest.mark.parametrize(
    ("arm", "named"),
    [
        (
            Arm("p", "enwik8", {"system": "kuramoto", "parameters": 20_000, "width": 16}),
            {"order_first", "order_last", "attended_order", "listeners", "own_weight"},
        ),
        (Arm("r", "shakespeare", {"system": "rotary", "parameters": 20_000, "width": 16}), set()),
        (
            Arm("s", "accelerated", {"family": "softmax", "scheme": "euler", "width": 8}),
            {"step_position", "damping_log", "at_once_perplexity", "one_by_one_perplexity"},
        ),
        (Arm("b", "accelerated", {"scheme": "baseline", "width": 8}), set()),
    ],
)
def test_arms_run_and_are_described(arm, named, tmp_path):
    changes = {"epochs": 1}
    outcome, protocol = run_case(Case(replace(arm, recipe=changes), 0), tmp_path)
    assert protocol["recipe"]["epochs"] == 1
    metrics = outcome.metrics
    assert named <= {*metrics}
    for name in ("order_first", "order_last", "attended_order", "own_weight"):
        assert 0 <= metrics.get(name, 0) <= 1
    assert 1 <= metrics.get("listeners", 1) <= 128
    if "at_once_perplexity" in metrics:
        assert metrics["one_by_one_perplexity"] == pytest.approx(
            metrics["at_once_perplexity"], rel=1e-5
        )


def test_unknown_systems_are_refused(tmp_path):
    outcome, _ = run_case(Case(Arm("x", "enwik8", {"system": "lstm"}), 0), tmp_path)
    assert outcome.reason == "no system is called 'lstm'; choose kuramoto or rotary"


@pytest.mark.parametrize("sealed", [True, False])
def test_a_leak_is_what_losses_token_by_token_lack(sealed):
    options = {"family": "softmax", "scheme": "presymplectic_euler", "sealed": sealed, "width": 8}
    found = setting(Arm("a", "accelerated", options))
    rng = np.random.default_rng(0)
    parameters = architecture_of(found.config).initialise(found.config, rng, np.float64)
    parameters.vector += 0.3 * rng.standard_normal(parameters.vector.size)
    model = Model(found.config, parameters)
    batch = next(iter(found.task.batches("test", 2)))
    batch = replace(batch, inputs=batch.inputs[:, :20], targets=batch.targets[:, :20])
    at_once = apply_accelerated(model, batch)[0]
    one_by_one = losses_one_by_one(model, batch)
    np.testing.assert_allclose(at_once[:, -1], one_by_one[:, -1], rtol=1e-12)
    assert np.allclose(at_once, one_by_one, rtol=1e-9) == sealed
