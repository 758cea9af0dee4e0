"""Claims about momenta: causality, contours, and how fast the energy falls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.audit.outcome import Outcome

__all__ = ["contours", "decay", "leak"]

_KEPT = 1e-9
_STEP, _STEPS = 0.05, 40


def leak(place: Path | None, seed: int) -> Outcome:
    """Change the last token of a sequence, and see whether earlier logits move.

    Small random softmax models of every Hamiltonian scheme, as published and sealed. Says ``leaks``
    if published ones move and sealed ones do not by a bit, ``ours leaks`` if a sealed one does,
    else ``sealed``.
    """
    del place
    from lohe.attention.accelerated import SCHEMES, AcceleratedConfig

    schemes = [
        scheme
        for scheme in SCHEMES["softmax"]
        if AcceleratedConfig(4, 4, 4, family="softmax", scheme=scheme).is_hamiltonian
    ]
    moved = {
        (scheme, sealed): _moved(scheme, sealed=sealed, seed=seed)
        for scheme in schemes
        for sealed in (True, False)
    }
    told = ", ".join(
        f"{scheme.replace('_', ' ')} {moved[scheme, False]:.2g} (sealed {moved[scheme, True]:g})"
        for scheme in schemes
    )
    if any(moved[scheme, True] for scheme in schemes):
        return Outcome("ours leaks", told)
    leaks = all(moved[scheme, False] > 0 for scheme in schemes)
    return Outcome("leaks" if leaks else "sealed", f"earlier logits move by up to {told}")


def _moved(scheme: str, *, sealed: bool, seed: int) -> float:
    from lohe.attention.accelerated import (
        AcceleratedConfig,
        initialise_accelerated,
        logits_accelerated,
    )
    from lohe.attention.model import Model

    config = AcceleratedConfig(
        context=12, outputs=11, vocabulary=11, family="softmax", scheme=scheme, sealed=sealed,
        width=16, heads=2, layers=2, hidden=32,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    parameters = initialise_accelerated(config, rng, np.float64)
    parameters.vector += 0.3 * rng.standard_normal(parameters.vector.size)
    model = Model(config, parameters)
    tokens = rng.integers(config.vocabulary, size=(4, config.context))
    other = tokens.copy()
    other[:, -1] = (tokens[:, -1] + 1) % config.vocabulary
    before, after = (logits_accelerated(model, each)[:, :-1] for each in (tokens, other))
    return float(np.abs(after - before).max())


def contours(place: Path | None, seed: int) -> Outcome:
    """Follow particles by presymplectic Euler steps, with and without layer norm of positions.

    Says ``broken by layer norm`` if their Mahalanobis radii stay without it and change with it,
    ``kept`` if they stay in both cases, else ``not kept``.
    """
    del place
    plain, normed = (_radii_change(seed, normed=normed) for normed in (False, True))
    word = "not kept"
    if plain < _KEPT:
        word = "kept" if normed < _KEPT else "broken by layer norm"
    return Outcome(
        word,
        f"after {_STEPS} steps of 64 particles in 4 dimensions radii have changed by a share of up "
        f"to {plain:.1g}, with layer norm {normed:.2g}",
    )


def _radii_change(seed: int, *, normed: bool) -> float:
    from lohe.attention.accelerated.particles import Particles, mahalanobis_radii
    from lohe.attention.layer_norm import layer_norm

    d = 4
    rng = np.random.default_rng(seed)
    particles = Particles(np.eye(d), np.eye(d))
    x = rng.standard_normal((64, d)) @ rng.standard_normal((d, d))
    y = np.zeros_like(x)
    before = mahalanobis_radii(x)

    def seen(x: NDArray[Any]) -> NDArray[Any]:
        return layer_norm(np.ones(d), np.zeros(d), x)[0] if normed else x

    for _ in range(_STEPS):
        y = np.exp(-_STEP) * (y + _STEP * particles.force(seen(x), y))
        x = x + _STEP * particles.velocity(seen(x), y)
    return float(np.abs(mahalanobis_radii(x) / before - 1).max())


def decay(place: Path, seed: int) -> Outcome:
    """Count where presymplectic Euler steps have less energy left than classical ones.

    Says ``ahead`` if they do in every cell after the most calls, ``behind`` if in none, else
    ``mixed``.
    """
    del seed
    from lohe.commands.bench_decay_tables import CHOSEN, sentences
    from lohe.commands.bench_record import load_record

    document = load_record(place, "decay")
    ratios = [case["schemes"][CHOSEN]["ratio"][-1] for case in document["cases"].values()]
    ahead = sum(lower > 1 for _, lower, _ in ratios)
    word = "ahead" if ahead == len(ratios) else "mixed" if ahead else "behind"
    return Outcome(word, " ".join(sentences(document)))
