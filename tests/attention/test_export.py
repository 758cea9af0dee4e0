"""The heads of a model become networks that are what its layers saw, and are certified."""

from dataclasses import replace

import numpy as np
import pytest

import lohe
from lohe.attention.export import export_heads, export_tokens
from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.task import Batch
from lohe.attention.transformer import apply_transformer
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError

SMALL = TransformerConfig(
    context=5, outputs=3, vocabulary=7, width=8, heads=2, layers=2, hidden=6, dropout=0.3
)
BATCH = Batch(
    inputs=np.random.default_rng(0).integers(7, size=(3, 4)),
    targets=np.zeros(3),
    key_mask=np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]], dtype=bool),
)


def new_model(config, seed=3):
    return Model(config, initialise(config, np.random.default_rng(seed), np.float64))


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
