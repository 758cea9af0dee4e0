r"""The inequalities of T6c: how fast a state falls through caps of different sizes.

The caps around a centre have half-angles :math:`u_i` with :math:`\sin u_i = w_i \sigma`: at the
level :math:`\sigma = 1` they are given by the floats :math:`\cos u_i`, and at every other level
:math:`\cos^2 u_i = 1 - \sigma^2 + \sigma^2 \cos^2 u_i|_{\sigma=1}`. Where no oscillator is beyond
the level :math:`\sigma`, one that attains it falls at a rate :math:`-\dot\sigma/\sigma` of at least

.. math:: r_i = \cos u_i \bigl(\ell \cos u_i - a_i \sin u_i - \kappa - q / (2 w_i \sigma)\bigr)

both for the near pull :math:`\ell = \ell_i, \kappa = \sum_k |J_{ik}| w_k / w_i, q = \|f_i\|`, which
counts on the others to be within their caps, and for the far pull :math:`\ell = \langle y_i,
h_i\rangle, \kappa = 0, q = s_i + b_i + \|f_i\|`, which lets them be anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.forces import Forces
from lohe.proofs_numeric.coupled.strength import heard_upper
from lohe.proofs_numeric.enclosure import down, float_down, float_up, up

__all__ = ["FAINT", "LESS", "MORE", "WeightedCaps", "half_sine_bounds", "loose_push"]

Floats = NDArray[np.float64]

# Every bound below is a dozen rounded operations on numbers of one sign and one subtraction: each
# side is off by far less than 2^-48 of itself.
LESS, MORE = 1 - 2.0**-48, 1 + 2.0**-48
# Pulls below this may be no more than what underflow leaves undetermined.
FAINT = 2.0**-400


@dataclass(frozen=True, eq=False)
class WeightedCaps:
    r"""Caps of different sizes around one centre, and what holds and moves the oscillators there.

    Parameters
    ----------
    sine_lower, sine_upper : (n,) arrays
        Bounds of the weights :math:`w_i`, between 0 and 1.
    cosine_squared : (n,) array
        :math:`1 - w_i^2`, off by a few roundings.
    near, far : (n,) arrays
        Lower bounds of :math:`\ell_i` and of :math:`\langle y_i, h_i\rangle`.
    turn : (n,) array
        Upper bounds of :math:`a_i w_i`.
    heard, share : (n,) arrays
        Upper bounds of :math:`\sum_k |J_{ik}| w_k` and of it over :math:`w_i`.
    near_push, far_push : (n,) arrays
        Upper bounds of :math:`q/(2w_i)` of the two pulls.
    disturbance : (n,) array
        Upper bounds of :math:`a_i + \|f_i\|`.
    """

    sine_lower: Floats
    sine_upper: Floats
    cosine_squared: Floats
    near: Floats
    far: Floats
    turn: Floats
    heard: Floats
    share: Floats
    near_push: Floats
    far_push: Floats
    disturbance: Floats

    @classmethod
    def from_cosines(cls, network: Network, forces: Forces, cosines: Floats) -> WeightedCaps:
        r"""Take floats in (0, 1) for :math:`\sqrt{1 - w_i^2}`, exactly."""
        lower, upper = half_sine_bounds(cosines)
        return cls._of(network, forces, lower, upper, np.square(cosines))

    @classmethod
    def from_sines(cls, network: Network, forces: Forces, sines: Floats) -> WeightedCaps:
        """Take floats in (0, 1) for the weights themselves, exactly."""
        return cls._of(network, forces, sines, sines, (1 - sines) * (1 + sines))

    @classmethod
    def _of(
        cls, network: Network, forces: Forces, lower: Floats, upper: Floats, square: Floats
    ) -> WeightedCaps:
        heard = heard_upper(network, upper)
        return cls(
            sine_lower=lower,
            sine_upper=upper,
            cosine_squared=square,
            near=forces.along_lower,
            far=forces.drive_along_lower,
            turn=up(forces.rotation_upper * upper),
            heard=heard,
            share=up(heard / lower),
            near_push=up(forces.residual_upper / (2 * lower)),
            far_push=up(loose_push(forces) / (2 * lower)),
            disturbance=up(forces.rotation_upper + forces.residual_upper),
        )

    def rates_lower(self, level: float, far: bool = True) -> tuple[Floats, Floats]:
        r"""Bound :math:`r_i` at a level from below, by the near and by the far pull.

        Parameters
        ----------
        level
            A float in (0, 1].
        far
            Whether the far pull is asked for.

        Returns
        -------
        near, far : (n,) arrays
            Not positive where nothing is proved.
        """
        square = Fraction(level) ** 2
        cosine = np.sqrt(float_down(1 - square) + float_down(square) * self.cosine_squared)
        turned = level * self.turn
        near = self._rate(self.near, cosine, turned + self.share + self.near_push / level)
        if not far:
            return near, np.full_like(near, -np.inf)
        return near, self._rate(self.far, cosine, turned + self.far_push / level)

    def _rate(self, pull: Floats, cosine: Floats, against: Floats) -> Floats:
        held = (LESS * pull) * cosine - MORE * against
        return np.where(pull > FAINT, (LESS * held) * cosine, -np.inf)

    def contraction_lower(self, level: float) -> float:
        r"""Bound the rate of contraction within a level from below; 0.0 if there is none.

        It is :math:`\min_i \ell_i \cos 2u_i - (a_i + \|f_i\|) \sin 2u_i - 2 \sigma m_i - m_i/w_i`
        with :math:`m_i = \sum_k |J_{ik}| w_k`.
        """
        sine = up(level * self.sine_upper)
        cosine_full = down(1 - up(2 * up(sine * sine)))
        against = up(
            up(self.disturbance * (2 * sine)) + up(up(2 * level * self.heard) + self.share)
        )
        held = (self.near > FAINT) & (cosine_full > 0)
        rates = np.where(held, down(down(self.near * cosine_full) - against), -np.inf)
        return max(float(np.min(rates)), 0.0)


def loose_push(forces: Forces) -> Floats:
    """Bound what pushes an oscillator against its drive, wherever the others are, from above."""
    return up(up(forces.crosstalk_upper + forces.across_upper) + forces.residual_upper)


def half_sine_bounds(cosines: Floats) -> tuple[Floats, Floats]:
    r"""Enclose :math:`\sqrt{1 - c^2}` for floats c in (0, 1).

    Examples
    --------
    >>> lower, upper = half_sine_bounds(np.array([0.6]))
    >>> bool(lower[0] < 0.8 < upper[0] < lower[0] + 1e-14)
    True
    """
    # Four rounded operations, none with cancellation of rounded numbers.
    sine = np.sqrt((1 - cosines) * (1 + cosines))
    return sine * LESS, np.minimum(sine * MORE, float_up(Fraction(1)))
