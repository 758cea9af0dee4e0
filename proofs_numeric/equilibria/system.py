r"""The equations of an equilibrium in chart coordinates, and their derivative, enclosed (T8).

About a centre :math:`\tilde\xi` an equilibrium is a zero of
:math:`\Phi_i(\xi) = \tilde B_i^{\top}F_i(X(\xi))`: the velocity of every oscillator in the
orthonormal basis :math:`\tilde B_i` of its tangent space at the centre. The blocks come from the
emitted kernels of `lohe.proofs_numeric.jacobian`, which enclose what they are given enclosures of:
`Balls`, or arrays of Arb's balls at whatever precision is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.equilibria.arbs import arbs, product, times_floats
from lohe.proofs_numeric.equilibria.chart import Frame, frame_at, seen_from
from lohe.proofs_numeric.jacobian import (
    chart_linearisation,
    field_jacobian_block,
    tangent_projector,
)

__all__ = ["System", "derivative", "linearisation", "read_precisely", "read_system", "residual"]

Floats = NDArray[np.float64]
Values = Any
"""`Balls`, an object array of Arb's balls, or plain floats for guesses; what is given returns."""


@dataclass(frozen=True, eq=False)
class System:
    """Coefficients of a network, or of every network within their radii.

    Parameters
    ----------
    drive : (n, d) Values
    crosstalk : (n, n) Values, optional
        Plain floats where the other coefficients are in Arb.
    frequency : (n, d, d) Values, optional
    """

    drive: Values
    crosstalk: Values | None
    frequency: Values | None

    @cached_property
    def spread_crosstalk(self) -> Values | None:
        """Crosstalk between tangent coordinates: J_ik repeated d - 1 times along both axes."""
        if self.crosstalk is None:
            return None
        n, d = self.drive.shape
        index = np.arange(n).repeat(d - 1)
        spread = self.crosstalk if d == 2 else self.crosstalk[index[:, None], index]
        return arbs(spread) if _in_arb(self.drive) else spread

    @cached_property
    def symmetric(self) -> bool:
        """Whether the linearisation is symmetric: no frequency, and J equal to its transpose."""
        if self.frequency is not None or self.crosstalk is None:
            return self.frequency is None
        matrix = self.crosstalk
        if isinstance(matrix, Balls):
            return bool(not matrix.radius.any() and np.all(matrix.middle == matrix.middle.T))
        return bool(np.all(matrix == matrix.T))

    @cached_property
    def rounded(self) -> System:
        """The middles of a system of `Balls`, in plain floats: for guesses."""
        parts = (self.drive, self.crosstalk, self.frequency)
        return System(*(None if part is None else part.middle for part in parts))


def read_system(network: Network) -> System:
    """Enclose the coefficients of a network: exactly, but for a drive that is a sum of anchors."""
    if network.couplings is None or network.anchors is None:
        drive = Balls.exact(network.drive)
    else:
        drive = Balls.exact(network.couplings) @ network.anchors
    crosstalk, frequency = _couplings(network)
    return System(
        drive,
        None if crosstalk is None else Balls.exact(crosstalk),
        None if frequency is None else Balls.exact(frequency),
    )


def read_precisely(network: Network) -> System:
    """Enclose the coefficients of a network in Arb, exactly but for the current precision."""
    if network.couplings is None or network.anchors is None:
        drive = arbs(network.drive)
    else:
        drive = product(arbs(network.couplings), arbs(network.anchors))
    crosstalk, frequency = _couplings(network)
    return System(drive, crosstalk, None if frequency is None else arbs(frequency))


def _couplings(network: Network) -> tuple[Floats | None, Floats | None]:
    """Return crosstalk, dense, and frequency; None where they are zero."""
    crosstalk, frequency = network.crosstalk, network.frequency
    if crosstalk is not None and not isinstance(crosstalk, np.ndarray):
        crosstalk = crosstalk.toarray()
    return (
        crosstalk if crosstalk is not None and np.any(crosstalk) else None,
        frequency if frequency is not None and np.any(frequency) else None,
    )


def residual(system: System, centre: Frame) -> Values:
    r"""Enclose the equations at the centre.

    Parameters
    ----------
    system
    centre
        Of n oscillators.

    Returns
    -------
    (n (d - 1),) Values
        :math:`\Phi(\tilde\xi)`; the term along :math:`x_i` drops out, as :math:`\tilde B_i` is
        orthogonal to it.
    """
    velocity = _force(system, centre.point)
    if system.frequency is not None:
        velocity = velocity + (system.frequency @ centre.point[..., None])[..., 0]
    return (centre.basis.mT @ velocity[..., None]).reshape(-1)


def derivative(system: System, centre: Frame, offset: Values) -> Values:
    r"""Enclose the derivative of the equations over a box of chart coordinates.

    All but the drives are seen from the centre's frames, where what varies is small.

    Parameters
    ----------
    system
    centre
        Of n oscillators.
    offset : (n, d - 1) Values
        The box: the chart coordinates less the centre's.

    Returns
    -------
    (n (d - 1), n (d - 1)) Values
        :math:`D\Phi(\xi)` for every :math:`\xi` of the box.
    """
    box = frame_at(centre.poles, centre.coordinates + offset)
    point, basis = seen_from(centre, box, offset)
    whole = centre.whole
    force = (whole.mT @ _force(system, box.point)[..., None])[..., 0]
    frequency = None
    if system.frequency is not None:
        frequency = whole.mT @ system.frequency @ whole
    scale = box.conformal[..., None, None]
    own = field_jacobian_block(point, force, frequency)
    diagonal = own[..., 1:, :] @ (basis * scale)
    rows = tangent_projector(point)[..., 1:, :] @ whole.mT
    return _assembled(system, diagonal, rows, box.basis * scale)


def linearisation(system: System, poles: Floats, box: Values) -> Values:
    r"""Enclose the linearisation on the tangent spaces over a box of chart coordinates.

    Returns
    -------
    (n (d - 1), n (d - 1)) Values
        Blocks :math:`B_i^{\top}A_iB_i - \lambda_iI` and :math:`J_{ik}B_i^{\top}B_k`. At an
        equilibrium its spectrum decides stability; it is symmetric where J is and A = 0.
    """
    frame = frame_at(poles, box)
    pull = (frame.point * _force(system, frame.point)).sum(-1)
    diagonal = chart_linearisation(frame.basis, pull, system.frequency)
    return _assembled(system, diagonal, frame.basis.mT, frame.basis)


def _in_arb(values: Values) -> bool:
    return isinstance(values, np.ndarray) and values.dtype == object


def _force(system: System, point: Values) -> Values:
    if system.crosstalk is None:
        return system.drive
    heard = times_floats(system.crosstalk, point) if _in_arb(point) else system.crosstalk @ point
    return system.drive + heard


def _assembled(system: System, diagonal: Values, left: Values, right: Values) -> Values:
    """Put the blocks J_ik left_i right_k off the diagonal, and those given on it."""
    n, size, d = left.shape
    unknowns = n * size
    if system.spread_crosstalk is None:
        # Zeros of the same arithmetic.
        across = diagonal.reshape(-1)[np.zeros((unknowns, unknowns), dtype=np.intp)] * 0
    else:
        rows = left.reshape(unknowns, d)
        columns = right.swapaxes(0, 1).reshape(d, unknowns)
        across = product(rows, columns) if _in_arb(rows) else rows @ columns
        across = across * system.spread_crosstalk
    index = np.arange(n)

    def placed(whole: NDArray[Any], blocks: NDArray[Any]) -> NDArray[Any]:
        whole.reshape(n, size, n, size)[index, :, index, :] = blocks
        return whole

    if isinstance(across, Balls):
        return Balls(placed(across.middle, diagonal.middle), placed(across.radius, diagonal.radius))
    return placed(across, diagonal)
