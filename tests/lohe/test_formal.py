"""The Coq proofs: complete, recorded as they are, and skipped with a reason where Coq is absent."""

import hashlib
import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SPEC = importlib.util.spec_from_file_location("formal_record", ROOT / "tests/formal_record.py")
assert _SPEC is not None
assert _SPEC.loader is not None
formal = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(formal)

RECORD = json.loads(formal.RECORD.read_text(encoding="utf-8"))

SUMMARY = """
CONTEXT SUMMARY
===============

* Theory: Set is predicative

* Axioms:{axioms}

* Constants/Inductives relying on type-in-type: {loose}

* Constants/Inductives relying on unsafe (co)fixpoints: <none>

* Inductives whose positivity is assumed: <none>

"""


def test_every_file_is_compiled_and_the_record_is_of_these_files():
    assert {path.name for path in formal.sources()} == {p.name for p in formal.FORMAL.glob("*.v")}
    digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in formal.sources()}
    assert RECORD["files"] == digests, "the proofs changed: run tests/formal.sh"


def test_the_record_lists_the_theorems_of_the_files():
    keys = ("theorem", "name", "file", "words")
    listed = [entry for path in formal.sources() for entry in formal.theorems(path)]
    assert [{k: entry[k] for k in keys} for entry in RECORD["theorems"]] == listed
    names = {(entry["theorem"], entry["name"]) for entry in listed}
    assert {
        ("T1", "equilibria_are_poles"),
        ("T1", "settling_bound"),
        ("T5", "lift_projects"),
        ("T6", "aiming_contracts"),
    } <= names


def test_only_the_axioms_of_the_real_numbers_are_assumed():
    assert set(RECORD["axioms"]) <= set(formal.ALLOWED)
    for entry in RECORD["theorems"]:
        assert set(entry["axioms"]) <= set(RECORD["axioms"])
        assert "forall" in entry["statement"]


def test_no_proof_is_left_open():
    for path in formal.sources():
        assert formal.forbidden(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Lemma a : False. Admitted.", ["Admitted"]),
        ("Axiom a : False.", ["Axiom"]),
        ("(* (* Axiom *) Admitted *) Qed.", []),
        ("Proof. admit. Qed.", ["admit"]),
        ("Unset Guard Checking.", ["Unset Guard Checking"]),
    ],
)
def test_open_proofs_are_found_outside_comments(text, found):
    assert formal.forbidden(text) == found


def test_the_summary_of_coqchk_is_read():
    allowed = sorted(formal.ALLOWED)
    axioms = "".join(f"\n    {name}" for name in allowed)
    assert formal.checked_axioms(SUMMARY.format(axioms=axioms, loose="<none>")) == allowed
    assert formal.checked_axioms(SUMMARY.format(axioms=" <none>", loose="<none>")) == []


@pytest.mark.parametrize(
    ("axioms", "loose", "message"),
    [
        ("\n    Lohe.Settling.wishful", "<none>", "may not: Lohe.Settling.wishful"),
        (" <none>", "\n    Lohe.Settling.big", "switched off"),
    ],
)
def test_anything_else_taken_on_trust_fails(axioms, loose, message):
    with pytest.raises(SystemExit, match=message):
        formal.checked_axioms(SUMMARY.format(axioms=axioms, loose=loose))


def test_a_silent_coqchk_fails():
    with pytest.raises(SystemExit, match="no context summary"):
        formal.checked_axioms("Modules were successfully checked\n")


def test_the_assumptions_of_one_theorem_are_read():
    printed = "Axioms:\nClassical_Prop.classic : forall P : Prop, P \\/ ~ P\n"
    assert formal.theorem_axioms(printed) == ["Coq.Logic.Classical_Prop.classic"]
    assert formal.theorem_axioms("Closed under the global context\n") == []
    with pytest.raises(SystemExit, match="wishful"):
        formal.theorem_axioms("Axioms:\nwishful : False\n")


def test_without_coq_one_line_says_so(tmp_path):
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, str(ROOT / "tests/formal.sh")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("SKIPPED: the Coq proofs need")
    assert done.stdout.count("\n") == 1
