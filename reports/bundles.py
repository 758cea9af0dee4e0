"""Trajectories of one oscillator from starts that span what T2 says of luck."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from lohe.dynamics.settling import settle, settling_time
from lohe.reports.formatting import count, plain
from lohe.reports.subjects import Subject

__all__ = ["Bundle", "bundle", "chosen"]

Floats = NDArray[np.float64]

_FRAMES = 160


@dataclass(frozen=True)
class Bundle:
    """Trajectories of one oscillator from several starts.

    Parameters
    ----------
    oscillator
        Its number.
    times : (frames,) array
    states : (starts, frames, d) array
    names
        What each start is, in words.
    epsilon, delta, time
        Distance and risk of T2, and the time by which they hold for this oscillator.
    """

    oscillator: int
    times: Floats
    states: Floats
    names: tuple[str, ...]
    epsilon: float
    delta: float
    time: float


def chosen(subject: Subject) -> list[tuple[str, int]]:
    """Choose the oscillators to follow, named: a typical one and the slowest that moves."""
    norms = subject.drive_norms
    moving = np.flatnonzero(norms > 0)
    if not moving.size:
        return []
    order = moving[np.argsort(norms[moving], kind="stable")]
    slowest, typical = int(order[0]), int(order[order.size // 2])
    found = [("typical", typical), ("slowest", slowest)]
    return found if slowest != typical else found[1:]


def bundle(subject: Subject, oscillator: int) -> Bundle:
    """Follow one oscillator from four starts, the first at T2's δ-quantile near the antipode."""
    network = subject.network
    assert network is not None
    claim = subject.claim("settling")
    values = claim.values if claim is not None else {}
    epsilon, delta = float(values.get("epsilon", 1e-2)), float(values.get("delta", 1e-3))
    drive = network.drive[oscillator]
    norm = float(np.linalg.norm(drive))
    time = settling_time(norm, epsilon, delta, network.d)
    shape = (network.d - 1) / 2
    # (1 + c)/2 of a uniform start is Beta(shape, shape), and c = -cos(angle from the antipode).
    shares = np.array([delta, 0.1, 0.5, 0.9])
    angles = 2 * np.arcsin(np.sqrt(betaincinv(shape, shape, shares)))
    words = (
        f"unluckiest 1 in {count(round(1 / delta))}",
        "unluckiest 1 in 10",
        "middling",
        "luckiest 1 in 10",
    )
    names = tuple(
        f"{word}: {plain(math.degrees(angle), 2)}° from the opposite point"
        for word, angle in zip(words, angles, strict=True)
    )
    starts = _starts(drive / norm, angles)
    times = np.linspace(0, 1.1 * time, _FRAMES)
    states = settle(starts[:, np.newaxis], drive, times)
    return Bundle(oscillator, times, states, names, epsilon, delta, time)


def _starts(toward: Floats, angles: Floats) -> Floats:
    """Points at `angles` from -toward, on alternating sides of it, (angles, d)."""
    _, _, frame = np.linalg.svd(toward[np.newaxis])
    across = frame[1:]
    # Odd eighths of a turn keep the tracks apart and off the line of sight.
    alone = across.shape[0] == 1
    turn = np.arange(angles.size) * (math.pi if alone else math.pi / 2) + (not alone) * math.pi / 4
    side = np.cos(turn)[:, np.newaxis] * across[0]
    if across.shape[0] > 1:
        side = side + np.sin(turn)[:, np.newaxis] * across[1]
    points = -np.cos(angles)[:, np.newaxis] * toward + np.sin(angles)[:, np.newaxis] * side
    return np.asarray(points / np.linalg.norm(points, axis=-1, keepdims=True))
