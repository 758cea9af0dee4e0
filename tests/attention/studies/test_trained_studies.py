"""The arms of the agreement and speech studies are models and recipes that exist."""

from __future__ import annotations

from collections import Counter
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
        assert arm.seeds[:3] == (0, 1, 2)
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


def test_mechanisms_are_paired_but_where_softmax_has_no_such_option() -> None:
    for study in (SVA, KWS, FSDD):
        others = Counter(
            str((arm.options, arm.recipe, {**arm.model, "mechanism": ""}))
            for arm in study.arms
            if not {"readout_exponent", "d_osc", "mask_readout"} & {*arm.model}
        )
        assert {*others.values()} == {2}
    assert len(list(SVA.cases())) == 320
