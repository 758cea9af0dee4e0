"""Trajectories of coupled oscillators by exponentials: freeze the forces, flow exactly, correct."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.commutator_free import CommutatorFree
from lohe.dynamics.convoy import Convoy
from lohe.dynamics.errors import InputError
from lohe.dynamics.journey import FAILED, REACHED, STOPPED, Journey, Stop
from lohe.dynamics.network import Network

__all__ = ["FAILED", "REACHED", "STOPPED", "Journey", "follow"]

Floats = NDArray[np.float64]
Engine = Literal["numpy", "numba"]

# How far the squares of the norms of starts may be from 1.
_UNIT_GUARD = 2e-6
# Coordinates under way at the same time: the arrays of a step then stay in the processor's cache.
_COORDINATES = 2**15
# Trials under way: at least the first; a multiple of the second, where there are so many.
_FEWEST, _MULTIPLE = 16, 128


def follow(
    network: Network,
    x: Floats,
    duration: float,
    *,
    tolerance: float = 1e-6,
    step: Floats | None = None,
    stop: Stop | None = None,
    max_steps: int = 100_000,
    engine: Engine = "numpy",
) -> Journey:
    r"""Follow a batch of states for a time `duration`, each trial with its own steps.

    A step freezes the forces :math:`g = h + Jx` and flows exactly under them (`CommutatorFree`),
    so that states stay on their spheres and a network without crosstalk takes one step. Steps grow
    near rest up to 1.5/‖J‖, about the time in which oscillators hear each other, so that what they
    do together settles at its true rate (to a hundredth) and arrives, whatever the tolerance; they
    grow beyond it at rest only.

    Parameters
    ----------
    network
        With crosstalk or without, with natural frequencies or without.
    x : (n, d, B) array
        Starts, each oscillator on the unit sphere; the batch is the **last** axis, so that the
        crosstalk of all trials is one matrix product.
    duration
        Time to follow, not negative.
    tolerance
        Bound on the estimated error of a step, for the worst oscillator.
    step : (B,) array, optional
        First step of each trial, positive, as `Journey.step` gives them; it is guessed where
        NaN.
    stop
        ``stop(x, elapsed, rows)`` tells which trials are finished, (B',) bool. It is asked for
        the trials under way, at their starts and after every round of steps: states (n, d, B'),
        times (B',), and positions in the batch (B',). The arrays are reused: copy what you keep.
        A trial whose step was rejected is asked for again where it was, and one that has ended may
        be asked for where it ended.
    max_steps
        Steps allowed to each trial.
    engine
        ``numpy``, or ``numba`` for the same steps compiled (`CompiledCommutatorFree`): several
        times as fast, equal up to rounding, without natural frequencies. It needs the extra
        ``fast``, and some seconds when it runs for the first time on a machine.

    Returns
    -------
    Journey

    Raises
    ------
    InputError
        If an argument cannot be used.

    Notes
    -----
    Trials that need a step below rounding or more steps than allowed fail, and are reported.
    The same batch gives the same bits, for one and the same number of BLAS threads; which other
    trials are in the batch changes a trial by rounding alone.

    Examples
    --------
    >>> pair = Network([[2.0, 0.0], [0.0, 2.0]], crosstalk=[[0.0, 0.5], [0.5, 0.0]])
    >>> starts = np.array([[[0.0], [1.0]], [[-1.0], [0.0]]])
    >>> end = follow(pair, starts, 30.0, tolerance=1e-9)
    >>> end.x[..., 0].round(6), end.ended
    (array([[0.974418, 0.224745],
           [0.224745, 0.974418]]), array([0], dtype=int8))
    """
    if not (np.isfinite(duration) and duration >= 0 and tolerance > 0 and max_steps >= 1):
        raise InputError("need a finite duration >= 0, a tolerance > 0 and max_steps >= 1")
    starts = _read(network, x, step)
    batch = starts.shape[2]
    proposed = np.full(batch, np.nan) if step is None else np.array(step, dtype=np.float64)
    journey = Journey(
        x=starts.copy(),
        elapsed=np.zeros(batch),
        ended=np.full(batch, REACHED, dtype=np.int8),
        steps=np.zeros(batch, dtype=np.int64),
        step=proposed,
    )
    method = _method(engine, network, min(batch, _width(network.n * network.d)))
    waiting = np.arange(batch)
    if stop is not None and batch:
        stopped = stop(journey.x, journey.elapsed, waiting)
        journey.ended[stopped] = STOPPED
        waiting = waiting[~stopped]
    if duration > 0 and waiting.size:
        convoy = Convoy(method, journey, waiting, float(duration), tolerance)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore", under="ignore"):
            convoy.run(stop, max_steps)
    return journey


def _width(coordinates: int) -> int:
    width = max(_FEWEST, _COORDINATES // coordinates)
    return width if width < _MULTIPLE else width - width % _MULTIPLE


def _method(engine: Engine, network: Network, width: int) -> CommutatorFree:
    if engine == "numpy":
        return CommutatorFree(network, width)
    if engine != "numba":
        known = ", ".join(get_args(Engine))
        raise InputError(f"engine is {engine!r}; choose one of {known}")
    try:
        from lohe.dynamics.exponential_compiled import CompiledCommutatorFree
    except ModuleNotFoundError as error:
        raise InputError("engine 'numba' needs Numba: pip install 'lohe[fast]'") from error
    return CompiledCommutatorFree(network, width)


def _read(network: Network, x: Floats, step: Floats | None) -> Floats:
    starts = np.ascontiguousarray(x, dtype=np.float64)
    if starts.ndim != 3 or starts.shape[:2] != (network.n, network.d):
        raise InputError(
            f"states have shape {starts.shape}; expected ({network.n}, {network.d}, batch)"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        square = np.einsum("ndb,ndb->nb", starts, starts)
    if not np.all(np.abs(square - 1) <= _UNIT_GUARD):
        raise InputError("starts are off the sphere or not finite; normalise them")
    if step is not None and (np.shape(step) != starts.shape[2:] or np.any(np.asarray(step) <= 0)):
        raise InputError("step needs one positive number for each trial")
    return starts
