r"""The schedule of damping, :math:`\eta(t) = c_{log}\ln(t/t_0) + c_{lin}\,t`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lohe.dynamics.errors import InputError

__all__ = ["Damping"]


@dataclass(frozen=True)
class Damping:
    r"""How fast momentum is lost.

    With :math:`\alpha = \eta'` the free momentum obeys :math:`\dot Y = -\alpha(t) Y`, so over an
    interval it shrinks by :math:`\sigma = e^{-(\eta(end) - \eta(start))}` exactly.
    :math:`c_{log} = 3` is Nesterov's 3/t in continuous time (Su, Boyd & Candès, arXiv 1503.01243).

    Parameters
    ----------
    logarithmic, linear : float
        The coefficients; :math:`t_0` drops out of everything.

    Examples
    --------
    >>> Damping(3.0, 0.0).rate(2.0), round(math.exp(-Damping(3.0, 0.0).fall(1.0, 2.0)), 6)
    (1.5, 0.125)
    """

    logarithmic: float
    linear: float

    def rate(self, time: float) -> float:
        r"""Return :math:`\alpha(t)`; times are positive."""
        return self.logarithmic / time + self.linear

    def fall(self, start: float, end: float) -> float:
        r"""Return :math:`\eta(end) - \eta(start)`.

        Raises
        ------
        InputError
            For a start that is not positive: the schedule is singular at 0.
        """
        if not start > 0:
            raise InputError(f"the damping starts at t = {start}; choose a positive time")
        return self.logarithmic * math.log(end / start) + self.linear * (end - start)
