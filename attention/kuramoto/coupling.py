r"""Which tokens a token couples to: means of values under causal softmax weights, and the adjoint.

Token t weighs the tokens u <= t (or u < t) by :math:`A_{tu} \propto e^{q_t \cdot k_u}`, and takes
the mean of what they hold (``"attended"``), of what the token *after* each holds (``"successor"``),
or both. The successor of u = t is not known to t, which stands in for it itself:

.. math:: m^{(0)}_t = \sum_u A_{tu} v_u, \qquad m^{(1)}_t = \sum_u A_{tu} v_{\min(u+1,\,t)}.

The second is causal attention too, with slots j for keys: slot j >= 1 has the key of token j - 1
and the value of token j, so t sees the slots j <= t; slot 0 stands for t itself, with the score
:math:`q_t \cdot k_t`. No square array exists, and no future value is ever added and taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.arrays import all_finite
from lohe.attention.kernels.exponential_sum import exponential_sum_vjp
from lohe.attention.kernels.lift import beside_one
from lohe.attention.kernels.quotient import quotient_vjp
from lohe.attention.kernels.threads import one_blas_thread
from lohe.dynamics.errors import InputError

__all__ = ["COUPLINGS", "coupled_means", "means_under"]

Floats = NDArray[Any]
Pullback = Callable[[Sequence[Floats]], tuple[Floats, Floats, Floats]]

COUPLINGS = {
    "attended": ("attended",),
    "successor": ("successor",),
    "both": ("attended", "successor"),
}
"""Whose phases pull: those of the attended token, of the token after it, or both."""


def coupled_means(
    q: Floats, k: Floats, values: Floats, kinds: Sequence[str], *, sees_itself: bool = True
) -> tuple[list[Floats], Pullback]:
    """Return the means of the given kinds.

    Parameters
    ----------
    q, k : (B, H, T, w) array
        Queries and keys; their products are the scores, without a factor.
    values : (B, H, T, m) array
    kinds
        ``"attended"``, ``"successor"`` or both, as `COUPLINGS` has them.
    sees_itself : bool
        Whether u = t counts. If not, the mean of the first token is 0.

    Returns
    -------
    means : list of (B, H, T, m) array
        One for each kind.
    pullback : callable
        ``pullback(dmeans) -> (dq, dk, dvalues)``.

    Raises
    ------
    InputError
        If a mean is not finite.
    """
    if not sees_itself:
        return _past_means(q, k, values, kinds)
    if "successor" not in kinds:
        mean, back = _attend(q, k, values)

        def pullback(dmeans: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
            dq, dk, dvalues = back(dmeans[0])
            return dq, dk, dvalues

        return [mean], pullback
    return _slot_means(q, k, values, kinds)


def means_under(weights: Floats, values: Floats, kinds: Sequence[str]) -> list[Floats]:
    """Return the means under given weights.

    Parameters
    ----------
    weights : (..., n, T) array
        Rows of the last n tokens.
    values : (..., T, m) array
    kinds
        As in `coupled_means`.
    """
    means = []
    for kind in kinds:
        if kind == "attended":
            means.append(weights @ values)
            continue
        rows, tokens = weights.shape[-2:]
        own = np.arange(tokens - rows, tokens)
        itself = weights[..., np.arange(rows), own][..., None]
        before = np.where(np.arange(tokens) < own[:, None], weights, 0)
        means.append(before[..., :-1] @ values[..., 1:, :] + itself * values[..., own, :])
    return means


def _attend(
    q: Floats, k: Floats, values: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Floats, ...]]]:
    """Return the causal means, and their adjoint, in memory linear in T."""
    with one_blas_thread(np), np.errstate(over="ignore", invalid="ignore"):
        sums, pull = exponential_sum_vjp(np, q, k, beside_one(np, values), causal=True)
        mean, back_quotient = quotient_vjp(np, sums)
    if not all_finite(np, mean):
        raise InputError("a mean is not finite; lower the learning rate")

    def pullback(dmean: Floats) -> tuple[Floats, ...]:
        d_sums = back_quotient(dmean)
        with one_blas_thread(np):
            dq, dk, dcounted = pull(d_sums)
        return dq, dk, dcounted[..., :-1]

    return mean, pullback


def _past_means(
    q: Floats, k: Floats, values: Floats, kinds: Sequence[str]
) -> tuple[list[Floats], Pullback]:
    """Return the means over u < t: row t - 1 of causal attention of the later to the earlier."""
    tokens, width = values.shape[-2:]
    held = {"attended": values[..., :-1, :], "successor": values[..., 1:, :]}
    means = [np.zeros_like(values) for _ in kinds]
    if tokens == 1:
        return means, lambda _: (np.zeros_like(q), np.zeros_like(k), np.zeros_like(values))
    joined = np.concatenate([held[kind] for kind in kinds], axis=-1)
    found, back = _attend(q[..., 1:, :], k[..., :-1, :], joined)
    for index, mean in enumerate(means):
        mean[..., 1:, :] = found[..., index * width : (index + 1) * width]

    def pullback(dmeans: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
        d_found = np.concatenate([dmean[..., 1:, :] for dmean in dmeans], axis=-1)
        dq_late, dk_early, d_joined = back(d_found)
        dq, dk, dvalues = np.zeros_like(q), np.zeros_like(k), np.zeros_like(values)
        dq[..., 1:, :], dk[..., :-1, :] = dq_late, dk_early
        for index, kind in enumerate(kinds):
            part = slice(0, -1) if kind == "attended" else slice(1, None)
            dvalues[..., part, :] += d_joined[..., index * width : (index + 1) * width]
        return dq, dk, dvalues

    return means, pullback


def _slot_means(
    q: Floats, k: Floats, values: Floats, kinds: Sequence[str]
) -> tuple[list[Floats], Pullback]:
    """Return the means by slots; see the top of the module."""
    *lead, tokens, width = values.shape
    columns = {kind: slice(i * width, (i + 1) * width) for i, kind in enumerate(kinds)}
    own = np.vecdot(q, k)[..., None]
    rows = np.concatenate([q, own], axis=-1)
    keys = np.zeros((*lead, tokens, k.shape[-1] + 1), dtype=k.dtype)
    keys[..., 1:, :-1] = k[..., :-1, :]
    keys[..., 0, -1] = 1
    # Behind the values a column that is 1 in slot 0, so that its mean is the weight of t itself.
    held = np.zeros((*lead, tokens, len(kinds) * width + 1), dtype=values.dtype)
    if "attended" in columns:
        held[..., 1:, columns["attended"]] = values[..., :-1, :]
    held[..., 1:, columns["successor"]] = values[..., 1:, :]
    held[..., 0, -1] = 1
    found, back = _attend(rows, keys, held)
    itself = found[..., -1:]
    means = [found[..., part] + itself * values for part in columns.values()]

    def pullback(dmeans: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
        together = sum(dmeans[1:], start=dmeans[0])
        d_itself = np.vecdot(together, values)[..., None]
        d_rows, d_keys, d_held = back(np.concatenate([*dmeans, d_itself], axis=-1))
        d_own = d_rows[..., -1:]
        dq = d_rows[..., :-1] + d_own * k
        dk = d_own * q
        dk[..., :-1, :] += d_keys[..., 1:, :-1]
        dvalues = together * itself
        if "attended" in columns:
            dvalues[..., :-1, :] += d_held[..., 1:, columns["attended"]]
        dvalues[..., 1:, :] += d_held[..., 1:, columns["successor"]]
        return dq, dk, dvalues

    return means, pullback
