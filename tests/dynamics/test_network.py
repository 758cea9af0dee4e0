"""Networks: every unusable input is named, files keep every bit, the digest binds the arrays."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from scipy import sparse

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import read_npz, write_npz
from lohe.dynamics.network import FORMAT, Network

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])
DRIVE = [[1.0, 0.0], [0.5, 0.5]]
ANCHORS = [[1.0, 0.0], [0.0, 1.0], [-0.6, 0.8]]
COUPLINGS = [[1.0, 2.0, 0.0], [0.5, 0.1, 3.0]]


def examples():
    rng = np.random.default_rng(0)
    thin = sparse.csr_array(([0.25, -0.5], ([0, 1], [1, 0])), shape=(2, 2))
    return {
        "drive": Network(DRIVE),
        "anchored": Network(couplings=COUPLINGS, anchors=ANCHORS),
        "visible": Network(
            couplings=COUPLINGS, anchors=ANCHORS, visible=np.ones((2, 3), bool), readout_exponent=2
        ),
        "free": Network(
            couplings=COUPLINGS, anchors=rng.standard_normal((3, 2)), anchor_kind="free"
        ),
        "dense": Network(DRIVE, crosstalk=[[0.0, 0.3], [-0.1, 0.0]]),
        "sparse": Network(DRIVE, crosstalk=thin),
        "frequency": Network(DRIVE, frequency=np.array([TURN, -2 * TURN])),
        "labelled": Network(DRIVE, labels=["the", "cat"], sequence=[0, 0]),
    }


@pytest.mark.parametrize("name", list(examples()))
def test_files_keep_every_bit(name, tmp_path):
    network, path = examples()[name], tmp_path / "x.network.npz"
    network.save(path)
    loaded = Network.load(path)
    assert loaded.digest == network.digest
    assert loaded.anchor_kind == network.anchor_kind
    assert loaded.decoupled == network.decoupled
    for key, array in network.arrays().items():
        assert loaded.arrays()[key].tobytes() == array.tobytes()
    for key in ("labels", "sequence"):
        if getattr(network, key) is not None:
            np.testing.assert_array_equal(getattr(loaded, key), getattr(network, key))


def test_digest_is_the_documented_hash():
    network = Network(DRIVE)
    text = b"lohe.network 1\ndrive <f8 2,2\n" + np.array(DRIVE).tobytes()
    text += b"readout_exponent <f8 \n" + np.array(1.0).tobytes()
    assert network.digest == hashlib.sha256(text).hexdigest()


def test_digest_tells_instances_apart_and_ignores_labels():
    found = {name: network.digest for name, network in examples().items()}
    assert found.pop("labelled") == found["drive"]
    assert len(set(found.values())) == len(found)
    nudged = np.array(DRIVE)
    nudged[0, 0] = np.nextafter(1.0, 2.0)
    assert Network(nudged).digest != found["drive"]
    assert Network(np.array(DRIVE)[::-1]).digest != found["drive"]


def test_only_quiet_networks_are_decoupled():
    for name, network in examples().items():
        assert network.decoupled == (name not in ("dense", "sparse", "frequency"))
    assert Network(DRIVE, crosstalk=np.zeros((2, 2)), frequency=np.zeros((2, 2, 2))).decoupled


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "either drive, or couplings"),
        ({"drive": DRIVE, "couplings": COUPLINGS, "anchors": ANCHORS}, "either drive, or"),
        ({"couplings": COUPLINGS}, "together"),
        ({"drive": DRIVE, "anchors": ANCHORS}, "together"),
        ({"drive": [1.0, 2.0]}, "1 axes"),
        ({"drive": "words"}, "not an array of numbers"),
        ({"drive": [[1.0, 2.0], [3.0]]}, "not an array of numbers"),
        ({"drive": [[np.nan, 1.0]]}, "NaN"),
        ({"drive": [[np.inf, 1.0]]}, "NaN or infinite"),
        ({"drive": np.zeros((0, 2))}, "n >= 1"),
        ({"drive": [[1.0]]}, "dimension >= 2"),
        ({"drive": DRIVE, "visible": np.ones((2, 3))}, "visible needs"),
        ({"couplings": COUPLINGS, "anchors": ANCHORS[:2]}, "disagree"),
        ({"couplings": [[-1.0, 0.0, 0.0]], "anchors": ANCHORS}, "non-negative"),
        ({"couplings": [[np.nan, 0.0, 0.0]], "anchors": ANCHORS}, "couplings has NaN"),
        ({"couplings": COUPLINGS, "anchors": np.multiply(1.01, ANCHORS)}, "off the sphere"),
        ({"couplings": COUPLINGS, "anchors": np.zeros((3, 2))}, "off the sphere"),
        ({"couplings": COUPLINGS, "anchors": ANCHORS, "anchor_kind": "loose"}, "anchor_kind"),
        ({"couplings": COUPLINGS, "anchors": ANCHORS, "visible": [[True]]}, "visible has shape"),
        (
            {"couplings": COUPLINGS, "anchors": ANCHORS, "visible": np.zeros((2, 3))},
            "outside visible",
        ),
        ({"couplings": np.full((1, 3), 1.7e308), "anchors": ANCHORS}, "overflows"),
        ({"drive": DRIVE, "crosstalk": np.zeros((3, 3))}, "crosstalk has shape"),
        ({"drive": DRIVE, "crosstalk": np.eye(2)}, "couples an oscillator to itself"),
        ({"drive": DRIVE, "crosstalk": [[0.0, np.nan], [0.0, 0.0]]}, "crosstalk has NaN"),
        ({"drive": DRIVE, "crosstalk": sparse.eye_array(2)}, "to itself"),
        ({"drive": DRIVE, "crosstalk": sparse.csr_array([[0.0, np.inf], [0, 0]])}, "infinite"),
        ({"drive": DRIVE, "crosstalk": sparse.csr_array((3, 3))}, "crosstalk has shape"),
        ({"drive": DRIVE, "frequency": np.zeros((2, 3, 3))}, "frequency has shape"),
        ({"drive": DRIVE, "frequency": np.ones((2, 2, 2))}, "skew"),
        ({"drive": DRIVE, "frequency": [TURN, np.nan * TURN]}, "frequency has NaN"),
        ({"drive": DRIVE, "readout_exponent": 0.0}, "readout_exponent"),
        ({"drive": DRIVE, "readout_exponent": np.nan}, "readout_exponent"),
        ({"drive": DRIVE, "readout_exponent": "p"}, "readout_exponent"),
        ({"drive": DRIVE, "labels": ["one"]}, "labels has shape"),
        ({"drive": DRIVE, "sequence": [[0, 1]]}, "sequence has shape"),
        ({"drive": DRIVE, "sequence": ["a", "b"]}, "sequence"),
    ],
)
def test_unusable_input_is_named_in_one_line(arguments, words):
    with pytest.raises(InputError, match=words) as raised:
        Network(**arguments)
    assert "\n" not in str(raised.value)


def test_altered_files_are_refused(tmp_path):
    path = tmp_path / "x.network.npz"
    for name, network in examples().items():
        network.save(path)
        header, arrays = read_npz(path, FORMAT)
        for key, array in arrays.items():
            if key in ("labels", "sequence"):
                continue
            changed = ~array if array.dtype == bool else np.where(array, array * 0.9, 0.1)
            write_npz(path, header, arrays | {key: changed.astype(array.dtype)})
            with pytest.raises(InputError, match=str(path)):
                Network.load(path)
            write_npz(path, header, {k: v for k, v in arrays.items() if k != key})
            with pytest.raises(InputError, match=str(path)):
                Network.load(path)
        write_npz(path, header, arrays | {"extra": np.zeros(2)})
        with pytest.raises(InputError, match=str(path)):
            Network.load(path)
        for change in ({"version": 2}, {"sha256": "0" * 64}, {"format": "lohe.head"}):
            write_npz(path, header | change, arrays)
            with pytest.raises(InputError, match=str(path)):
                Network.load(path)
        assert json.dumps(header), name


def test_a_damaged_sparse_structure_is_refused(tmp_path):
    path = tmp_path / "x.network.npz"
    examples()["sparse"].save(path)
    header, arrays = read_npz(path, FORMAT)
    for key, value in (
        ("crosstalk_indices", np.array([7, 0], dtype=np.int32)),
        ("crosstalk_indptr", np.array([0, 9, 2], dtype=np.int32)),
        ("crosstalk_indptr", np.array(3)),
        ("crosstalk_data", np.array(["a", "b"])),
    ):
        write_npz(path, header, arrays | {key: value})
        with pytest.raises(InputError, match=str(path)):
            Network.load(path)


def test_the_instance_is_closed_to_changes() -> None:
    mine = np.ones((2, 3))
    network = Network(couplings=mine, anchors=np.eye(3))
    before = network.digest
    mine[0, 0] = 7.0
    assert network.couplings is not None
    assert network.couplings[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        network.couplings[0, 0] = 7.0
    assert Network(couplings=np.ones((2, 3)), anchors=np.eye(3)).digest == before


def test_no_anchors_are_refused() -> None:
    with pytest.raises(InputError, match="at least one"):
        Network(couplings=np.ones((2, 0)), anchors=np.ones((0, 3)))
