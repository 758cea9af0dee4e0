"""Token instances: what is refused, what the digest covers, and files that return whole."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import read_npz, write_npz
from lohe.dynamics.tokens import COUPLING_NAMES, Tokens


def some(**changes):
    rng = np.random.default_rng(0)
    values = {
        "tokens": rng.standard_normal((2, 3, 5)),
        "query_weights": rng.standard_normal((4, 5)),
        "key_weights": rng.standard_normal((4, 5)),
        "anchors": rng.standard_normal((3, 2)),
    }
    return Tokens(**(values | changes))


MASK = np.array([[True, True, False], [True, True, True]])


@pytest.mark.parametrize("coupling", COUPLING_NAMES)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", [None, MASK])
def test_files_return_whole(tmp_path, coupling, causal, mask):
    labels = np.array([["a", "b", "?"], ["c", "d", "e"]])
    whole = some(coupling=coupling, causal=causal, key_mask=mask, labels=labels)
    whole.save(tmp_path / "a.tokens.npz")
    again = Tokens.load(tmp_path / "a.tokens.npz")
    assert again.digest == whole.digest
    assert (again.coupling, again.causal) == (coupling, causal)
    assert np.array_equal(again.labels, labels)
    assert (again.n, again.d) == (6 if mask is None else 5, 2)


def test_the_digest_is_the_canonical_form():
    found = some(causal=True, key_mask=MASK, coupling="elu")
    text = b"lohe.tokens 1\n"
    for name, kind, shape in (
        ("tokens", "<f8", "2,3,5"),
        ("query_weights", "<f8", "4,5"),
        ("key_weights", "<f8", "4,5"),
        ("anchors", "<f8", "3,2"),
    ):
        text += f"{name} {kind} {shape}\n".encode() + getattr(found, name).tobytes()
    text += b"coupling |u1 \n\x02" + b"causal |b1 \n\x01" + b"key_mask |b1 2,3\n" + MASK.tobytes()
    assert found.digest == hashlib.sha256(text).hexdigest()


def test_everything_but_the_labels_counts():
    base = some()
    assert some(labels=np.full((2, 3), "x")).digest == base.digest
    changes = [
        {"tokens": base.tokens + 1e-16},
        {"query_weights": -base.query_weights},
        {"key_weights": base.query_weights},
        {"anchors": base.anchors[::-1]},
        {"coupling": "relu"},
        {"causal": True},
        {"key_mask": np.ones((2, 3), dtype=bool)},
    ]
    digests = {some(**change).digest for change in changes}
    assert len(digests | {base.digest}) == len(changes) + 1


def test_padding_is_neither_key_nor_oscillator():
    found = some(causal=True, key_mask=MASK)
    assert np.array_equal(found.visible, np.tri(3, dtype=bool) & MASK[:, None, :])
    assert np.array_equal(found.kept, MASK)
    assert some().visible.all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": np.zeros((2, 3))}, "3 axes"),
        ({"tokens": np.zeros((0, 3, 5))}, "none empty"),
        ({"tokens": np.full((2, 3, 5), np.nan)}, "NaN"),
        ({"tokens": "words"}, "not an array of numbers"),
        ({"query_weights": np.ones((4, 6))}, r"\(d_h, 5\)"),
        ({"key_weights": np.ones((3, 5))}, r"\(d_h, 5\)"),
        ({"anchors": np.ones((4, 2))}, r"expected \(3, d\)"),
        ({"anchors": np.ones((3, 1))}, "d >= 2"),
        ({"coupling": "tanh"}, "unknown coupling 'tanh'"),
        ({"causal": 1}, "True or False"),
        ({"key_mask": np.ones((2, 3))}, "boolean array"),
        ({"key_mask": np.ones(3, dtype=bool)}, r"shape \(2, 3\)"),
        ({"key_mask": np.zeros((2, 3), dtype=bool)}, "keep one"),
        ({"labels": ["a"]}, "labels has shape"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(InputError, match=message):
        some(**change)


def test_an_oscillator_sees_at_least_itself():
    mask = np.array([[False, True, True], [False, False, True]])
    for causal in (False, True):
        found = some(causal=causal, key_mask=mask)
        assert found.visible.diagonal(axis1=1, axis2=2)[found.kept].all()


def test_altered_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "a.tokens.npz"
    some().save(path)
    header, arrays = read_npz(path, "lohe.tokens")
    cases = [
        ({**header}, {**arrays, "causal": np.asarray(True)}, "was altered"),
        ({**header, "version": 2}, arrays, "version 2"),
        ({**header}, {**arrays, "coupling": np.asarray(9, dtype=np.uint8)}, "does not hold tokens"),
        ({**header}, {k: v for k, v in arrays.items() if k != "anchors"}, "does not hold tokens"),
        ({**header}, {**arrays, "more": np.zeros(2)}, "does not hold tokens"),
        ({**header}, {**arrays, "anchors": np.zeros((9, 2))}, "anchors have shape"),
    ]
    for other, parts, message in cases:
        write_npz(path, other, parts)
        with pytest.raises(InputError, match=message):
            Tokens.load(path)
    write_npz(path, {"format": "lohe.network", "version": 1}, arrays)
    with pytest.raises(InputError, match=r"expected a lohe\.tokens file"):
        Tokens.load(path)
