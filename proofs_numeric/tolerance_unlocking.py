r"""Devices on which an oscillator does not lock: how far a tolerance can reach at most (T5).

An oscillator fails to lock on a device if :math:`(A + \Delta) y = -h` for some
:math:`\|y\| \le 1`. That needs :math:`y \perp h`, and the smallest skew :math:`\Delta` that does
it has norm :math:`\|h + A y\|/\|y\|`; it is :math:`(r y^T - y r^T)/\|y\|^2` with
:math:`r = -h - Ay`.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from lohe.dynamics.network import Network
from lohe.proofs_numeric.enclosure import float_up, sqrt_up
from lohe.proofs_numeric.exact import ExactAnchors, inner, rationals
from lohe.proofs_numeric.locking_exact import Unlocked, decide_lock
from lohe.proofs_numeric.tolerance_search import box, scale_up
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = [
    "least_unlocking",
    "unlocking_spread",
    "unlocking_turn",
    "unlocks",
]

Floats = NDArray[np.float64]

_STEPS, _DOUBLINGS = 18, 40
_SHRINK = 1 - Fraction(1, 2**50)


def unlocks(network: Network, i: int, devices: Uncertainty) -> bool:
    r"""Say whether some device is known to leave oscillator `i` unlocked, without crosstalk.

    The device shortens the drive along itself, by its couplings and anchors, to
    :math:`(1 - \epsilon)(1 - \delta \sum_j W_{ij}/\|h_i\|)` of it, and then turns it over.
    """
    exact = ExactAnchors(network)
    drive = exact.drive(i)
    square = inner(drive, drive)
    share = Fraction(1)
    if devices.anchors and square:
        assert network.couplings is not None
        total = sum(rationals(network.couplings[i]), Fraction(0))
        share = 1 - Fraction(devices.anchors) / sqrt_up(square) * total
    share *= 1 - Fraction(devices.mismatch)
    if not square or share <= 0:
        return True  # a device in between has no drive at all
    if not devices.frequency:
        frequency = [Fraction(0)] * network.d**2
        if network.frequency is not None:
            frequency = rationals(network.frequency[i])
        return isinstance(decide_lock([share * x for x in drive], frequency), Unlocked)
    needed = unlocking_spread(network, i, share)
    return needed is not None and needed <= devices.frequency


def least_unlocking(network: Network, direction: Uncertainty, i: int, low: float) -> float | None:
    """Search a scale, above `low`, at which some device leaves oscillator `i` unlocked.

    Returns
    -------
    float or None
        A scale at which `unlocks` holds; None if none was found.
    """
    if not (direction.mismatch or direction.anchors):
        needed = unlocking_spread(network, i)
        return None if needed is None else scale_up(Fraction(needed), direction.frequency)
    high = max(low, float(np.finfo(np.float64).tiny))
    for _ in range(_DOUBLINGS):
        if unlocks(network, i, box(direction, high)):
            break
        low, high = high, 2 * high
    else:
        return None
    for _ in range(_STEPS):
        middle = low + (high - low) / 2
        low, high = (low, middle) if unlocks(network, i, box(direction, middle)) else (middle, high)
    return high


def unlocking_spread(network: Network, i: int, shrink: Fraction = Fraction(1)) -> float | None:
    """Return a spread of the frequency that some device uses to leave oscillator `i` unlocked.

    Parameters
    ----------
    network
        Without crosstalk.
    i
        The oscillator.
    shrink
        The device's drive as a share of the stored one, positive.

    Returns
    -------
    float or None
        The norm of the device's error, rounded up; nearly the least there is. None if no device
        was found.
    """
    drive = [shrink * x for x in ExactAnchors(network).drive(i)]
    d = network.d
    frequency = np.zeros((d, d)) if network.frequency is None else network.frequency[i]
    largest = max(*(abs(x) for x in drive), Fraction(float(np.abs(frequency).max())))
    square = inner(drive, drive)
    if not square:
        return 0.0
    guess = unlocking_turn(
        np.array([float(x / largest) for x in drive]),
        np.array([[float(x / largest) for x in rationals(row)] for row in frequency]),
    )
    if guess is None or not np.any(guess):
        return None
    y = rationals(guess)
    along = inner(y, drive) / square
    y = [_SHRINK * (a - along * b) for a, b in zip(y, drive, strict=True)]
    length = inner(y, y)
    if not 0 < length <= 1:
        y = [x / sqrt_up(length) for x in y] if length else y
        length = inner(y, y)
    if not 0 < length <= 1:
        return None
    rows = [rationals(row) for row in frequency]
    rest = [h + inner(row, y) for h, row in zip(drive, rows, strict=True)]
    return float_up(sqrt_up(inner(rest, rest) / length))


def unlocking_turn(drive: Floats, frequency: Floats) -> Floats | None:
    r"""Minimise :math:`\|h + A y\| / \|y\|` over y across the drive with a norm of at most 1.

    Rounded. With :math:`y = v/\tau` for a unit v it is :math:`\|\tau h + A v\|`,
    :math:`\tau \ge 1`: for a fixed :math:`\tau` a least-squares problem on a sphere, whose
    multiplier solves a secular equation.

    Returns
    -------
    (d,) array or None
        The point y; None if the search failed.
    """
    if not np.any(drive):
        return None
    across = np.linalg.svd(drive[np.newaxis])[2][1:].T
    matrix = frequency @ across
    values, basis = np.linalg.eigh(matrix.T @ matrix)
    pull = basis.T @ (matrix.T @ drive)
    best: tuple[float, Floats] | None = None
    for tau in _shares(matrix, drive):
        v = _on_sphere(values, tau * pull)
        if v is None:
            continue
        point = across @ (basis @ v)
        cost = float(np.linalg.norm(tau * drive + frequency @ point))
        if best is None or cost < best[0]:
            best = cost, point / tau
    return None if best is None else best[1]


def _shares(matrix: Floats, drive: Floats) -> Floats:
    """Return values of tau to try: 1, and up to where the turning outweighs the drive."""
    most = float(np.linalg.norm(matrix, 2) / np.linalg.norm(drive))
    if most <= 1:
        return np.ones(1)
    return np.concatenate([[1.0], np.geomspace(1.0, most, 33)[1:]])


def _on_sphere(values: Floats, pull: Floats) -> Floats | None:
    """Minimise v^T diag(values) v + 2 pull^T v over unit vectors v."""
    if not np.any(pull):
        v = np.zeros_like(values)
        v[0] = 1.0
        return v
    scale = float(np.linalg.norm(pull))
    least = max(scale, float(np.abs(values).max())) * 2.0**-44

    def excess(multiplier: float) -> float:
        return float(np.linalg.norm(pull / (values + multiplier))) - 1.0

    # The multiplier exceeds -values[0]; at -values[0] + norm(pull) the vector is short enough.
    high = -float(values[0]) + scale
    low = -float(values[0]) + least
    if excess(low) <= 0:
        # The hard case: what is missing goes along the lowest eigenvector.
        apart = values - values[0]
        v = -np.divide(pull, apart, out=np.zeros_like(pull), where=apart > least)
        missing = 1.0 - float(v @ v)
        if missing < 0:
            return None
        v[0] += np.sqrt(missing)
        return np.asarray(v)
    multiplier = high if excess(high) >= 0 else float(brentq(excess, low, high))
    v = -pull / (values + multiplier)
    return np.asarray(v / np.linalg.norm(v))
