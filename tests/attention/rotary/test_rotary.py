"""The baseline: its layers' adjoints, its gradient, causality, decoding and size."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from adjoints import matches_differences, stays_single

from lohe.attention.gradcheck import check_pullback
from lohe.attention.model import Model
from lohe.attention.parameters import Parameters
from lohe.attention.rotary.attention import rotary_attention
from lohe.attention.rotary.config import RotaryConfig
from lohe.attention.rotary.decoding import KeyValueCache, decode_rotary
from lohe.attention.rotary.initialise import initialise_rotary, rotary_shapes
from lohe.attention.rotary.matching import count_parameters, match_hidden
from lohe.attention.rotary.model import apply_rotary, logits_rotary
from lohe.attention.rotary.rms_norm import rms_norm
from lohe.attention.rotary.rotation import phasors, rotary_frequencies, turn
from lohe.attention.rotary.swiglu import swiglu
from lohe.attention.task import Batch
from lohe.dynamics.errors import InputError

SMALL = RotaryConfig(
    context=8, outputs=7, vocabulary=7, width=8, heads=2, layers=2, hidden=5, dropout=0.3
)
TOKENS = np.random.default_rng(0).integers(7, size=(2, 9))
BATCH = Batch(TOKENS[:, :-1], TOKENS[:, 1:])


def attention(weight_qkv, weight_out, x):
    weights = {"weight_qkv": weight_qkv, "weight_out": weight_out}
    y, pullback = rotary_attention(weights, x, heads=2)

    def ordered(dy):
        gradients, dx = pullback(dy)
        return gradients["weight_qkv"], gradients["weight_out"], dx

    return y, ordered


LAYERS = {
    "rms norm": (rms_norm, [(6,), (2, 3, 6)]),
    "swiglu": (swiglu, [(10, 4), (3, 5), (2, 6, 4)]),
    "rotary attention": (attention, [(24, 8), (8, 8), (2, 5, 8)]),
    "turn": (
        lambda x: turn(x, phasors(np.array([0.3, 1.0]), 5, 2, x.dtype)[:, None]), [(2, 5, 3, 4)],
    ),
}  # fmt: skip


def draw_model(config=SMALL, dtype=np.float64):
    rng = np.random.default_rng(1)
    parameters = initialise_rotary(config, rng, dtype)
    parameters.vector[:] += (0.1 * rng.standard_normal(parameters.vector.size)).astype(dtype)
    return Model(config, parameters)


@pytest.mark.parametrize("name", LAYERS)
def test_layer_matches_differences(name):
    matches_differences(*LAYERS[name])


@pytest.mark.parametrize("name", LAYERS)
def test_single_precision_stays_single(name):
    stays_single(*LAYERS[name])


@pytest.mark.parametrize("seed", [None, 5])
def test_model_matches_differences(seed):
    """With and without dropout."""
    model = draw_model()
    names = list(model.parameters)

    def losses(*arrays):
        rng = None if seed is None else np.random.default_rng(seed)
        changed = Model(SMALL, Parameters(dict(zip(names, arrays, strict=True))))
        outputs, price, pullback = apply_rotary(changed, BATCH, rng=rng)
        assert price == 0
        return outputs, lambda d: tuple(pullback(d, 0.0)[each] for each in names)

    arrays = [model.parameters[each] for each in names]
    check = check_pullback(losses, arrays, np.random.default_rng(2), directions=1)
    assert check.relative_error < 1e-7


def test_the_model_is_its_formulas():
    """Restated with square arrays and angles."""
    model = draw_model()
    of = model.parameters
    x = of["input.table"][TOKENS]

    def norm(gain, token):
        return gain * token / np.sqrt((token**2).mean(-1, keepdims=True) + 1e-5)

    def turned(each):
        angle = np.arange(9)[:, None] * np.array([1.0, 0.01])
        even, odd = each[..., ::2], each[..., 1::2]
        pair = (
            even * np.cos(angle) + odd * np.sin(angle),
            odd * np.cos(angle) - even * np.sin(angle),
        )
        return np.stack(pair, axis=-1).reshape(each.shape)

    for layer in range(2):
        w = {name: of[f"layer{layer}.{name}"] for name in (
            "norm1.gain", "norm2.gain", "attention.weight_qkv", "attention.weight_out",
            "feed_forward.weight_in", "feed_forward.weight_out",
        )}  # fmt: skip
        parts = np.split(norm(w["norm1.gain"], x) @ w["attention.weight_qkv"].T, 3, axis=-1)
        q, k, v = (part.reshape(2, 9, 2, 4).transpose(0, 2, 1, 3) for part in parts)
        score = np.where(np.tri(9, dtype=bool), turned(q) @ turned(k).mT / 2, -np.inf)
        weights = np.exp(score) / np.exp(score).sum(-1, keepdims=True)
        mean = (weights @ v).transpose(0, 2, 1, 3).reshape(2, 9, 8)
        x = x + mean @ w["attention.weight_out"].T
        gate, passed = np.split(
            norm(w["norm2.gain"], x) @ w["feed_forward.weight_in"].T, 2, axis=-1
        )
        x = x + (gate / (1 + np.exp(-gate)) * passed) @ w["feed_forward.weight_out"].T
    logits = norm(of["norm.gain"], x) @ of["output.weight"].T + of["output.bias"]
    np.testing.assert_allclose(logits_rotary(model, TOKENS), logits, atol=1e-12)
    losses, _, _ = apply_rotary(model, Batch(TOKENS, TOKENS))
    shifted = (
        np.log(np.exp(logits).sum(-1)) - np.take_along_axis(logits, TOKENS[..., None], -1)[..., 0]
    )
    np.testing.assert_allclose(losses, shifted, atol=1e-12)


def test_positions_matter_by_their_difference():
    x = np.random.default_rng(3).standard_normal((2, 1, 4))
    omega = rotary_frequencies(2)
    products = []
    for start in (0, 900):
        q, k = (turn(x[i], phasors(omega, 8, start, np.float64))[0] for i in (0, 1))
        products.append(q @ k.T)
    np.testing.assert_allclose(products[1], products[0], atol=1e-12)
    assert products[0].std() > 0.1


@pytest.mark.parametrize("steps", [[1] * 9, [3, 1, 5], [9]])
def test_decoding_is_the_whole_sequence(steps):
    model = draw_model()
    cache, start, found = KeyValueCache(), 0, []
    for count in steps:
        cache, logits = decode_rotary(model, cache, TOKENS[:, start : start + count])
        found.append(logits)
        start += count
    assert cache.tokens == 9
    whole = logits_rotary(model, TOKENS)
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-12)


def test_large_gates_overflow_nothing():
    big = np.array([[1e3], [1.0]])
    for x, expected in ((1.0, 1e3), (-1.0, 0.0)):
        y, pullback = swiglu(big, np.ones((1, 1)), np.array([[x]]))
        assert y.item() == pytest.approx(expected)
        assert all(np.isfinite(d).all() for d in pullback(np.ones((1, 1))))


@pytest.mark.parametrize("parameters", [20_000, 34_567, 100_000])
def test_a_model_of_a_given_size_is_found(parameters):
    config = replace(SMALL, width=32)
    matched = match_hidden(config, parameters)
    found = initialise_rotary(matched, np.random.default_rng(0)).vector.size
    assert found == count_parameters(rotary_shapes(matched))
    assert abs(found / parameters - 1) < 0.01
    assert replace(matched, hidden=config.hidden) == config


def test_a_new_model_guesses():
    config = replace(SMALL, width=64, hidden=128, layers=6, dropout=0.0)
    outputs, _, _ = apply_rotary(
        Model(config, initialise_rotary(config, np.random.default_rng(0))), BATCH
    )
    assert outputs.mean() == pytest.approx(np.log(7), abs=0.1)


def test_a_shape_survives_its_record():
    assert RotaryConfig(**asdict(SMALL)) == SMALL
    assert (SMALL.mechanism, SMALL.readout, SMALL.coherence, SMALL.features) == (
        "rotary", "next", 0.0, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: replace(SMALL, heads=3), "does not divide into 3 heads"),
        (lambda: replace(SMALL, width=6), "choose an even width"),
        (lambda: replace(SMALL, outputs=5), "outputs are its words"),
        (lambda: replace(SMALL, base=-1.0), "base is -1.0"),
        (lambda: replace(SMALL, dropout=-0.1), "dropout is -0.1"),
        (lambda: match_hidden(SMALL, 10), "change its width or layers"),
        (lambda: logits_rotary(draw_model(), np.array([[7]])), "outside the vocabulary"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
