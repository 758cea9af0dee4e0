"""Try to make the independent checker confirm something false.

    python benchmarks/mutations.py --false 10000

Certificates of small networks and tokens, one claim at a time, are mutated in every field: numbers
by one ulp and by much, packed arrays, boxes, trees, theorems, verdicts, parameters; and carried
over to other networks. The attacker computes every digest anew. An oracle in sixty-digit
arithmetic (tests/proofs_numeric/truth.py), which shares nothing with the checker, says for each
whether the claim still follows from its witness. Verified means that the checker repeats the
claim; verified though false must not happen: the exit code is then 1. The result goes to
benchmarks/results/mutations.json.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from lohe.attention.results import machine, versions
from lohe.dynamics.files import write_text
from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.checker import RejectedError, check
from lohe.proofs_numeric.input_box import certify_inputs

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "proofs_numeric"))

from mutations import mutants, single
from sealing import resealed
from truth import Truth
from truth_tokens import TokensTruth

RESULT = Path(__file__).parent / "results" / "mutations.json"
TRUTHS: dict[str, dict[str, Any]] = {}  # by instance and parameters
OUTSIDE = ("reason", "tool", "digest")  # what the checker gives no meaning, or the attacker redoes


def skew(rng: np.random.Generator, n: int, d: int, size: float) -> Any:
    turn = rng.normal(size=(n, d, d)) * size
    return turn - turn.swapaxes(1, 2)


def crosstalk(rng: np.random.Generator, n: int, size: float, symmetric: bool) -> Any:
    found = rng.normal(size=(n, n)) * size
    found = found + found.T if symmetric else found
    np.fill_diagonal(found, 0)
    return found


def instances(seed: int) -> dict[str, tuple[Any, Any]]:
    """Return instances and their certificates, of all theorems."""
    rng = np.random.default_rng(seed)
    shaken = {"mismatch": 0.01, "anchors": 0.01}
    found: dict[str, tuple[Any, Any]] = {}

    def add(name: str, network: Network, **options: Any) -> None:
        found[name] = network, certify(network, **options).document()

    def heads(n: int, d: int, keys: int) -> dict[str, Any]:
        anchors = rng.normal(size=(keys, d))
        anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
        return {"couplings": rng.exponential(size=(n, keys)), "anchors": anchors}

    add("alone", Network(**heads(3, 2, 3)), step=0.1)
    add("alone on devices", Network(**heads(3, 3, 4)), **shaken)
    add("sharpened on devices", Network(**heads(2, 3, 4), readout_exponent=3.0), **shaken)
    add("cancelled", Network(couplings=[[1, 1.25, 0.5]], anchors=[[1, 0], [-1, 0], [1, 0]]))
    add("turning", Network(**heads(2, 3, 3), frequency=skew(rng, 2, 3, 0.5)))
    add(
        "turning on devices",
        Network(**heads(3, 2, 3), frequency=skew(rng, 3, 2, 0.05)),
        frequency=0.005,
        mismatch=0.001,
        anchors=0.001,
    )
    add(
        "turning and sharpened on devices",
        Network(**heads(2, 2, 3), frequency=skew(rng, 2, 2, 0.05), readout_exponent=1.5),
        frequency=0.005,
        mismatch=0.001,
    )
    add("drifting", Network(rng.normal(size=(2, 2)) * 0.1, frequency=skew(rng, 2, 2, 1.0)))
    strong = rng.normal(size=(3, 2))
    strong *= 3 / np.linalg.norm(strong, axis=1, keepdims=True)
    add("contracting", Network(strong, crosstalk=crosstalk(rng, 3, 0.2, True)), crosstalk=0.01)
    add("gradient", Network(strong, crosstalk=crosstalk(rng, 3, 0.2, True)))
    add(
        "attracting",
        Network(strong, crosstalk=crosstalk(rng, 3, 0.1, False), frequency=skew(rng, 3, 2, 0.1)),
        crosstalk=0.01,
        frequency=0.01,
    )
    for k in range(2):
        J = crosstalk(rng, 2, 0.4, True)
        add(f"searched {k}", Network(rng.normal(size=(2, 2)), crosstalk=J))
    several = Network([[0.35, 0.82], [0.33, -1.3]], crosstalk=[[0, 0.9], [0.9, 0]])
    add("several", several)
    add("free", Network([[0, 0], [0, 0], [1, 0]], crosstalk=[[0, 1, 0], [1, 0, 0], [0, 0, 0]]))
    causal = np.tril(rng.exponential(size=(3, 3)), -1)
    for d, states in ((2, rng.normal((3, 0), size=(1, 3, 2))), (3, rng.uniform(size=(2, 3, 3)))):
        add(f"led in {d}", Network(np.zeros((3, d)), crosstalk=causal), states=states)
        circle = crosstalk(rng, 3, 1.0, False)
        agreeing = Network(np.zeros((3, d)), crosstalk=abs(circle))
        add(f"agreeing in {d}", agreeing, states=states, crosstalk=1e-3)
    add("apart", Network(np.zeros((3, 2)), crosstalk=[[0, 0, 0], [0, 0, 0], [1, 1, 0]]))
    tokens = Tokens(
        rng.normal(size=(1, 3, 2)), np.eye(2), rng.normal(size=(2, 2)), [[1, 0], [0, 1], [0.6, 0.8]]
    )
    found["tokens"] = tokens, certify_inputs(tokens, 0.05).document()
    return found


def attacks(seed: int) -> Iterator[tuple[Any, str, Any, Any]]:
    """Yield (instance, claim, place, certificate), with new instances in each round."""
    for k in count():
        found, rng = instances(seed + k), np.random.default_rng(seed + k)
        for name, (instance, document) in found.items():
            for claim, stated in document["claims"].items():
                if stated["verdict"] == "undecided":
                    continue
                yield instance, claim, ("unchanged",), single(document, claim)
                mine = list(mutants(single(document, claim), rng))
                # A search takes a hundred times longer than other claims: fewer of them.
                slow = "tree" in stated["witness"]
                for at in rng.permutation(len(mine))[: 15 if slow else 60]:
                    yield instance, claim, *mine[at]
                for victim, (other, _) in found.items():
                    if victim != name and not (slow and victim == "several"):
                        stolen = copy.deepcopy(single(document, claim))
                        stolen["network"] = {"sha256": other.digest, "n": other.n, "d": other.d}
                        yield other, claim, ("stolen",), resealed(stolen)


def follows(instance: Any, claim: str, document: Any) -> bool:
    """Say whether a claim is true, by the oracle."""
    key = json.dumps(document["parameters"])
    known = TRUTHS.setdefault(instance.digest, {})
    try:
        if key not in known:
            kind = TokensTruth if isinstance(instance, Tokens) else Truth
            known[key] = kind(instance, document["parameters"])
        return bool(known[key].holds(claim, document["claims"][claim]))
    except (ArithmeticError, KeyError, IndexError, TypeError, ValueError):
        return False  # what nobody can read says nothing true


def verified(instance: Any, claim: str, document: Any) -> bool:
    """Say whether the checker repeats a claim as stated."""
    try:
        told = check(document, instance.arrays())["claims"][claim]["verdict"]
    except RejectedError:
        return False
    return bool(told == document["claims"][claim]["verdict"] != "undecided")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--false", type=int, default=10_000, help="stop after so many false ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    counts: Counter[tuple[str, bool, bool]] = Counter()
    violations, seen, start, unconfirmed = [], set(), time.perf_counter(), 0
    for instance, claim, place, document in attacks(options.seed):
        if place[-1] in OUTSIDE or place[0] in OUTSIDE or document["digest"] in seen:
            continue
        seen.add(document["digest"])
        bound = place[0] in ("network", "format", "version")
        true = not bound and follows(instance, claim, document)
        told = verified(instance, claim, document)
        if place[0] == "unchanged":
            unconfirmed += not (true and told)
            continue
        counts[claim, true, told] += 1
        if told and not true:
            violations.append({"claim": claim, "place": list(map(str, place)), "is": document})
        false = sum(number for (_, true, _), number in counts.items() if not true)
        if sum(counts.values()) % 500 == 0:
            print(f"{false} false ones after {time.perf_counter() - start:.0f} s", file=sys.stderr)
        if false >= options.false:
            break
    rows = {
        claim: {
            f"{'true' if true else 'false'}_{'verified' if told else 'refused'}": counts[
                claim, true, told
            ]
            for true in (False, True)
            for told in (True, False)
        }
        for claim in sorted({claim for claim, _, _ in counts})
    }
    total = {key: sum(row[key] for row in rows.values()) for key in next(iter(rows.values()))}
    result = {
        "seed": options.seed,
        "instances": len(TRUTHS),
        "unchanged_not_confirmed": unconfirmed,
        **total,
        "claims": rows,
        "violations": violations,
        "seconds": round(time.perf_counter() - start, 1),
        "machine": machine(),
        "versions": versions(),
    }
    write_text(options.output, json.dumps(result, indent=1) + "\n")
    print(
        json.dumps({k: v for k, v in result.items() if k not in ("machine", "versions")}, indent=1)
    )
    return int(bool(violations or unconfirmed))


if __name__ == "__main__":
    sys.exit(main())
