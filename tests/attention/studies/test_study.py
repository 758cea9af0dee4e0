"""Studies order their runs, keep names apart, and find what an arm is compared with."""

from dataclasses import replace

import numpy as np
import pytest

from lohe.attention.initialise import initialise
from lohe.attention.studies.catalogue import STUDIES
from lohe.attention.studies.study import _OF_OSCILLATORS, SOFTMAX, Arm, Study
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError

OTHER = {
    "d_osc": 3,
    "coupling": "relu",
    "anchor_kind": "content",
    "anchor_margin": 0.2,
    "readout_exponent": 4.0,
    "learned_exponent": True,
    "mask_readout": False,
    "two_sided": True,
    "coherence": 0.1,
}
REFUSED = ("learned_exponent", "two_sided", "coherence")


def study(*arms):
    return Study("s", "?", arms, "test_accuracy")


def test_every_arm_runs_from_one_seed_before_the_next():
    arms = Arm("a", "sva", seeds=(0, 2)), Arm("b", "sva", seeds=(0, 1, 2))
    names = [case.name for case in study(*arms).cases()]
    assert names == ["a-seed0", "b-seed0", "a-seed2", "b-seed2", "b-seed1"]


def test_names_and_seeds_are_checked():
    with pytest.raises(InputError, match="one name"):
        study(Arm("a", "sva"), Arm("a", "kws"))
    with pytest.raises(InputError, match="no seed"):
        study(Arm("a", "sva", seeds=()))


def test_the_rival_has_the_same_data_recipe_and_shape():
    softmax = Arm("s", "sva", {"ambiguous": True}, SOFTMAX | {"hidden": 8}, {"epochs": 2})
    mine = replace(softmax, name="a", model={"hidden": 8, "d_osc": 5, "coupling": "relu"})
    assert study(mine, softmax).rival(mine) is softmax
    assert study(mine, softmax).rival(softmax) is None
    for change in ({"options": {}}, {"recipe": {}}, {"model": SOFTMAX}, {"setting": "kws"}):
        other = replace(softmax, **change)
        assert study(mine, other).rival(mine) is None


def test_softmax_knows_nothing_of_what_is_of_oscillators():
    assert OTHER.keys() == _OF_OSCILLATORS - {"mechanism"}
    plain = TransformerConfig(context=4, outputs=1, vocabulary=5, mechanism="softmax")
    for name, value in OTHER.items():
        if name in REFUSED:
            with pytest.raises(InputError, match="of oscillators"):
                replace(plain, **{name: value})
            continue
        changed = replace(plain, **{name: value})
        first, second = (initialise(one, np.random.default_rng(0)) for one in (plain, changed))
        assert np.array_equal(first.vector, second.vector), name


def test_runs_that_studies_share_are_the_same():
    """Arms of one name in one folder would overwrite each other's checkpoints."""
    seen = {}
    for one in STUDIES.values():
        for arm in one.arms:
            assert seen.setdefault((one.folder, arm.name), arm.document()) == arm.document()
