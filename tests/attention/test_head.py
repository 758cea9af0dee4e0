"""A head becomes the network that its layer is, and survives a file."""

import numpy as np
import pytest

from lohe.attention.coupling import COUPLINGS
from lohe.attention.fixed_query import fixed_query_attention
from lohe.attention.head import Head
from lohe.attention.head_network import network_from_head
from lohe.dynamics.errors import InputError


def draw(seed=0, sequences=3, tokens=4):
    rng = np.random.default_rng(seed)
    q, k = (rng.standard_normal((sequences, tokens, 5)) for _ in range(2))
    angles = rng.uniform(0, 2 * np.pi, tokens)
    return q, k, np.stack([np.cos(angles), np.sin(angles)], axis=-1)


MASK = np.array([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0]], dtype=bool)


@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask_readout", [False, True])
def test_readout_of_the_network_is_the_layers_weights(coupling, causal, mask_readout):
    q, k, anchors = draw()
    options = {"coupling": coupling, "causal": causal, "key_mask": MASK}
    options["mask_readout"] = mask_readout
    network = network_from_head(q, k, anchors, query_mask=MASK, **options)
    _, weights = fixed_query_attention(q, k, k, anchors, need_weights=True, **options)
    resting = network.drive / np.linalg.norm(network.drive, axis=1, keepdims=True)
    lifted = np.where(network.visible, 1 + resting @ anchors.T, 0)
    np.testing.assert_allclose(
        lifted / lifted.sum(1, keepdims=True), weights.reshape(-1, 4)[MASK.reshape(-1)], rtol=1e-12
    )
    assert network.sequence.tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2]


def test_labels_follow_their_queries():
    q, k, anchors = draw()
    labels = [[f"{n}{t}" for t in range(4)] for n in range(3)]
    network = network_from_head(
        q, k, anchors, query_mask=MASK, labels=labels, sequence=[5, 6, 9], key_mask=MASK
    )
    assert network.labels.tolist() == ["00", "01", "02", "03", "10", "11", "12", "20", "21"]
    assert network.sequence.tolist() == [5, 5, 5, 5, 6, 6, 6, 9, 9]


def test_leading_axes_are_flattened():
    q, k, anchors = draw()
    assert network_from_head(q[0], k[0], anchors).n == 4
    deep = network_from_head(q[None], k[None], anchors)
    assert deep.digest == network_from_head(q, k, anchors).digest


def test_file_keeps_the_instance(tmp_path):
    q, k, anchors = (a.astype(np.float32) for a in draw())
    head = Head(
        q, k, anchors, coupling="elu", causal=True, key_mask=MASK, readout_exponent=2.0,
        labels=np.full((3, 4), "the [cat]"), sequence=np.array([3, 1, 2]), name="layer 0",
    )  # fmt: skip
    head.save(tmp_path / "a.head.npz")
    again = Head.load(tmp_path / "a.head.npz")
    assert again.network().digest == head.network().digest
    assert again.network().labels.tolist() == head.network().labels.tolist()
    assert (again.q.dtype, again.name, again.network().readout_exponent) == ("f4", "layer 0", 2.0)


def test_altered_files_are_refused(tmp_path):
    head = Head(*draw())
    path = tmp_path / "a.head.npz"
    head.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        Head.load(path)
    with np.load(_restore(path, whole)) as archive:
        arrays = dict(archive)
    header = np.array(str(arrays["header"]).replace("softplus", "squareplus"))
    for name, changed in (("q", arrays["q"] + 1e-9), ("header", header)):
        np.savez(path, **{**arrays, name: changed})
        with pytest.raises(InputError, match="altered"):
            Head.load(path)
    with pytest.raises(InputError, match="no such file"):
        Head.load(tmp_path / "b.head.npz")


def _restore(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": np.full((3, 4, 5), np.nan)}, "q is empty or has NaN"),
        ({"k": np.ones((3, 4, 6))}, "one shape"),
        ({"anchors": np.ones((3, 2))}, "anchors have shape"),
        ({"anchors": np.ones((4, 2))}, "off the sphere"),
        ({"key_mask": MASK & np.array([[True], [False], [True]])}, "query 0 of sequence 1"),
        ({"query_mask": np.zeros((3, 4), dtype=bool)}, "every oscillator"),
        ({"key_mask": np.ones((3, 4))}, "boolean"),
        ({"key_mask": np.ones((2, 4), dtype=bool)}, "key_mask has shape"),
        ({"labels": ["a"]}, "labels has shape"),
        ({"sequence": [1]}, "sequence has 1"),
        ({"q": draw()[0] * 1e200, "k": np.abs(draw()[0]) * 1e200}, "couplings|drive"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = dict(zip(("q", "k", "anchors"), draw(), strict=True)) | change
    with pytest.raises(InputError, match=message):
        network_from_head(**arguments)
