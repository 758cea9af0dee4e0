"""The exact flow of T5 for many states at once, with natural frequencies, laid out (n, d, B)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.boost import scale_to_sphere

__all__ = ["LorentzBoost"]

Floats = NDArray[np.float64]
Lifted = tuple[Floats, Floats | None]

_TINY = float(np.finfo(np.float64).tiny)
_SERIES = 18  # 1/19! is 8e-18, below rounding
# Where the difference quotient of two close functions is taken from its series; with that many
# terms, the next is 0.3^6/15!, below rounding.
_CLOSE, _CLOSE_TERMS = 0.3, 6


class LorentzBoost:
    r"""The flow of :math:`\dot x_i = A_i x_i + P_{x_i} g_i` under constant forces, batch last.

    The lift z = (x, 1) moves by :math:`\exp(M)`, :math:`M = [[At, g t], [g^T t, 0]]` (T5), and
    x by its projection. M is never formed: it acts on z by a product with A and two scalar
    products. For d = 2 and 3, :math:`M^3 = \mu M` and
    :math:`M^4 = (\rho^2 - \theta^2) M^2 + \rho^2\theta^2` make the exponential a polynomial
    of degree 2 and 3, whose coefficients are known; for larger d it is Taylor's series, in as
    many equal parts as keep the norm of each below 1. The scale of z is dropped on the way, so
    that nothing overflows. Rounding grows like the norm of M in a rotation that does not lock,
    as the phase itself does.

    Parameters
    ----------
    frequency : (n, d, d) array
        Skew-symmetric natural frequencies A.
    width
        The largest batch B.

    Notes
    -----
    An instance owns the scratch arrays of one thread.

    Examples
    --------
    >>> turn = np.array([[[0.0, -1.0], [1.0, 0.0]]])
    >>> x, g, time = np.array([[[1.0], [0.0]]]), np.zeros((1, 2, 1)), np.array([np.pi / 2])
    >>> LorentzBoost(turn, 1).flow(x, g, time, np.empty_like(x), turning=time).ravel().round(12)
    array([0., 1.])
    """

    def __init__(self, frequency: Floats, width: int) -> None:
        self._frequency = frequency
        n, d, _ = frequency.shape
        self._scalars, self._vectors = np.empty((6, n * width)), np.empty((5, n * d * width))
        self._heights: list[Floats] = []
        self._powers: list[Floats] = []
        self._norms = np.linalg.norm(frequency, ord=2, axis=(1, 2))[:, np.newaxis]
        self._expand = {2: self._planar, 3: self._spatial}.get(d, self._by_series)

    def flow(
        self, x: Floats, force: Floats, time: Floats, out: Floats, *, turning: Floats
    ) -> Floats:
        """Write into `out` where the states `x` are after a `time` (B,); return it.

        Parameters
        ----------
        x, force : (n, d, B) array
            States on the sphere, and what pulls each.
        time : (B,) array
            Not negative.
        out : (n, d, B) array
            Other memory than `x` and `force`.
        turning : (B,) array
            For how long the natural frequencies act; `time` for the flow as printed.
        """
        n, _, width = x.shape
        # Arrays of this size, were they made anew, would cost more than what is done to them.
        self._heights = [row[: n * width].reshape(n, width) for row in self._scalars]
        pull, *self._powers = (row[: x.size].reshape(x.shape) for row in self._vectors)
        np.multiply(force, time, out=pull)
        self._expand(x, pull, turning, out)
        scale_to_sphere(out)
        return out

    def _act(
        self, lifted: Lifted, pull: Floats, turning: Floats, into: Lifted, scratch: Floats
    ) -> None:
        """Write M z into `into`, for z = (x, s); the arrays of x and s, or s = 1 as None."""
        x, s = lifted
        moved, height = into
        np.matmul(self._frequency, x, out=moved)
        moved *= turning
        if s is None:
            moved += pull
        else:
            np.multiply(pull, s[:, np.newaxis], out=scratch)
            moved += scratch
        if height is not None:
            np.einsum("ndb,ndb->nb", pull, x, out=height)

    def _planar(self, x: Floats, pull: Floats, turning: Floats, out: Floats) -> None:
        # exp(M) ~ (1 - mu u^2) + 2u M + 2 u^2 M^2 with u = tanh(sqrt(mu)/2)/sqrt(mu), or tan.
        mu, rho, left, half, first, height = self._heights
        once, twice, scratch, _ = self._powers
        np.multiply(self._norms, turning, out=rho)
        rho *= rho
        np.einsum("ndb,ndb->nb", pull, pull, out=mu)
        mu -= rho
        np.abs(mu, out=rho)
        np.sqrt(rho, out=rho)
        np.maximum(rho, _TINY, out=rho)
        np.negative(rho, out=half)
        np.expm1(half, out=half)
        np.add(half, 1.0, out=left)
        np.add(half, 2.0, out=first)
        half /= rho
        half /= first
        np.negative(half, out=half)
        # 4 left / (left + 1)^2
        left *= 4.0
        left /= first
        np.divide(left, first, out=first)
        turns = mu < 0
        if np.any(turns):
            angle = rho[turns]
            tangent = np.tan(angle / 2)
            half[turns] = tangent / angle
            first[turns] = 1.0 + tangent**2
        self._act((x, None), pull, turning, (once, height), scratch)
        self._act((once, height), pull, turning, (twice, None), scratch)
        twice *= half[:, np.newaxis]
        twice += once
        half *= 2.0
        twice *= half[:, np.newaxis]
        np.multiply(x, first[:, np.newaxis], out=out)
        out += twice

    def _spatial(self, x: Floats, pull: Floats, turning: Floats, out: Floats) -> None:
        *powers, scratch = self._powers
        lifted: Lifted = (x, None)
        for power, height in zip(powers, self._heights[:3], strict=True):
            self._act(lifted, pull, turning, (power, height), scratch)
            lifted = (power, height)
        coefficients = _cubic(*self._invariants(pull, turning))
        np.multiply(x, coefficients[0][:, np.newaxis], out=out)
        for coefficient, power in zip(coefficients[1:], powers, strict=True):
            np.multiply(power, coefficient[:, np.newaxis], out=scratch)
            out += scratch

    def _invariants(self, pull: Floats, turning: Floats) -> tuple[Floats, Floats]:
        """Return the squares of the rate and of the angle of M: its eigenvalues ±rho, ±i theta."""
        a = self._frequency
        axis = np.stack([a[:, 2, 1], a[:, 0, 2], a[:, 1, 0]], axis=1)
        mean = np.einsum("ndb,ndb->nb", pull, pull)
        mean -= (self._norms * turning) ** 2
        mean /= 2.0
        screw = np.einsum("nd,ndb->nb", axis, pull) * turning
        larger = np.abs(mean) + np.hypot(mean, screw)
        smaller = np.divide(screw**2, larger, out=np.zeros_like(larger), where=larger > 0)
        pulls = mean > 0
        return np.where(pulls, larger, smaller), np.where(pulls, smaller, larger)

    def _by_series(self, x: Floats, pull: Floats, turning: Floats, out: Floats) -> None:
        size = np.sqrt(np.einsum("ndb,ndb->nb", pull, pull)) + self._norms * turning
        largest = float(size.max(initial=0.0))
        out[...] = x
        if not np.isfinite(largest):
            out[...] = np.nan
            return
        parts = max(1, int(np.ceil(largest)))
        pull /= parts
        turning = turning / parts
        total, scratch = self._powers[2:]
        for _ in range(parts):
            total[...] = out
            lifted: Lifted = (out, None)
            for order in range(1, _SERIES + 1):
                power, height = self._powers[order % 2], self._heights[order % 2]
                self._act(lifted, pull, turning, (power, height), scratch)
                power /= order
                height /= order
                total += power
                lifted = (power, height)
            out[...] = total
            scale_to_sphere(out)


def _cubic(rho2: Floats, theta2: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Coefficients of exp(M) in powers 0 to 3 of M, times 2 exp(-rho).

    They interpolate exp at ±rho and ±i theta. Means of what the two pairs give are free of
    cancellation; the one difference quotient is taken from its series where the pairs are close.
    """
    rho, theta = np.sqrt(rho2), np.sqrt(theta2)
    rho, theta = np.maximum(rho, _TINY), np.maximum(theta, _TINY)
    gone = -np.expm1(-rho)
    e = 1.0 - gone
    half_sine, half_cosine = np.sin(theta / 2), np.cos(theta / 2)
    cosh, sinh = 1.0 + e**2, gone * (1.0 + e) / rho
    cos, sin = 2.0 * e * (1.0 - 2.0 * half_sine**2), 4.0 * e * half_sine * half_cosine / theta
    total = rho2 + theta2
    share = np.divide(rho2, total, out=np.zeros_like(total), where=total > 0)
    rest = 1.0 - share
    quotient = np.divide(sinh - sin, total, out=np.zeros_like(total), where=total > _CLOSE)
    close = total <= _CLOSE
    if np.any(close):
        quotient[close] = 2.0 * e[close] * _close_quotient(rho2[close], theta2[close])
    return (
        rest * cosh + share * cos,
        rest * sinh + share * sin,
        share * (gone / rho) ** 2 + rest * e * (2.0 * half_sine / theta) ** 2,
        quotient,
    )


def _close_quotient(rho2: Floats, theta2: Floats) -> Floats:
    """(sinh(rho)/rho - sin(theta)/theta) / (rho^2 + theta^2), by powers of both."""
    power, mixed, factorial = np.ones_like(theta2), np.ones_like(rho2), 6.0
    total = mixed / factorial
    for k in range(2, _CLOSE_TERMS + 1):
        power = -theta2 * power
        mixed = rho2 * mixed + power
        factorial *= 2 * k * (2 * k + 1)
        total += mixed / factorial
    return total
