"""What L4 gives for tokens, once more, in mpmath."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from truth import DIGITS, HAIR, NEAR, Truth, cap_share, mp, to_array, to_float

from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens


def coupling(name: str, s: Any) -> Any:
    if name == "softplus":
        return mpmath.log1p(mpmath.exp(s))
    if name == "relu":
        return max(s, mpmath.mpf(0)) + mp(1e-3)
    if name == "elu":
        return s + 1 if s > 0 else mpmath.exp(s)
    return (s + mpmath.sqrt(s * s + 4 * mpmath.log(2) ** 2)) / 2


class TokensTruth:
    """What follows for a head on every input within a radius."""

    def __init__(self, tokens: Tokens, parameters: Any) -> None:
        self.tokens, self.n, self.d = tokens, tokens.n, tokens.d
        couplings = np.ones((1, len(tokens.anchors)))
        heads = Network(couplings=couplings, anchors=tokens.anchors, anchor_kind="free")
        self.heads = Truth(heads, parameters)  # T4 speaks of the anchors alone
        with mpmath.workdps(DIGITS):
            numbers = {k: None if v is None else mp(to_float(v)) for k, v in parameters.items()}
        self.mismatch, self.delta = numbers["mismatch"], numbers["anchors"]
        self.steady = not (numbers["crosstalk"] or numbers["frequency"])
        self.epsilon, self.rare = numbers["epsilon"], numbers["delta"]

    def holds(self, name: str, claim: Any) -> bool:
        """Say whether a decided claim follows by its theorem and witness."""
        if name == "all_inputs":
            return self.heads.holds(name, claim)
        witness, values = claim["witness"], claim["values"]
        if (name, claim["verdict"], witness["theorem"]) != ("input_box", "proved", "L4"):
            return False
        with mpmath.workdps(DIGITS):
            return self._inputs(values, witness)

    def _inputs(self, values: Any, witness: Any) -> bool:
        radius, low, time = (
            mp(to_float(values[k])) for k in ("radius", "drive_norm_lower", "time_upper")
        )
        ys, z = to_array(witness["directions"]), mp(to_float(witness["quantile"]))
        if ys.shape != (self.n, self.d) or radius < 0 or not self.steady:
            return False
        if not ys.any(axis=1).all() or values["oscillators"] != self.n:
            return False
        bounds = self._bounds(radius, ys)
        worst = values["worst_oscillator"]
        if not 0 < low <= min(bounds) + HAIR or not worst < self.n:
            return False
        if not 0 < z < 1 or cap_share(self.d, z) > self.rare:
            return False
        needed = mpmath.log(4 / self.epsilon**2 - 1) - mpmath.log(z / (1 - z))
        return bounds[worst] <= min(bounds) * (1 + NEAR) and needed <= 2 * low * time

    def _bounds(self, radius: Any, ys: Any) -> list[Any]:
        t = self.tokens
        form = mpmath.matrix(t.query_weights.tolist()).T * mpmath.matrix(t.key_weights.tolist())
        form = form / mpmath.sqrt(len(t.query_weights))
        size = mpmath.fsum(abs(v) for v in form)
        found = []
        for b, tokens in enumerate(t.tokens):
            rows = [mpmath.matrix(row.tolist()) for row in tokens]
            for i in np.flatnonzero(t.kept[b]):
                y = [Fraction(float(v)) for v in ys[len(found)]]
                total, reach = mpmath.mpf(0), mpmath.mpf(0)
                for j in np.flatnonzero(t.visible[b % len(t.visible)][i]):
                    score = (rows[i].T * form * rows[j])[0]
                    spread = mpmath.norm(form * rows[j], 1) + mpmath.norm(form.T * rows[i], 1)
                    spread = radius * spread + radius**2 * size
                    least, most = (coupling(t.coupling, score + s * spread) for s in (-1, 1))
                    least = min(least * (1 - self.mismatch), most * (1 - self.mismatch))
                    most = most * (1 + self.mismatch)
                    facing = mpmath.fsum(
                        mp(a) * mp(c) for a, c in zip(y, t.anchors[j], strict=True)
                    )
                    total += min(least * facing, most * facing)
                    reach += most
                length = mpmath.sqrt(mpmath.fsum(mp(v) ** 2 for v in y))
                found.append(total / length - self.delta * reach)
        return found
