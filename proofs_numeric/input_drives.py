r"""How short a drive can become while tokens move in a box (lemma L4).

With :math:`M = W_q^T W_k/\sqrt{d_h}`, the score :math:`s_{ij} = x_i^T M x_j` of two tokens each of
whose coordinates moves by at most r changes by at most

.. math::

    \delta_{ij} = r \|M x_j\|_1 + r \|M^T x_i\|_1 + r^2 \sum_{ab} |M_{ab}|.

The couplings increase with the score, so each lies in
:math:`[\underline W_{ij}, \overline W_{ij}] = [f(s_{ij} - \delta_{ij}), f(s_{ij} + \delta_{ij})]`,
and for every y

.. math::

    \|y\| \|h_i\| \ge \langle y, h_i \rangle
    \ge \sum_j \min(\underline W_{ij} c_{ij}, \overline W_{ij} c_{ij}),
    \qquad c_{ij} = \langle y, r_j \rangle.

On devices whose couplings are off by a factor between :math:`1 - \epsilon` and
:math:`1 + \epsilon`, :math:`\epsilon < 1`, the interval is
:math:`[(1 - \epsilon) \underline W_{ij}, (1 + \epsilon) \overline W_{ij}]`; anchors that an
oscillator sees displaced by at most :math:`\delta` shorten the drive by another
:math:`\delta (1 + \epsilon) \sum_j \overline W_{ij}`.

The sum is rigorous for any y, so y is found by ordinary floating point: the best one is the
shortest vector of the zonotope of drives, which Frank and Wolfe's method approaches; for anchors in
a half-space (theorem T4) it is tried too, as it serves every radius.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.coupling_bounds import coupling_bounds
from lohe.proofs_numeric.enclosure import down, up

__all__ = ["Sequences", "enclose_sequences"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Scores of one block: 8 MB of float64, so that temporaries stay small.
_BLOCK_SCORES = 2**20
_LARGEST = 2.0**60
_STEPS = 40
_HULL_STEPS = 400


@dataclass(frozen=True, eq=False)
class Sequences:
    """Some sequences of tokens, with what bounds their scores at every radius.

    Parameters
    ----------
    scores : (B, T, T) Balls
        Of the stored tokens.
    push : (B, T, T) array
        Upper bounds of ‖M x_j‖₁ + ‖Mᵀ x_i‖₁.
    mass : float
        Upper bound of Σ|M|.
    visible : (B, T, T) bool array
    kept : (B, T) bool array
    anchors : (T, d) array
    coupling : str
    balanced : (B, T, d) array
        The direction nearest to all visible anchors of each token.
    mismatch, displacement : float
        Of the devices, the first below 1.
    """

    scores: Balls
    push: Floats
    mass: float
    visible: Bools
    kept: Bools
    anchors: Floats
    coupling: str
    balanced: Floats
    mismatch: float = 0.0
    displacement: float = 0.0

    def couplings(self, radius: Floats) -> tuple[Floats, Floats]:
        """Bound the couplings of all devices while all tokens move; 0 where no key is visible.

        Parameters
        ----------
        radius : (B, T) array
            For the drive of each token: how far the coordinates of all tokens move.

        Returns
        -------
        lower, upper : (B, T, T) arrays
        """
        step = Balls.exact(radius[..., None])
        moved = (step * self.push + step * step * self.mass).upper
        scores = self.scores + Balls(np.zeros_like(moved), moved)
        lower, upper = coupling_bounds(self.coupling, scores.lower, scores.upper)
        if self.mismatch:
            lower = np.maximum((lower * (1 - Balls.exact(self.mismatch))).lower, 0.0)
            upper = (upper * (1 + Balls.exact(self.mismatch))).upper
        return np.where(self.visible, lower, 0.0), np.where(self.visible, upper, 0.0)

    def drive_norms_lower(self, radius: Floats) -> tuple[Floats, Floats]:
        """Bound the drive norms from below while all tokens move.

        Parameters
        ----------
        radius : (B, T) array
            As in `couplings`.

        Returns
        -------
        lower : (B, T) array
            Rigorous where it is positive; otherwise how much is missing.
        directions : (B, T, d) array
            The y that shows it.
        """
        lower, upper = self.couplings(radius)
        near, far = self.balanced, _shortest(lower, upper, self.anchors)
        by_near = projections_lower(lower, upper, self.anchors, near)
        by_far = projections_lower(lower, upper, self.anchors, far)
        better = by_near > by_far
        found = np.where(better, by_near, by_far)
        if self.displacement:
            found = (found - self.displacement * Balls.exact(upper).sum(-1)).lower
        return found, np.where(better[..., None], near, far)


def enclose_sequences(
    tokens: Tokens, mismatch: float = 0.0, displacement: float = 0.0
) -> Iterator[Sequences]:
    """Yield the sequences in order, in blocks that stay small in memory.

    Parameters
    ----------
    tokens
        The stored inputs and the head.
    mismatch, displacement
        The devices: largest relative error of a coupling, below 1, and largest displacement of
        an anchor.

    Raises
    ------
    InputError
        For entries beyond 2^60 in size.
    """
    for name in ("tokens", "query_weights", "key_weights", "anchors"):
        if np.abs(getattr(tokens, name)).max() > _LARGEST:
            raise InputError(f"{name} has entries beyond 2^60; scale them down")
    batch, length, _ = tokens.tokens.shape
    root = Balls.exact(float(len(tokens.query_weights))).sqrt().reciprocal()
    query, key = tokens.query_weights, tokens.key_weights
    mass = (abs(Balls.exact(query.T) @ key).sum() * root).upper.item()
    visible = np.broadcast_to(tokens.visible, (batch, length, length))
    step = max(1, _BLOCK_SCORES // length**2)
    for start in range(0, batch, step):
        block = slice(start, start + step)
        queries = Balls.exact(tokens.tokens[block]) @ query.T
        keys = Balls.exact(tokens.tokens[block]) @ key.T
        by_query = (abs(queries @ key).sum(-1) * root).upper
        by_key = (abs(keys @ query).sum(-1) * root).upper
        yield Sequences(
            scores=(queries @ keys.mT) * root,
            push=up(by_query[:, :, None] + by_key[:, None, :]),
            mass=mass,
            visible=visible[block],
            kept=tokens.kept[block],
            anchors=tokens.anchors,
            coupling=tokens.coupling,
            balanced=_nearest(visible[block], tokens.anchors),
            mismatch=mismatch,
            displacement=displacement,
        )


def projections_lower(lower: Floats, upper: Floats, anchors: Floats, directions: Floats) -> Floats:
    """Bound <y, h>/‖y‖ from below for couplings in intervals; rigorous where it is positive.

    Parameters
    ----------
    lower, upper : (B, T, T) arrays
        Non-negative bounds of the couplings.
    anchors : (T, d) array
    directions : (B, T, d) array
        Any y, not zero.

    Returns
    -------
    (B, T) array
    """
    y = Balls.exact(directions)
    # W >= 0, so a lower bound of <y, r_j> will do.
    cosine = (y @ anchors.T).lower
    least = np.where(cosine >= 0, lower, upper)
    total = (Balls.exact(least) * cosine).sum(-1).lower
    return down(total / (y * y).sum(-1).sqrt().upper)


def _shortest(lower: Floats, upper: Floats, anchors: Floats) -> Floats:
    """Approach the direction of the shortest drive in each zonotope; unit vectors."""
    point = (lower + upper) / 2 @ anchors
    best, best_value = _unit(point), np.full(point.shape[:-1], -np.inf)
    for _ in range(_STEPS):
        y = _unit(point)
        vertex = np.where(y @ anchors.T > 0, lower, upper) @ anchors
        value = (y * vertex).sum(-1)
        better = value > best_value
        best, best_value = np.where(better[..., None], y, best), np.where(better, value, best_value)
        point = point + _step_to(point, vertex) * (vertex - point)
    return best


def _nearest(visible: Bools, anchors: Floats) -> Floats:
    """Approach the point of the hull of the visible anchors that is nearest to 0; unit vectors."""
    count = visible.sum(-1, keepdims=True)
    point = visible @ anchors / np.maximum(count, 1)
    for _ in range(_HULL_STEPS):
        away = np.where(visible, point @ anchors.T, np.inf)
        vertex = anchors[away.argmin(-1)]
        point = point + _step_to(point, vertex) * (vertex - point)
    return _unit(point)


def _step_to(point: Floats, vertex: Floats) -> Floats:
    """Return the step in [0, 1] from a point towards another that ends nearest to 0."""
    way = vertex - point
    square = np.maximum((way * way).sum(-1, keepdims=True), np.finfo(np.float64).tiny)
    return np.asarray(np.clip(-(point * way).sum(-1, keepdims=True) / square, 0.0, 1.0))


def _unit(points: Floats) -> Floats:
    """Scale vectors to length one, as nearly as floats do; zero becomes the first axis."""
    largest = np.abs(points).max(-1, keepdims=True)
    scaled = np.divide(points, largest, out=np.zeros_like(points), where=largest > 0)
    scaled[..., 0] += largest[..., 0] == 0
    return np.asarray(scaled / np.linalg.norm(scaled, axis=-1, keepdims=True))
