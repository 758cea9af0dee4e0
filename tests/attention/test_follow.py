"""Sequences through the layers of any model, and heads of it as networks."""

from dataclasses import replace

import numpy as np
import pytest

from lohe.attention.architecture import ACCELERATED, KURAMOTO, ROTARY
from lohe.attention.depth import Depth
from lohe.attention.drive_depth import drive_depth
from lohe.attention.follow import follow_layers, network_of_head
from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.task import Batch
from lohe.attention.tasks.reading import Reading
from lohe.attention.transformer import apply_transformer
from lohe.attention.transformer_config import TransformerConfig
from lohe.dynamics.errors import InputError
from lohe.dynamics.settling import converged_probability

SIZES = {
    "context": 9, "outputs": 7, "vocabulary": 7,
    "width": 8, "heads": 2, "layers": 2, "hidden": 6,
}  # fmt: skip
FIXED = TransformerConfig(**SIZES, causal=True, readout="next", positions="sinusoidal")
TOKENS = np.array([3, 1, 4, 1, 5, 2])
READ = Reading(Batch(TOKENS[None, :-1], TOKENS[None, 1:]), TOKENS[:-1].astype(str))


def drawn(kind, **changes):
    config = kind.config(**SIZES | changes)
    return Model(config, kind.initialise(config, np.random.default_rng(1), np.float64))


@pytest.fixture
def fixed():
    return Model(FIXED, initialise(FIXED, np.random.default_rng(0), np.float64))


def test_drives_are_those_of_the_layers(fixed):
    depth, seen = drive_depth(fixed, READ.batch, READ.labels, horizon=3.0), []
    apply_transformer(fixed, READ.batch, observe=lambda _, part: seen.append(part))
    for layer, head in np.ndindex(2, 2):
        network = network_of_head(fixed, READ, layer, head)
        scores = seen[layer].q[0, head] @ seen[layer].k[0, head].T / np.sqrt(4)
        couplings = np.tril(np.logaddexp(0, scores))
        drive = couplings @ seen[layer].anchors[head]
        np.testing.assert_allclose(network.drive, drive, rtol=1e-12)
        norms = np.linalg.norm(drive, axis=1)
        assert depth.of("drive")[layer, head] == pytest.approx(norms.mean())
        assert depth.of("weakest")[layer, head] == pytest.approx(norms.min())
        rho = norms / couplings.sum(axis=1)
        assert depth.of("coherence")[layer, head] == pytest.approx(rho.mean())
        settled = converged_probability(norms, 3.0, 1e-2, 2).mean()
        assert depth.of("settled")[layer, head] == pytest.approx(settled)
    assert np.isnan(depth.of("drive")[2]).all()


@pytest.mark.parametrize("kind", [KURAMOTO, ACCELERATED], ids=lambda kind: kind.name)
def test_every_architecture_is_followed_and_kept(kind, tmp_path):
    depth = follow_layers(drawn(kind), READ)
    assert depth.architecture == kind.name
    path = tmp_path / "a.depth.npz"
    depth.save(path)
    kept = Depth.load(path)
    assert (kept.architecture, kept.mechanism) == (depth.architecture, depth.mechanism)
    assert list(kept.labels) == list(READ.labels)
    for one, other in zip(depth.measures, kept.measures, strict=True):
        for name in ("name", "short", "meaning", "panel"):
            assert getattr(one, name) == getattr(other, name)
        assert np.array_equal(one.values, other.values, equal_nan=True)
    for name, state in depth.states.items():
        assert np.array_equal(kept.states[name], state)


def test_a_file_that_was_altered_is_refused(tmp_path):
    path = tmp_path / "a.depth.npz"
    follow_layers(drawn(KURAMOTO), READ).save(path)
    arrays = dict(np.load(path))
    arrays["measure.order"] = arrays["measure.order"] + 1
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="altered"):
        Depth.load(path)


def test_an_unknown_measure_is_named():
    with pytest.raises(InputError, match="no measure 'disorder'; there are order, "):
        follow_layers(drawn(KURAMOTO), READ).of("disorder")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: drawn(ROTARY), "a rotary model is a baseline"),
        (
            lambda: Model(
                replace(FIXED, mechanism="softmax"),
                initialise(
                    replace(FIXED, mechanism="softmax"), np.random.default_rng(0), np.float64
                ),
            ),
            "softmax attention has no oscillators",
        ),
    ],
)
def test_what_has_no_state_that_moves_is_refused(model, message):
    with pytest.raises(InputError, match=message):
        follow_layers(model(), READ)


def test_a_horizon_that_is_no_time(fixed):
    with pytest.raises(InputError, match="horizon is -1"):
        follow_layers(fixed, READ, horizon=-1)


@pytest.mark.parametrize(
    ("kind", "where", "oscillator", "message"),
    [
        (KURAMOTO, (2, 0), None, "no layer 2: the model has 2"),
        (KURAMOTO, (0, -1), None, "no head -1: the model has 2"),
        (KURAMOTO, (0, 0), 4, "no oscillator 4: a head has 4"),
        (ACCELERATED, (0, 0), None, "heads of accelerated models are no networks"),
        (None, (0, 0), 1, "leave the oscillator out"),
    ],
)
def test_heads_that_are_no_networks(kind, where, oscillator, message, fixed):
    model = fixed if kind is None else drawn(kind)
    with pytest.raises(InputError, match=message):
        network_of_head(model, READ, *where, oscillator=oscillator)
