"""What the page needs to play the settling of one oscillator: its drive and its keys, in a frame.

The exact flow of T1 stays in the plane of the start and the drive, so two coordinates do: those
along the drive and across it. On the sphere (d = 3) all three are kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.reports.subjects import Subject

__all__ = ["playable"]

Floats = NDArray[np.float64]

_KEYS = 128
_DIGITS = 6


def playable(subject: Subject, oscillator: int, name: str) -> dict[str, Any]:
    """Return the view's data for one oscillator that settles alone.

    Parameters
    ----------
    subject
        With a network without crosstalk and frequencies.
    oscillator
        One with a drive.
    name
        What the view calls it.

    Returns
    -------
    dict
        ``name``, ``d``, the ``norm`` of the drive, the readout's ``exponent``, and ``keys``: of
        every key that is read, its number from 1 and its anchor's coordinates in the frame, whose
        first axis is the drive's. Without couplings, or with very many keys, there are none.
    """
    network = subject.network
    assert network is not None
    drive = network.drive[oscillator]
    norm = float(np.linalg.norm(drive))
    data = {"name": name, "d": network.d, "norm": norm, "keys": []}
    data["exponent"] = float(network.readout_exponent)
    if network.anchors is None or network.couplings is None:
        return data
    seen = network.couplings > 0 if network.visible is None else network.visible
    read = np.flatnonzero(seen[oscillator])
    if read.size > _KEYS:
        return data
    anchors = network.anchors[read]
    points = anchors @ _frame(drive / norm, anchors).T
    data["keys"] = [
        [int(key) + 1, *(round(float(part), _DIGITS) for part in point)]
        for key, point in zip(read, points, strict=True)
    ]
    return data


def _frame(toward: Floats, anchors: Floats) -> Floats:
    """Return rows: the drive's direction, and across it where the anchors spread most."""
    across = anchors - np.outer(anchors @ toward, toward)
    _, _, axes = np.linalg.svd(across)
    count = 2 if toward.size == 3 else 1
    # Where anchors do not spread so far, QR fills the frame up.
    frame, _ = np.linalg.qr(np.column_stack([toward, *axes[:count]]))
    frame[:, 0] = toward
    return np.asarray(frame.T)
