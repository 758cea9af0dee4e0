"""How far oscillators agree: order parameters, phase locking and the energy of the coupling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kuramoto.attention import Pulled
from lohe.attention.kuramoto.model import logits_kuramoto
from lohe.attention.kuramoto.points import dot
from lohe.attention.model import Model
from lohe.attention.rotary.rotation import as_complex
from lohe.dynamics.errors import InputError

__all__ = ["attended_order", "coupling_energy", "order_parameter", "phase_locking", "watch"]

Floats = NDArray[Any]


def watch(model: Model, tokens: NDArray[np.integer[Any]]) -> list[Pulled]:
    """Run a model on tokens (B, T), and return what the attention of each layer saw and did."""
    seen: list[Pulled] = []
    logits_kuramoto(model, tokens, observe=lambda _, pulled: seen.append(pulled))
    return seen


def order_parameter(x: Floats) -> Floats:
    r"""Return Kuramoto's :math:`|\frac1T \sum_t e^{i\theta_t}|` of every oscillator of a sequence.

    It is 1 where all tokens agree. T independent uniform phases have about
    :math:`\sqrt{\pi/(4T)}`.

    Parameters
    ----------
    x : (B, T, H, n, d) array
        Points; on spheres it is the length of their mean.

    Returns
    -------
    (B, H, n) array
        Its mean over the last axis is a head's.

    Examples
    --------
    >>> agree = np.broadcast_to([0.6, 0.8], (1, 5, 1, 1, 2))
    >>> order_parameter(agree).round(12).item()
    1.0
    """
    return np.asarray(np.linalg.norm(x.mean(axis=1), axis=-1))


def attended_order(mean: Floats) -> Floats:
    r"""Return :math:`|m_t|`, how far those agree to whom each token couples.

    Parameters
    ----------
    mean : (B, T, H, n, d) array
        One of `Pulled.means`, of values that are phases.

    Returns
    -------
    (B, T, H, n) array
        At most 1; 1 where a token couples to one other alone, or to several that agree.
    """
    return np.sqrt(dot(mean, mean))


def phase_locking(x: Floats, y: Floats) -> Floats:
    r"""Return :math:`|\langle e^{i(\theta - \theta')}\rangle|` over all tokens of all sequences.

    The phase-locking value is 1 where two phases keep a constant difference, whatever it is:
    between two layers (the points of both), or between positions (``x[:, 1:]`` and ``x[:, :-1]``).

    Parameters
    ----------
    x, y : (B, T, H, n, 2) array
        Points.

    Returns
    -------
    (H, n) array

    Raises
    ------
    InputError
        For points that are not of a circle, or differ in shape.

    Examples
    --------
    >>> one, other = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    >>> x = np.stack([one, other, one]).reshape(1, 3, 1, 1, 2)
    >>> phase_locking(x, x).round(12).item()
    1.0
    """
    if x.shape != y.shape or x.shape[-1] != 2:
        raise InputError(
            f"points have shapes {x.shape} and {y.shape}; give two arrays (B, T, H, n, 2)"
        )
    left, right = (as_complex(np.ascontiguousarray(each)) for each in (x, y))
    return np.asarray(np.abs((left.conj() * right).mean(axis=(0, 1)))[..., 0])


def coupling_energy(x: Floats, mean: Floats) -> Floats:
    r"""Return :math:`-\sum_u A_{tu} \cos(\theta_u - \theta_t)` of each token, summed over a head.

    For frozen weights the pull on a token is minus the gradient of its own energy by its phases,
    times eta.

    Parameters
    ----------
    x, mean : (B, T, H, n, d) array
        Points, and means of the points coupled to.

    Returns
    -------
    (B, T, H) array
    """
    return np.asarray(-dot(x, mean).sum(axis=-1))
