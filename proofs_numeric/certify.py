"""Certify a network: the strongest theorem that applies, hypothesis by hypothesis."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certificate import Certificate, version_of
from lohe.proofs_numeric.claims import Claim
from lohe.proofs_numeric.decoupled_claims import DecoupledClaims, all_inputs
from lohe.proofs_numeric.fields import CLAIMS
from lohe.proofs_numeric.parameters import Parameters
from lohe.proofs_numeric.uncertainty import Uncertainty

if TYPE_CHECKING:
    from lohe.proofs_numeric.coupled_claims import CoupledClaims
    from lohe.proofs_numeric.detuned_claims import DetunedClaims
    from lohe.proofs_numeric.undriven_claims import UndrivenClaims

__all__ = ["certify", "parameters_of", "tool"]

_DECOUPLED = ("unique_stable", "almost_global", "settling", "mismatch", "digital_step")
_DETUNED = ("unique_stable", "almost_global", "settling", "lock", "local_cap", "box")
_COUPLED = ("unique_stable", "almost_global", "local_cap", "box")
_UNDRIVEN = ("consensus", "agreement")

_NEEDS_UNDRIVEN = (
    "needs oscillators that hear each other, never with a negative sign, without drives and "
    "natural frequencies, on any device"
)


def certify(
    network: Network,
    claims: str | Iterable[str] = "all",
    *,
    mismatch: float = 0.0,
    crosstalk: float = 0.0,
    frequency: float = 0.0,
    anchors: float = 0.0,
    epsilon: float = 1e-2,
    delta: float = 1e-3,
    step: float | None = None,
    nodes: int = 200_000,
    states: ArrayLike | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Certificate:
    r"""Certify what a network does, for every device that is close enough to it.

    A device has couplings :math:`W_{ij}(1 + e_{ij})`, :math:`|e_{ij}| \le` `mismatch`; anchors
    displaced by at most `anchors`; crosstalk that differs by at most `crosstalk` in the absolute
    sum of each row; and natural frequencies that differ by at most `frequency` in spectral norm.
    Each claim is proved for all of them at once, and refuted if one of them fails.

    Parameters
    ----------
    network
        The instance, taken as the exact numbers that it stores.
    claims
        ``"all"``, one name or several of ``unique_stable``, ``almost_global``, ``settling``,
        ``mismatch``, ``all_inputs``, ``lock``, ``local_cap``, ``digital_step``, ``box``,
        ``consensus``, ``agreement``.
    mismatch, anchors
        Need couplings and anchors if positive.
    crosstalk, frequency
        In the units of the drives.
    epsilon, delta
        ``settling`` bounds the time to come within Euclidean distance `epsilon` of the resting
        point with probability 1 - `delta` from a uniform start; ``agreement`` the time until all
        states are within `epsilon` of each other.
    step
        A step of projected Euler to certify; ``digital_step`` always reports the largest.
    nodes
        Cells that the search for all equilibria of a small network may visit.
    states : (m, n, d) array, optional
        Guesses of equilibria, such as the attractors that a campaign found: those that can be
        proved are listed in ``box``, and two stable ones refute ``unique_stable``. Where nothing
        drives the network they are also the starts of ``agreement``, in any lengths.
    progress
        Called with (done, total) during that search.

    Returns
    -------
    Certificate
        Claims that do not apply are absent.

    Raises
    ------
    InputError
        For unknown claims, claims that do not apply when asked for by name, and parameters
        outside their range.

    Examples
    --------
    >>> certificate = certify(Network([[3.0, 4.0]]), "unique_stable")
    >>> certificate.claims["unique_stable"].values["drive_norm_lower"]
    5.0
    >>> turning = Network([[2.0, 0.0]], frequency=[[[0.0, -1.0], [1.0, 0.0]]])
    >>> certify(turning).claims["lock"].verdict.value
    'proved'
    """
    parameters = parameters_of(
        Uncertainty(mismatch, crosstalk, frequency, anchors), epsilon, delta, step
    )
    uncertainty = parameters.uncertainty
    if network.couplings is None and (uncertainty.mismatch or uncertainty.anchors):
        name = "mismatch" if uncertainty.mismatch else "anchors"
        raise InputError(f"{name} needs a network with couplings and anchors; this has drives")
    if step is not None and "digital_step" not in _applicable(network, uncertainty, False):
        raise InputError("step needs oscillators that move alone, without own frequencies")
    names = _chosen(claims, network, uncertainty, states is not None)
    guesses = None if states is None else _guesses(states, network, uncertainty)
    makers = _makers(network, parameters, nodes, guesses, progress)
    return Certificate(
        network_sha256=network.digest,
        n=network.n,
        d=network.d,
        claims={name: makers(name) for name in names},
        parameters=parameters.document(),
        tool=tool(),
    )


def parameters_of(
    uncertainty: Uncertainty, epsilon: float, delta: float, step: float | None
) -> Parameters:
    """Return checked parameters.

    Raises
    ------
    InputError
        If one is outside its range.
    """
    _check_range("epsilon", epsilon, 1e-150 <= epsilon < 2, "between 1e-150 and 2")
    _check_range("delta", delta, 0 < delta < 1, "between 0 and 1")
    if step is not None:
        _check_range("step", step, 0 < step < math.inf, "positive")
    width = None if step is None else float(step)
    return Parameters(uncertainty, float(epsilon), float(delta), width)


def _check_range(name: str, value: float, holds: bool, expected: str) -> None:
    if not holds:
        raise InputError(f"{name} is {value}; it must be {expected}")


def _guesses(states: ArrayLike, network: Network, uncertainty: Uncertainty) -> NDArray[np.float64]:
    """Return states as an array.

    Raises
    ------
    InputError
        If they do not fit the network, or it has but one equilibrium that matters.
    """
    guesses = np.asarray(states, dtype=np.float64)
    if guesses.ndim != 3 or guesses.shape[1:] != (network.n, network.d):
        expected = f"(states, {network.n}, {network.d})"
        raise InputError(f"states have shape {guesses.shape}; expected {expected}")
    if not (uncertainty.crosses(network) or uncertainty.turns(network)):
        raise InputError("states need crosstalk or natural frequencies, on any device")
    return guesses


def _applicable(network: Network, uncertainty: Uncertainty, started: bool) -> list[str]:
    crosses, turns = uncertainty.crosses(network), uncertainty.turns(network)
    names = set(_COUPLED if crosses else _DETUNED if turns else _DECOUPLED)
    if crosses and not turns and _undriven(network, uncertainty):
        names |= set(_UNDRIVEN if started else _UNDRIVEN[:1])
    if network.couplings is None:
        names -= {"mismatch"}
    else:
        names |= {"all_inputs"}
    return [name for name in CLAIMS if name in names]


def _undriven(network: Network, uncertainty: Uncertainty) -> bool:
    from lohe.proofs_numeric.undriven_claims import undriven

    return undriven(network, uncertainty)


def _makers(
    network: Network,
    parameters: Parameters,
    nodes: int,
    states: NDArray[np.float64] | None,
    progress: Callable[[int, int], None] | None,
) -> Callable[[str], Claim]:
    """Return what makes a claim by its name, with the theorems that fit the devices."""
    crosses = parameters.uncertainty.crosses(network)
    turns = parameters.uncertainty.turns(network)

    @cache
    def maker(kind: str) -> DecoupledClaims | DetunedClaims | CoupledClaims | UndrivenClaims:
        # What the other kinds load, a decoupled network never needs.
        if kind == "decoupled":
            return DecoupledClaims(network, parameters)
        if kind == "detuned":
            from lohe.proofs_numeric.detuned_claims import DetunedClaims

            return DetunedClaims(network, parameters)
        if kind == "undriven":
            from lohe.proofs_numeric.undriven_claims import UndrivenClaims

            return UndrivenClaims(network, parameters, states)
        from lohe.proofs_numeric.coupled_claims import CoupledClaims

        return CoupledClaims(network, parameters, nodes, progress, states)

    def make(name: str) -> Claim:
        if name == "all_inputs":
            return all_inputs(network, parameters.uncertainty.anchors)
        coupled = crosses or name in ("local_cap", "box")
        kind = "coupled" if coupled else "detuned" if turns else "decoupled"
        kind = "undriven" if name in _UNDRIVEN else kind
        claim: Claim = getattr(maker(kind), name)()
        return claim

    return make


def _chosen(
    claims: str | Iterable[str], network: Network, uncertainty: Uncertainty, started: bool
) -> list[str]:
    applicable = _applicable(network, uncertainty, started)
    if claims == "all":
        return applicable
    wanted = {claims} if isinstance(claims, str) else set(claims)
    unknown = sorted(wanted - (set(CLAIMS) - {"input_box"}), key=str)
    if unknown or not wanted:
        found = ", ".join(repr(name) for name in unknown) or "none"
        names = ", ".join(name for name in CLAIMS if name != "input_box")
        raise InputError(f"unknown claims: {found}; choose from {names} or all")
    absent = sorted(wanted - set(applicable))
    if absent:
        raise InputError(f"claim {absent[0]!r} {_needs(absent[0], network)}")
    return [name for name in applicable if name in wanted]


def _needs(name: str, network: Network) -> str:
    if name in ("mismatch", "all_inputs") and network.couplings is None:
        return "needs couplings and anchors; this network has drives"
    return {
        "lock": "needs natural frequencies and no crosstalk, on any device",
        "local_cap": "needs crosstalk or natural frequencies; alone, T1 says all there is to say",
        "box": "needs crosstalk or natural frequencies; alone, each oscillator rests at h/‖h‖",
        "consensus": _NEEDS_UNDRIVEN,
        "agreement": f"needs start states, and {_NEEDS_UNDRIVEN.removeprefix('needs ')}",
        "settling": "needs a network without crosstalk, on any device",
    }.get(name, "needs a network without crosstalk and natural frequencies, on any device")


def tool() -> dict[str, str]:
    """Return the name and versions of what makes a certificate."""
    return {
        "name": "lohe",
        "version": version_of("lohe"),
        "python": platform.python_version(),
        "numpy": version_of("numpy"),
        "python-flint": version_of("python-flint"),
    }
