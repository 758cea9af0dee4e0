"""The checks themselves: they say what is so, and something else where it is not."""

import json
from pathlib import Path

import pytest

from lohe.audit import momentum
from lohe.audit.checks import CHECKS
from lohe.audit.derivations import identities, machine_checked
from lohe.audit.hardware import fault, operations
from lohe.audit.momentum import decay, leak
from lohe.audit.settling import euler_limit, misses, predicted, settled_shares, witness
from lohe.audit.studies import all_inputs, compared, scaling_law, study
from lohe.dynamics.errors import InputError
from lohe.reports.ledger import load_claims, shipped_record

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "benchmarks" / "results"
FORMAL = ROOT / "docs" / "formal"


def changed(tmp_path, name, change):
    document = json.loads((RESULTS / name).read_text())
    change(document)
    path = tmp_path / name
    path.write_text(json.dumps(document))
    return path


QUICK = [
    "oscillators-operations",
    "oscillators-euler",
    "oscillators-frequency-dimension",
    "kuramoto-circular-mean",
    "accelerated-causality",
    "accelerated-contours-norm",
]


@pytest.mark.parametrize("name", QUICK)
def test_quick_checks_say_what_the_record_says(name):
    claim = load_claims()[name]
    found = CHECKS[claim.check](None, 0, **claim.arguments)
    assert found.word == shipped_record().findings[name].word


def test_a_trained_head_can_be_left_without_a_drive():
    found = witness(None, 0)
    assert found.word == "refuted"
    assert float(found.found.split("with ")[1].split(" %")[0]) > 95


def test_operations_that_differ_are_told():
    published = {"agreement": [9, 1, 2, False, 828, 441, 261, 98]}
    found = operations(None, 0, published=published)
    assert found.word == "differ"
    assert "99 (published 98)" in found.found


def test_steps_below_the_limit_do_not_refute_euler():
    assert euler_limit(None, 0, step=0.05, published_norm=39.0).word == "otherwise"


def test_a_model_that_sees_nothing_later_is_called_sealed(monkeypatch):
    monkeypatch.setattr(momentum, "_moved", lambda *_, **__: 0.0)
    assert leak(None, 0).word == "sealed"
    monkeypatch.setattr(momentum, "_moved", lambda *_, sealed, **__: float(sealed))
    assert leak(None, 0).word == "ours leaks"


def test_identities_are_named_by_phrases_that_fit_one():
    for phrase in ("no identity says this", "the"):
        with pytest.raises(InputError, match=r"\d+ identities of L5 speak of"):
            identities(None, 0, theorem="L5", identities=[phrase])


def test_proofs_are_stale_once_a_source_changes(tmp_path):
    for file in (*FORMAL.glob("*.v"), FORMAL / "assumptions.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    place = tmp_path / "assumptions.json"
    assert machine_checked(place, 0, theorems=["T1"]).word == "checked"
    with (tmp_path / "Settling.v").open("a") as source:
        source.write(" ")
    assert machine_checked(place, 0, theorems=["T1"]).word == "stale"
    with pytest.raises(InputError, match="does not speak of T99"):
        machine_checked(place, 0, theorems=["T99"])


def test_misses_near_the_antipode_would_be_told(tmp_path):
    def blame_antipode(document):
        for case in document["cases"].values():
            why = case["explanation"]
            why["missed_away_from_antipode"] = 0.0
            why["missed_with_median_drive"] = why["missed"]

    name = "dynamics_convergence.json"
    assert misses(changed(tmp_path, name, blame_antipode), 0).word == "antipode"

    def one_of_each(document):
        first = next(iter(document["cases"].values()))["explanation"]
        first["missed_away_from_antipode"] = 0.0

    assert misses(changed(tmp_path, name, one_of_each), 0).word == "undecided"


def test_settled_shares_are_compared(tmp_path):
    place = RESULTS / "dynamics_convergence.json"
    cases = json.loads(place.read_text())["cases"]
    ours = {
        d: cases[f"stories-fixed_query-seed0, d = {d}"]["random"]["fraction"] for d in ("2", "8")
    }
    assert settled_shares(place, 0, published=ours).word == "reproduced"
    falling = dict(reversed(ours.items())) | {"2": 0.1}
    assert settled_shares(place, 0, published=falling).word == "does not rise"
    with pytest.raises(InputError, match="no model of dimension 3"):
        settled_shares(place, 0, published={"3": 1.0})


def test_one_prediction_outside_is_a_disagreement(tmp_path):
    def miss(document):
        next(iter(document["cases"].values()))["angles"][0]["inside"] = False

    path = changed(tmp_path, "dynamics_antipode.json", miss)
    assert predicted(path, 0, experiment="antipode").word == "disagree"


@pytest.mark.parametrize(
    ("published", "word"), [(0.0027, "agrees"), (0.5, "smaller"), (1e-6, "larger")]
)
def test_faults_are_compared_with_what_is_published(published, word):
    place = RESULTS / "stories-robustness.hardware.json"
    assert fault(place, 0, case="mismatch 0.5", published=published).word == word


def test_an_unknown_fault_is_named():
    with pytest.raises(InputError, match="no case 'heat 3'"):
        fault(RESULTS / "sva-robustness.hardware.json", 0, case="heat 3", published=0.0)


def test_decay_that_is_behind_is_told(tmp_path):
    def behind(document):
        for case in document["cases"].values():
            case["schemes"]["presymplectic_euler"]["ratio"][-1] = [0.5, 0.4, 0.6]

    assert decay(changed(tmp_path, "dynamics_decay.json", behind), 0).word == "behind"


def test_studies_are_judged_by_one_of_their_claims():
    with pytest.raises(InputError, match="3 claims of kws start with ''"):
        study(RESULTS / "bench_kws.json", 0, starts="")
    pair = ("fixed_query-ff64", "fixed_query-ff64")
    assert compared(RESULTS / "bench_sva.json", 0, pair=pair).word == "tied"


def test_heads_are_counted(tmp_path):
    name, arm = "bench_certificates.json", "stories-d32"
    for counts, word in (({"proved": 4}, "proved"), ({"proved": 3, "undecided": 1}, "undecided")):

        def turn(document, counts=counts):
            document["cases"][arm]["all_inputs"] = counts

        assert all_inputs(changed(tmp_path, name, turn), 0, arm=arm).word == word
    with pytest.raises(InputError, match="tells nothing of other"):
        all_inputs(RESULTS / name, 0, arm="other")


def test_scaling_laws_are_compared():
    place, sizes = RESULTS / "bench_stories.json", (2, 4, 8, 16, 32)
    ours = [2.0 * d**-0.18 for d in sizes]
    assert scaling_law(place, 0, sizes=sizes, gaps=ours).word == "reproduced"
    steep = [2.0 / d for d in sizes]
    found = scaling_law(place, 0, sizes=sizes, gaps=steep)
    assert found.word == "same direction"
    assert "against 1.00 of" in found.found
