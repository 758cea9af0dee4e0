"""Documents and arrays made to mislead the checker, or to stop it by something other than a no."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.checker import RejectedError, check
from lohe.proofs_numeric.checker_exact import instance_digest
from lohe.proofs_numeric.packed import Packed

ARRAYS = dict[str, Any]


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    body = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return {**body, "digest": hashlib.sha256(text.encode()).hexdigest()}


def claim(theorem: str, values: dict[str, Any], witness: dict[str, Any]) -> dict[str, Any]:
    return {
        "verdict": "proved",
        "reason": "",
        "values": values,
        "witness": {"theorem": theorem, **witness},
    }


def test_anchors_that_a_displacement_can_reach_zero_from_are_in_no_open_half_space() -> None:
    network = Network(couplings=[[1.0]], anchors=[[1.0, 0.0]])
    document = certify(network, "all_inputs", anchors=1.0).document()
    values = {"margin_lower": (0.0).hex(), "keys": 1, "prefix": 1}
    document["claims"]["all_inputs"] = claim("T4", values, {"direction": ["1/1", "0/1"]})
    found = check(sealed(document), network.arrays())
    assert found["claims"]["all_inputs"]["verdict"] == "undecided"


def test_what_one_claim_confirmed_is_not_taken_for_another_kind_of_witness() -> None:
    def box(chart: int, unstable: int) -> dict[str, Any]:
        return {
            "charts": [chart],
            "coordinates": Packed([[[0.0]]]).encode(),
            "inner": (1e-3).hex(),
            "outer": (0.3).hex(),
            "unstable": unstable,
            "abscissa_upper": (2.0 * unstable - 0.5).hex(),
        }

    def bisected(low: float, high: float, b: int) -> list[int]:
        if low >= -0.25 and high <= 0.25:
            return [-2 - b]
        if low >= 0.1 or high <= -0.1:
            return [-1]
        middle = (low + high) / 2
        return [1, *bisected(low, middle, b), *bisected(middle, high, b)]

    boxes, tree = [box(0, 0), box(1, 1)], [0, *bisected(-1, 1, 0), *bisected(-1, 1, 1)]
    network = Network([[1.0, 0.0]])
    document = certify(network, ["unique_stable", "almost_global"]).document()
    document["claims"]["unique_stable"] = claim(
        "T8", {"equilibria": 2, "oscillators": 1}, {"equilibria": boxes, "tree": tree}
    )
    assert check(sealed(document), network.arrays())["verdict"] == "proved"
    document["claims"]["almost_global"]["witness"]["directions"] = [boxes, tree]
    with pytest.raises(RejectedError):
        check(sealed(document), network.arrays())


@pytest.mark.parametrize(
    "arrays",
    [
        {"drive": np.zeros((1, 2), dtype="M8[s]")},
        {"drive": np.ones((1, 2)), "visible": np.zeros((1, 2), dtype="m8[s]")},
        *(
            {
                "drive": np.ones((3, 2)),
                "crosstalk_data": np.ones(ends[-1]),
                "crosstalk_indices": np.ones(ends[-1], dtype=np.int32),
                "crosstalk_indptr": np.array(ends, dtype=np.int8),
            }
            for ends in ([0, 100, -56, 0], [0, 100, -56, 1], [0, 100, -56, 44])
        ),
    ],
)
def test_arrays_of_strange_types_are_rejected_in_one_line(arrays: ARRAYS) -> None:
    arrays = {**arrays, "readout_exponent": np.asarray(1.0)}
    document = certify(Network([[1.0, 0.0]]), "unique_stable").document()

    def attack() -> None:
        document["network"]["sha256"] = instance_digest(arrays)
        check(sealed(document), arrays)

    with pytest.raises(RejectedError):
        attack()
