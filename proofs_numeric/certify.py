"""Certify a decoupled network: theorems T1 to T4 and T7, hypothesis by hypothesis."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certificate import Certificate, version_of
from lohe.proofs_numeric.fields import CLAIMS
from lohe.proofs_numeric.proofs import Proofs

__all__ = ["certify"]

_LATER = ("lock", "local_cap", "box")
_ANCHORED = ("mismatch", "all_inputs")


def certify(
    network: Network,
    claims: str | Iterable[str] = "all",
    *,
    mismatch: float = 0.0,
    epsilon: float = 1e-2,
    delta: float = 1e-3,
    step: float | None = None,
) -> Certificate:
    r"""Certify what a network does, for every device within the mismatch.

    Parameters
    ----------
    network
        The instance, taken as the exact numbers that it stores.
    claims
        ``"all"``, one name or several of ``unique_stable``, ``almost_global``, ``settling``,
        ``mismatch``, ``all_inputs``, ``digital_step``.
    mismatch
        Every claim but ``all_inputs`` holds for every device whose couplings are off by a factor
        between 1 - mismatch and 1 + mismatch. Needs couplings and anchors if positive.
    epsilon, delta
        ``settling`` bounds the time to come within Euclidean distance `epsilon` of the resting
        point with probability 1 - `delta` from a uniform start.
    step
        A step of projected Euler to certify; ``digital_step`` always reports the largest.

    Returns
    -------
    Certificate
        Claims that do not apply are absent. A coupled network's claims are undecided.

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
    """
    _check_range("mismatch", mismatch, 0 <= mismatch < math.inf, "0 or more")
    _check_range("epsilon", epsilon, 1e-150 <= epsilon < 2, "between 1e-150 and 2")
    _check_range("delta", delta, 0 < delta < 1, "between 0 and 1")
    if step is not None:
        _check_range("step", step, 0 < step < math.inf, "positive")
    if mismatch > 0 and network.couplings is None:
        raise InputError("mismatch needs a network with couplings and anchors; this has drives")
    if network.anchors is not None and not len(network.anchors):
        raise InputError("the network has no anchors; give at least one")
    width = None if step is None else float(step)
    proofs = Proofs(network, float(mismatch), float(epsilon), float(delta), width)
    names = _chosen(claims, network)
    return Certificate(
        network_sha256=network.digest,
        n=network.n,
        d=network.d,
        claims={name: proofs.claim(name) for name in names},
        parameters={
            "mismatch": proofs.mismatch,
            "epsilon": proofs.epsilon,
            "delta": proofs.delta,
            "step": proofs.step,
        },
        tool=_tool(),
    )


def _check_range(name: str, value: float, holds: bool, expected: str) -> None:
    if not holds:
        raise InputError(f"{name} is {value}; it must be {expected}")


def _chosen(claims: str | Iterable[str], network: Network) -> list[str]:
    applicable = [n for n in CLAIMS if n not in _ANCHORED or network.couplings is not None]
    if claims == "all":
        return applicable
    wanted = {claims} if isinstance(claims, str) else set(claims)
    later = sorted(wanted & set(_LATER))
    if later:
        raise InputError(f"claim {later[0]!r} is not available in this release")
    unknown = sorted(wanted - set(CLAIMS), key=str)
    if unknown or not wanted:
        found = ", ".join(repr(name) for name in unknown) or "none"
        raise InputError(f"unknown claims: {found}; choose from {', '.join(CLAIMS)} or all")
    absent = sorted(wanted - set(applicable))
    if absent:
        raise InputError(
            f"claim {absent[0]!r} needs couplings and anchors; this network has drives"
        )
    return [name for name in applicable if name in wanted]


def _tool() -> dict[str, str]:
    return {
        "name": "lohe",
        "version": version_of("lohe"),
        "python": platform.python_version(),
        "numpy": version_of("numpy"),
        "python-flint": version_of("python-flint"),
    }
