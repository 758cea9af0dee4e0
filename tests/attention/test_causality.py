"""Causality is a law: other tokens after t change no bit of what any causal layer or model gives
up to t. The published softmax form of accelerated attention alone breaks it, on request.
"""

from __future__ import annotations

import importlib.util
import itertools
from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest

from lohe.attention.accelerated import SCHEMES, AcceleratedConfig
from lohe.attention.architecture import ARCHITECTURES, architecture_of
from lohe.attention.coupling import COUPLINGS
from lohe.attention.fixed_query import fixed_query_attention
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.attention.kuramoto import KuramotoConfig
from lohe.attention.kuramoto.coupling import COUPLINGS as PULLS
from lohe.attention.kuramoto.gate import GATES
from lohe.attention.model import Model
from lohe.attention.rotary import RotaryConfig
from lohe.attention.softmax import softmax_attention
from lohe.attention.task import Batch
from lohe.attention.transformer_config import TransformerConfig

TOKENS, WORDS, WIDTH = 300, 9, 8  # more tokens than any tile, chunk or block has
SEEN = (1, 129)
ENGINES = ("numpy", *(("numba",) if importlib.util.find_spec("numba") else ()))

SIZES = {"context": TOKENS, "outputs": WORDS, "vocabulary": WORDS, "width": WIDTH, "heads": 2}
PHASES = KuramotoConfig(**SIZES, layers=2, hidden=6)
MOMENTA = AcceleratedConfig(**SIZES, layers=2, hidden=6)
OSCILLATORS = TransformerConfig(
    **SIZES, layers=2, hidden=6, d_osc=3, causal=True, readout="next", dropout=0.0
)


def each(base, **choices):
    """Name the variants of a shape that differ from it in one option."""
    kind = base.mechanism
    yield kind, base
    for option, values in choices.items():
        for value in values:
            if value != getattr(base, option):
                yield f"{kind}, {option} {value}", replace(base, **{option: value})


MODELS = dict(
    itertools.chain(
        each(RotaryConfig(**SIZES, layers=2, hidden=6)),
        each(
            OSCILLATORS,
            mechanism=("softmax",),
            coupling=(*COUPLINGS, *FEATURE_MAPS),
            anchor_kind=("free", "half_space", "content"),
            readout_exponent=(2.0, 8.0),
            learned_exponent=(True,),
            two_sided=(True,),
            positions=("learned", "none"),
            coherence=(0.1,),
            d_qk=(3,),
        ),
        each(
            PHASES,
            gate=GATES,
            drift=("none", "learned"),
            values=("free",),
            coupling=PULLS,
            frustration=(True,),
            offset=(True,),
            sees_itself=(False,),
            d_osc=(3, 4),
        ),
        *(
            each(
                replace(MOMENTA, family=family, scheme=scheme),
                start=("zero",),
                count=("context",),
                potential=("sum",),
                feed_forward=("none", *(("residual",) if scheme in schemes[2:] else ())),
                momentum_norm=(False,),
            )
            for family, schemes in SCHEMES.items()
            for scheme in schemes
        ),
    )
)


def joined(attend, x, anchors):
    """Take queries, keys, values and, if it wants them, anchors out of features (B, T, 3 D)."""
    q, k, v = np.split(x[:, None], 3, axis=-1)
    return attend(q, k, v, *anchors)[:, 0]


def oscillators(dtype, **options):
    anchors = np.random.default_rng(2).standard_normal((1, TOKENS, 3))
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    attend = partial(fixed_query_attention, causal=True, **options)
    return partial(joined, attend, anchors=[(0.999 * anchors).astype(dtype)])


LAYERS = {
    f"{coupling}, p = {p}, {engine}, tiles {tile}": {
        "coupling": coupling, "p": p, "engine": engine, "tile": tile
    }
    for coupling in (*COUPLINGS, *FEATURE_MAPS)
    for p in (1, 3)
    for engine, tile in [*((engine, None) for engine in ENGINES), ("numpy", (64, 48))]
    if tile is None or coupling in COUPLINGS
}  # fmt: skip


def draw(config, dtype):
    """Return a model whose parameters are all off their special values."""
    rng = np.random.default_rng(5)
    parameters = architecture_of(config).initialise(config, rng, dtype)
    parameters.vector += (0.1 * rng.standard_normal(parameters.vector.size)).astype(dtype)
    return Model(config, parameters)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", MODELS)
def test_models(name, dtype):
    model = draw(MODELS[name], dtype)
    apply = architecture_of(model.config).apply
    inputs, targets = np.random.default_rng(6).integers(WORDS, size=(2, 2, TOKENS))
    before = apply(model, Batch(inputs, targets))[0]
    assert np.isfinite(before).all()
    for seen in SEEN:
        changed = np.concatenate([inputs[:, :seen], (inputs[:, seen:] + 1 + seen) % WORDS], axis=1)
        after = apply(model, Batch(changed, targets))[0]
        assert np.array_equal(after[:, :seen], before[:, :seen])
        assert not np.array_equal(after[:, seen], before[:, seen])


def holds(layer, dtype, size):
    x = np.random.default_rng(7).standard_normal((2, TOKENS, 3 * WIDTH)).astype(dtype)
    before = layer(x)
    for seen in SEEN:
        changed = x.copy()
        changed[:, seen:] *= dtype(-size)
        after = layer(changed)
        assert np.array_equal(after[:, :seen], before[:, :seen])
        assert not np.array_equal(after[:, seen:], before[:, seen:])


@pytest.mark.parametrize("size", [2, 1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_of_oscillators(name, dtype, size):
    holds(oscillators(dtype, **LAYERS[name]), dtype, size)


@pytest.mark.parametrize("size", [2, 1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_layer(dtype, size):
    """Whether the exponentials of the future overflow or not."""
    attend = partial(softmax_attention, causal=True)
    holds(partial(joined, attend, anchors=[]), dtype, size)


def test_every_architecture_and_scheme_is_held_to_it():
    assert {architecture_of(config).name for config in MODELS.values()} == {*ARCHITECTURES}
    mechanisms = {config.mechanism for config in MODELS.values()}
    assert mechanisms > {f"{family}_{one}" for family in SCHEMES for one in SCHEMES[family]}
    named = {field.name for field in fields(KuramotoConfig)}
    left_alone = {*SIZES, "layers", "hidden", "retraction", "base", "dropout"}
    tried = {name for name in named if any(
        getattr(config, name) != getattr(PHASES, name)
        for config in MODELS.values() if isinstance(config, KuramotoConfig)
    )}  # fmt: skip
    assert tried == named - left_alone


@pytest.mark.parametrize("scheme", SCHEMES["softmax"][2:])
def test_the_published_softmax_form_breaks_it(scheme):
    """By how much does not depend on rounding; sealed, the same parameters do not."""
    config = replace(MOMENTA, family="softmax", scheme=scheme, sealed=False, context=12)
    model = draw(config, np.float64)
    inputs, targets = np.random.default_rng(6).integers(WORDS, size=(2, 2, 12))
    changed = inputs.copy()
    changed[:, -1] = (changed[:, -1] + 1) % WORDS
    sealed = Model(replace(config, sealed=True), model.parameters)
    apply = architecture_of(config).apply
    for each_model, leaks in ((model, True), (sealed, False)):
        before, after = (
            apply(each_model, Batch(tokens, targets))[0][:, :-1] for tokens in (inputs, changed)
        )
        assert (np.abs(before - after).max() > 1e-4) == leaks
        assert np.array_equal(before, after) != leaks
