"""The language model: gradients, restatement, what it may see, and what it refuses."""

from dataclasses import replace

import accelerated_restated as restated
import numpy as np
import pytest
from accelerated_variants import ALL, LEAKING, OPTIONS, SMALL, draw

from lohe.attention.accelerated import (
    AcceleratedConfig,
    apply_accelerated,
    initialise_accelerated,
    is_scalar_accelerated,
    logits_accelerated,
    oracle_calls,
)
from lohe.attention.gradcheck import check_pullback
from lohe.attention.model import Model
from lohe.attention.optim import Adam
from lohe.attention.parameters import Parameters
from lohe.attention.task import Batch
from lohe.dynamics.errors import InputError

EVERY = ALL | LEAKING | OPTIONS
CAUSAL = ALL | OPTIONS


@pytest.mark.parametrize("name", EVERY)
def test_gradient_of_every_kind_of_parameter(name):
    config = replace(EVERY[name], layers=2)
    model, batch = draw(config)
    kinds = {}
    for each in model.parameters:
        kind = "scalar" if is_scalar_accelerated(each) else each.rpartition(".")[2]
        kinds.setdefault(kind, []).append(each)

    def flat(arrays, names):
        return np.concatenate([np.ravel(arrays[each]) for each in names])

    def of_kinds(*vectors):
        moved = Parameters(model.parameters)
        for names, vector in zip(kinds.values(), vectors, strict=True):
            ends = np.cumsum([moved[each].size for each in names])[:-1]
            for each, part in zip(names, np.split(vector, ends), strict=True):
                moved[each][...] = part.reshape(moved[each].shape)
        outputs, _, pullback = apply_accelerated(
            Model(config, moved), batch, rng=np.random.default_rng(2)
        )

        def back(d_outputs):
            gradients = pullback(d_outputs)
            return tuple(flat(gradients, names) for names in kinds.values())

        return outputs, back

    vectors = [flat(model.parameters, names) for names in kinds.values()]
    check = check_pullback(of_kinds, vectors, np.random.default_rng(3), directions=1)
    assert check.relative_error < 1e-7


@pytest.mark.parametrize("name", EVERY)
def test_matches_its_plain_restatement(name):
    config = EVERY[name]
    model, batch = draw(config)
    found = logits_accelerated(model, batch.inputs)
    expected = [restated.logits(config, model.parameters, tokens) for tokens in batch.inputs]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * np.abs(found).max())


@pytest.mark.parametrize("name", CAUSAL)
def test_a_prefix_is_read_as_the_whole_is(name):
    model, batch = draw(CAUSAL[name], tokens=7)
    whole = logits_accelerated(model, batch.inputs)
    for seen in (1, 4):
        prefix = logits_accelerated(model, batch.inputs[:, :seen])
        np.testing.assert_allclose(prefix, whole[:, :seen], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", EVERY)
def test_losses_are_those_of_the_logits(name):
    model, batch = draw(EVERY[name])
    outputs, price, _ = apply_accelerated(model, batch)
    logits = logits_accelerated(model, batch.inputs)
    chosen = np.take_along_axis(logits, batch.targets[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(outputs, np.logaddexp.reduce(logits, axis=-1) - chosen, rtol=1e-12)
    assert price == 0


@pytest.mark.parametrize("name", EVERY)
def test_single_precision_stays_single(name):
    model, batch = draw(EVERY[name], dtype=np.float32, spread=0.1)
    outputs, _, pullback = apply_accelerated(model, batch, rng=np.random.default_rng(0))
    gradients = pullback(np.ones_like(outputs))
    assert {array.dtype for array in (outputs, *gradients.values())} == {np.dtype(np.float32)}
    double = Model(model.config, Parameters(model.parameters))
    plain, wide = (logits_accelerated(each, batch.inputs) for each in (model, double))
    np.testing.assert_allclose(plain, wide, rtol=0, atol=2e-4 * np.abs(wide).max())


def test_dropout_is_drawn_from_the_generator():
    model, batch = draw(SMALL)
    first, again, other = (
        apply_accelerated(model, batch, rng=np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, apply_accelerated(model, batch)[0])


@pytest.mark.parametrize("name", ALL)
def test_learns_what_follows_what(name):
    config = replace(ALL[name], dropout=0.0, layers=2, width=16)
    parameters = initialise_accelerated(config, np.random.default_rng(0), np.float32)
    vector, rng = parameters.vector, np.random.default_rng(1)
    factors = np.concatenate([
        np.full(array.size, 10 if is_scalar_accelerated(each) else 1, np.float32)
        for each, array in parameters.items()
    ])  # fmt: skip
    optimiser = Adam(np.zeros_like(vector), np.zeros_like(vector))
    for _ in range(120):
        starts = rng.integers(9, size=(8, 1))
        text = (starts + 2 * np.arange(8)) % 9
        batch = Batch(text[:, :-1], text[:, 1:])
        outputs, _, pullback = apply_accelerated(Model(config, parameters), batch)
        gradient = parameters.join(pullback(np.full_like(outputs, 1 / outputs.size)))
        optimiser.step(vector, gradient, 1e-2, factors)
    assert outputs.mean() < 0.1


def test_oracle_calls_are_counted():
    calls = {name: oracle_calls(config) for name, config in ALL.items()}
    assert calls.pop("softmax, strang") == 12
    assert set(calls.values()) == {3}


def test_names_of_scalars():
    model, _ = draw(ALL["softmax, strang"])
    found = {name for name in model.parameters if is_scalar_accelerated(name)}
    ends = ("step_position", "coupling", "damping_log", "damping_linear")
    fed = ("lookahead", "memory", "strength")
    assert found == {
        f"layer{layer}.{part}.{end}"
        for layer in range(3)
        for part, names in (("attention", ends), ("feed_forward", fed))
        for end in names
    }
    assert all(model.parameters[name].shape == () for name in found)


def test_scalars_start_where_they_should():
    config = replace(SMALL, step=0.3)
    parameters = initialise_accelerated(config, np.random.default_rng(0), np.float64)
    of = {name.removeprefix("layer0."): array for name, array in parameters.items()}
    start = {
        "attention.step_position": 0.3,
        "attention.step_momentum": 0.3,
        "attention.damping_log": 3,
        "attention.damping_linear": 1e-4,
        "feed_forward.lookahead": 0.9,
        "feed_forward.memory": 0.9,
        "feed_forward.strength": 1,
    }
    found = {name: restated.scalar(of, name) for name in start}
    assert found == pytest.approx(start, rel=1e-12)


REFUSED = [
    ({"outputs": 4}, "as many as its vocabulary"),
    ({"width": 9}, "does not divide"),
    ({"layers": 0}, "at least 1"),
    ({"family": "cubic"}, "linear or softmax"),
    ({"scheme": "strang"}, "has no scheme"),
    ({"family": "softmax", "scheme": "adams_bashforth"}, "has no scheme"),
    ({"start": "anywhere"}, "embedding or zero"),
    ({"count": "some"}, "context or visible"),
    ({"potential": "none"}, "sum or mean"),
    ({"feed_forward": "yes"}, "residual or momentum or none"),
    ({"sealed": False}, "leaks nothing"),
    ({"family": "softmax", "scheme": "nesterov", "sealed": False}, "leaks nothing"),
    ({"scheme": "baseline", "feed_forward": "momentum"}, "no momentum"),
    ({"scheme": "nesterov", "feed_forward": "residual"}, "by momentum"),
    ({"step": 0.0}, "must be positive"),
    ({"dropout": 1.0}, "below 1"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_refuses_shapes(change, message):
    with pytest.raises(InputError, match=message):
        replace(SMALL, **change)


def test_refuses_inputs():
    model, batch = draw(SMALL)
    for inputs, message in (
        (batch.inputs[0], "expected"),
        (np.zeros((1, 8), dtype=int), "context is 7"),
        (batch.inputs + 9, "outside the vocabulary"),
        (batch.inputs * 1.0, "whole numbers"),
    ):
        with pytest.raises(InputError, match=message):
            logits_accelerated(model, inputs)
    masked = replace(batch, key_mask=np.ones(batch.inputs.shape, dtype=bool))
    with pytest.raises(InputError, match="without padding"):
        apply_accelerated(model, masked)


def test_tells_of_an_overflow():
    model, batch = draw(ALL["softmax, euler"], dtype=np.float32)
    model.parameters["layer0.attention.weight_qk"][:] *= 1e3
    with pytest.raises(InputError, match="overflows; lower the learning rate"):
        apply_accelerated(model, batch)


def test_mechanisms_tell_variants_apart():
    names = [config.mechanism for config in (ALL | LEAKING).values()]
    assert len(set(names)) == len(names)
    config = AcceleratedConfig(4, 3, 3)
    assert (config.readout, config.coherence, config.features) == ("next", 0, 0)
