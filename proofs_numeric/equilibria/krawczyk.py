r"""Enclose an equilibrium: exactly one in a box of chart coordinates, located in a small one (T8).

The box condition :math:`|C\Phi(\tilde\xi)|_\infty + \|I - C\,D\Phi\|_\infty\,r < r` is asked for
with room to spare, so that another program, with another C and its own roundings, finds it true
as well. Where doubles are not enough the centre becomes a sum of doubles and the arithmetic Arb's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.equilibria import escalation
from lohe.proofs_numeric.equilibria.arbs import precision
from lohe.proofs_numeric.equilibria.chart import poles, to_points
from lohe.proofs_numeric.equilibria.devices import Deviations, deviations
from lohe.proofs_numeric.equilibria.guess import approach
from lohe.proofs_numeric.equilibria.operator import linearise
from lohe.proofs_numeric.equilibria.spectrum import Spectrum, box_spectrum, precise_spectrum
from lohe.proofs_numeric.equilibria.system import System, read_precisely, read_system
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Enclosure", "contains_no_equilibrium", "enclose", "radii", "spectrum", "unique_in"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Dense matrices of the size of the unknowns, in doubles and in Arb.
_MOST_UNKNOWNS, _MOST_PRECISE = 2048, 160
# The condition must hold on a radius times this, with a derivative that varies this much more:
# another program may enclose it less tightly, with another inverse.
_ROOM, _WIDER = 0.95, 2.6
# Steps to the nearest doubles, until what is left is at the level of rounding.
_POLISHING, _POLISHED = 4, 2.0**-51
_FIRST_OUTER, _LARGEST_OUTER = 0.2, 2.0


@dataclass(frozen=True, eq=False)
class Enclosure:
    """A proved equilibrium.

    Parameters
    ----------
    charts : (n,) int array
        0 for the chart of the pole +e of the first coordinate, 1 for that of -e.
    coordinates : (k, n, d - 1) array
        Chart coordinates of the centre, the exact sum over k.
    inner, outer : float
        The equilibrium is the only one whose chart coordinates are all within `outer` of the
        centre's, and its own are within `inner`.
    unstable : int, optional
        The number of eigenvalues with positive real part, if none can lie on the imaginary axis;
        0 means asymptotically stable.
    abscissa_upper : float
        Upper bound of the real parts of the spectrum.
    points : (n, d) array
        The centre on the spheres, rounded.
    """

    charts: Integers
    coordinates: Floats
    inner: float
    outer: float
    unstable: int | None
    abscissa_upper: float
    points: Floats


def enclose(
    network: Network, guess: ArrayLike, uncertainty: Uncertainty | None = None
) -> Enclosure | str:
    """Prove that there is an equilibrium near a guess, and how far around it is the only one.

    Parameters
    ----------
    network
    guess : (n, d) array
        States near an equilibrium, stable or not; they are normalised.
    uncertainty
        Everything that is proved then holds for every device: each has exactly one equilibrium
        within `outer`, which lies within `inner` and has that many unstable directions.

    Returns
    -------
    Enclosure or str
        The reason, where nothing could be proved.

    Raises
    ------
    InputError
        If the guess has the wrong shape or a zero or non-finite row, or the uncertainty needs
        couplings and anchors that the network does not have.

    Examples
    --------
    >>> found = enclose(Network([[0.0, 2.0]]), [[0.1, 1.0]])
    >>> found.points, found.unstable, found.inner < 1e-14 < found.outer
    (array([[0., 1.]]), 0, True)
    """
    points = np.asarray(guess, dtype=np.float64)
    if points.shape != (network.n, network.d):
        raise InputError(f"guess has shape {points.shape}; expected {(network.n, network.d)}")
    if not (np.isfinite(points).all() and np.any(points, axis=-1).all()):
        raise InputError("guess has a zero or non-finite row; give vectors near the sphere")
    d = network.d
    unknowns = network.n * (d - 1)
    if unknowns > _MOST_UNKNOWNS:
        return f"{unknowns} unknowns; an equilibrium is enclosed for at most {_MOST_UNKNOWNS}"
    system, precise = read_both(network)
    found = approach(system, points)
    if isinstance(found, str):
        return found
    charts, coordinates = found
    operator = linearise(system, precise, poles(charts), coordinates)
    for _ in range(_POLISHING):
        # The equations are known more precisely than doubles solve them.
        if operator is None or operator.step.magnitude.max() <= _POLISHED:
            break
        coordinates = coordinates - operator.step.middle.reshape(coordinates.shape)
        operator = linearise(system, precise, poles(charts), coordinates)
    extra = None if uncertainty is None else deviations(network, uncertainty)
    if operator is not None:
        proved = radii(
            operator.step_upper(extra), partial(operator.spread, extra=extra), d - 1, 2.0**-60
        )
        if proved is not None:
            return _enclosure(network, charts, coordinates[None], proved, extra)
    if extra is not None:
        return (
            "no box near the guess provably holds exactly one equilibrium of every device; "
            "the uncertainty may be too large"
        )
    if unknowns > _MOST_PRECISE:
        return (
            f"doubles cannot isolate the equilibrium near the guess (its Jacobian is nearly "
            f"singular), and more digits are tried for at most {_MOST_PRECISE} unknowns only"
        )
    for bits in escalation.PRECISIONS:
        refined = escalation.refine(network, poles(charts), coordinates, bits)
        if refined is None:
            continue
        proved = radii(refined.step, refined.spread, d - 1, 2.0 ** -(bits + 8))
        if proved is not None:
            return _enclosure(network, charts, refined.coordinates, proved, None)
    return (
        "the Jacobian near the guess is singular, or too nearly so to isolate an equilibrium with "
        f"{escalation.PRECISIONS[-1]} bits; it may belong to a continuum of equilibria"
    )


def radii(
    step: Floats, spread: Callable[[Floats], Floats], coordinates: int, smallest: float
) -> tuple[float, float] | None:
    r"""Find the smallest and the largest box on which Krawczyk's condition holds.

    Parameters
    ----------
    step : (N,) array
        Upper bounds of :math:`|C\Phi(\tilde\xi)|`.
    spread : function
        Upper bounds of :math:`|I - C\,D\Phi(\text{box})|\,r` for half widths r.
    coordinates
        Chart coordinates of one oscillator, d - 1.
    smallest
        Least radius to try.

    Returns
    -------
    inner, outer : float
        None where no box was found.
    """
    largest_step = float(step.max())
    if not largest_step < 1:
        return None

    def rate(r: float) -> float:
        return _WIDER * float(spread(np.full(step.shape, r)).max()) / r

    def holds(r: float) -> bool:
        return bool(np.all(step + _WIDER * spread(np.full(step.shape, r)) <= _ROOM * r))

    inner = max(2 * largest_step, smallest)
    # A zero in the box is an equilibrium while the box stays in the hemisphere of its centre.
    while not holds(inner):
        found = rate(inner)
        if not found < _ROOM or 2 * coordinates * inner**2 >= 1:
            return None
        inner = max(1.01 * largest_step / (_ROOM - found), 1.5 * inner)
    # Shrink: the rate on the box found is at least that on a smaller one.
    tighter = 1.0001 * largest_step / (_ROOM - min(rate(inner), _ROOM / 2))
    if smallest <= tighter < inner and holds(tighter):
        inner = tighter
    if 4 * coordinates * inner**2 >= 1:
        return None
    return inner, _largest(inner, lambda r: rate(r) + largest_step / r)


def _largest(inner: float, rate: Callable[[float], float]) -> float:
    """Find the largest radius, to 5 %, at which a growing rate is below the room."""
    low, high, r = inner, _LARGEST_OUTER, max(_FIRST_OUTER, inner)
    while high > 1.05 * low:
        found = rate(r)
        low, high = (r, high) if found <= _ROOM else (low, r)
        # The rate grows about linearly. Far from that, or stuck at an end: bisect.
        guess = 0.98 * r * _ROOM / found if found > 0 else high
        if not 1.01 * low < guess < high / 1.01:
            guess = float(np.sqrt(low * high)) if high < _LARGEST_OUTER else min(4 * low, 1.9)
        r = min(max(guess, low), high)
    return low


def read_both(network: Network) -> tuple[System, System]:
    """Return the coefficients of a network in balls of doubles and in Arb's, the latter exact."""
    with precision(escalation.PRECISIONS[-1]):
        return read_system(network), read_precisely(network)


def contains_no_equilibrium(
    network: Network, charts: Integers, coordinates: Floats, radii: Floats
) -> bool:
    """Prove that a box of chart coordinates holds no equilibrium.

    Parameters
    ----------
    network
    charts : (n,) int array
    coordinates : (n, d - 1) array
        The middle of the box.
    radii : (n, d - 1) array
        Its half widths.

    Returns
    -------
    bool
        False where nothing is proved.
    """
    operator = linearise(*read_both(network), poles(charts), coordinates)
    if operator is None:
        return False
    reach = (Balls.exact(operator.spread(radii.ravel())) + radii.ravel()).upper
    return bool(np.any(operator.step.mignitude > reach))


def unique_in(network: Network, charts: Integers, coordinates: Floats, radii: Floats) -> bool:
    """Prove that a box of chart coordinates holds exactly one equilibrium.

    Takes what `contains_no_equilibrium` takes; False where nothing is proved.
    """
    operator = linearise(*read_both(network), poles(charts), coordinates)
    if operator is None:
        return False
    reach = (Balls.exact(operator.spread(radii.ravel())) + operator.step.magnitude).upper
    within = (Balls.exact(radii) * radii).sum(-1).upper < 0.5
    return bool(np.all(reach < radii.ravel()) and np.all(within))


def spectrum(
    network: Network, enclosure: Enclosure, uncertainty: Uncertainty | None = None
) -> Spectrum:
    """Enclose the spectrum of the linearisation at a proved equilibrium.

    Parameters
    ----------
    network
    enclosure
        From `enclose`, of the same network and uncertainty.
    uncertainty
        The discs are then those of every device.
    """
    extra = None if uncertainty is None else deviations(network, uncertainty)
    return _spectrum(network, enclosure.charts, enclosure.coordinates, enclosure.inner, extra)


def _spectrum(
    network: Network,
    charts: Integers,
    coordinates: Floats,
    inner: float,
    extra: Deviations | None,
) -> Spectrum:
    centre = Balls.exact(coordinates).sum(0)
    found = box_spectrum(read_system(network), poles(charts), centre, inner, extra=extra)
    small = charts.size * coordinates.shape[-1] <= _MOST_PRECISE
    if found.unstable is None and extra is None and small:
        return precise_spectrum(network, poles(charts), coordinates, inner)
    return found


def _enclosure(
    network: Network,
    charts: Integers,
    coordinates: Floats,
    proved: tuple[float, float],
    extra: Deviations | None,
) -> Enclosure:
    inner, outer = proved
    found = _spectrum(network, charts, coordinates, inner, extra)
    return Enclosure(
        charts=charts,
        coordinates=coordinates,
        inner=inner,
        outer=outer,
        unstable=found.unstable,
        abscissa_upper=_outward(found, 6.0 if extra is None else 4.0),
        points=to_points(charts, coordinates),
    )


def _outward(found: Spectrum, room: float) -> float:
    """Leave the spectrum's upper bound some room, on the same side of zero."""
    bound = found.abscissa_upper
    size = np.abs(found.centres)
    wider = float((found.centres.real + room * found.radii + 1e-12 * size).max())
    return min(max(bound, wider), bound / 2) if bound < 0 else max(bound, wider)
