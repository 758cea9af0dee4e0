"""The claims about a decoupled network: theorems T1 to T4 and T7, hypothesis by hypothesis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from lohe.dynamics.network import Network
from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.proofs_numeric.decoupled import Drives, enclose_drives, ratio_down
from lohe.proofs_numeric.enclosure import float_down, rescale_up, up
from lohe.proofs_numeric.hull import examine_prefixes
from lohe.proofs_numeric.mismatch import (
    Devices,
    angle_sine_upper,
    examine_devices,
    weight_error_upper,
)
from lohe.proofs_numeric.settling_bound import cap_quantile, settling_time_upper

__all__ = ["Proofs"]

_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, eq=False)
class Proofs:
    """The claims about one network, one method each; what they share is computed once.

    Parameters
    ----------
    network
        The instance.
    mismatch, epsilon, delta, step
        As in `lohe.proofs_numeric.certify.certify`, which checks their ranges.
    """

    network: Network
    mismatch: float
    epsilon: float
    delta: float
    step: float | None

    def claim(self, name: str) -> Claim:
        """Return the claim of that name."""
        makers = {
            "unique_stable": self.unique_stable,
            "almost_global": self.almost_global,
            "settling": self.settling,
            "mismatch": self.survives_mismatch,
            "all_inputs": self.all_inputs,
            "digital_step": self.digital_step,
        }
        return makers[name]()

    @cached_property
    def drives(self) -> Drives:
        """The enclosed drives of the network as stored."""
        return enclose_drives(self.network)

    @cached_property
    def devices(self) -> Devices:
        """What is known of the drives of all devices within the mismatch."""
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
        """A lower bound of the least coherence."""
        return float(ratio_down(self.drives.lower, self.drives.mass_upper).min())

    @property
    def _directions(self) -> dict[str, Any]:
        found = dict(self.devices.separations)
        return {"directions": found} if found else {}

    def unique_stable(self) -> Claim:
        """T1: exactly one stable resting point."""
        if self._obstacle is not None:
            return self._obstacle
        return Claim(Verdict.PROVED, "T1: every drive is non-zero", self._settled, self._directions)

    def almost_global(self) -> Claim:
        """T1: it attracts almost every start."""
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
        """T2: the time to settle from a random start."""
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

    def survives_mismatch(self) -> Claim:
        """T3: the resting points of every device, and how far they move."""
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
        """T4: no input can cancel the drive."""
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
        """T7: the steps of projected Euler that settle."""
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
        reason = "T7: projected Euler settles for every step up to the bound"
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
