"""The transformer's gradient, its masks and its export of heads."""

from dataclasses import replace

import numpy as np
import pytest

import lohe
from lohe.attention.block import block
from lohe.attention.export import export_heads, export_tokens
from lohe.attention.gradcheck import check_pullback
from lohe.attention.initialise import initialise
from lohe.attention.parameters import Parameters
from lohe.attention.task import Batch
from lohe.attention.transformer import Model, apply_regularised, apply_transformer
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


OPTIONS = {
    "plain": {},
    "sharp": {"learned_exponent": True, "readout_exponent": 3.0, "causal": True},
    "anchors of tokens": {"anchor_kind": "content", "d_osc": 3},
    "two-sided": {"two_sided": True, "coherence": 0.1},
    "linear": {"coupling": "elu_features"},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_exported_heads_are_what_the_layers_saw(options):
    model, seen = new_model(replace(SMALL, **options)), []
    apply_transformer(model, BATCH, observe=lambda *parts: seen.append(parts))
    labels = np.array([[f"{n}{t}" for t in range(4)] for n in range(3)])
    halves = [
        Batch(BATCH.inputs[part], BATCH.targets[part], BATCH.key_mask[part])
        for part in (slice(0, 1), slice(1, 3))
    ]
    heads = export_heads(model, halves, labels=labels, name="small")
    assert [head.name for head in heads] == [
        f"small layer {n} head {h}" for n, h in np.ndindex(2, 2)
    ]
    for head, (layer, index) in zip(heads, np.ndindex(2, 2), strict=True):
        number, attended = seen[layer]
        assert number == layer
        np.testing.assert_allclose(head.q, attended.q[:, index], rtol=1e-12)
        np.testing.assert_allclose(head.k, attended.k[:, index], rtol=1e-12)
        np.testing.assert_allclose(head.anchors, attended.anchors[..., index, :, :], rtol=1e-12)
        assert head.readout_exponent == pytest.approx(options.get("readout_exponent", 1))
        network = head.network()
        assert network.n == BATCH.key_mask.sum()
        assert network.labels.tolist() == labels[BATCH.key_mask].tolist()
        plain = head.anchors.ndim == 2 and head.opposed is None
        assert (network.couplings is not None) == plain


@pytest.mark.parametrize("d_qk", [None, 3])
def test_exported_tokens_and_weights_give_the_queries_and_keys(d_qk):
    model = new_model(replace(SMALL, d_qk=d_qk))
    heads = export_heads(model, [BATCH])
    labels = np.array([[f"{n}{t}" for t in range(4)] for n in range(3)])
    found = export_tokens(model, [BATCH], labels=labels)
    assert len(found) == len(heads) == 4
    for tokens, head in zip(found, heads, strict=True):
        np.testing.assert_allclose(tokens.tokens @ tokens.query_weights.T, head.q, rtol=1e-12)
        np.testing.assert_allclose(tokens.tokens @ tokens.key_weights.T, head.k, rtol=1e-12)
        assert np.array_equal(tokens.anchors, head.anchors)
        assert np.array_equal(tokens.key_mask, head.key_mask)
        assert (tokens.coupling, tokens.causal) == (head.coupling, head.causal)
        assert np.array_equal(tokens.labels, labels)
    few = export_tokens(model, [BATCH], labels=labels, sequences=2)[0]
    assert few.labels.tolist() == labels[[0, 2]].tolist()
    assert np.array_equal(few.tokens, found[0].tokens[[0, 2]])


@pytest.mark.parametrize("export", [export_heads, export_tokens])
def test_softmax_has_no_heads_to_export(export):
    with pytest.raises(InputError, match="no oscillators"):
        export(new_model(replace(SMALL, mechanism="softmax")), [BATCH])
    with pytest.raises(InputError, match="no batch"):
        export(new_model(SMALL), [])


@pytest.mark.parametrize(
    "options", [{"anchor_kind": "content"}, {"two_sided": True}, {"coupling": "elu_features"}]
)
def test_tokens_of_heads_that_they_cannot_state_are_not_exported(options):
    with pytest.raises(InputError, match="cannot be exported"):
        export_tokens(new_model(replace(SMALL, **options)), [BATCH])


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


def test_heads_with_anchors_in_a_half_space_are_certified_for_all_inputs():
    config = replace(SMALL, anchor_kind="half_space", anchor_margin=0.25, d_osc=3)
    parameters = initialise(config, np.random.default_rng(3))
    for name in parameters:
        if name.endswith("anchors"):
            parameters[name][:] *= 100  # near the rim of the cap, where training may drive them
    for head in export_heads(Model(config, parameters), [BATCH]):
        claim = lohe.certify(head.network(), claims=["all_inputs"]).claims["all_inputs"]
        assert claim.verdict == lohe.Verdict.PROVED
        assert claim.values["margin_lower"] > 0.25 - 1e-6


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
