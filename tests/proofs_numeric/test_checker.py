"""A forged certificate never verifies: every field mutated, by someone who can reseal it.

After each mutation the digest is computed anew, as an attacker would. The checker may reject the
document, leave the claim open, or repeat it; what it repeats must be true by `Truth`, which
evaluates the theorems in mpmath, away from both the generator and the checker (but for the
distance to a hull, which `test_hull` holds to its proof).
"""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from exact_oracle import random_network
from mutations import at, leaves, mutants, replaced, single
from sealing import resealed
from truth import Truth

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric import checker
from lohe.proofs_numeric.certificate import Certificate
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.checker import RejectedError, check
from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.proofs_numeric.verify import verify

WIDE = Network(couplings=[[1.0, 1.0], [1.0, 2.0]], anchors=[[0.6, 0.8], [0.6, -0.8]])
PAIR = Network(couplings=[[1.0, 1.25, 0.5]], anchors=[[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]])
ZERO = Network(couplings=[[2.0, 1.0], [1.0, 1.0]], anchors=[[1.0, 0.0], [-1.0, 0.0]])
TURN = [[0.0, 0.3], [-0.3, 0.0]]
REST = [[0.0, 0.0], [0.0, 0.0]]
SPREAD = {"couplings": [[1.0, 0.5, 0.2], [0.3, 1.0, 0.4]],
          "anchors": [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]}  # fmt: skip
SHAKEN = {"mismatch": 0.01, "anchors": 0.01, "frequency": 0.02}
COUPLED = {
    "locks": (Network(**SPREAD, frequency=[TURN, TURN]), {}),
    "locks on devices": (Network(**SPREAD, frequency=[TURN, REST]), SHAKEN),
    "drifts": (Network([[0.1, 0.0], [1.0, 0.0]], frequency=[TURN, REST]), {}),
    "contracts": (
        Network([[3, 1], [2, -2], [0, 3]], crosstalk=[[0, 0.5, 0.1], [0.5, 0, 0], [0.1, 0, 0]]),
        {},
    ),
    "cap on devices": (
        Network(**SPREAD, crosstalk=[[0, 0.1], [-0.05, 0]], frequency=[TURN, REST]),
        {**SHAKEN, "crosstalk": 0.01},
    ),
    "counted": (Network([[0.9, 0.1], [0.1, 0.7]], crosstalk=[[0, 0.6], [0.6, 0]]), {}),
    "several": (Network([[0.35, 0.82], [0.33, -1.3]], crosstalk=[[0, 0.9], [0.9, 0]]), {}),
    "free": (
        Network([[0, 0], [0, 0], [1.0, 0]], crosstalk=[[0, 1, 0], [1, 0, 0], [0, 0, 0]]),
        {},
    ),
}
STILL = {2: [[0.0, 0.0]] * 3, 3: [[0.0, 0.0, 0.0]] * 3}
CAUSAL = [[0, 0, 0], [0.7, 0, 0], [0.3, 0.6, 0]]
CIRCLE = [[0, 0.5, 0.1], [0.4, 0, 0.3], [0.2, 0.6, 0]]
STARTS = [[[1.0, 0.2], [-0.3, 1.0], [0.5, 2.0]], [[3.0, 1.0], [1.0, -1.0], [1.0, 0.0]]]
SPACE = [[[1.0, 0.2, 0.0], [0.3, 1.0, 0.4], [0.5, 2.0, 0.1]]]
AGREEING = {
    "led": (Network(STILL[2], crosstalk=CAUSAL), {"states": STARTS}),
    "apart": (Network(STILL[3], crosstalk=[[0, 0, 0], [0, 0, 0], [1, 2, 0]]), {"states": SPACE}),
    "agrees on devices": (
        Network(STILL[2], crosstalk=CIRCLE),
        {"states": STARTS, "crosstalk": 0.05, "epsilon": 0.3},
    ),
    "agrees in space": (Network(STILL[3], crosstalk=CAUSAL), {"states": SPACE}),
    "agrees in space on devices": (
        Network(STILL[3], crosstalk=CIRCLE),
        {"states": SPACE, "crosstalk": 0.01},
    ),
}
CASES = {
    "plain": (random_network(np.random.default_rng(21), n=3, keys=3, d=2), {}),
    "mismatch": (random_network(np.random.default_rng(22), n=3, keys=4, d=2), {"mismatch": 0.01}),
    "directions": (WIDE, {"mismatch": 0.7, "step": 0.3}),
    "cancelled": (PAIR, {"mismatch": 0.3}),
    "zero": (ZERO, {}),
    "unstable": (random_network(np.random.default_rng(23), n=3, keys=3, d=2), {"step": 50.0}),
    "drives": (Network([[3.0, 4.0], [1.0, -1.0]]), {"step": 0.1, "epsilon": 0.3, "delta": 0.2}),
    **COUPLED,
    **AGREEING,
}


@cache
def certified(name):
    """Return the certificate of one case, as JSON data."""
    network, options = CASES[name]
    return certify(network, **options).document()


@cache
def truth_for(name, parameters):
    return Truth(CASES[name][0], json.loads(parameters))


def confirmed(document, network, claim):
    """Say whether the checker repeats a claim as it stands."""
    try:
        found = check(document, network.arrays())["claims"][claim]["verdict"]
    except RejectedError:
        return False
    return found == document["claims"][claim]["verdict"] != "undecided"


def truth_of(document, path, name, claim):
    """Say whether the claim is true; what nobody can read is not."""
    if path[-1] == "reason" or path[0] in ("tool", "digest"):
        return True  # the checker speaks for itself, and the digest was sealed anew
    if path[0] in ("network", "format", "version"):
        return False
    try:
        truth = truth_for(name, json.dumps(document["parameters"]))
        return truth.holds(claim, document["claims"][claim])
    except (ArithmeticError, KeyError, IndexError, TypeError, ValueError):
        return False


@pytest.mark.parametrize("name", CASES)
def test_the_oracle_agrees_with_the_generator_and_the_checker_confirms_it(name):
    network, document = CASES[name][0], certified(name)
    result = check(document, network.arrays())
    truth = truth_for(name, json.dumps(document["parameters"]))
    for claim, found in result["claims"].items():
        stated = document["claims"][claim]
        assert found["verdict"] == stated["verdict"]
        assert found["verdict"] == "undecided" or truth.holds(claim, stated)


@pytest.mark.parametrize("name", CASES)
def test_no_mutation_of_any_field_verifies_a_false_claim(name):
    network, document = CASES[name][0], certified(name)
    rng = np.random.default_rng(len(name))
    outcomes = {True: 0, False: 0}
    for claim, stated in document["claims"].items():
        if stated["verdict"] == "undecided":
            continue
        mine = list(mutants(single(document, claim), rng))
        # Searches take longer; the campaign in benchmarks takes all of them.
        some = 20 if "tree" in stated["witness"] else 60
        chosen = rng.permutation(len(mine))[:some]
        for path, mutant in (mine[k] for k in chosen):
            verified = confirmed(mutant, network, claim)
            true = truth_of(mutant, path, name, claim)
            assert true or not verified, (claim, path, at(mutant, path))
            outcomes[verified] += 1
    assert outcomes[False] > 10
    assert outcomes[True] > 0


@pytest.mark.parametrize("name", ["locks on devices", "several", "cap on devices"])
def test_no_claim_survives_on_another_network(name):
    network, document = CASES[name][0], certified(name)
    for victim, (other, _) in CASES.items():
        if (other.n, other.d) != (network.n, network.d) or other is network:
            continue
        if other.couplings is None and document["parameters"]["mismatch"] != (0.0).hex():
            continue
        stolen = copy.deepcopy(document)
        stolen["network"]["sha256"] = other.digest
        for claim in document["claims"]:
            mutant = single(stolen, claim)
            assert truth_of(mutant, ("stolen",), victim, claim) or not confirmed(
                mutant, other, claim
            )


@pytest.mark.parametrize(
    "name", ["directions", "cancelled", "locks", "counted", "cap on devices", "led", "apart"]
)
def test_no_malformed_document_breaks_the_checker(name):
    document, arrays = certified(name), CASES[name][0].arrays()
    if "box" in document["claims"]:  # a search has too many leaves for this
        document = single(document, "box")
    paths = {path[:k] for path in leaves(document) for k in range(1, len(path) + 1)}
    rejected = 0
    for path in sorted(paths, key=str):
        for value in (None, True, -1, 1.5, "x", [], ["x"], {}, {"0": 1}):
            mutant = replaced(document, path, value)
            if path == ("digest",):
                mutant["digest"] = value
            try:
                check(mutant, arrays)
            except RejectedError:
                rejected += 1
    assert rejected > 100
    for hostile in (None, [], {}, "x", 1):
        with pytest.raises(RejectedError):
            check(hostile, arrays)


def forged(network, name, claim, **parameters):
    honest = certify(network, **parameters)
    return Certificate(
        honest.network_sha256, honest.n, honest.d, {name: claim}, honest.parameters, {}
    )


def test_forged_verdicts_do_not_verify():
    values = {"drive_norm_lower": 0.0, "worst_oscillator": 1, "oscillators": 2}
    claim = Claim(Verdict.PROVED, "trust me", values, {"theorem": "T1"})
    found = verify(forged(ZERO, "unique_stable", claim), ZERO).claims["unique_stable"]
    assert found.verdict is Verdict.UNDECIDED
    assert not found.values
    assert "trust me" not in found.reason
    witness = {"theorem": "T1", "oscillator": 0, "device": ()}
    claim = Claim(Verdict.REFUTED, "trust me", {}, witness)
    found = verify(forged(ZERO, "unique_stable", claim), ZERO).claims["unique_stable"]
    assert found.verdict is Verdict.UNDECIDED


FORGERIES = {
    "almost_global": ({"drive_norm_lower": 0.0, "worst_oscillator": 1, "oscillators": 2,
                       "rate_lower": 0.0}, {}),
    "mismatch": ({"mismatch": 0.0, "coherence_lower": 0.0, "tolerance_lower": 0.0,
                  "angle_sine_upper": 1.0, "weight_error_upper": 2.0}, {}),
    "digital_step": ({"step_monotone": 0.1, "step_settles": 0.1, "drive_norm_upper": 9.0}, {}),
    "settling": ({"epsilon": 1e-2, "delta": 1e-3, "time_upper": 1e300},
                 {"drive_norm_lower": 5e-324, "quantile": 1e-300}),
    "all_inputs": ({"margin_lower": 0.0, "keys": 2, "prefix": 2}, {"direction": (0, 1)}),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_consistent_forgeries_about_a_zero_drive_do_not_verify(name):
    values, witness = FORGERIES[name]
    theorem = {"mismatch": "T3", "digital_step": "T7", "all_inputs": "T4"}.get(name, "T1")
    claim = Claim(Verdict.PROVED, "", values, {"theorem": theorem, **witness})
    assert verify(forged(ZERO, name, claim), ZERO).claims[name].verdict is Verdict.UNDECIDED


def test_a_proof_for_a_coupled_network_does_not_verify():
    quiet = Network([[1.0, 0.0], [0.0, 1.0]])
    coupled = Network([[1.0, 0.0], [0.0, 1.0]], crosstalk=[[0, 5.0], [5.0, 0]])
    claim = certify(quiet).claims["unique_stable"]
    found = verify(forged(coupled, "unique_stable", claim), coupled)
    assert found.claims["unique_stable"].verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("ulps", [1, 2])
def test_one_ulp_too_far_is_caught(ulps):
    network = Network([[3.0, 4.0]])
    low = 5.0
    for _ in range(ulps):
        low = math.nextafter(low, 6.0)
    values = {"drive_norm_lower": low, "worst_oscillator": 0, "oscillators": 1}
    found = verify(
        forged(network, "unique_stable", Claim(Verdict.PROVED, "", values, {"theorem": "T1"})),
        network,
    )
    assert found.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("exponent", [-1060, -300, 0, 900])
def test_what_is_certified_is_confirmed(seed, exponent):
    network = random_network(np.random.default_rng(seed), n=20, keys=9, d=2 + seed)
    network = Network(couplings=np.ldexp(network.couplings, exponent), anchors=network.anchors)
    stated = certify(network, mismatch=(0.0, 1e-9, 0.02)[seed % 3])
    found = verify(stated, network)
    for name, claim in stated.claims.items():
        assert found.claims[name].verdict is claim.verdict
        assert dict(found.claims[name].values) == dict(claim.values)


def test_hidden_keys_and_free_anchors_are_confirmed():
    rng = np.random.default_rng(5)
    couplings = rng.exponential(size=(30, 6))
    couplings[:, 4:] = 0
    visible = np.ones((30, 6), dtype=bool)
    visible[:, 5] = False
    anchors = rng.standard_normal((6, 3)) * 1.5
    network = Network(couplings=couplings, anchors=anchors, visible=visible, anchor_kind="free")
    stated = certify(network, mismatch=1e-3)
    assert verify(stated, network).claims["mismatch"].verdict is Verdict.PROVED
    assert 0 < stated.claims["mismatch"].values["weight_error_upper"] < 2


def test_a_certificate_for_another_network_is_refused():
    first, second = (random_network(np.random.default_rng(seed)) for seed in (1, 2))
    with pytest.raises(InputError, match="another network"):
        verify(certify(first), second)
    nudged = Network(couplings=np.nextafter(first.couplings, np.inf), anchors=first.anchors)
    with pytest.raises(InputError, match="another network"):
        verify(certify(first), nudged)


def test_a_wrong_digest_is_refused():
    network = CASES["plain"][0]
    document = certify(network).document()
    document["claims"]["unique_stable"]["reason"] += "!"
    with pytest.raises(RejectedError, match="altered"):
        check(document, network.arrays())


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("couplings", np.array([[np.nan, 1.0]])),
        ("couplings", np.array([[-1.0, 1.0]])),
        ("couplings", np.array([[1.0, 1.0]], dtype=np.float32)),
        ("couplings", np.array([[1.0, 1.0, 1.0]])),
        ("anchors", np.array([1.0, 0.0])),
        ("anchors", np.array([[1.0], [1.0]])),
        ("visible", np.array([[True, False]])),
        ("visible", np.array([[1, 1]])),
        ("drive", np.array([[1.0, 0.0]])),
        ("readout_exponent", np.array([1.0])),
        ("extra", np.array(1.0)),
    ],
)
def test_arrays_that_are_no_network_are_refused_even_when_sealed(name, array):
    network = Network(couplings=[[1.0, 2.0]], anchors=np.eye(2))
    document = certify(network).document()
    arrays = {**network.arrays(), name: array}
    document["network"]["sha256"] = checker.instance_digest(arrays)
    with pytest.raises(RejectedError):
        check(resealed(document), arrays)


def test_the_checker_runs_alone_on_files(tmp_path):
    network = CASES["plain"][0]
    network.save(tmp_path / "x.network.npz")
    stated = certify(network, ("unique_stable", "settling"), mismatch=0.125)
    stated.save(tmp_path / "x.certificate.json")
    files = [str(tmp_path / name) for name in ("x.certificate.json", "x.network.npz")]
    command = [sys.executable, "-m", "lohe.proofs_numeric.checker", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    *_, devices, overall = done.stdout.splitlines()
    # A verdict says nothing without the devices that it covers, and anyone can change those.
    assert "mismatch 0.125, crosstalk 0.0" in devices
    assert overall.split() == ["overall", "proved"]
    assert checker.main([files[0]]) == 2
    (tmp_path / "x.network.npz").write_bytes(b"PK\x03\x04 truncated")
    assert checker.main(files) == 2
    with pytest.raises(InputError):
        Network.load(files[1])


def test_the_checker_imports_nothing_of_the_generator():
    code = (
        "import sys, lohe.proofs_numeric.checker as c; "
        "print(sorted(m for m in sys.modules if m.startswith('lohe.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    parts = ("", "_agreement", "_exact", "_weights")
    expected = ["lohe.proofs_numeric", *(f"lohe.proofs_numeric.checker{x}" for x in parts)]
    assert done.stdout.strip() == str(expected)


@pytest.mark.parametrize(
    ("values", "witness", "says"),
    [
        # Convex weights, but the anchors lie in a half-space: nothing can balance them.
        (
            {"margin_lower": 0.5, "keys": 2, "prefix": 1},
            {"direction": (1, 0), "weights": (Fraction(1, 3), Fraction(2, 3))},
            "do not balance",
        ),
        ({"margin_lower": 0.5, "keys": 2, "prefix": 0}, {"direction": (), "weights": (1,)}, "no"),
        (
            {"margin_lower": 0.5, "keys": 2, "prefix": 1},
            {"direction": (1, 0), "weights": (Fraction(1, 3), Fraction(1, 3))},
            "not convex",
        ),
    ],
)
def test_a_witness_that_does_not_balance_refutes_nothing(values, witness, says):
    claim = Claim(Verdict.REFUTED, "", values, {"theorem": "T4", **witness})
    found = verify(forged(WIDE, "all_inputs", claim), WIDE).claims["all_inputs"]
    assert found.verdict is Verdict.UNDECIDED
    assert says in found.reason
