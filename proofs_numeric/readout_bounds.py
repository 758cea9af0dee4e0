r"""What a trained head's readout bears: mismatch and unfinished settling, per oscillator.

T3a bounds the change of the attention weights by the angle that a state turns. The largest angle
that it allows, found by bisection and proved where the bisection stops, says two things: by T3 the
mismatch of the couplings up to which the weights stay within an error, and by T2 the time after
which they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.decoupled import enclose_drives, ratio_down, row_blocks
from lohe.proofs_numeric.enclosure import rescale_down
from lohe.proofs_numeric.settling_bound import cap_quantile, settling_time_upper
from lohe.proofs_numeric.sharpened import Move, sharpened_error_upper
from lohe.proofs_numeric.weights import (
    LARGE_ANCHOR,
    TILTS,
    bears_weights,
    resting_states,
    visible_keys,
)

__all__ = ["ReadoutBounds", "bound_readout"]

Floats = NDArray[np.float64]

# Chords are sought from 2^-40 to just below a right angle's, to a few parts in ten thousand.
_OCTAVES, _BISECTIONS = 40.5, 16


@dataclass(frozen=True, eq=False)
class ReadoutBounds:
    r"""How much each oscillator bears before its attention weights are off by an error.

    Parameters
    ----------
    weight_error
        The error: :math:`\sum_j |a'_{ij} - a_{ij}|` at most, between 0 and 2.
    delta
        Probability of a start from which an oscillator takes longer.
    chords : (n,) array
        States within this distance of the resting point have weights within the error; 0.0 where
        no distance is proved.
    tolerances : (n,) array
        Relative errors of the couplings, in whatever pattern, that leave the weights within it.
    times : (n,) array
        From a uniformly random start the weights are within it from then on, with probability
        1 - `delta` or more; infinite where `chords` is 0.
    """

    weight_error: float
    delta: float
    chords: Floats
    tolerances: Floats
    times: Floats


def bound_readout(
    network: Network, weight_error: float = 0.1, *, delta: float = 1e-3
) -> ReadoutBounds:
    """Prove how much mismatch and how little time the attention weights bear (T2, T3, T3a).

    Parameters
    ----------
    network
        Decoupled, with couplings and anchors and a readout exponent of at least 1, as a head makes
        of its tokens (`lohe.Head.network`). Anchors may have any length: T3a counts the keys that
        the clamp cuts off.
    weight_error
        Allowed sum of the absolute changes of an oscillator's weights, in (0, 2).
    delta
        In (0, 1).

    Returns
    -------
    ReadoutBounds

    Raises
    ------
    InputError
        If the network has crosstalk or frequencies, no couplings, or an exponent below 1; if a
        number is out of range.

    Examples
    --------
    >>> network = Network(couplings=[[1.0, 1.0]], anchors=[[1.0, 0.0], [0.0, 1.0]])
    >>> found = bound_readout(network, 0.1)
    >>> bool(0.15 < found.tolerances[0] < 0.2), bool(found.times[0] < 10)
    (True, True)
    """
    if not network.decoupled or not bears_weights(network):
        raise InputError(
            "weights are bounded for decoupled networks with couplings and a readout exponent of "
            "at least 1; certify coupled ones for their caps"
        )
    if not 0 < weight_error < 2:
        raise InputError(f"weight_error is {weight_error}; it must be between 0 and 2")
    if not 0 < delta < 1:
        raise InputError(f"delta is {delta}; it must be between 0 and 1")
    chords = _chords(network, weight_error)
    drives = enclose_drives(network)
    coherence = ratio_down(drives.lower, drives.mass_upper)
    half = Balls.exact(chords) * chords * 0.25
    sines = Balls.exact(chords) * (1 - half).sqrt()
    tolerances = np.maximum((sines * coherence).lower, 0.0)
    quantile = cap_quantile(delta, network.d)
    norms = rescale_down(drives.lower, drives.exponent)
    times = [
        settling_time_upper(norm, chord, quantile) if norm * chord * quantile > 0 else np.inf
        for norm, chord in zip(norms.tolist(), chords.tolist(), strict=True)
    ]
    return ReadoutBounds(weight_error, delta, chords, tolerances, np.array(times))


def _chords(network: Network, weight_error: float) -> Floats:
    """Return chords as large as is easily proved within which the weights bear the error."""
    assert network.anchors is not None
    found = np.zeros(network.n)
    if np.abs(network.anchors).max() > LARGE_ANCHOR:
        return found
    for rows in row_blocks(network.n, TILTS * network.anchors.size):
        states, visible = resting_states(network, rows), visible_keys(network, rows)
        low, high = np.full(len(states), -_OCTAVES), np.full(len(states), 0.5)
        proved = np.zeros(len(states))
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            move = Move.by_chords(np.exp2(middle), 0.0)
            errors = sharpened_error_upper(
                states, network.anchors, visible, network.readout_exponent, move
            )
            within = errors <= weight_error
            proved = np.where(within, np.exp2(middle), proved)
            low, high = np.where(within, middle, low), np.where(within, high, middle)
        found[rows] = proved
    return found
