"""The arms of the agreement and speech studies are models and recipes that exist."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lohe.attention.recipe import Recipe
from lohe.attention.studies.linzen import LINZEN
from lohe.attention.studies.settings import SETTINGS
from lohe.attention.studies.speech import FSDD, KWS
from lohe.attention.studies.study import Study
from lohe.attention.studies.sva import SVA
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
from lohe.attention.tasks.word_protocols import word_config

STOCK = {
    "sva": sva_config(SubjectVerbAgreement(sizes=(1, 1, 1))),
    "linzen": sva_config(SubjectVerbAgreement(sizes=(1, 1, 1)), context=50),
    "kws": word_config(),
    "fsdd": word_config(),
}


@pytest.mark.parametrize("study", [SVA, LINZEN, KWS, FSDD], ids=lambda study: study.name)
def test_arms_are_different_runs_that_can_be_made(study: Study) -> None:
    for arm in study.arms:
        assert arm.setting in SETTINGS
        assert arm.seeds[:2] == (0, 1)
        replace(STOCK[arm.setting], **arm.model)
        replace(Recipe(epochs=1), **arm.recipe)
    runs = {
        (
            str(sorted(arm.options.items())),
            replace(STOCK[arm.setting], **arm.model),
            replace(Recipe(epochs=1), **arm.recipe),
        )
        for arm in study.arms
    }
    assert len(runs) == len(study.arms)


def test_every_arm_of_oscillators_has_a_softmax_arm_of_as_many_seeds() -> None:
    for study in (SVA, LINZEN, KWS, FSDD):
        for arm in study.arms:
            if arm.model.get("mechanism") != "softmax":
                rival = study.rival(arm)
                assert rival is not None
                assert {*arm.seeds} <= {*rival.seeds}


def test_the_grid_of_agreement_is_whole() -> None:
    assert len(list(SVA.cases())) == 16 * 20
