"""A forged certificate never verifies: every field mutated, by someone who can reseal it.

After each mutation the digest is computed anew, as an attacker would. The checker may reject the
document, leave the claim open, or repeat it; what it repeats must be true by `Truth`, which
evaluates the theorems in mpmath, away from both the generator and the checker (but for the
distance to a hull, which `test_hull` holds to its proof).
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import subprocess
import sys
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from exact_oracle import drives, fractions, inner, masses, norm, random_network

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
CASES = {
    "plain": (random_network(np.random.default_rng(21), n=3, keys=3, d=2), {}),
    "mismatch": (random_network(np.random.default_rng(22), n=3, keys=4, d=2), {"mismatch": 0.01}),
    "directions": (WIDE, {"mismatch": 0.7, "step": 0.3}),
    "cancelled": (PAIR, {"mismatch": 0.3}),
    "zero": (ZERO, {}),
    "unstable": (random_network(np.random.default_rng(23), n=3, keys=3, d=2), {"step": 50.0}),
    "drives": (Network([[3.0, 4.0], [1.0, -1.0]]), {"step": 0.1, "epsilon": 0.3, "delta": 0.2}),
}


def resealed(document):
    body = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return {**body, "digest": hashlib.sha256(text.encode()).hexdigest()}


def leaves(document, path=()):
    if isinstance(document, dict | list):
        items = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in list(items):
            yield from leaves(value, (*path, key))
    else:
        yield path


def mutations(value, path):
    """Yield other values of the same form: the nearest ones, and gross ones."""
    if path[-1] == "verdict":
        yield from {"proved", "refuted", "undecided"} - {value}
    elif isinstance(value, int):
        yield from (value + 1, max(value - 1, 0), 0, 10**6)
    elif value is None:
        yield from ((0.25).hex(), (1e6).hex())
    elif path[0] in ("parameters", "claims") and value.lstrip("-").startswith("0x"):
        x = float.fromhex(value)
        others = (math.nextafter(x, math.inf), math.nextafter(x, -math.inf), 2 * x, x / 2, -x)
        yield from (y.hex() for y in (*others, 0.0, 1e-3, 0.999, 1.5, 5e-324, 1e300))
    elif "/" in value:
        p, q = (int(part, 16) for part in value.split("/"))
        for y in (Fraction(p, q) * 2, -Fraction(p, q), Fraction(p, q) + Fraction(1, 2**300)):
            yield f"{y.numerator:x}/{y.denominator:x}"
        yield from ("0/1", "1/1", "1/0")
    else:
        yield value + "x"


def replaced(document, path, value):
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return resealed(document)


class Truth:
    """What is true of a network, in sixty digits."""

    def __init__(self, network, parameters):
        number = {
            k: None if v is None else Fraction(float.fromhex(v)) for k, v in parameters.items()
        }
        self.network, self.mismatch, self.step = network, number["mismatch"], number["step"]
        self.epsilon, self.delta = (mpmath.mpf(float(number[k])) for k in ("epsilon", "delta"))
        self.drives = drives(network)
        self.norms = [norm(h) for h in self.drives]
        reach = mpmath.mpf(float(self.mismatch))
        self.masses = masses(network) if network.couplings is not None else self.norms
        self.upper = max(n + reach * m for n, m in zip(self.norms, self.masses, strict=True))
        self.lower = [n - reach * m for n, m in zip(self.norms, self.masses, strict=True)]
        for i, low in enumerate(self.lower):
            if low <= 0:
                self.lower[i] = self._least_norm(i)

    def _least_norm(self, i):
        """Return the least drive norm over all devices in the plane: 0, or on an edge or corner."""
        if self.network.couplings is None or self.mismatch >= 1:
            return mpmath.mpf(0)
        w, r = fractions(self.network.couplings)[i], fractions(self.network.anchors)
        keys = range(len(w))
        best = None
        for mask in range(3 ** len(w)):
            signs = [mask // 3**j % 3 - 1 for j in keys]
            free = [j for j in keys if signs[j] == 0 and w[j]]
            if len(free) > 1:
                continue
            base = [
                sum((w[j] * (1 + signs[j] * self.mismatch) * r[j][k] for j in keys), Fraction(0))
                for k in range(2)
            ]
            if free:
                edge = [w[free[0]] * x for x in r[free[0]]]
                t = -inner(base, edge) / inner(edge, edge)
                t = min(max(t, -self.mismatch), self.mismatch)
                base = [b + t * e for b, e in zip(base, edge, strict=True)]
            size = norm(base)
            best = size if best is None else min(best, size)
        h = self.drives[i]
        for j in keys:  # 0 lies outside if some normal of an edge separates it
            for y in ([-r[j][1], r[j][0]], [r[j][1], -r[j][0]], h):
                spread = sum(w[k] * abs(inner(y, r[k])) for k in keys)
                if inner(y, h) > self.mismatch * spread:
                    return best
        return mpmath.mpf(0)

    def coherence(self):
        return min(
            n / m if m else mpmath.mpf(0) for n, m in zip(self.norms, self.masses, strict=True)
        )

    def holds(self, name, verdict, values):
        number = {k: v if isinstance(v, int) else float.fromhex(v) for k, v in values.items()}
        exact = {k: mpmath.mpf(v) for k, v in number.items()}
        if name == "all_inputs":
            return self._all_inputs(verdict, number)
        dead = min(self.lower) <= 0
        if name == "digital_step":
            steps = exact["step_monotone"] * exact["drive_norm_upper"] <= 1
            steps &= exact["step_settles"] * exact["drive_norm_upper"] < 2
            steps &= exact["drive_norm_upper"] >= self.upper
            reach = 0 if self.step is None else mpmath.mpf(float(self.step)) * self.upper
            return steps and (not dead and reach < 2 if verdict == "proved" else dead or reach > 2)
        if name == "mismatch":
            ok = exact["mismatch"] == mpmath.mpf(float(self.mismatch))
            ok &= exact["coherence_lower"] <= self.coherence()
            ok &= exact["tolerance_lower"] <= self.coherence() or (
                not dead and exact["tolerance_lower"] <= exact["mismatch"]
            )
            if verdict == "refuted":
                return ok and dead
            sine = exact["mismatch"] / self.coherence()
            ok &= exact["angle_sine_upper"] >= min(sine, 1)
            return ok and not dead and exact["weight_error_upper"] >= min(self._weight_error(), 2)
        if verdict == "refuted":
            return dead
        if name == "settling":
            if (exact["epsilon"], exact["delta"]) != (self.epsilon, self.delta) or dead:
                return False
            # P(c_0 < tanh(artanh(1 - e^2/2) - ||h|| t)) <= delta at the time claimed
            start = mpmath.atanh(1 - self.epsilon**2 / 2) - min(self.lower) * exact["time_upper"]
            shape = mpmath.mpf(self.network.d - 1) / 2
            z = (1 + mpmath.tanh(start)) / 2
            return mpmath.betainc(shape, shape, 0, z, regularized=True) <= self.delta
        ok = not dead and 0 <= exact["drive_norm_lower"] <= min(self.lower)
        ok &= (
            number["oscillators"] == self.network.n and number["worst_oscillator"] < self.network.n
        )
        # Devices that only a direction separates have bounds that need not be sharp.
        sharp = all(n > self.mismatch * m for n, m in zip(self.norms, self.masses, strict=True))
        if ok and sharp and number["drive_norm_lower"] > 1e-300:
            worst = self.lower[number["worst_oscillator"]]
            ok &= worst <= min(self.lower) * (1 + mpmath.mpf("2e-6"))
        return ok and exact.get("rate_lower", 0) <= min(self.lower)

    def _all_inputs(self, verdict, number):
        rows = fractions(self.network.anchors)
        if number["keys"] != len(rows) or (number["prefix"] == len(rows)) != (verdict == "proved"):
            return False
        margins = [self._margin(rows[:k]) for k in range(1, len(rows) + 1)]
        proved = sum(margin > 0 for margin in margins)
        best = margins[proved - 1] if proved else 0
        return number["prefix"] == proved and 0 <= number["margin_lower"] <= best

    def _margin(self, rows):
        """Return the distance of 0 from the convex hull: an exact answer for small tables."""
        from lohe.proofs_numeric.hull import HalfSpace, balance_or_half_space

        found = balance_or_half_space(np.array([[float(x) for x in row] for row in rows]))
        return found.margin_lower if isinstance(found, HalfSpace) else 0.0

    def _weight_error(self):
        if self.mismatch == 0:
            return mpmath.mpf(0)
        rows = fractions(self.network.anchors)
        sizes = [norm(row) for row in rows]
        worst = mpmath.mpf(0)
        for i, h in enumerate(self.drives):
            sine = mpmath.mpf(float(self.mismatch)) * self.masses[i] / self.norms[i]
            if sine >= 1:
                return mpmath.mpf(2)
            seen = [j for j, w in enumerate(self.network.couplings[i]) if w > 0]
            resultant = [sum((rows[j][k] for j in seen), Fraction(0)) for k in range(len(h))]
            e = 2 * mpmath.sin(mpmath.asin(sine) / 2)
            total = len(seen) + mpmath.mpf(1) * self._real(inner(h, resultant)) / self.norms[i]
            moved = e * sum(sizes[j] for j in seen)
            clamps = sum(max(sizes[j] - 1, 0) for j in seen)
            shift = min(moved, e * norm(resultant) + clamps)
            if total <= shift:
                return mpmath.mpf(2)
            worst = max(worst, (moved + shift) / (total - shift))
        return worst

    @staticmethod
    def _real(x):
        return mpmath.mpf(x.numerator) / x.denominator


@pytest.mark.parametrize("name", CASES)
def test_the_oracle_agrees_with_the_generator_and_the_checker_confirms_it(name):
    network, options = CASES[name]
    document = certify(network, **options).document()
    result = check(document, network.arrays())
    with mpmath.workdps(60):
        truth = Truth(network, document["parameters"])
        for claim, found in result["claims"].items():
            assert found["verdict"] == document["claims"][claim]["verdict"] != "undecided"
            assert truth.holds(claim, found["verdict"], document["claims"][claim]["values"])


@pytest.mark.parametrize("name", CASES)
def test_no_mutation_of_any_field_verifies_a_false_claim(name):
    network, options = CASES[name]
    document = certify(network, **options).document()
    arrays, original = network.arrays(), check(document, network.arrays())["claims"]
    truths, outcomes = {}, {"rejected": 0, "opened": 0, "true": 0}
    for path in leaves(document):
        value = document
        for key in path:
            value = value[key]
        for other in mutations(value, path):
            if other == value:
                continue
            mutant = replaced(document, path, other)
            try:
                result = check(mutant, arrays)["claims"]
            except RejectedError:
                outcomes["rejected"] += 1
                continue
            if path[-1] == "reason" or path[0] == "tool":
                assert result == original  # the checker speaks for itself
                continue
            key = json.dumps(mutant["parameters"])
            with mpmath.workdps(60):
                if key not in truths:
                    truths[key] = Truth(network, mutant["parameters"])
                for claim, found in result.items():
                    if found["verdict"] == "undecided":
                        outcomes["opened"] += 1
                        continue
                    outcomes["true"] += 1
                    stated = mutant["claims"][claim]
                    assert found["verdict"] == stated["verdict"]
                    assert truths[key].holds(claim, found["verdict"], stated["values"]), (
                        path,
                        other,
                        claim,
                    )
    assert outcomes["opened"] > 20


@pytest.mark.parametrize("name", ["directions", "cancelled"])
def test_no_malformed_document_breaks_the_checker(name):
    network, options = CASES[name]
    document, arrays = certify(network, **options).document(), network.arrays()
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
    claim = Claim(Verdict.PROVED, "trust me", values)
    found = verify(forged(ZERO, "unique_stable", claim), ZERO).claims["unique_stable"]
    assert found.verdict is Verdict.UNDECIDED
    assert not found.values
    assert "trust me" not in found.reason
    witness = {"oscillator": 0, "device": ()}
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
    claim = Claim(Verdict.PROVED, "", values, witness)
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
    found = verify(forged(network, "unique_stable", Claim(Verdict.PROVED, "", values)), network)
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
    stated = certify(network, ("unique_stable", "settling"))
    stated.save(tmp_path / "x.certificate.json")
    files = [str(tmp_path / name) for name in ("x.certificate.json", "x.network.npz")]
    command = [sys.executable, "-m", "lohe.proofs_numeric.checker", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["overall", "proved"]
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
    expected = ["lohe.proofs_numeric", *(f"lohe.proofs_numeric.checker{x}" for x in ("", "_exact"))]
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
    claim = Claim(Verdict.REFUTED, "", values, witness)
    found = verify(forged(WIDE, "all_inputs", claim), WIDE).claims["all_inputs"]
    assert found.verdict is Verdict.UNDECIDED
    assert says in found.reason
