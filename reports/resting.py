"""Where and how fast oscillators settle, by the theorem that fits the network; in floats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.lorentz import lorentz_generator
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certificate import Certificate
from lohe.proofs_numeric.coupled.balance import weigh
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.enclosure import down
from lohe.proofs_numeric.packed import Packed
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.reports.subjects import Subject

__all__ = ["Rates", "covered", "locking_rates", "resting_state"]

Floats = NDArray[np.float64]

_FIGURES = ("mismatch", "crosstalk", "frequency", "anchors")
# Work beyond which nothing is computed for a figure: about a second.
_EIGENVALUES = 5 * 10**7
_COORDINATES = 4096
# A defective eigenvalue of size 3 is computed as far off zero as the cube root of 2^-53.
_FAINT = 1e-5


@dataclass(frozen=True, eq=False)
class Rates:
    """Rates at which single oscillators lock (T5).

    Parameters
    ----------
    values : (n,) array
        Proved lower bounds, or computed rates; 0 for an oscillator that does not lock.
    proved
        Whether they come from a certificate.
    """

    values: Floats
    proved: bool


@lru_cache(maxsize=32)
def locking_rates(subject: Subject) -> Rates | None:
    """Return the rates of oscillators that turn; None if there are too many to compute."""
    network = subject.network
    if network is None or network.frequency is None:
        return None
    for certificate in subject.certificates:
        for name in ("lock", "unique_stable", "almost_global", "settling"):
            claim = certificate.claims.get(name)
            levels = claim.witness.get("levels") if claim is not None else None
            if isinstance(levels, Packed):
                _fit(subject, levels, (network.n,))
                # Zero stands for the rule that a drive above the frequency locks.
                rule = _dominance(network, covered(certificate))
                return Rates(np.where(levels.array > 0, levels.array, rule), proved=True)
    if network.n * (network.d + 1) ** 3 > _EIGENVALUES:
        return None
    generator = lorentz_generator(network.drive, network.frequency)
    rates = np.linalg.eigvals(generator).real.max(axis=-1)
    size = np.abs(generator).max(axis=(-2, -1))
    return Rates(np.where(rates > _FAINT * size, rates, 0.0), proved=False)


def covered(certificate: Certificate) -> Uncertainty:
    """Return how far off the devices of a certificate may be."""
    return Uncertainty(**{name: float(certificate.parameters.get(name) or 0) for name in _FIGURES})


def _fit(subject: Subject, witness: Packed, shape: tuple[int, ...]) -> None:
    if witness.array.shape != shape:
        raise InputError(
            f"the certificate of {subject.name} holds an array of shape {witness.array.shape} in "
            f"place of {shape}; certify again"
        )


def _dominance(network: Network, errors: Uncertainty) -> Floats:
    """Bound √((‖h‖ - e)² - (‖A‖ + ω)²) from below, as T5's dominance rule; 0 where it fails."""
    found = weigh(network, errors)
    drive, turning = found.drive_lower, found.frequency_upper
    low, high = down(drive - turning), down(drive + turning)
    product = down(np.maximum(low, 0.0) * np.maximum(high, 0.0))
    return np.maximum(down(np.sqrt(np.maximum(product, 0.0))), 0.0)


@lru_cache(maxsize=32)
def resting_state(subject: Subject) -> Floats | None:
    """Return where the network rests, (n, d), rounded; None if that is unknown or too large.

    An oscillator without a drive that settles alone rests nowhere; its row is zero.
    """
    network = subject.network
    if network is None:
        return None
    if network.decoupled:
        norms = subject.drive_norms[:, np.newaxis]
        return np.divide(network.drive, norms, out=np.zeros_like(network.drive), where=norms > 0)
    for name, field in (("lock", "points"), ("local_cap", "centre")):
        claim = subject.claim(name)
        points = claim.witness.get(field) if claim is not None else None
        if isinstance(points, Packed):
            _fit(subject, points, (network.n, network.d))
            length = np.linalg.norm(points.array, axis=-1, keepdims=True)
            return np.asarray(points.array / np.where(length > 0, length, 1.0))
    return find_centre(network) if network.n * network.d <= _COORDINATES else None
