"""Claims about settling: from where it is slow, how far it gets, and by which steps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from lohe.audit.outcome import Outcome
from lohe.dynamics.errors import InputError

__all__ = ["euler_limit", "misses", "predicted", "settled_shares", "witness"]

_HARDLY = 1e-4  # of the starts; models that miss no more have nothing to explain
_MOST = 0.5
_ATTEMPTS, _LEARNT = 5, 0.95
_AT_REST = 1e-9
_STARTS, _DIMENSION, _STEPS = 200, 8, 4000


def misses(place: Path, seed: int) -> Outcome:
    """Ask which change mends what is missed at the horizon: other starts, or other drives.

    Says ``weak drives`` if in every model that misses anything more than half of the misses remain
    without starts near the antipode and less than half with drives of median norm; ``antipode``
    if it is the other way round; else ``undecided``.
    """
    del seed
    cases = _cases(place, "convergence")
    found, words = [], set()
    for name, case in cases.items():
        why = case["explanation"]
        if why["missed"] < _HARDLY:
            continue
        away = why["missed_away_from_antipode"] / why["missed"]
        median = why["missed_with_median_drive"] / why["missed"]
        words.add(
            "weak drives" if away > _MOST > median else "antipode" if median > _MOST > away else ""
        )
        found.append(
            f"{name}: {100 * why['missed']:.2g} % missed, of which {100 * away:.0f} % remain "
            f"without starts near the antipode and {100 * median:.0f} % with median drives"
        )
    word = words.pop() if len(words) == 1 else ""
    return Outcome(word or "undecided", "; ".join(found) or "hardly anything is missed")


def settled_shares(place: Path, seed: int, *, published: Mapping[str, float]) -> Outcome:
    """Compare the shares that have settled, by dimension, with published ones.

    Says ``reproduced`` if all bounds hold the published shares, ``rises`` if each dimension's lower
    bound lies above the upper one of the dimension before, else ``does not rise``.
    """
    del seed
    cases = _cases(place, "convergence")
    shares = []
    for d in published:
        name = next((name for name in cases if name.endswith(f"seed0, d = {d}")), None)
        if name is None:
            raise InputError(f"{place} has no model of dimension {d}")
        shares.append(cases[name]["random"])
    held = [
        one["lower"] <= stated <= one["upper"]
        for one, stated in zip(shares, published.values(), strict=True)
    ]
    rises = all(a["upper"] < b["lower"] for a, b in pairwise(shares))
    told = ", ".join(
        f"d = {d}: {100 * one['fraction']:.2f} % ({100 * one['lower']:.2f} to "
        f"{100 * one['upper']:.2f})"
        for d, one in zip(published, shares, strict=True)
    )
    return Outcome("reproduced" if all(held) else "rises" if rises else "does not rise", told)


def predicted(place: Path, seed: int, *, experiment: str) -> Outcome:
    """Count the exact predictions that lie in the bounds of what was sampled.

    Says ``agree`` if all do, else ``disagree``; the bounds hold all at once with the confidence
    that the result states.
    """
    del seed
    from lohe.commands.bench_record import load_record
    from lohe.commands.bench_tables import agreement

    document = load_record(place, experiment)
    inside = [one["inside"] for case in document["cases"].values() for one in case["angles"]]
    return Outcome("agree" if all(inside) else "disagree", agreement(document))


def euler_limit(place: Path | None, seed: int, *, step: float, published_norm: float) -> Outcome:
    """Take projected Euler steps under drives of several norms, and see which come to rest.

    Says ``as T7 says`` if exactly those of norm below 2/step do and the published norm is not among
    them, else ``otherwise``.
    """
    del place
    from lohe.dynamics.integrators import projected_euler
    from lohe.dynamics.sphere import project

    rng = np.random.default_rng(seed)
    limit = 2 / step
    norms = np.array([0.1, 0.5, 0.99, 1.01, 2.0, published_norm / limit]) * limit
    starts = rng.standard_normal((len(norms), _STARTS, _DIMENSION))
    starts /= np.linalg.norm(starts, axis=-1, keepdims=True)
    drive = np.zeros_like(starts)
    drive[..., 0] = norms[:, None]
    x = projected_euler(lambda x: project(x, drive), starts, step, _STEPS)
    rests = np.all(x[..., 0] > 1 - _AT_REST, axis=1).tolist()
    told = ", ".join(
        f"{norm:.4g}: {'rests' if one else 'does not'}"
        for norm, one in zip(norms.tolist(), rests, strict=True)
    )
    expected = np.array_equal(rests, norms < limit) and published_norm >= limit
    return Outcome("as T7 says" if expected else "otherwise", f"drives of norm {told}")


def witness(place: Path | None, seed: int) -> Outcome:
    """Train a small model of agreement, certify its head for every input, and verify that.

    Some seeds do not learn in so short a time; the first that does is taken, or the last tried.
    Says ``refuted``, ``proved`` or ``undecided``, by the independent checker.
    """
    del place
    from itertools import islice

    from lohe.attention.export import export_heads
    from lohe.attention.recipe import Recipe
    from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
    from lohe.attention.training import train
    from lohe.proofs_numeric.certify import certify
    from lohe.proofs_numeric.verify import verify

    task = SubjectVerbAgreement(sizes=(20_000, 500, 1000))
    recipe = Recipe(epochs=8, batch_size=64, learning_rate=2e-3)
    for attempt in range(_ATTEMPTS):
        model, run = train(task, sva_config(task), recipe, seed=seed + attempt)
        if run.metrics["test_accuracy"] > _LEARNT:
            break
    (head,) = export_heads(model, [*islice(task.batches("test", 8), 1)])
    network = head.network()
    checked = verify(certify(network, ["all_inputs"]), network).claims["all_inputs"]
    return Outcome(
        checked.verdict.value,
        f"a head (seed {run.seed}) with {100 * run.metrics['test_accuracy']:.1f} % of test "
        f"sentences right, {len(head.anchors)} anchors in dimension {head.anchors.shape[1]}: "
        f"{checked.reason}",
    )


def _cases(place: Path, experiment: str) -> dict[str, Any]:
    from lohe.commands.bench_record import load_record

    cases: dict[str, Any] = load_record(place, experiment)["cases"]
    return cases
