"""What is certain of trained heads for every input, and for every input near real ones.

    lohe train sva -o runs                      # and kws, fsdd, other seeds, as you like
    python benchmarks/every_input.py runs/*.tokens.npz

For each head: T4's verdict and the longest causal prefix that no input can leave without a drive;
then, for boxes of inputs around real tokens (L4), the largest radius that is proved for each
oscillator, and the settling time at half the smallest of them. A radius is how far each coordinate
of each token may move; it is printed relative to the root mean square of the token's coordinates.

From the other side an attack looks for the nearest inputs at which a drive vanishes, on some of the
oscillators, the most fragile among them: sequential linear programs that minimise the largest
change of a coordinate. What lies between proof and attack is open. The independent checker confirms
every certificate. Results go to benchmarks/results/every_input.json.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

from lohe.attention.coupling import find_coupling
from lohe.attention.results import machine, versions
from lohe.dynamics.files import write_text
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.hull import examine_prefixes
from lohe.proofs_numeric.input_box import certify_inputs, largest_radius
from lohe.proofs_numeric.verify import verify

RESULT = Path(__file__).parent / "results" / "every_input.json"
LIMIT = 16.0
_GONE = 1e-9

Floats = NDArray[np.float64]


def study(path: Path, attacked: int) -> dict[str, Any]:
    """Return what is proved of one head, and how near attacks come."""
    tokens = Tokens.load(path)
    hull = examine_prefixes(tokens.anchors)
    radii = largest_radius(tokens, limit=LIMIT)
    half = float(radii.min()) / 2
    certificate = certify_inputs(tokens, half)
    claim = certificate.claims["input_box"]
    stored = certify_inputs(tokens, 0.0).claims["input_box"]
    sizes = np.sqrt(np.square(tokens.tokens).mean(-1))[tokens.kept]
    order = np.argsort(radii)
    chosen = order[np.unique(np.linspace(0, tokens.n - 1, attacked).astype(int))]
    pairs = [(float(radii[i]), nearest_vanishing(tokens, int(i))) for i in chosen]
    gaps = [attack / proof for proof, attack in pairs if attack is not None]
    assert all(gap >= 1 for gap in gaps), "an attack contradicts a proof"
    return {
        "head": path.name.removesuffix(".tokens.npz"),
        "oscillators": tokens.n,
        "dimension": tokens.d,
        "every_input": {
            "verdict": "proved" if hull.balance is None else "refuted",
            "prefix": hull.prefix,
            "keys": hull.keys,
            "margin_lower": hull.half_space.margin_lower if hull.half_space else 0.0,
        },
        "radius": spread(radii),
        "radius_relative": spread(radii / sizes),
        "at_limit": int((radii == LIMIT).sum()),
        "settling_time": {
            "stored": stored.values.get("time_upper"),
            "radius": half,
            "within": claim.values.get("time_upper"),
            "verdict": claim.verdict.value,
            "checker": verify(certificate, tokens).verdict.value,
        },
        "attacks": {
            "oscillators": len(pairs),
            "found": len(gaps),
            "smallest": min((a for _, a in pairs if a is not None), default=None),
            "ratio_to_proof": spread(np.array(gaps)) if gaps else None,
        },
    }


def spread(values: Floats) -> dict[str, float]:
    return {
        "min": float(values.min()),
        "median": float(np.median(values)),
        "max": float(values.max()),
    }


def nearest_vanishing(tokens: Tokens, oscillator: int, steps: int = 16) -> float | None:
    """Return how far some coordinates must move at most for a drive to vanish, None if not found.

    An upper bound of the true distance: a local search.
    """
    sequence, i = (int(index[oscillator]) for index in np.nonzero(tokens.kept))
    stored = tokens.tokens[sequence]
    seen = np.broadcast_to(tokens.visible, (len(tokens.tokens), len(stored), len(stored)))
    seen = seen[sequence, i]
    form = tokens.query_weights.T @ tokens.key_weights / np.sqrt(len(tokens.query_weights))
    first = np.linalg.norm(drive(tokens, form, stored, i, seen)[0])
    moved, best = np.zeros_like(stored), np.inf
    for step in range(steps):
        h, slope = drive(tokens, form, stored + moved, i, seen)
        if np.linalg.norm(h) <= _GONE * first:
            best = min(best, float(np.abs(moved).max()))
        # Go part of the way at first, and never to a longer drive: it is far from linear.
        share = min(1.0, (step + 1) / (steps / 2))
        found = smallest_change(slope, slope @ moved.ravel() - share * h)
        if found is None:
            break
        way = found.reshape(stored.shape) - moved
        for _ in range(4):
            after = drive(tokens, form, stored + moved + way, i, seen)[0]
            if np.linalg.norm(after) <= max(np.linalg.norm(h), _GONE * first):
                break
            way = way / 2
        moved = moved + way
    return best if best < np.inf else None


def drive(
    tokens: Tokens, form: Floats, x: Floats, i: int, seen: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Return the drive of token i, (d,), and its derivative, (d, T D)."""
    coupling, scores = find_coupling(tokens.coupling), form @ x.T
    scores = x[i] @ scores
    weights = np.where(seen, coupling.value(np, scores), 0.0)
    slopes = np.where(seen, coupling.slope(np, scores), 0.0)[:, None] * tokens.anchors
    derivative = slopes.T[:, :, None] * (form.T @ x[i])
    derivative[:, i] += slopes.T @ (x @ form.T)
    return weights @ tokens.anchors, derivative.reshape(tokens.d, -1)


def smallest_change(matrix: Floats, target: Floats) -> Floats | None:
    """Minimise the largest entry of z in size under matrix @ z = target."""
    count = matrix.shape[1]
    objective = np.zeros(2 * count + 1)
    objective[-1] = 1.0
    # z = a - b with a, b >= 0 and a + b at most the last variable, which is minimised.
    same, ones = eye_array(count), csr_array(np.ones((count, 1)))
    result = linprog(
        objective,
        A_eq=np.concatenate([matrix, -matrix, np.zeros((len(matrix), 1))], axis=1),
        b_eq=target,
        A_ub=hstack([same, same, -ones]),
        b_ub=np.zeros(count),
        bounds=(0, None),
        method="highs",
    )
    if result.x is None:
        return None
    return np.asarray(result.x[:count] - result.x[count : 2 * count])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tokens", nargs="+", type=Path, help="*.tokens.npz files")
    parser.add_argument("--attacked", type=int, default=8, help="oscillators attacked per head")
    options = parser.parse_args()
    found = []
    for path in sorted(options.tokens):
        head = study(path, options.attacked)
        found.append(head)
        every, near, times = head["every_input"], head["radius_relative"], head["settling_time"]
        gap = head["attacks"]["ratio_to_proof"]
        print(
            f"{head['head']:38} T4 {every['verdict']:8} prefix {every['prefix']:2} of "
            f"{every['keys']:2}  radius/rms min {near['min']:.4f} median {near['median']:.4f}  "
            f"settling {times['stored']:.4g} -> {times['within']:.4g} at half the least "
            f"({times['checker']} by the checker)  attack/proof "
            + (f"{gap['min']:.2f} to {gap['max']:.2f}" if gap else "none found"),
            flush=True,
        )
    record = {"limit": LIMIT, "heads": found, "versions": versions(), "machine": machine()}
    write_text(RESULT, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
