"""What is said of trained attention: exported heads say the same; ranks keep to their bound."""

import numpy as np
import pytest

from lohe.attention.export import export_heads
from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.studies.describe import describe_attention
from lohe.attention.tasks.next_word import NextWord, language_config
from lohe.attention.tasks.text import Corpus
from lohe.dynamics.settling import converged_probability

TEXTS = tuple(tuple("abcdefgh"[(i * j) % 8] for j in range(30)) for i in range(12))


@pytest.fixture(scope="module")
def task() -> NextWord:
    return NextWord(Corpus("letters", TEXTS, TEXTS[:4], TEXTS[4:]), length=12, words=10)


def model(task, dtype=np.float64, **changes) -> Model:
    config = language_config(task, width=16, heads=2, hidden=16, layers=2, **changes)
    return Model(config, initialise(config, np.random.default_rng(5), dtype))


@pytest.mark.parametrize("changes", [{}, {"two_sided": True}, {"anchor_kind": "free"}], ids=str)
def test_drives_are_those_of_the_exported_heads(task, changes):
    trained = model(task, d_osc=3, readout_exponent=2.5, **changes)
    found = describe_attention(trained, task)
    heads = export_heads(trained, [next(task.batches("test", 16))])
    norms = np.concatenate([np.linalg.norm(head.network().drive, axis=1) for head in heads])
    assert found["drive_min"] == pytest.approx(norms.min())
    assert found["drive_median"] == pytest.approx(np.median(norms))
    assert found["drive_max"] == pytest.approx(norms.max())
    assert 0 < found["coherence"] < 1
    assert found["exponent"] == 2.5
    for name, slow in (("median", np.median(norms)), ("longest", norms.min())):
        settled = converged_probability(slow, found[f"settling_{name}"], 1e-2, 3)
        assert settled == pytest.approx(0.999)


def test_anchors_of_one_direction_drive_coherently(task):
    trained = model(task, d_osc=3)
    for layer in range(2):
        trained.parameters[f"layer{layer}.attention.anchors"][:] = [3.0, 0.0, 4.0]
    found = describe_attention(trained, task)
    assert found["coherence"] == pytest.approx(1)
    assert found["effective_rank"] == pytest.approx(1)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_on_the_circle_the_rank_is_that_of_trigonometric_polynomials(task, p, dtype):
    found = describe_attention(model(task, dtype, d_osc=2, readout_exponent=p), task)
    assert found["rank"] == 2 * p + 1
    assert 1 < found["effective_rank"] < found["rank"]


def test_softmax_has_ranks_only(task):
    found = describe_attention(model(task, mechanism="softmax"), task)
    assert found.keys() == {"rank", "effective_rank"}
    assert found["rank"] > 6


def test_anchors_made_of_their_tokens_are_described_too(task):
    trained = model(task, d_osc=4, anchor_kind="content", learned_exponent=True)
    found = describe_attention(trained, task)
    assert 0 < found["drive_min"] <= found["drive_median"] <= found["drive_max"]
    assert found["rank"] == 5
    assert found["exponent"] == pytest.approx(1)
