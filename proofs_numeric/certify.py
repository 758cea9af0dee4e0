"""Certify a decoupled network: theorems T1 to T4 and T7, hypothesis by hypothesis."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certificate import Certificate
from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.proofs_numeric.decoupled import Drives, enclose_drives, ratio_down
from lohe.proofs_numeric.enclosure import float_down, rescale_up, up
from lohe.proofs_numeric.fields import CLAIMS
from lohe.proofs_numeric.hull import examine_prefixes
from lohe.proofs_numeric.mismatch import (
    Devices,
    angle_sine_upper,
    examine_devices,
    weight_error_upper,
)
from lohe.proofs_numeric.settling_bound import cap_quantile, settling_time_upper

__all__ = ["certify"]

_LATER = ("lock", "local_cap", "box")
_ANCHORED = ("mismatch", "all_inputs")
_LARGEST = float(np.finfo(np.float64).max)


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
    work = _Work(
        network,
        float(mismatch),
        float(epsilon),
        float(delta),
        None if step is None else float(step),
    )
    makers: Mapping[str, Callable[[], Claim]] = {
        "unique_stable": work.unique_stable,
        "almost_global": work.almost_global,
        "settling": work.settling,
        "mismatch": work.mismatch_claim,
        "all_inputs": work.all_inputs,
        "digital_step": work.digital_step,
    }
    names = _chosen(claims, network)
    return Certificate(
        network_sha256=network.digest,
        n=network.n,
        d=network.d,
        claims={name: makers[name]() for name in names},
        parameters={
            "mismatch": work.mismatch,
            "epsilon": work.epsilon,
            "delta": work.delta,
            "step": work.step,
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
    found = {"name": "lohe", "python": platform.python_version()}
    for package, key in (("lohe", "version"), ("numpy", "numpy"), ("python-flint", "python-flint")):
        try:
            found[key] = version(package)
        except PackageNotFoundError:  # run from a source folder that was never installed
            found[key] = "unknown"
    return found


@dataclass(frozen=True, eq=False)
class _Work:
    """One network and the parameters; what the claims share is computed once."""

    network: Network
    mismatch: float
    epsilon: float
    delta: float
    step: float | None

    @cached_property
    def drives(self) -> Drives:
        return enclose_drives(self.network)

    @cached_property
    def devices(self) -> Devices:
        return examine_devices(self.network, self.drives, self.mismatch)

    @cached_property
    def _obstacle(self) -> Claim | None:
        """The claim to make instead when the drives do not all survive."""
        if not self.network.decoupled:
            return _undecided(
                "crosstalk or natural frequencies are present; this release certifies "
                "decoupled networks only"
            )
        if self.devices.collapse is not None:
            i, device = self.devices.collapse
            why = (
                f"some device within the mismatch leaves oscillator {i} without a drive"
                if any(device)
                else f"the drive of oscillator {i} is exactly zero, so every point is at rest"
            )
            return Claim(Verdict.REFUTED, why, witness={"oscillator": i, "device": tuple(device)})
        if self.devices.unresolved:
            return _undecided(
                f"mismatch {self.mismatch:g} exceeds the coherence of oscillator "
                f"{self.devices.unresolved[0]} ({len(self.devices.unresolved)} in all), and no "
                f"device without a drive was found; every mismatch below {self.coherence:.6g} "
                "is certain"
            )
        return None

    @cached_property
    def coherence(self) -> float:
        return float(ratio_down(self.drives.lower, self.drives.mass_upper).min())

    @property
    def _directions(self) -> dict[str, Any]:
        found = dict(self.devices.separations)
        return {"directions": found} if found else {}

    def unique_stable(self) -> Claim:
        if self._obstacle is not None:
            return self._obstacle
        return Claim(Verdict.PROVED, "T1: every drive is non-zero", self._settled, self._directions)

    def almost_global(self) -> Claim:
        if self._obstacle is not None:
            return self._obstacle
        values = {**self._settled, "rate_lower": self.devices.norm_lower}
        reason = "T1: each oscillator reaches its resting point from every start but one"
        return Claim(Verdict.PROVED, reason, values, self._directions)

    @property
    def _settled(self) -> dict[str, Any]:
        return {
            "drive_norm_lower": self.devices.norm_lower,
            "worst_oscillator": self.devices.worst,
            "oscillators": self.network.n,
        }

    def settling(self) -> Claim:
        if self._obstacle is not None:
            return self._obstacle
        norm = self.devices.norm_lower
        quantile = cap_quantile(self.delta, self.network.d)
        time = settling_time_upper(norm, self.epsilon, quantile) if norm and quantile else math.inf
        if not time < math.inf:
            return _undecided("the settling time exceeds the largest float")
        reason = "T2: the smallest drive bounds the settling time of every oscillator"
        return Claim(
            Verdict.PROVED,
            reason,
            {"epsilon": self.epsilon, "delta": self.delta, "time_upper": time},
            {"drive_norm_lower": norm, "quantile": quantile, **self._directions},
        )

    def mismatch_claim(self) -> Claim:
        obstacle = self._obstacle
        if obstacle is not None and obstacle.verdict is Verdict.UNDECIDED:
            return obstacle
        values = {
            "mismatch": self.mismatch,
            "coherence_lower": self.coherence,
            "tolerance_lower": self.coherence,
        }
        if obstacle is not None:
            return Claim(obstacle.verdict, obstacle.reason, values, obstacle.witness)
        reason = "T3: every resting point survives on every device within the mismatch"
        if self.devices.separations:
            # Half-planes reach further than the coherence of single oscillators.
            values["tolerance_lower"] = max(self.coherence, self.mismatch)
        values["angle_sine_upper"] = angle_sine_upper(self.coherence, self.mismatch)
        if self.network.readout_exponent == 1:
            error = weight_error_upper(self.network, self.drives, self.mismatch)
            values["weight_error_upper"] = error
            reason += "; the bound on the weights is only the trivial one" * (error == 2)
        return Claim(Verdict.PROVED, reason, values, self._directions)

    def all_inputs(self) -> Claim:
        assert self.network.anchors is not None
        hull = examine_prefixes(self.network.anchors)
        half = hull.half_space
        values = {
            "margin_lower": half.margin_lower if half is not None else 0.0,
            "keys": hull.keys,
            "prefix": hull.prefix,
        }
        witness = {"direction": half.direction if half is not None else ()}
        if hull.balance is None:
            reason = "T4: the anchors lie in an open half-space, so no input can cancel the drive"
            return Claim(Verdict.PROVED, reason, values, witness)
        reason = (
            f"T4: non-negative couplings to the first {hull.prefix + 1} anchors cancel the drive "
            f"exactly; no input to the first {hull.prefix} can"
        )
        return Claim(Verdict.REFUTED, reason, values, {**witness, "weights": hull.balance.weights})

    def digital_step(self) -> Claim:
        obstacle = self._obstacle
        if obstacle is not None and obstacle.verdict is Verdict.UNDECIDED:
            return obstacle
        reach = self.drives.upper
        if self.mismatch > 0:
            reach = up(reach + up(self.mismatch * self.drives.mass_upper))
        norm = float(rescale_up(reach, self.drives.exponent).max())
        if norm == math.inf:
            return _undecided("a drive norm exceeds the largest float")
        monotone, settles = _largest_steps(norm)
        values = {"step_monotone": monotone, "step_settles": settles, "drive_norm_upper": norm}
        if obstacle is not None:
            return Claim(obstacle.verdict, obstacle.reason, values, obstacle.witness)
        if self.step is not None and self.step > settles:
            return self._too_long(values)
        reason = "T7: projected Euler settles for every step up to step_settles"
        if self.step is not None:
            manner = "without overshoot" if self.step <= monotone else "with possible overshoot"
            reason = f"T7: projected Euler with step {self.step:g} settles, {manner}"
        return Claim(Verdict.PROVED, reason, values, self._directions)

    def _too_long(self, values: dict[str, float]) -> Claim:
        assert self.step is not None
        worst = int(np.argmax(rescale_up(self.drives.upper, self.drives.exponent)))
        lower = Fraction(float(self.drives.lower[worst]))
        lower *= Fraction(2) ** int(self.drives.exponent[worst]) * (1 + Fraction(self.mismatch))
        if Fraction(self.step) * lower > 2:
            reason = (
                f"T7: at step {self.step:g} the resting point of oscillator {worst} is unstable"
            )
            return Claim(Verdict.REFUTED, reason, values, {"oscillator": worst})
        return _undecided(f"step {self.step:g} is at the edge of stability; take a smaller one")


def _largest_steps(norm: float) -> tuple[float, float]:
    """Return the largest floats with step * norm <= 1 and step * norm < 2."""
    if norm == 0:
        return _LARGEST, _LARGEST
    monotone = float_down(1 / Fraction(norm))
    settles = float_down(2 / Fraction(norm))
    if Fraction(settles) * Fraction(norm) == 2:
        settles = math.nextafter(settles, 0.0)
    return monotone, settles


def _undecided(reason: str) -> Claim:
    return Claim(Verdict.UNDECIDED, reason)
