r"""Many arrays of phase oscillators at once, with all that is wrong with them.

With :math:`z = e^{i\theta}`, a frozen force g and a frozen rate :math:`\omega` the flow of
:math:`\dot\theta = \omega + \mathrm{Im}(g \bar z)` is a Möbius map, exactly, whether the oscillator
locks or not (T5 on the circle). A step takes the force and the rate of the harmonics at its
midpoint, found by half a step; that is of second order, and exact where nothing but the drive acts.
Noise turns phases by a normal angle between steps, exact by itself, half of a step's before it and
half after it, so that the whole is Strang's splitting; under noise steps become shorter towards the
end.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.hardware.nonideal.crosstalk import Crosstalk
from lohe.hardware.nonideal.pace import longest_step, resting_time, step_lengths

__all__ = ["PhaseArray", "mobius_flow", "settle_phases"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_SMALL = 1e-8


def mobius_flow(z: Complexes, force: Complexes, rate: Floats | float, time: float) -> Complexes:
    r"""Flow under a constant force and rate.

    Parameters
    ----------
    z : (...,) complex array
        Unit numbers.
    force, rate : (...,) array
        g and omega.
    time : float

    Returns
    -------
    (...,) complex array

    Examples
    --------
    >>> z = mobius_flow(np.array([1j]), np.array([2.0 + 0j]), 0.0, 1.0)
    >>> np.tan(np.angle(z) / 2) * np.exp(2)  # tan(theta/2) falls as e^-2t
    array([1.])
    """
    square = np.abs(force) ** 2 - np.asarray(rate) ** 2
    root = np.sqrt(np.abs(square)) / 2
    arc = root * time
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.tanh(arc) / root
        if (drifts := square < 0).any():
            share[drifts] = np.tan(arc[drifts]) / root[drifts]
    if (still := arc < _SMALL).any():
        share[still] = time
    half_force, half_rate = force / 2 * share, 0.5j * np.asarray(rate) * share
    moved = ((1 + half_rate) * z + half_force) / (np.conj(half_force) * z + (1 - half_rate))
    return np.asarray(moved / np.abs(moved))


@dataclass(frozen=True, eq=False)
class PhaseArray:
    r"""What acts on the phases of an array, or of many.

    Parameters
    ----------
    drive : (..., n) complex array
        h.
    frequency : (..., n) array, optional
        Natural frequencies.
    crosstalk : Crosstalk, optional
        J.
    harmonics : tuple of (..., n) complex array
        :math:`\sum_j W_{ij} r_j^m` for m = 2, 3, ..., what the anchors add up to in a harmonic.
    shares : tuple of float
        Of these harmonics in the coupling function.
    delay : float
        After which crosstalk is heard.
    diffusivity : float
        D.
    """

    drive: Complexes
    frequency: Floats | None = None
    crosstalk: Crosstalk | None = None
    harmonics: tuple[Complexes, ...] = ()
    shares: tuple[float, ...] = ()
    delay: float = 0.0
    diffusivity: float = 0.0

    def acting(self, z: Complexes, heard: Complexes) -> tuple[Complexes, Floats]:
        """Return the force of the fundamental, and all other rates as one.

        Parameters
        ----------
        z, heard : (..., n) complex array
            States, and those that crosstalk brings.
        """
        force, rate = self.drive, np.zeros(z.shape)
        if self.frequency is not None:
            rate = rate + self.frequency
        if self.crosstalk is not None:
            force = force + self.crosstalk.heard(heard)
        own = z
        for order, (share, pull) in enumerate(zip(self.shares, self.harmonics, strict=True), 2):
            own = own * z
            if self.crosstalk is not None:
                pull = pull + self.crosstalk.heard(heard**order)  # noqa: PLW2901
            rate = rate + share * (pull * np.conj(own)).imag
        return force, rate

    def longest_step(self) -> float:
        """Return a step that follows what a frozen force leaves out.

        Of the anchors' harmonics the median counts: where the drive is stronger, they are as much
        stronger, but the oscillator is soon at rest, which longer steps find as well.
        """
        fastest = self.diffusivity
        if self.crosstalk is not None:
            fastest += self.crosstalk.row_sum * (1 + sum(abs(share) for share in self.shares))
            if self.frequency is not None:
                fastest += float(np.abs(self.frequency).max())
        for order, (share, pull) in enumerate(zip(self.shares, self.harmonics, strict=True), 2):
            fastest += order * abs(share) * float(np.median(np.abs(pull)))
        return longest_step(fastest)


def settle_phases(
    array: PhaseArray,
    start: Complexes,
    time: float,
    rng: np.random.Generator,
    *,
    step: float | None = None,
) -> Complexes:
    """Follow arrays of oscillators for a time.

    Parameters
    ----------
    array
        What acts.
    start : (..., n) complex array
        Unit numbers.
    time : float
        Infinite for rest; see `resting_time`.
    rng
        Of the noise.
    step : float, optional
        The longest step; by default `PhaseArray.longest_step`.

    Returns
    -------
    (..., n) complex array
        Unit numbers.

    Raises
    ------
    InputError
        If that takes too many steps, or nothing rests where rest is asked for.
    """
    weakest = float(np.abs(array.drive).min())
    end = resting_time(weakest, array.diffusivity) if math.isinf(time) else time
    strongest = float(np.abs(array.drive).max()) if array.diffusivity else 0.0
    lengths = step_lengths(
        end, step or array.longest_step(), weakest, fastest=strongest, even=array.delay > 0
    )
    z = np.array(start, dtype=complex)
    if not lengths:
        return z
    lag = round(array.delay / lengths[0])
    past = deque([z] * lag)
    for before, length in zip([0.0, *lengths], lengths, strict=False):
        z = _diffused(z, array.diffusivity * (before + length) / 2, rng)
        past.append(z)
        heard = past.popleft()
        middle = mobius_flow(z, *array.acting(z, heard), length / 2)
        later = (heard + past[0]) / 2 if lag else middle  # what is heard by then
        z = mobius_flow(z, *array.acting(middle, later), length)
    return _diffused(z, array.diffusivity * lengths[-1] / 2, rng)


def _diffused(z: Complexes, spread: float, rng: np.random.Generator) -> Complexes:
    """Return the states after Brownian motion, of D times a time."""
    if spread == 0:
        return z
    turned = np.exp(1j * math.sqrt(2 * spread) * rng.standard_normal(z.shape))
    return np.asarray(z * turned)
