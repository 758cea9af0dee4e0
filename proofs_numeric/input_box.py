"""Certify a head for every input near the stored one (lemma L4, then theorems T1 and T2)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.certificate import Certificate
from lohe.proofs_numeric.certify import parameters_of, tool
from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.proofs_numeric.input_drives import Sequences, enclose_sequences
from lohe.proofs_numeric.packed import Packed
from lohe.proofs_numeric.parameters import Parameters
from lohe.proofs_numeric.settling_bound import cap_quantile, settling_time_upper
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["certify_inputs", "input_drive_bounds", "largest_radius"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

_BISECTIONS = 24
_SMALLEST_EXPONENT = -40.0
_LARGEST_RADIUS = 2.0**60


_ALONE = Uncertainty()


def input_drive_bounds(
    tokens: Tokens, radius: float, uncertainty: Uncertainty = _ALONE
) -> tuple[Floats, Floats]:
    """Bound every drive norm from below over a box of inputs, on every device (L4).

    Parameters
    ----------
    tokens
        The stored inputs and the head.
    radius
        Every coordinate of every token moves by at most this, independently.
    uncertainty
        The devices; a mismatch below 1, and displaced anchors.

    Returns
    -------
    lower : (n,) array
        Rigorous where positive; otherwise how much is missing for a proof.
    directions : (n, d) array
        The directions y of L4 that show it.

    Raises
    ------
    InputError
        For a radius below 0 or beyond 2^60, entries beyond 2^60, and devices that L4 does not
        cover.

    Examples
    --------
    >>> tokens = Tokens(np.ones((1, 2, 3)), np.eye(3), np.eye(3), np.eye(2))
    >>> lower, _ = input_drive_bounds(tokens, 0.1)
    >>> bool((lower > 1.5).all())
    True
    """
    if not 0 <= radius <= _LARGEST_RADIUS:
        raise InputError(f"the input radius is {radius}; it must be between 0 and 2^60")
    uncovered = _uncovered(uncertainty)
    if uncovered:
        raise InputError(uncovered)
    lower, directions = [], []
    for block in enclose_sequences(tokens, uncertainty.mismatch, uncertainty.anchors):
        bound, y = block.drive_norms_lower(np.full(block.kept.shape, float(radius)))
        lower.append(bound[block.kept])
        directions.append(y[block.kept])
    return np.concatenate(lower), np.concatenate(directions)


def largest_radius(
    tokens: Tokens,
    *,
    uncertainty: Uncertainty = _ALONE,
    limit: float = 16.0,
    progress: Progress | None = None,
) -> Floats:
    """Find, for each oscillator, the largest box of inputs that is proved to keep its drive.

    Parameters
    ----------
    tokens
        The stored inputs and the head.
    uncertainty
        As in `input_drive_bounds`.
    limit
        The largest radius to try. An oscillator whose visible anchors lie in a half-space is
        driven for every input (T4), and usually reaches it.
    progress
        Called with (tokens done, tokens in all).

    Returns
    -------
    (n,) array
        A radius within which L4 proves the drive non-zero, found by bisection, to 1e-5 of itself;
        0 where none above 2^-40 is proved.

    Raises
    ------
    InputError
        For a limit that is not between 2^-40 and 2^60, and as `input_drive_bounds`.

    Examples
    --------
    >>> tokens = Tokens(np.ones((1, 2, 3)), np.eye(3), np.eye(3), [[1.0, 0.0], [-0.6, 0.8]])
    >>> largest_radius(tokens).round(3).tolist()
    [16.0, 16.0]
    """
    if not 2.0**_SMALLEST_EXPONENT <= limit <= _LARGEST_RADIUS:
        raise InputError(f"limit is {limit}; it must be between 2^-40 and 2^60")
    uncovered = _uncovered(uncertainty)
    if uncovered:
        raise InputError(uncovered)
    found: list[Floats] = []
    done, total = 0, tokens.kept.size
    for block in enclose_sequences(tokens, uncertainty.mismatch, uncertainty.anchors):
        found.append(_bisect(block, limit)[block.kept])
        done += block.kept.size
        if progress is not None:
            progress(done, total)
    return np.concatenate(found)


def _bisect(block: Sequences, limit: float) -> Floats:
    """Return the largest proved radius of each token of a block, (B, T)."""
    shape = block.kept.shape

    def proved(radius: Floats) -> NDArray[np.bool_]:
        return np.asarray(block.drive_norms_lower(radius)[0] > 0)

    largest = np.full(shape, float(limit))
    smallest = np.full(shape, 2.0**_SMALLEST_EXPONENT)
    best = np.where(proved(smallest), smallest, 0.0)
    best = np.where(proved(largest), largest, best)
    low, high = np.full(shape, _SMALLEST_EXPONENT), np.full(shape, math.log2(limit))
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        radius = np.exp2(middle)
        holds = proved(radius)
        # A radius counts because it was proved itself, whatever exp2 rounds to.
        best = np.where(holds, np.maximum(best, radius), best)
        low, high = np.where(holds, middle, low), np.where(holds, high, middle)
    return best


def certify_inputs(
    tokens: Tokens,
    radius: float,
    *,
    mismatch: float = 0.0,
    crosstalk: float = 0.0,
    frequency: float = 0.0,
    anchors: float = 0.0,
    epsilon: float = 1e-2,
    delta: float = 1e-3,
) -> Certificate:
    """Certify that every input near the stored one settles on every device, and how fast.

    Parameters
    ----------
    tokens
        The stored inputs and the head.
    radius
        The claim is for every coordinate of every token anywhere within this of the stored one.
    mismatch, crosstalk, frequency, anchors
        The devices, as in `lohe.certify`.
    epsilon, delta
        The settling time is to come within `epsilon` of the resting point with probability
        1 - `delta` from a uniform start.

    Returns
    -------
    Certificate
        With the one claim ``input_box``: every drive is non-zero for every such input, so each
        oscillator has exactly one stable resting point, which attracts every start but one (T1),
        within the time stated (T2). Never refuted: no bound of this kind shows that a drive
        vanishes. Undecided for a mismatch of 1 or more, crosstalk and natural frequencies.

    Raises
    ------
    InputError
        For parameters outside their range, and entries beyond 2^60.

    Examples
    --------
    >>> tokens = Tokens(np.ones((1, 2, 3)), np.eye(3), np.eye(3), np.eye(2))
    >>> certify_inputs(tokens, 0.1).claims["input_box"].verdict.value
    'proved'
    """
    devices = Uncertainty(mismatch, crosstalk, frequency, anchors)
    parameters = parameters_of(devices, epsilon, delta, None)
    claim = _input_box(tokens, float(radius), parameters)
    return Certificate(
        network_sha256=tokens.digest,
        n=tokens.n,
        d=tokens.d,
        claims={"input_box": claim},
        parameters=parameters.document(),
        tool=tool(),
    )


def _uncovered(uncertainty: Uncertainty) -> str:
    """Say why L4 does not cover some device; empty if it covers all."""
    if uncertainty.crosstalk or uncertainty.frequency:
        return "L4 is about oscillators that move alone, without crosstalk and frequencies"
    if uncertainty.mismatch >= 1:
        return "a mismatch of 1 or more lets a device lose all its couplings"
    return ""


def _input_box(tokens: Tokens, radius: float, parameters: Parameters) -> Claim:
    uncovered = _uncovered(parameters.uncertainty)
    if uncovered:
        return Claim(Verdict.UNDECIDED, uncovered)
    lower, directions = input_drive_bounds(tokens, radius, parameters.uncertainty)
    worst = int(lower.argmin())
    norm = float(lower[worst])
    if norm <= 0:
        return Claim(Verdict.UNDECIDED, _missing(tokens, radius, lower, parameters.uncertainty))
    quantile = cap_quantile(parameters.delta, tokens.d)
    time = settling_time_upper(norm, parameters.epsilon, quantile) if quantile else math.inf
    if not time < math.inf:
        return Claim(Verdict.UNDECIDED, "the settling time exceeds the largest float")
    values = {
        "radius": radius,
        "drive_norm_lower": norm,
        "worst_oscillator": worst,
        "time_upper": time,
        "oscillators": tokens.n,
    }
    witness = {"theorem": "L4", "quantile": quantile, "directions": Packed(directions)}
    reason = "L4: no input within the radius leaves an oscillator without a drive"
    return Claim(Verdict.PROVED, reason, values, witness)


def _missing(tokens: Tokens, radius: float, lower: Floats, uncertainty: Uncertainty) -> str:
    """Say which oscillator fails, by how much, and which radius would be certain."""
    worst = int(lower.argmin())
    sequence, position = (int(index[worst]) for index in np.nonzero(tokens.kept))
    limit = max(radius, 2.0**_SMALLEST_EXPONENT)
    certain = float(largest_radius(tokens, uncertainty=uncertainty, limit=limit).min())
    return (
        f"within radius {radius:g} the bound on the drive of oscillator {worst} (token {position} "
        f"of sequence {sequence}) falls short of zero by {-float(lower[worst]):.3g} "
        f"({int((lower <= 0).sum())} of {tokens.n} oscillators fall short); "
        + (f"radius {certain:.4g} is certain" if certain else "no positive radius is certain")
    )
