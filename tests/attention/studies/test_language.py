"""Studies of language: every arm is a model, arms of one name are one arm, rivals are as large."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.recipe import Recipe
from lohe.attention.studies.ablations import ABLATIONS
from lohe.attention.studies.language import STORIES, WIKITEXT
from lohe.attention.studies.recipes import RECIPES
from lohe.attention.studies.settings import SETTINGS
from lohe.attention.studies.sharpening import SHARPENING
from lohe.attention.tasks.text import Corpus
from lohe.attention.transformer_config import TransformerConfig

STUDIES = (STORIES, WIKITEXT, SHARPENING, ABLATIONS, RECIPES)
TEXT = ("the", "cat", "sat", "on", "the", "mat", ".") * 100


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for name in ("stories", "wikitext"):
        corpus = Corpus(name, (TEXT,) * 2, (TEXT,), (TEXT,))
        monkeypatch.setattr(
            f"lohe.attention.studies.language_settings.load_{name}", lambda corpus=corpus: corpus
        )


def config(arm) -> TransformerConfig:
    return replace(SETTINGS[arm.setting](**arm.options).config, **arm.model)


def recipe(arm) -> Recipe:
    return replace(SETTINGS[arm.setting](**arm.options).recipe, **arm.recipe)


def size(arm) -> int:
    return initialise(config(arm), np.random.default_rng(0)).vector.size


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_arm_is_another_run(study):
    runs = [(arm.setting, config(arm), recipe(arm)) for arm in study.arms]
    assert len({*runs}) == len(runs)


def test_arms_of_one_name_are_one_arm():
    for study, other in combinations(STUDIES, 2):
        assert study.folder == other.folder
        documents = {arm.name: arm.document() for arm in study.arms}
        for arm in other.arms:
            assert documents.get(arm.name, arm.document()) == arm.document()


@pytest.mark.parametrize(
    ("arm", "wider"),
    [
        ("stories-d32-p8", "stories-softmax-ff288"),
        ("wikitext-d32-p8", "wikitext-softmax-ff288"),
        ("stories-d32-p8-T256", "stories-softmax-ff384-T256"),
        ("stories-d32-p8-learned-positions", "stories-softmax-ff288-learned-positions"),
        ("stories-d32-p8-two-sided", "stories-softmax-ff320"),
    ],
)
def test_the_wider_softmax_has_as_many_parameters_as_the_oscillators(arm, wider):
    arms = {arm.name: arm for arm in SHARPENING.arms}
    rival = SHARPENING.rival(arms[arm])
    assert size(rival) < size(arms[arm]) <= size(arms[wider]) < 1.01 * size(arms[arm])
    assert {*arms[wider].seeds} <= {*arms[arm].seeds}


def test_the_full_settings_are_the_papers():
    for name, length, batch, epochs in (
        ("wikitext-full", 50, 64, 30),
        ("stories-full", 128, 256, 5),
    ):
        setting = SETTINGS[name]()
        assert setting.task.length == setting.config.context == length
        shape = setting.config
        assert (shape.width, shape.heads, shape.layers, shape.hidden) == (128, 4, 2, 512)
        assert setting.recipe == Recipe(
            epochs=epochs, batch_size=batch, learning_rate=5e-4, schedule="constant", keep="best"
        )


def test_perplexities_come_with_the_share_of_unknown_words():
    setting = SETTINGS["stories"](words=4)
    model = Model(setting.config, initialise(setting.config, np.random.default_rng(0)))
    scores = setting.examine(model, setting.task)
    assert scores["test_unknown_share"] == pytest.approx(4 / 7, rel=0.01)
    assert scores["rank"] > 1
