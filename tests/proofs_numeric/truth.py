"""What certificates are held against: every theorem once more, in mpmath.

`holds` says whether a claim follows from the theorem that it names, by the witness that it gives.
It shares nothing with the generator or the checker; it is slow, and meant for tiny instances.
"""

from __future__ import annotations

import base64
import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from exact_oracle import drives, fractions, inner, masses, norm, real
from sharpened_oracle import sharpened_errors
from truth_agreement import agree_holds, apart_holds, led_holds
from truth_equilibria import devices_hold, equilibria_hold, tree_holds

from lohe.dynamics.network import Network

DIGITS = 60
HAIR = mpmath.mpf("1e-45")  # what sixty digits may lose
NEAR = mpmath.mpf("2e-6")  # of a worst oscillator


def to_float(text: str) -> float:
    return float.fromhex(text)


def to_array(value: Any) -> Any:
    raw = base64.b64decode(value["float64"])
    return np.frombuffer(raw, dtype="<f8").reshape(value["shape"])


def to_fraction(text: str) -> Fraction:
    p, q = (int(part, 16) for part in text.split("/"))
    return Fraction(p, q)


def mp(x: Any) -> Any:
    return mpmath.mpf(float(x))


def cap_share(d: int, z: Any) -> Any:
    """Return the share of the sphere in a cap of angle θ, z = sin²(θ/2), in closed form."""
    if not 0 < z < 1:
        return mpmath.mpf(z >= 1)
    theta = 2 * mpmath.asin(mpmath.sqrt(z))
    if d == 3:
        return z
    assert d in (2, 4)
    return (theta - (mpmath.sin(theta) * mpmath.cos(theta) if d == 4 else 0)) / mpmath.pi


class Truth:
    """What is true of a network on every device, in sixty digits."""

    @mpmath.workdps(DIGITS)
    def __init__(self, network: Network, parameters: Any) -> None:
        numbers = {k: None if v is None else Fraction(to_float(v)) for k, v in parameters.items()}
        self.network, self.n, self.d = network, network.n, network.d
        self.mismatch, self.step = numbers["mismatch"], numbers["step"]
        self.anchors, self.exact = (
            numbers["anchors"],
            not any(numbers[k] for k in ("mismatch", "anchors", "crosstalk", "frequency")),
        )
        self.eta, self.omega = (real(numbers[k]) for k in ("crosstalk", "frequency"))
        self.epsilon, self.delta = (mp(numbers[k]) for k in ("epsilon", "delta"))
        self.drives = drives(network)
        self.norms = [norm(h) for h in self.drives]
        self.masses = [mpmath.mpf(0)] * self.n
        self.sums = [Fraction(0)] * self.n
        if network.couplings is not None:
            self.masses = masses(network)
            self.sums = [sum(row, Fraction(0)) for row in fractions(network.couplings)]
        shaken = self.anchors * (1 + self.mismatch)
        self.shaken = [real(shaken * s) for s in self.sums]
        self.errors = [
            real(self.mismatch) * m + s for m, s in zip(self.masses, self.shaken, strict=True)
        ]
        self.upper = max(n + e for n, e in zip(self.norms, self.errors, strict=True))
        self.lows = [n - e for n, e in zip(self.norms, self.errors, strict=True)]
        J = np.zeros((self.n, self.n)) if network.crosstalk is None else network.crosstalk
        self.J = J if isinstance(J, np.ndarray) else J.toarray()
        A = np.zeros((self.n, self.d, self.d)) if network.frequency is None else network.frequency
        self.A = A
        self.heard, self.turning = bool(np.any(self.J)), bool(np.any(A))
        self.quiet = not (self.heard or self.turning or self.eta or self.omega)
        self.strengths = [mpmath.fsum(abs(mp(x)) for x in row) + self.eta for row in self.J]
        self.speeds = [
            mpmath.sqrt(mpmath.fsum(mp(x) ** 2 for x in M.ravel()) / 2) + self.omega for M in A
        ]

    @property
    def lower(self) -> list[Any]:
        """The least drive norms over all devices, sharp where the triangle inequality is not."""
        return [
            low if low > 0 else self._least_norm(i) - self.shaken[i]
            for i, low in enumerate(self.lows)
        ]

    def _least_norm(self, i: int) -> Any:
        """Return the least drive norm over all mismatches in the plane: 0, or on an edge."""
        if self.network.couplings is None or self.mismatch >= 1:
            return mpmath.mpf(0)
        w, r = fractions(self.network.couplings)[i], fractions(self.network.anchors)
        keys = range(len(w))
        best = None
        for mask in range(3 ** len(w)):
            signs = [mask // 3**j % 3 - 1 for j in keys]
            free = [j for j in keys if signs[j] == 0 and w[j]]
            if len(free) > 1:
                continue
            base = [
                sum((w[j] * (1 + signs[j] * self.mismatch) * r[j][k] for j in keys), Fraction(0))
                for k in range(2)
            ]
            if free:
                edge = [w[free[0]] * x for x in r[free[0]]]
                t = -inner(base, edge) / inner(edge, edge)
                t = min(max(t, -self.mismatch), self.mismatch)
                base = [b + t * e for b, e in zip(base, edge, strict=True)]
            size = norm(base)
            best = size if best is None else min(best, size)
        h = self.drives[i]
        for j in keys:  # 0 lies outside if some normal of an edge separates it
            for y in ([-r[j][1], r[j][0]], [r[j][1], -r[j][0]], h):
                spread = sum(w[k] * abs(inner(y, r[k])) for k in keys)
                if inner(y, h) > self.mismatch * spread:
                    return best
        return mpmath.mpf(0)

    def holds(self, name: str, claim: Any) -> bool:
        """Say whether a decided claim follows by its theorem and witness."""
        values, witness = dict(claim["values"]), dict(claim["witness"])
        theorem, proved = witness.pop("theorem"), claim["verdict"] == "proved"
        known = self._proofs(name) if proved else self._refutations(name)
        with mpmath.workdps(DIGITS):
            return theorem in known and bool(known[theorem](values, witness))

    def _proofs(self, name: str) -> Any:
        return {
            "unique_stable": {
                "T1": self._driven,
                "T5": self._locks,
                "T6": self._contracts,
                "T6a": self._attracts,
                "T8": self._counted,
            },
            "almost_global": {
                "T1": self._driven,
                "T5": self._locks,
                "T6": lambda v, w: self._gradient and self._contracts(v, w),
                "T6a": self._attracts,
                "T8": lambda v, w: self._gradient and self._counted(v, w),
            },
            "settling": {"T1": self._settles, "T5": self._lock_settles},
            "mismatch": {"T3": lambda v, w: self._mismatch(v, True)},
            "all_inputs": {"T4": lambda v, w: self._all_inputs(v, True)},
            "lock": {"T5": self._lock},
            "local_cap": {"T6b": self._cap},
            "digital_step": {"T7": lambda v, w: self._steps(v, True)},
            "box": {"T8": self._box},
            "consensus": {"T11": lambda v, w: led_holds(self, v, w)},
            "agreement": {"T12": lambda v, w: agree_holds(self, v, w)},
        }[name]

    def _refutations(self, name: str) -> Any:
        alone = {"T1": lambda v, w: self._collapses(w), "T5": self._unlocked}
        several = {**alone, "L3": self._drifts, "T8": self._several}
        return {
            "unique_stable": several,
            "almost_global": several,
            "settling": alone,
            "mismatch": {"T3": lambda v, w: self._mismatch(v, False)},
            "all_inputs": {"T4": lambda v, w: self._all_inputs(v, False)},
            "lock": {"T5": self._unlocked},
            "digital_step": {"T7": lambda v, w: self._steps(v, False)},
            "consensus": {"T11": lambda v, w: apart_holds(self, w)},
        }.get(name, {})

    # T1, T2, T3, T4, T7: for decoupled networks.

    def _driven(self, values: Any, witness: Any) -> bool:
        least, low = min(self.lower), mp(to_float(values["drive_norm_lower"]))
        ok = self.quiet and least > 0 and 0 <= low <= least and self._worst(values, self.lows)
        return ok and ("rate_lower" not in values or mp(to_float(values["rate_lower"])) <= least)

    def _worst(self, values: Any, bounds: list[Any]) -> bool:
        if values["oscillators"] != self.n or not values["worst_oscillator"] < self.n:
            return False
        # Devices that only a direction separates have bounds that need not be sharp.
        if min(bounds) <= 0:
            return True
        return bounds[values["worst_oscillator"]] <= min(bounds) * (1 + NEAR) + mp(1e-300)

    def _in_time(self, values: Any, witness: Any) -> Any:
        same = mp(to_float(values["epsilon"])) == self.epsilon
        same = same and mp(to_float(values["delta"])) == self.delta
        z = mp(to_float(witness["quantile"]))
        same = same and 0 < z < 1 and 0 < self.epsilon < 2 and 0 < self.delta < 1
        return z if same and cap_share(self.d, z) <= self.delta else None

    def _settles(self, values: Any, witness: Any) -> bool:
        if not self.quiet or min(self.lower) <= 0:
            return False
        same = mp(to_float(values["epsilon"])) == self.epsilon
        if not (same and mp(to_float(values["delta"])) == self.delta):
            return False
        # P(c_0 < tanh(artanh(1 - e^2/2) - ||h|| t)) <= delta at the time claimed
        low, time = mp(to_float(witness["drive_norm_lower"])), mp(to_float(values["time_upper"]))
        start = mpmath.atanh(1 - self.epsilon**2 / 2) - min(self.lower) * time
        ok = cap_share(self.d, (1 + mpmath.tanh(start)) / 2) <= self.delta
        return ok and 0 < low <= min(self.lower)

    def _lock_settles(self, values: Any, witness: Any) -> bool:
        rates, z = self._rates(to_array(witness["levels"])), self._in_time(values, witness)
        rate = mp(to_float(witness["rate_lower"]))
        if rates is None or z is None or not 0 < rate <= min(rates):
            return False
        needed = (mpmath.log(4 / self.epsilon**2) - mpmath.log(z)) / (2 * rate)
        return needed <= mp(to_float(values["time_upper"]))

    def coherence(self) -> Any:
        pairs = zip(self.norms, self.masses, strict=True)
        return min(n / m if m else mpmath.mpf(0) for n, m in pairs)

    def _mismatch(self, values: Any, proved: bool) -> bool:
        exact = {k: mp(to_float(v)) for k, v in values.items()}
        dead = min(self.lower) <= 0
        ok = self.quiet and exact["mismatch"] == real(self.mismatch)
        ok = ok and 0 <= exact["coherence_lower"] <= self.coherence() + HAIR
        t, delta = exact["tolerance_lower"], real(self.anchors)
        rows = zip(self.masses, self.sums, self.norms, strict=True)
        tolerated = t == 0 or all(t * m + delta * (1 + t) * real(w) <= n + HAIR for m, w, n in rows)
        ok = ok and t >= 0 and (tolerated or (not dead and t <= exact["mismatch"]))
        if not proved:
            return ok and dead
        sine = max(
            e / n if n else mpmath.mpf(2) for e, n in zip(self.errors, self.norms, strict=True)
        )
        ok = ok and not dead and exact["angle_sine_upper"] >= min(sine, 1) - HAIR
        bound = exact.get("weight_error_upper", mpmath.mpf(2))
        return ok and (bound >= 2 or bound >= self._weight_error() - HAIR)

    def _weight_error(self) -> Any:
        chords, facing = [], []
        for e, n, h in zip(self.errors, self.norms, self.drives, strict=True):
            if not n:
                return mpmath.mpf(2)
            chords.append(2 * mpmath.sin(mpmath.asin(e / n) / 2) if e < n else mpmath.mpf(2))
            facing.append([real(x) / n for x in h])
        return self.weight_error(chords, facing)

    def weight_error(self, chords: list[Any], states: list[Any]) -> Any:
        """Return the bound on the change of the weights, for moves of the states (T3, T3a, T6b)."""
        errors = sharpened_errors(self.network, chords, states, real(self.anchors))
        if self.network.readout_exponent != 1:
            return max(errors)
        rows, delta = fractions(self.network.anchors), real(self.anchors)
        sizes = [norm(row) for row in rows]
        worst = mpmath.mpf(0)
        for i, (c, x) in enumerate(zip(chords, states, strict=True)):
            seen = [j for j, w in enumerate(self.network.couplings[i]) if w > 0]
            if self.network.visible is not None:
                seen = [int(j) for j in np.flatnonzero(self.network.visible[i])]
            resultant = [sum((rows[j][k] for j in seen), Fraction(0)) for k in range(self.d)]
            total = len(seen) + mpmath.fsum(a * real(b) for a, b in zip(x, resultant, strict=True))
            moved = mpmath.fsum(c * sizes[j] + delta for j in seen)
            clamps = mpmath.fsum(max(sizes[j] + delta - 1, 0) for j in seen)
            shift = min(moved, c * norm(resultant) + len(seen) * delta + clamps)
            if moved == shift == 0:
                continue
            affine = (moved + shift) / (total - shift) if total > shift else mpmath.mpf(2)
            worst = max(worst, min(affine, errors[i]))
        return worst

    def _all_inputs(self, values: Any, proved: bool) -> bool:
        if self.network.couplings is None:
            return False
        rows = fractions(self.network.anchors)
        if values["keys"] != len(rows) or (values["prefix"] == len(rows)) != proved:
            return False
        margins = [self._margin(rows[:k]) for k in range(1, len(rows) + 1)]
        margins = [mp(margin) - real(self.anchors) for margin in margins]
        longest = sum(margin > 0 for margin in margins)
        best = margins[longest - 1] if longest else mpmath.mpf(0)
        return values["prefix"] == longest and 0 <= mp(to_float(values["margin_lower"])) <= best

    @staticmethod
    def _margin(rows: Any) -> float:
        """Return the distance of 0 from the convex hull: an exact answer for small tables."""
        from lohe.proofs_numeric.hull import HalfSpace, balance_or_half_space

        found = balance_or_half_space(np.array([[float(x) for x in row] for row in rows]))
        return found.margin_lower * (1 + 1e-15) if isinstance(found, HalfSpace) else 0.0

    def _steps(self, values: Any, proved: bool) -> bool:
        exact = {k: mp(to_float(v)) for k, v in values.items()}
        dead, upper = min(self.lower) <= 0, exact["drive_norm_upper"]
        ok = self.quiet and upper >= self.upper - HAIR
        ok = ok and exact["step_monotone"] * upper <= 1 and exact["step_settles"] * upper < 2
        ok = ok and min(exact["step_monotone"], exact["step_settles"]) >= 0
        reach = 0 if self.step is None else real(self.step) * self.upper
        if not proved:
            return ok and (dead or reach > 2)
        return ok and not dead and reach < 2 and (self.step is None or self.step > 0)

    def _collapses(self, witness: Any) -> bool:
        i, device = witness["oscillator"], [to_fraction(x) for x in witness["device"]]
        if not i < self.n or self.J[i].any():
            return False
        drive, total = self.drives[i], self.sums[i]
        if device:
            if len(device) != len(self.network.anchors) or any(
                abs(e) > self.mismatch for e in device
            ):
                return False
            w = fractions(self.network.couplings)[i]
            w = [a * (1 + e) for a, e in zip(w, device, strict=True)]
            drive = [inner(w, list(c)) for c in zip(*fractions(self.network.anchors), strict=True)]
            total = sum(w, Fraction(0))
        return inner(drive, drive) <= (self.anchors * total) ** 2

    # T5: for oscillators that turn but do not hear each other.

    def _resolvent(self, i: int, rate: Any) -> Any:
        matrix = mpmath.matrix([[-mp(x) for x in row] for row in self.A[i]])
        for j in range(self.d):
            matrix[j, j] += rate
        return mpmath.lu_solve(matrix, mpmath.matrix([real(x) for x in self.drives[i]]))

    def _rates(self, levels: Any) -> list[Any] | None:
        if self.heard or self.eta or levels.shape != (self.n,):
            return None
        rates = []
        for i, level in enumerate(levels):
            if level == 0:
                square = self.lows[i] ** 2 - self.speeds[i] ** 2
                if self.lows[i] <= self.speeds[i]:
                    return None
                rates.append(mpmath.sqrt(square))
                continue
            rate = mp(level)
            if level < 0:
                return None
            size = mpmath.norm(self._resolvent(i, rate))
            if rate <= self.omega or size * (rate - self.omega) < (rate + self.errors[i]) * (
                1 - HAIR
            ):
                return None
            rates.append(rate)
        return rates

    def lift_rate(self, i: int) -> float:
        """Return the rate of the stored oscillator: the largest real eigenvalue of its lift."""
        h = np.array([float(x) for x in self.drives[i]])
        lift = np.block([[self.A[i], h[:, None]], [h[None], np.zeros((1, 1))]])
        return float(np.linalg.eigvals(lift).real.max())

    def _locks(self, values: Any, witness: Any) -> bool:
        rates = self._rates(to_array(witness["levels"]))
        low = mp(to_float(values["rate_lower"]))
        if rates is None or not 0 <= low <= min(rates):
            return False
        physical = min(self.lift_rate(i) for i in range(self.n))
        assert float(low) <= physical * (1 + 1e-9) + 1e-7  # the theorem itself
        return self._worst(values, rates)

    def _lock(self, values: Any, witness: Any) -> bool:
        if not self._locks(values, witness):
            return False
        rates = self._rates(to_array(witness["levels"]))
        ceilings, points = to_array(witness["ceilings"]), to_array(witness["points"])
        upper, radius = (mp(to_float(values[k])) for k in ("rate_upper", "radius_upper"))
        if ceilings.shape != (self.n,) or points.shape != (self.n, self.d):
            return False
        for i, (rate, ceiling) in enumerate(zip(rates, map(mp, ceilings), strict=True)):
            if not 0 < ceiling <= upper:
                return False
            size = mpmath.norm(self._resolvent(i, ceiling))
            if size * (ceiling + self.omega) + self.errors[i] >= ceiling:
                return False
            y = self._resolvent(i, rate)
            away = mpmath.norm(y - mpmath.matrix([mp(x) for x in points[i]]))
            spread = ceiling - rate + self.errors[i] + self.omega * mpmath.norm(y)
            if away + spread / rate > radius * (1 + mp(1e-15)):
                return False
        return True

    def _unlocked(self, values: Any, witness: Any) -> bool:
        i, y = witness["oscillator"], [to_fraction(x) for x in witness["point"]]
        if not i < self.n or len(y) != self.d or self.J[i].any():
            return False
        moved = [inner(row, y) for row in fractions(self.A[i])]
        return all(a == -b for a, b in zip(moved, self.drives[i], strict=True)) and inner(y, y) <= 1

    # T6, T6a, T6b, L3: for coupled oscillators.

    @property
    def _gradient(self) -> bool:
        return not (self.turning or self.omega or self.eta) and bool(np.all(self.J == self.J.T))

    def _contracts(self, values: Any, witness: Any) -> bool:
        if self.turning or self.omega or values["oscillators"] != self.n:
            return False
        pairs = list(zip(self.lows, self.strengths, strict=True))
        if not all(low > 2 * s for low, s in pairs):
            return False
        worst = max(s / (low - s) for low, s in pairs)
        return worst <= mp(to_float(values["contraction_upper"])) + HAIR

    def _attracts(self, values: Any, witness: Any) -> bool:
        rate, least = mp(to_float(values["rate_lower"])), []
        for low, s, a in zip(self.lows, self.strengths, self.speeds, strict=True):
            square = low**2 - (s + a) ** 2
            if low <= 0 or square <= 4 * s**2:
                return False
            least.append(mpmath.sqrt(square) - 2 * s)
        return values["oscillators"] == self.n and 0 <= rate <= min(least) + HAIR

    def _drifts(self, values: Any, witness: Any) -> bool:
        found = witness["set"]
        inside = set(found)
        if not found or len(inside) != len(found) or max(found) >= self.n:
            return False
        return all(
            not any(self.drives[i])
            and not self.A[i].any()
            and {int(k) for k in np.flatnonzero(self.J[i])} <= inside
            for i in found
        )

    def _cap(self, values: Any, witness: Any) -> bool:
        inner_u, outer_u = (2 * mpmath.atan(mp(to_float(witness[k]))) for k in ("inner", "outer"))
        if values["oscillators"] != self.n or not 0 < inner_u <= outer_u <= mpmath.pi / 2:
            return False
        rows = to_array(witness["centre"])
        if rows.shape != (self.n, self.d) or not rows.any(axis=1).all():
            return False
        ys = []
        for row in rows:
            size = mpmath.sqrt(mpmath.fsum(mp(x) ** 2 for x in row))
            ys.append([mp(x) / size for x in row])
        slowest = mpmath.inf
        for i, y in enumerate(ys):
            s = self.strengths[i] - self.eta
            g = [
                real(h) + mpmath.fsum(mp(self.J[i, k]) * ys[k][j] for k in range(self.n))
                for j, h in enumerate(self.drives[i])
            ]
            turned = [
                mpmath.fsum(mp(a) * b for a, b in zip(row, y, strict=True)) for row in self.A[i]
            ]
            pull = mpmath.fsum(a * b for a, b in zip(y, g, strict=True))
            rest = [t + b - pull * c for t, b, c in zip(turned, g, y, strict=True)]
            a, f = (mpmath.sqrt(mpmath.fsum(x * x for x in v)) for v in (turned, rest))
            q = f + self.errors[i] + self.eta + self.omega
            for u in (inner_u, outer_u):
                sin, cos = mpmath.sin(u), mpmath.cos(u)
                if not (pull > 0 and 2 * sin * (pull * cos - a * sin - s) > q - HAIR):
                    return False
            wide = 2 * inner_u
            rate = pull * mpmath.cos(wide) - (a + f) * mpmath.sin(wide)
            rate -= 2 * s * mpmath.sin(inner_u) + self.errors[i] + s + 2 * self.eta
            slowest = min(slowest, rate)
        names = ("angle_lower", "inner_upper", "rate_lower", "share_lower", "volume_lower")
        angle, widest, rate, share, volume = (mp(to_float(values[k])) for k in names)
        part = cap_share(self.d, mpmath.sin(outer_u) ** 2)
        ok = slowest > 0 and 0 <= rate <= slowest + HAIR
        ok = ok and angle <= 2 * outer_u and widest >= 2 * inner_u
        ok = ok and 0 <= share <= part + HAIR and 0 <= volume <= part**self.n + HAIR
        if "weight_error_upper" not in values:
            return ok
        if self.network.couplings is None or self.network.readout_exponent < 1:
            return False
        bound = mp(to_float(values["weight_error_upper"]))
        return ok and (
            bound >= 2 or bound >= self.weight_error([2 * mpmath.sin(inner_u)] * self.n, ys) - HAIR
        )

    # T8: all equilibria of a small network.

    def _counted(self, values: Any, witness: Any) -> bool:
        if not self.exact or values["oscillators"] != self.n:
            return False
        stable = equilibria_hold(self, witness["equilibria"])
        if stable is None or values["equilibria"] != len(witness["equilibria"]):
            return False
        return sum(stable) == 1 and tree_holds(self, witness["tree"], witness["equilibria"])

    def _several(self, values: Any, witness: Any) -> bool:
        stable = equilibria_hold(self, witness["equilibria"])
        if stable is None or values["stable"] != sum(stable):
            return False
        if "tree" not in witness:
            return sum(stable) > 1
        return sum(stable) != 1 and tree_holds(self, witness["tree"], witness["equilibria"])

    def _box(self, values: Any, witness: Any) -> bool:
        stable = equilibria_hold(self, witness["equilibria"])
        if stable is None or not stable or values["oscillators"] != self.n:
            return False
        if not self.exact and not devices_hold(self, witness["equilibria"]):
            return False
        radius = max(to_float(b["inner"]) for b in witness["equilibria"])
        same = values["equilibria"] == len(stable) and values["stable"] == sum(stable)
        return same and to_float(values["radius_upper"]) >= radius and math.isfinite(radius)
