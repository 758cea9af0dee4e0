"""The claims about a decoupled network: theorems T1 to T4 and T7, hypothesis by hypothesis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from lohe.dynamics.network import Network
from lohe.proofs_numeric.claims import Claim, Verdict, undecided
from lohe.proofs_numeric.decoupled import Drives, enclose_drives, ratio_down
from lohe.proofs_numeric.enclosure import float_down, rescale_up, up
from lohe.proofs_numeric.hull import examine_prefixes
from lohe.proofs_numeric.mismatch import (
    Devices,
    examine_devices,
    resting_sines,
    tolerance_lower,
)
from lohe.proofs_numeric.parameters import Parameters
from lohe.proofs_numeric.settling_bound import cap_quantile, settling_time_upper
from lohe.proofs_numeric.weights import bears_weights, weight_error_upper

__all__ = ["DecoupledClaims", "all_inputs"]

_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, eq=False)
class DecoupledClaims:
    """The claims about one network, one method each; what they share is computed once.

    Parameters
    ----------
    network
        Without crosstalk and natural frequencies, on every device.
    parameters
        What the claims refer to.
    """

    network: Network
    parameters: Parameters

    @cached_property
    def drives(self) -> Drives:
        """The enclosed drives of the network as stored."""
        return enclose_drives(self.network)

    @cached_property
    def devices(self) -> Devices:
        """What is known of the drives of all devices."""
        return examine_devices(self.network, self.drives, self.parameters.uncertainty)

    @cached_property
    def _obstacle(self) -> Claim | None:
        """The claim to make instead when the drives do not all survive."""
        if self.devices.collapse is not None:
            i, device = self.devices.collapse
            exactly = not any(device) and not self.parameters.uncertainty.anchors
            why = (
                f"the drive of oscillator {i} is exactly zero, so every point is at rest"
                if exactly
                else f"some device leaves oscillator {i} without a drive"
            )
            return Claim(Verdict.REFUTED, f"T1: {why}", {}, _collapse("T1", i, device))
        if self.devices.unresolved:
            return undecided(
                f"devices may be off by more than oscillator {self.devices.unresolved[0]} is sure "
                f"to bear ({len(self.devices.unresolved)} such in all), and no device without a "
                f"drive was found; every mismatch below {self.tolerance:.6g} is certain"
            )
        return None

    @cached_property
    def coherence(self) -> float:
        """A lower bound of the least coherence."""
        return float(ratio_down(self.drives.lower, self.drives.mass_upper).min())

    @cached_property
    def tolerance(self) -> float:
        """A mismatch that every oscillator survives, if anchors are displaced as much as stated."""
        return tolerance_lower(self.network, self.drives, self.parameters.uncertainty.anchors)

    def _witness(self, theorem: str, **others: Any) -> dict[str, Any]:
        found = dict(self.devices.separations)
        return {"theorem": theorem, **others, **({"directions": found} if found else {})}

    def unique_stable(self) -> Claim:
        """T1: exactly one stable resting point."""
        if self._obstacle is not None:
            return self._obstacle
        reason = "T1: every drive is non-zero"
        return Claim(Verdict.PROVED, reason, self._settled, self._witness("T1"))

    def almost_global(self) -> Claim:
        """T1: it attracts almost every start."""
        if self._obstacle is not None:
            return self._obstacle
        values = {**self._settled, "rate_lower": self.devices.norm_lower}
        reason = "T1: each oscillator reaches its resting point from every start but one"
        return Claim(Verdict.PROVED, reason, values, self._witness("T1"))

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
        epsilon, delta = self.parameters.epsilon, self.parameters.delta
        quantile = cap_quantile(delta, self.network.d)
        time = settling_time_upper(norm, epsilon, quantile) if norm and quantile else math.inf
        if not time < math.inf:
            return undecided("the settling time exceeds the largest float")
        reason = "T2: the smallest drive bounds the settling time of every oscillator"
        return Claim(
            Verdict.PROVED,
            reason,
            {"epsilon": epsilon, "delta": delta, "time_upper": time},
            self._witness("T1", drive_norm_lower=norm, quantile=quantile),
        )

    def mismatch(self) -> Claim:
        """T3: the resting points of every device, and how far they move."""
        obstacle = self._obstacle
        if obstacle is not None and obstacle.verdict is Verdict.UNDECIDED:
            return obstacle
        uncertainty = self.parameters.uncertainty
        values = {
            "mismatch": uncertainty.mismatch,
            "coherence_lower": self.coherence,
            "tolerance_lower": self.tolerance,
        }
        if obstacle is not None:
            return Claim(
                obstacle.verdict, obstacle.reason, values, {**obstacle.witness, "theorem": "T3"}
            )
        reason = "T3: every resting point survives on every device"
        if self.devices.separations:
            # Half-planes reach further than the coherence of single oscillators.
            values["tolerance_lower"] = max(self.tolerance, uncertainty.mismatch)
        sines = resting_sines(self.network, self.drives, uncertainty)
        values["angle_sine_upper"] = float(sines.max())
        if bears_weights(self.network):
            error = weight_error_upper(self.network, self.drives, uncertainty, sines)
            values["weight_error_upper"] = error
            reason += "; the bound on the weights is only the trivial one" * (error == 2)
        return Claim(Verdict.PROVED, reason, values, self._witness("T3"))

    def digital_step(self) -> Claim:
        """T7: the steps of projected Euler that settle."""
        obstacle = self._obstacle
        if obstacle is not None and obstacle.verdict is Verdict.UNDECIDED:
            return obstacle
        uncertainty, step = self.parameters.uncertainty, self.parameters.step
        reach = self.drives.upper
        if uncertainty.mismatch > 0:
            reach = up(reach + up(uncertainty.mismatch * self.drives.mass_upper))
        norms = rescale_up(reach, self.drives.exponent)
        if uncertainty.anchors > 0:
            norms = up(norms + uncertainty.displacements(self.network))
        norm = float(norms.max())
        if norm == math.inf:
            return undecided("a drive norm exceeds the largest float")
        monotone, settles = _largest_steps(norm)
        values = {"step_monotone": monotone, "step_settles": settles, "drive_norm_upper": norm}
        if obstacle is not None:
            return Claim(
                obstacle.verdict, obstacle.reason, values, {**obstacle.witness, "theorem": "T7"}
            )
        if step is not None and step > settles:
            return self._too_long(values)
        reason = "T7: projected Euler settles for every step up to the bound"
        if step is not None:
            manner = "without overshoot" if step <= monotone else "with possible overshoot"
            reason = f"T7: projected Euler with step {step:g} settles, {manner}"
        return Claim(Verdict.PROVED, reason, values, self._witness("T7"))

    def _too_long(self, values: dict[str, float]) -> Claim:
        step, mismatch = self.parameters.step, self.parameters.uncertainty.mismatch
        assert step is not None
        worst = int(np.argmax(rescale_up(self.drives.upper, self.drives.exponent)))
        lower = Fraction(float(self.drives.lower[worst]))
        lower *= Fraction(2) ** int(self.drives.exponent[worst]) * (1 + Fraction(mismatch))
        if Fraction(step) * lower > 2:
            reason = f"T7: at step {step:g} the resting point of oscillator {worst} is unstable"
            return Claim(Verdict.REFUTED, reason, values, {"theorem": "T7", "oscillator": worst})
        return undecided(f"step {step:g} is at the edge of stability; take a smaller one")


def _collapse(theorem: str, i: int, device: tuple[Fraction, ...]) -> dict[str, Any]:
    return {"theorem": theorem, "oscillator": i, "device": device}


def _largest_steps(norm: float) -> tuple[float, float]:
    """Return the largest floats with step * norm <= 1 and step * norm < 2."""
    if norm == 0:
        return _LARGEST, _LARGEST
    monotone = float_down(1 / Fraction(norm))
    settles = float_down(2 / Fraction(norm))
    if Fraction(settles) * Fraction(norm) == 2:
        settles = math.nextafter(settles, 0.0)
    return monotone, settles


def all_inputs(network: Network, displacement: float) -> Claim:
    """T4: no input can cancel the drive, wherever anchors are displaced to."""
    assert network.anchors is not None
    hull = examine_prefixes(network.anchors, displacement)
    half = hull.half_space
    values = {
        "margin_lower": half.margin_lower if half is not None else 0.0,
        "keys": hull.keys,
        "prefix": hull.prefix,
    }
    witness = {"theorem": "T4", "direction": half.direction if half is not None else ()}
    if hull.balance is None:
        reason = "T4: the anchors lie in an open half-space, so no input can cancel the drive"
        return Claim(Verdict.PROVED, reason, values, witness)
    where = "exactly" if not displacement else "once the anchors are displaced"
    reason = (
        f"T4: non-negative couplings to the first {hull.prefix + 1} anchors cancel the drive "
        f"{where}; no input to the first {hull.prefix} can"
    )
    return Claim(Verdict.REFUTED, reason, values, {**witness, "weights": hull.balance.weights})
