r"""Noisy oscillators: Langevin dynamics on the product of spheres, of weak order 2.

.. math::

    dX_i = \Big(A_iX_i + P_{X_i}\big(h_i + \sum_k J_{ik}X_k\big)\Big)\,dt
           + \sqrt{2D_i}\,P_{X_i} \circ dB_i

in the sense of Stratonovich: each oscillator diffuses intrinsically on its sphere, with
diffusivity :math:`D_i` in radians squared per time. Without frequencies, with symmetric crosstalk
and one D, the stationary law is Gibbs', of density proportional to :math:`e^{-E/D}`.

A step is Strang's: half a step of the flow without noise (`drift_flow`), a Brownian step
(`brownian_step`), half a step of the flow again. Each part has weak order 2 for smooth functions
and the composition is symmetric, so the whole has weak order 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.brownian import brownian_step, geodesic_variance
from lohe.dynamics.drift import drift_flow
from lohe.dynamics.equilibrium import force_bound
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network

__all__ = ["Langevin", "default_step", "diffusivities"]

Floats = NDArray[np.float64]

# At larger steps the splitting says little of the motion, and products of cosh lose digits.
_LARGEST_TURN = 4.0
# A default step turns no oscillator by more than this along its force, and lets the noise
# decorrelate it by no more than this: weak errors then are below a percent.
_DEFAULT_TURN = 0.1


@dataclass(frozen=True, eq=False)
class Langevin:
    """Steps of one size for one network; states are laid out (n, d, trials).

    Parameters
    ----------
    network
    diffusivity : (n,) array
        D of each oscillator.
    step
        Δ.
    half, whole
        The flow without noise over half a step and over a whole one.
    deviation : (n,) array
        Of the geodesic step in each tangent direction.
    """

    network: Network
    diffusivity: Floats
    step: float
    half: Callable[[Floats], Floats]
    whole: Callable[[Floats], Floats]
    deviation: Floats

    @classmethod
    def prepare(cls, network: Network, diffusivity: ArrayLike, step: float) -> Langevin:
        """Compute what all steps share.

        Parameters
        ----------
        network
        diffusivity : float or (n,) array
            D, of all oscillators or of each, in radians squared per time; 0 for no noise.
        step
            Positive, and at most 4 over the largest force.

        Raises
        ------
        InputError
            If an argument cannot be used.
        """
        noise = diffusivities(network, diffusivity)
        if not (np.isfinite(step) and step > 0):
            raise InputError(f"step is {step}; it must be positive")
        force = force_bound(network)
        if not step * force <= _LARGEST_TURN:
            raise InputError(
                f"step is {step:g}, too long for forces up to {force:.3g}; "
                f"choose at most {_LARGEST_TURN / force:.2g}"
            )
        return cls(
            network,
            noise,
            float(step),
            drift_flow(network, step / 2),
            drift_flow(network, step),
            np.sqrt(geodesic_variance(noise * step, network.d)),
        )

    def advance(self, x: Floats, steps: int, rng: np.random.Generator) -> Floats:
        """Take steps.

        Between two Brownian steps the halves of the flow join to a whole one, so that many steps
        at once cost less than one by one, and agree with them to the order of the method; without
        crosstalk, to rounding.

        Parameters
        ----------
        x : (n, d, trials) array
            Unit vectors along the middle axis.
        steps
            Not negative.
        rng
            Source of randomness.

        Returns
        -------
        (n, d, trials) array

        Raises
        ------
        InputError
            If `x` does not have the network's shape, or `steps` is negative.

        Examples
        --------
        >>> motion = Langevin.prepare(Network([[1.0, 0.0]]), 0.5, 0.1)
        >>> x = np.broadcast_to([[1.0], [0.0]], (1, 2, 1000))
        >>> end = motion.advance(x, 100, np.random.default_rng(0))
        >>> float(end[0, 0].mean().round(1))  # in the limit I_1(2)/I_0(2) = 0.698
        0.7
        """
        if x.ndim != 3 or x.shape[:2] != (self.network.n, self.network.d):
            n, d = self.network.n, self.network.d
            raise InputError(f"states have shape {x.shape}; expected ({n}, {d}, trials)")
        if steps < 0:
            raise InputError(f"steps is {steps}; it must not be negative")
        if steps == 0:
            return x.copy()
        x = self.half(x)
        for _ in range(steps - 1):
            x = self.whole(brownian_step(x, self.deviation, rng))
        return self.half(brownian_step(x, self.deviation, rng))


def diffusivities(network: Network, diffusivity: ArrayLike) -> Floats:
    """Read D, one number or one for each oscillator, as an (n,) array.

    Raises
    ------
    InputError
        If it has another shape, is negative or is not finite.
    """
    try:
        noise = np.asarray(diffusivity, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("the diffusivity is not a number or an array of numbers") from error
    if noise.shape not in ((), (network.n,)):
        raise InputError(f"the diffusivity has shape {noise.shape}; give one number or {network.n}")
    if not (np.all(np.isfinite(noise)) and np.all(noise >= 0)):
        raise InputError("the diffusivity must be finite and not negative")
    return np.broadcast_to(noise, (network.n,)).copy()


def default_step(network: Network, diffusivity: ArrayLike) -> float:
    """Choose a step from the largest force and the fastest diffusion.

    Returns
    -------
    float
        0.1 over the larger of `force_bound` and (d - 1) max D; 1 if nothing moves.

    Examples
    --------
    >>> default_step(Network([[3.0, 4.0]]), 0.5)
    0.02
    """
    noise = diffusivities(network, diffusivity)
    rate = max(force_bound(network), (network.d - 1) * float(noise.max()))
    return _DEFAULT_TURN / rate if rate > 0 else 1.0
