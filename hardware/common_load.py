r"""Crosstalk of junctions in series across one load.

The array's voltage drives a current through the load, which returns through every junction and is
missing from its bias (Hadley, Beasley & Wiesenfeld, Phys. Rev. B 38, 8712, 1988). Behind a
capacitor that blocks the mean, into each junction goes :math:`-\sum_k (V_k - \bar V)/R`, its own
voltage's share with it: crosstalk between all, and of each with itself, which only shifts its
frequency.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.substrates.substrate import Substrate

__all__ = ["common_load"]


def common_load(substrate: Substrate, count: int, load: float, scale: float) -> NDArray[np.float64]:
    """Return the crosstalk J of an array whose outputs are voltages and whose inputs are currents.

    Parameters
    ----------
    substrate
        The junction.
    count : int
        n.
    load : float
        R, ohm.
    scale : float
        Injection of one unit of drive, ampere, of which J is in units.

    Returns
    -------
    (n, n) array
        For `DeviceArray` and `PhaseModel.run`.

    Raises
    ------
    InputError
        If outputs are no voltages or inputs no currents, or the load or the scale is not positive.

    Examples
    --------
    >>> from lohe.hardware.substrates import JosephsonJunction
    >>> common_load(JosephsonJunction(), 2, load=100.0, scale=1e-5).round(3)
    array([[-0.085, -0.085],
           [-0.085, -0.085]])
    """
    if (substrate.heard, substrate.injected) != ("V", "A"):
        raise InputError(
            f"a load turns volts into amperes; the {substrate.name} oscillator is heard in "
            f"{substrate.heard} and driven by {substrate.injected}"
        )
    for name, value in (("load", load), ("scale", scale)):
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"{name} is {value}; it must be positive")
    amplitude = substrate.limit_cycle().amplitude
    return np.full((count, count), -amplitude / (load * scale))
