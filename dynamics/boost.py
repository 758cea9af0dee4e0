"""The exact flow of T1 for many states at once, in few passes over arrays laid out (n, d, B)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Boost", "scale_to_sphere"]

Floats = NDArray[np.float64]

_TINY = float(np.finfo(np.float64).tiny)


class Boost:
    r"""The flow of :math:`\dot x_i = P_{x_i} g_i` under constant forces g, batch axis last.

    With :math:`e = \exp(-\|g\|t)`, :math:`q = (1 - e)/\|g\|`, :math:`s = 1 + e` and
    :math:`w = q\langle x, g\rangle + s`, T1's flow is the Lorentz boost

    .. math:: x(t) = \frac{2ex + qw\,g}{ws - 2e},

    which overflows nowhere, and rests where there is no force. With c the cosine of the angle to
    g at the start, rounding moves x(t) by some units of rounding over
    :math:`1 + c + e^2(1 - c)`: nothing that counts, unless a start close to the antipode of g
    leaves it within one call. (`lohe.dynamics.settling.settle` is accurate there too, at several
    times the cost.)

    Parameters
    ----------
    shape
        (n, d, B), the shape of the largest batch.

    Notes
    -----
    An instance owns the scratch arrays of one thread.

    Examples
    --------
    >>> x, g = np.array([[[0.0], [1.0]]]), np.array([[[2.0], [0.0]]])
    >>> Boost(x.shape).flow(x, g, np.array([50.0]), np.empty_like(x)).ravel().round(12)
    array([1., 0.])
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        n, d, width = shape
        self._scalars = np.empty((5, n * width))
        self._vectors = np.empty(n * d * width)

    def flow(
        self, x: Floats, force: Floats, time: Floats, out: Floats, *, turning: Floats | None = None
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
        turning
            Ignored: nothing turns without natural frequencies.
        """
        n, _, width = x.shape
        rate, decay, push, toward, total = (
            row[: n * width].reshape(n, width) for row in self._scalars
        )
        scratch = self._vectors[: x.size].reshape(x.shape)
        np.einsum("ndb,ndb->nb", force, force, out=rate)
        np.sqrt(rate, out=rate)
        # Without force, push below becomes 0/tiny, which leaves the state where it is.
        np.maximum(rate, _TINY, out=rate)
        np.multiply(rate, -time, out=decay)
        np.exp(decay, out=decay)
        np.subtract(1.0, decay, out=push)
        push /= rate
        np.einsum("ndb,ndb->nb", x, force, out=toward)
        toward *= push
        np.add(decay, 1.0, out=rate)
        toward += rate
        np.multiply(toward, rate, out=total)
        decay *= 2.0
        total -= decay
        decay /= total
        toward *= push
        toward /= total
        np.multiply(x, decay[:, np.newaxis], out=out)
        np.multiply(force, toward[:, np.newaxis], out=scratch)
        out += scratch
        return out


def scale_to_sphere(x: Floats) -> None:
    """Divide each state of `x` (n, d, B) by its norm, in place."""
    size = np.einsum("ndb,ndb->nb", x, x)
    np.sqrt(size, out=size)
    x /= size[:, np.newaxis]
