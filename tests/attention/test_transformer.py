"""The transformer: its gradient in every variant, its masks, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from lohe.attention.block import block
from lohe.attention.gradcheck import check_pullback
from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.parameters import Parameters
from lohe.attention.task import Batch
from lohe.attention.transformer import apply_regularised, apply_transformer
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError

SMALL = TransformerConfig(
    context=5, outputs=3, vocabulary=7, width=8, heads=2, layers=2, hidden=6, dropout=0.3
)
RNG = np.random.default_rng(0)
BATCH = Batch(
    inputs=RNG.integers(7, size=(3, 4)),
    targets=np.zeros(3),
    key_mask=np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]], dtype=bool),
    position=np.array([1, 0, 2]),
)
FEATURES = replace(BATCH, inputs=RNG.standard_normal((3, 4, 2)))

VARIANTS = {
    "tokens": (SMALL, BATCH),
    "softmax": (replace(SMALL, mechanism="softmax"), BATCH),
    "features, learned positions": (
        replace(SMALL, vocabulary=0, features=2, positions="learned", d_osc=3), FEATURES,
    ),
    "free anchors, position read-out": (
        replace(SMALL, anchor_kind="free", readout="position", positions="none"), BATCH,
    ),
    "causal, position read-out": (replace(SMALL, causal=True, readout="position"), BATCH),
    "causal": (replace(SMALL, causal=True, coupling="squareplus", readout_exponent=2), BATCH),
    "narrow queries": (replace(SMALL, d_qk=3), BATCH),
    "softmax, wide queries": (replace(SMALL, mechanism="softmax", d_qk=5), BATCH),
    "anchors in a half-space": (replace(SMALL, anchor_kind="half_space", d_osc=3), BATCH),
    "anchors of tokens": (replace(SMALL, anchor_kind="content", d_osc=3), BATCH),
    "learned exponents": (replace(SMALL, learned_exponent=True, readout_exponent=3), BATCH),
    "two-sided": (replace(SMALL, two_sided=True, d_osc=3), BATCH),
    "linear": (replace(SMALL, coupling="softmax_features", causal=True), BATCH),
    "authors' padding": (replace(SMALL, mask_readout=False), BATCH),
    "language model": (
        replace(SMALL, causal=True, readout="next", outputs=7),
        replace(BATCH, key_mask=None, targets=RNG.integers(7, size=(3, 4))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_gradient_matches_differences(name):
    config, batch = VARIANTS[name]
    parameters = initialise(config, np.random.default_rng(1), np.float64)

    def of_vector(vector):
        moved = Parameters(parameters)
        moved.vector[:] = vector
        model = Model(config, moved)
        outputs, pullback = apply_transformer(model, batch, rng=np.random.default_rng(2))
        return outputs, lambda d_outputs: moved.join(pullback(d_outputs))

    check = check_pullback(of_vector, [parameters.vector], RNG, step=1e-5)
    assert check.relative_error < 1e-7
    assert check.order > 1.9


@pytest.mark.parametrize("batch", [BATCH, replace(BATCH, key_mask=None)])
def test_gradient_of_the_price_of_incoherence(batch):
    config = replace(SMALL, coherence=0.5, anchor_kind="free")
    parameters = initialise(config, np.random.default_rng(1), np.float64)

    def of_vector(vector):
        moved = Parameters(parameters)
        moved.vector[:] = vector
        outputs, price, pullback = apply_regularised(
            Model(config, moved), batch, rng=np.random.default_rng(2)
        )

        def back(d_loss):
            return moved.join(pullback(d_loss * np.ones_like(outputs), 0.5 * float(d_loss)))

        return np.sum(outputs) + 0.5 * price, back

    check = check_pullback(of_vector, [parameters.vector], RNG, step=1e-5)
    assert check.relative_error < 1e-7
    assert check.order > 1.9


def test_pricing_incoherence_leaves_the_outputs_and_forgets_padding():
    plain, priced = new_model(SMALL), new_model(replace(SMALL, coherence=1.0))
    outputs, price, _ = apply_regularised(priced, BATCH)
    np.testing.assert_allclose(outputs, apply_transformer(plain, BATCH)[0], rtol=1e-12)
    assert price > 0
    assert apply_regularised(plain, BATCH)[1] == 0
    alone = [
        apply_regularised(priced, Batch(BATCH.inputs[n : n + 1, :size], BATCH.targets[n : n + 1]))
        for n, size in enumerate((4, 2, 3))
    ]
    prices = [part[1] for part in alone]
    assert price == pytest.approx(np.average(prices, weights=(4, 2, 3)), rel=1e-12)


@pytest.mark.parametrize("mechanism", ["fixed_query", "softmax"])
def test_padding_changes_nothing(mechanism):
    model = new_model(replace(SMALL, mechanism=mechanism))
    short = Batch(BATCH.inputs[1:2, :2], BATCH.targets[1:2])
    np.testing.assert_allclose(
        apply_transformer(model, BATCH)[0][1:2], apply_transformer(model, short)[0], rtol=1e-12
    )


def new_model(config, seed=3):
    return Model(config, initialise(config, np.random.default_rng(seed), np.float64))


@pytest.mark.parametrize("mechanism", ["fixed_query", "softmax"])
def test_future_does_not_reach_the_past(mechanism):
    config = replace(SMALL, mechanism=mechanism, causal=True, readout="position")
    model, whole = new_model(config), replace(BATCH, key_mask=None, position=np.array([1, 1, 1]))
    changed = whole.inputs.copy()
    changed[:, 2:] = (changed[:, 2:] + 1) % 7
    after = apply_transformer(model, replace(whole, inputs=changed))[0]
    assert np.array_equal(apply_transformer(model, whole)[0], after)


def test_initial_anchors_are_on_the_sphere():
    parameters = initialise(replace(SMALL, d_osc=3), np.random.default_rng(0))
    norms = np.linalg.norm(parameters["layer1.attention.anchors"], axis=-1)
    np.testing.assert_allclose(norms, 1, rtol=1e-6)
    assert parameters.vector.dtype == np.float32


@pytest.mark.parametrize("mechanism", ["fixed_query", "softmax"])
@pytest.mark.parametrize("all_attend", [False, True])
def test_a_token_asked_for_is_as_among_all(mechanism, all_attend):
    model = new_model(replace(SMALL, mechanism=mechanism, d_qk=3))
    x, asked = RNG.standard_normal((3, 4, 8)), BATCH.position
    options = {"rate": 0.0, "rng": None, "heads": 2, "key_mask": BATCH.key_mask}
    whole, _, back_whole = block(model.parameters, "layer1", x, **options)
    picked, _, back_picked = block(
        model.parameters, "layer1", x, position=asked, all_attend=all_attend, **options
    )
    np.testing.assert_allclose(picked, whole[np.arange(3), asked], rtol=1e-12)
    d_whole = np.zeros_like(x)
    d_whole[np.arange(3), asked] = d_picked = RNG.standard_normal(picked.shape)
    gradients, dx = back_picked(d_picked)
    expected, expected_dx = back_whole(d_whole)
    np.testing.assert_allclose(dx, expected_dx, atol=1e-13)
    for name, gradient in expected.items():
        np.testing.assert_allclose(gradients[name], gradient, atol=1e-13)


@pytest.mark.parametrize("mechanism", ["fixed_query", "softmax"])
def test_queries_of_the_values_width_are_the_default(mechanism):
    default = new_model(replace(SMALL, mechanism=mechanism))
    stated = new_model(replace(SMALL, mechanism=mechanism, d_qk=4))
    assert np.array_equal(stated.parameters.vector, default.parameters.vector)
    narrow = new_model(replace(SMALL, mechanism=mechanism, d_qk=1))
    rows = 2 * SMALL.layers * SMALL.heads * (4 - 1)  # of queries and keys, fewer
    assert default.parameters.vector.size - narrow.parameters.vector.size == rows * SMALL.width


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocabulary": 0}, "either a vocabulary or features"),
        ({"features": 3}, "either a vocabulary or features"),
        ({"heads": 3}, "does not divide"),
        ({"d_osc": 1}, "2 coordinates"),
        ({"layers": 0}, "at least 1"),
        ({"dropout": 1.0}, "dropout"),
        ({"readout_exponent": 0}, "positive"),
        ({"readout_exponent": float("inf")}, "positive and finite"),
        ({"coupling": "tanh"}, "unknown coupling"),
        ({"mechanism": "linear"}, "choose fixed_query or softmax"),
        ({"anchor_kind": "round"}, "choose unit or free or half_space or content"),
        ({"anchor_margin": 1.0}, "below 1"),
        ({"d_qk": 0}, "d_qk"),
        ({"coherence": -1.0}, "coherence"),
        ({"two_sided": True, "anchor_kind": "free"}, "unit length"),
        ({"two_sided": True, "mechanism": "softmax"}, "two_sided is of oscillators"),
        ({"positions": "rotary"}, "choose none or sinusoidal or learned"),
        ({"readout": "last"}, "choose mean or position or next"),
    ],
)
def test_bad_configurations_are_named(change, message):
    with pytest.raises(InputError, match=message):
        replace(SMALL, **change)


@pytest.mark.parametrize(
    ("config", "batch", "message"),
    [
        (SMALL, FEATURES, "expected .B, T."),
        (replace(SMALL, vocabulary=0, features=3), FEATURES, "expected .B, T, 3."),
        (SMALL, replace(BATCH, inputs=np.zeros((3, 6), int)), "context is 5"),
        (SMALL, replace(BATCH, key_mask=np.ones((3, 3), bool)), "key_mask has shape"),
        (replace(SMALL, readout="position"), replace(BATCH, position=None), "give each sequence"),
    ],
)
def test_bad_batches_are_named(config, batch, message):
    with pytest.raises(InputError, match=message):
        apply_transformer(new_model(config), batch)
