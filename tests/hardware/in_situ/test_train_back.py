"""Training on a device: it mends what the device breaks, by the seed; its model stays."""

import numpy as np
import pytest

from lohe.attention.model import Model
from lohe.attention.parameters import Parameters
from lohe.attention.recipe import Recipe
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
from lohe.attention.training import train
from lohe.hardware.in_situ.answers import find_answer
from lohe.hardware.in_situ.train_back import (
    device_scores,
    draw_instance,
    train_back,
    train_for_any,
)
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.model import apply_on_devices
from lohe.hardware.robustness import ideal_scores

TASK = SubjectVerbAgreement(sizes=(128, 64, 64))
SHORT = Recipe(epochs=1, batch_size=32, learning_rate=3e-3)
ROUGH = Imperfections(mismatch=2.0, coupling_bits=2, detuning=0.5, settling=30.0, reading=0.05)


@pytest.fixture(scope="module")
def trained():
    config = sva_config(TASK, width=16, hidden=16, dropout=0.0)
    recipe = Recipe(epochs=25, batch_size=32, learning_rate=1e-2)
    return train(TASK, config, recipe, seed=0)[0]


def loss_on(model, devices):
    apply = apply_on_devices(devices, np.random.default_rng(0))
    batch = next(iter(TASK.training_batches(128, np.random.default_rng(0))))
    return TASK.loss(apply(model, batch)[0], batch)[0]


@pytest.mark.parametrize("name", ["resting", "response", "equilibrium"])
def test_it_mends_what_the_device_breaks(trained, name):
    devices = draw_instance(trained, ROUGH, [2])
    before = trained.parameters.vector.copy()
    recipe = Recipe(epochs=4, batch_size=32, learning_rate=3e-3)
    found = train_back(trained, TASK, recipe, devices, find_answer(name), seed=[1])
    np.testing.assert_array_equal(trained.parameters.vector, before)
    assert [entry["epoch"] for entry in found.history] == [1, 2, 3, 4]
    broken = loss_on(trained, devices)
    assert loss_on(found.model, devices) < 0.7 * broken


def test_the_seed_fixes_instance_noise_and_training(trained):
    def once(instance, seed):
        devices = draw_instance(trained, ROUGH, [instance])
        found = train_back(trained, TASK, SHORT, devices, find_answer("resting"), seed=[seed])
        return found.model.parameters.vector

    first = once(0, 1)
    np.testing.assert_array_equal(first, once(0, 1))
    assert not np.array_equal(first, once(1, 1))
    assert not np.array_equal(first, once(0, 2))


def test_training_for_any_device(trained):
    """On none it is plain training; with devices it is something else, and no device is asked."""
    plain = train_for_any(trained, TASK, SHORT, None, seed=[3])
    order = int(np.random.SeedSequence([3]).generate_state(1)[0])
    again, _ = train(TASK, trained.config, SHORT, seed=order, initial=trained.parameters)
    np.testing.assert_array_equal(plain.model.parameters.vector, again.parameters.vector)
    aware = train_for_any(trained, TASK, SHORT, ROUGH, seed=[3])
    assert not np.array_equal(plain.model.parameters.vector, aware.model.parameters.vector)


def test_scores_are_those_of_the_instance(trained):
    devices = draw_instance(trained, ROUGH, [0])
    first, again = (device_scores(trained, TASK, "test", devices, [5]) for _ in range(2))
    assert first == again
    ideal = draw_instance(trained, Imperfections(), [0])
    assert device_scores(trained, TASK, "test", ideal, [5]) == ideal_scores(trained, TASK)
    assert device_scores(trained, TASK, "test", None, [5]) == ideal_scores(trained, TASK)


def test_training_begins_with_what_it_is_given(trained):
    given = Parameters(trained.parameters, np.float32)
    still = Recipe(epochs=1, batch_size=32, learning_rate=1e-30, weight_decay=0.0)
    model, _ = train(TASK, trained.config, still, seed=0, initial=given)
    np.testing.assert_array_equal(model.parameters.vector, given.vector)
    assert isinstance(model, Model)
    assert model.parameters.vector is not given.vector
