"""Charge-density wave: a relaxation oscillator of a hysteretic resistor and a capacitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.limit_cycle import LimitCycle, harmonics
from lohe.hardware.substrates.substrate import Inject, require_positive

__all__ = ["ChargeDensityWaveOscillator"]

Floats = NDArray[np.float64]

_NEWTON_STEPS = 8


@dataclass(frozen=True)
class ChargeDensityWaveOscillator:
    r"""A 1T-TaS2-like device across a capacitor, fed through a series resistor.

    .. math:: C\dot v = \frac{V - v}{R_s} - \frac{v}{R} + p,

    where the device's resistance R falls from :math:`R_i` to :math:`R_m` as the voltage rises
    through :math:`v_h`, when the nearly commensurate wave gives way to the incommensurate one, and
    returns as it falls through :math:`v_l`. Others hear the voltage; a current p is injected. The
    state is the voltage and, as 0 or 1, whether the device is in its state of low resistance. Such
    an oscillator is that of Liu et al. (Nature Nanotechnology 11, 845, 2016); networks of them are
    those of Brown, Guo, Pasqualetti & Balandin (arXiv 2503.06355).

    Parameters
    ----------
    capacitance : float
        C, farad.
    supply : float
        V, volt.
    series : float
        R_s, ohm.
    insulating, metallic : float
        R_i and R_m, ohm.
    upper, lower : float
        v_h and v_l, volt.

    Notes
    -----
    The defaults are of the size of such devices: kiloohms, volts, two megahertz.

    Raises
    ------
    InputError
        For a parameter that is not positive, and for those with which the voltage comes to rest in
        one of the states.

    Examples
    --------
    >>> cycle = ChargeDensityWaveOscillator().limit_cycle()
    >>> round(1e-6 / cycle.period, 1)
    2.0
    """

    capacitance: float = 490e-12
    supply: float = 2.83
    series: float = 1e3
    insulating: float = 1.5e3
    metallic: float = 0.7e3
    upper: float = 1.55
    lower: float = 1.30

    name: ClassVar[str] = "charge-density wave"
    injected: ClassVar[str] = "A"
    heard: ClassVar[str] = "V"

    def __post_init__(self) -> None:
        require_positive(self)
        if not self.lower < self.upper:
            raise InputError(f"the lower threshold {self.lower} V is not below {self.upper} V")
        rising, falling = self._goal(self.insulating), self._goal(self.metallic)
        if rising <= self.upper or falling >= self.lower:
            raise InputError(
                f"the voltage rests at {rising:.3g} V or {falling:.3g} V, so nothing oscillates: "
                f"the first must be above {self.upper} V and the second below {self.lower} V; "
                "change the supply or the series resistor"
            )

    def _goal(self, resistance: float) -> float:
        """Return the voltage that a state of the device would rest at."""
        return self.supply * resistance / (resistance + self.series)

    def _time_constant(self, resistance: float) -> float:
        return self.capacitance / (1 / resistance + 1 / self.series)

    @property
    def power(self) -> float:
        """Watts that the supply delivers, on average over a period."""
        cycle = self.limit_cycle()
        return float(self.supply * (self.supply - cycle.output.mean()) / self.series)

    def rate(self, state: Floats, injection: Floats | float = 0.0) -> Floats:
        """Return the slopes of (v, state of the device), volts and 0 per second."""
        v = state[..., 0]
        resistance = np.where(state[..., 1] > 0, self.metallic, self.insulating)
        current = (self.supply - v) / self.series - v / resistance + injection
        return np.stack([current / self.capacitance, np.zeros_like(v)], axis=-1)

    def output(self, state: Floats) -> Floats:
        """Return the voltage."""
        return state[..., 0]

    def step(self, state: Floats, time: float, duration: float, inject: Inject) -> Floats:
        """Return the states one step of time later; see `Substrate`.

        Between switches the equation is linear, and injections are taken as parabolas over the
        step. A device that reaches its threshold within the step switches at that moment and takes
        the rest of the step in its other state.
        """
        output = self.output(state)
        start = inject(time, output)
        guess = state.copy()
        guess[..., 0] = self._passed(state, duration, duration, start, start, start)
        half = (output + guess[..., 0]) / 2
        middle = inject(time + duration / 2, half)
        end = inject(time + duration, guess[..., 0])
        after = state.copy()
        after[..., 0] = self._passed(state, duration, duration, start, middle, end)
        metallic = state[..., 1] > 0
        crossed = np.where(metallic, after[..., 0] < self.lower, after[..., 0] > self.upper)
        if crossed.any():
            pieces = [np.broadcast_to(each, output.shape)[crossed] for each in (start, middle, end)]
            after[crossed] = self._switched(state[crossed], duration, *pieces)
        return after

    def _passed(
        self, state: Floats, elapsed: Floats | float, duration: float, *pieces: Floats
    ) -> Floats:
        """Return the voltage after a part of a step, with the device as it is.

        The injection is the parabola through its values at the start, middle and end of the step;
        the linear equation is then solved exactly.
        """
        start, middle, end = pieces
        resistance = np.where(state[..., 1] > 0, self.metallic, self.insulating)
        tau = self.capacitance / (1 / resistance + 1 / self.series)
        goal = self.supply / self.series
        slope = (4 * middle - 3 * start - end) / duration
        bend = 2 * (start - 2 * middle + end) / duration**2
        # v = u + a + b t + c t^2 with u' = -u/tau solves C v' = goal + p - C v/tau.
        c = bend * tau / self.capacitance
        b = slope * tau / self.capacitance - 2 * c * tau
        a = (goal + start) * tau / self.capacitance - b * tau
        decayed = (state[..., 0] - a) * np.exp(-np.asarray(elapsed) / tau)
        return np.asarray(decayed + a + elapsed * (b + elapsed * c))

    def _switched(self, state: Floats, duration: float, *pieces: Floats) -> Floats:
        """Return the states after a step within which each device switches once."""
        metallic = state[:, 1] > 0
        threshold = np.where(metallic, self.lower, self.upper)
        injected = pieces[1]
        elapsed = np.full(len(state), duration / 2)
        for _ in range(_NEWTON_STEPS):
            v = self._passed(state, elapsed, duration, *pieces)
            here = np.stack([v, state[:, 1]], axis=-1)
            elapsed = elapsed - (v - threshold) / self.rate(here, injected)[:, 0]
            elapsed = np.clip(elapsed, 0.0, duration)
        other = np.stack([threshold, 1.0 - state[:, 1]], axis=-1)
        # What is left of the step, with the injections that are left.
        share = elapsed / duration
        left = [_parabola(pieces, share + (1 - share) * part) for part in (0.0, 0.5, 1.0)]
        rest = duration - elapsed
        shortest = np.maximum(rest, np.finfo(float).tiny)
        other[:, 0] = self._passed(other, rest, shortest, *left)  # type: ignore[arg-type]
        return other

    def limit_cycle(self, points: int = 4096) -> LimitCycle:
        """Return the free oscillation; see `Substrate`.

        Corners make the averages of samples converge slowly, so there are many by default.

        It is two exponentials; the state has one dimension, so a push advances the phase by the
        frequency over the speed at which the voltage passes, and what is off is only early or late.
        """
        tau = self._time_constant(self.insulating), self._time_constant(self.metallic)
        goal = self._goal(self.insulating), self._goal(self.metallic)
        rise = tau[0] * np.log((goal[0] - self.lower) / (goal[0] - self.upper))
        fall = tau[1] * np.log((self.upper - goal[1]) / (self.lower - goal[1]))
        period = float(rise + fall)

        def at(times: NDArray[Any]) -> tuple[Floats, Floats]:
            times = times % period
            falling = times >= rise
            since = np.where(falling, times - rise, times)
            which = falling.astype(int)
            end, begin = np.take(goal, which), np.where(falling, self.upper, self.lower)
            return end + (begin - end) * np.exp(-since / np.take(tau, which)), falling

        # The peak of the fundamental, from many samples: corners make harmonics fall slowly.
        fine = np.arange(4096) * (period / 4096)
        origin = -np.angle(harmonics(at(fine)[0], 1)[1]) / (2 * np.pi) * period
        voltage, falling = at(origin + np.arange(points) * (period / points))
        states = np.stack([voltage, falling.astype(float)], axis=-1)
        return LimitCycle(
            period=period,
            states=states,
            output=voltage,
            response=2 * np.pi / period / self.capacitance / self.rate(states)[:, 0],
            decay=np.inf,
        )


def _parabola(pieces: tuple[Floats, ...], share: Floats) -> Floats:
    """Return values between those at the start, middle and end of a step."""
    start, middle, end = pieces
    return np.asarray(
        start * (1 - share) * (1 - 2 * share)
        + middle * 4 * share * (1 - share)
        + end * share * (2 * share - 1)
    )
