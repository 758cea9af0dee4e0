"""What may be wrong with an array, as data: each alone, or all together."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from lohe.dynamics.errors import InputError

__all__ = ["READS", "TOPOLOGIES", "Imperfections"]

TOPOLOGIES = ("chain", "grid", "king", "crossbar", "complete")
"""Who hears whom by parasitic crosstalk: neighbours on a line, on a square grid, on one with
diagonals, all of one's row and column, or everyone."""

READS = ("components", "phase")
"""What is read of an oscillator: its coordinates, or, of one on a circle, its phase."""

_BITS = 24


@dataclass(frozen=True)
class Imperfections:
    r"""An array's departures from the equation of its theorems.

    Times are in units of the inverse rate at which a unit drive pulls, frequencies in units of that
    rate.

    Parameters
    ----------
    mismatch : float
        s of the factors :math:`e^{s\xi}` of the couplings, drawn once a device.
    coupling_bits : int or None
        Of the converters that set couplings; None sets them exactly.
    programming : float
        Deviation of the error of each setting, as a share of the full scale, drawn anew.
    crosstalk : float
        :math:`\sum_k |J_{ik}|` of an oscillator with all its neighbours.
    topology : str
        One of `TOPOLOGIES`.
    detuning : float
        Deviation of natural frequencies from the reference, drawn once a device: on a circle of
        the frequency, on spheres of each entry of the skew matrix.
    drift : float
        Deviation by which each natural frequency moves between two uses.
    diffusivity : float
        D, of phase noise.
    harmonics : tuple of float
        Second, third, ... harmonic of the coupling function, as shares of the fundamental; of
        oscillators on a circle alone.
    delay : float
        After which crosstalk is heard.
    settling : float
        Time between setting and reading; infinite for rest.
    reads : str
        One of `READS`.
    reading : float
        Deviation of the noise of each coordinate, or in radians of the phase, that is read.
    reading_bits : int or None
        Of the converters that read coordinates, over -1 to 1, or the phase, around the circle.

    Raises
    ------
    InputError
        For negative sizes, converters without bits, unknown topologies and ways to read.

    Examples
    --------
    >>> Imperfections(mismatch=0.1).is_static
    True
    """

    mismatch: float = 0.0
    coupling_bits: int | None = None
    programming: float = 0.0
    crosstalk: float = 0.0
    topology: str = "grid"
    detuning: float = 0.0
    drift: float = 0.0
    diffusivity: float = 0.0
    harmonics: tuple[float, ...] = ()
    delay: float = 0.0
    settling: float = math.inf
    reads: str = "components"
    reading: float = 0.0
    reading_bits: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "harmonics", tuple(self.harmonics))
        for field in fields(self):
            value = getattr(self, field.name)
            number = isinstance(value, float | int) and field.name != "settling"
            if number and not (math.isfinite(value) and value >= 0):
                raise InputError(f"{field.name} is {value}; it must be 0 or a positive number")
        if not self.settling > 0:
            raise InputError(f"settling is {self.settling}; it must be positive")
        for name in ("coupling_bits", "reading_bits"):
            bits = getattr(self, name)
            if bits is not None and not 1 <= bits <= _BITS:
                raise InputError(f"{name} is {bits}; choose from 1 to {_BITS}")
        if not all(math.isfinite(share) for share in self.harmonics):
            raise InputError("harmonics must be finite numbers")
        if self.topology not in TOPOLOGIES:
            raise InputError(f"no topology {self.topology!r}; choose {' or '.join(TOPOLOGIES)}")
        if self.reads not in READS:
            raise InputError(f"reads is {self.reads!r}; choose {' or '.join(READS)}")

    @property
    def is_static(self) -> bool:
        """Whether oscillators rest where their drives point, so that nothing need be followed."""
        moving = self.crosstalk, self.detuning, self.drift, self.diffusivity, *self.harmonics
        return not any(moving) and math.isinf(self.settling)
