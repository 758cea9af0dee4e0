"""The grid of faults: what it holds, and cells that score as the model where nothing is wrong."""

import numpy as np
import pytest

from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
from lohe.dynamics.errors import InputError
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.robustness import FAULTS, cell_scores, find_faults, ideal_scores

TASK = SubjectVerbAgreement(sizes=(64, 32, 32))


def model(**changes):
    config = sva_config(TASK, **changes)
    rng = np.random.default_rng(0)
    parameters = initialise(config, rng)
    parameters.vector += rng.standard_normal(parameters.vector.size, dtype=np.float32)
    return Model(config, parameters)


def test_every_fault_is_one_field_at_several_sizes():
    ideal = vars(Imperfections())
    for fault in FAULTS.values():
        assert len(fault.sizes) == len(fault.arrays) == len({*fault.arrays}) > 3
        for array in fault.arrays:
            changed = {name for name, value in vars(array).items() if value != ideal[name]}
            assert len(changed - {"settling", "reads"}) == (fault.name != "settling time")


def test_faults_by_name_and_dimension():
    assert [fault.name for fault in find_faults(["mismatch"], 2)] == ["mismatch"]
    names = {fault.name for fault in find_faults([], 8)}
    assert names == {*FAULTS} - {"second harmonic", "phase bits"}
    with pytest.raises(InputError, match="choose mismatch or"):
        find_faults(["rust"], 2)


def test_ideal_devices_score_as_the_model():
    trained = model()
    ideal = ideal_scores(trained, TASK)
    for scores in cell_scores(trained, TASK, Imperfections(), devices=2, seed=[0]):
        assert scores == pytest.approx(ideal)


def test_devices_are_drawn_by_the_seed():
    trained = model()
    array = FAULTS["reading"].arrays[-1]
    first, again, other = (
        cell_scores(trained, TASK, array, devices=3, seed=[seed]) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
