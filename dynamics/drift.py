"""The flow of a network without noise over one fixed step, for states laid out (n, d, trials)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from lohe.dynamics.boost import Boost
from lohe.dynamics.lorentz import lorentz_generator
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm

__all__ = ["drift_flow"]

Floats = NDArray[np.float64]
Flow = Callable[[Floats], Floats]

_TINY = float(np.finfo(np.float64).tiny)


def drift_flow(network: Network, step: float) -> Flow:
    r"""Prepare the flow of :math:`\dot x_i = A_i x_i + P_{x_i}(h_i + \sum_k J_{ik}x_k)` by `step`.

    Without crosstalk the flow is exact: T1's for a constant drive, the Lorentz exponential of T5
    with natural frequencies. With crosstalk it is the exponential midpoint rule: the force is
    frozen at the middle, which a half step with the force at the start finds, and its exact flow
    followed; with frequencies, between two exact rotations by half of the step. Both are of order
    2, and every factor maps the sphere to itself.

    Parameters
    ----------
    network
    step
        Time; the force times it should be of order 1 or less.

    Returns
    -------
    callable
        From (n, d, trials) states to (n, d, trials) states; the argument is left as it is.

    Examples
    --------
    >>> from lohe.dynamics.settling import settle
    >>> flow = drift_flow(Network([[2.0, 0.0]]), 0.5)
    >>> start = np.array([[[0.6], [0.8]]])
    >>> bool(np.allclose(flow(start)[0, :, 0], settle([0.6, 0.8], [2.0, 0.0], 0.5), atol=1e-15))
    True
    """
    if not network.has_crosstalk:
        return _lorentz(network, step) if network.has_frequency else _driven(network, step)
    if not network.has_frequency:
        return _midpoint(network, step)
    assert network.frequency is not None
    turn, follow = expm(network.frequency * (step / 2)), _midpoint(network, step)
    return lambda x: np.asarray(turn @ follow(turn @ x))


def _driven(network: Network, step: float) -> Flow:
    """T1's flow as in `Boost`, with what depends on the drive alone taken once."""
    drive = network.drive[:, :, np.newaxis]
    # Without drive, push becomes 0/tiny, which leaves the state where it is.
    rate = np.maximum(norm(network.drive), _TINY)[:, np.newaxis]
    decay = np.exp(-rate * step)
    push = (1 - decay) / rate

    def follow(x: Floats) -> Floats:
        toward = push * np.einsum("ndb,nd->nb", x, network.drive) + (1 + decay)
        total = toward * (1 + decay) - 2 * decay
        moved = (2 * decay / total)[:, np.newaxis] * x
        moved += (push * toward / total)[:, np.newaxis] * drive
        return np.asarray(moved)

    return follow


def _lorentz(network: Network, step: float) -> Flow:
    """T5's flow: a fixed linear map of the light cone for each oscillator."""
    assert network.frequency is not None
    motion = expm(lorentz_generator(network.drive, network.frequency) * step)
    turn, push = motion[:, :-1, :-1], motion[:, :-1, -1:]

    def follow(x: Floats) -> Floats:
        moved = turn @ x + push
        return np.asarray(moved / np.sqrt(np.einsum("ndb,ndb->nb", moved, moved))[:, np.newaxis])

    return follow


def _midpoint(network: Network, step: float) -> Flow:
    drive = network.drive[:, :, np.newaxis]

    def force(x: Floats) -> Floats:
        heard = network.crosstalk @ np.ascontiguousarray(x).reshape(network.n, -1)
        return np.asarray(heard.reshape(x.shape) + drive)

    def follow(x: Floats) -> Floats:
        boost, time = Boost(x.shape), np.full(x.shape[-1], step)
        middle = boost.flow(x, force(x), time / 2, np.empty(x.shape))
        return boost.flow(x, force(middle), time, middle)

    return follow
