"""Pictures of tolerances: any number of oscillators and directions, and one line for misuse."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.tolerance import Tolerance
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.reports.tolerance_picture import draw_tolerances


def found(scales, refuted=None):
    head = 0.0 if scales is None else float(min(scales, default=0.0))
    values = None if scales is None else np.array(scales)
    return Tolerance("unique_stable", Uncertainty(mismatch=1.0), head, values, refuted, "T1")


@pytest.mark.parametrize(
    ("scales", "refuted"),
    [
        ([0.1], None),
        ([0.2, 0.2], 0.3),
        ([0.0, 0.3, 1e-9], 0.0),
        (np.geomspace(1e-6, 1, 999), 2.0),
    ],
)
def test_any_tolerances_can_be_drawn(tmp_path, scales, refuted):
    path = tmp_path / "x.svg"
    draw_tolerances(path, {"mismatch": found(scales, refuted)}, "costs $5 & more")
    text = path.read_text()
    assert "costs $5 &amp; more" in text
    assert ("fails at" in text) == (refuted is not None)


def test_directions_share_a_picture(tmp_path):
    names = ("mismatch", "crosstalk", "frequency", "anchors", "together")
    draw_tolerances(tmp_path / "x.png", {name: found([0.1, 0.5]) for name in names}, "five")
    assert (tmp_path / "x.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("name", "scales", "message"),
    [("x.gif", [0.1], "x.gif ends in none"), ("x.svg", None, "leave out --plot")],
)
def test_what_cannot_be_drawn_is_said(tmp_path, name, scales, message):
    with pytest.raises(InputError, match=message):
        draw_tolerances(tmp_path / name, {"mismatch": found(scales)}, "")
    assert not list(tmp_path.iterdir())
