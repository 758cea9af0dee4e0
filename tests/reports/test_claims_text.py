import pytest

from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.proofs_numeric.fields import CLAIMS
from lohe.reports.claims_text import claim_text, in_order, key_values, sentence, stable_points


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_of_a_certificate_has_words_mathematics_and_a_theorem(name):
    text = claim_text(name)
    assert text.mathematics
    assert text.theorem[:1] in "TL"
    for verdict in Verdict:
        said = sentence(name, Claim(verdict, "a reason"))
        assert said.endswith(".")
        if verdict is not Verdict.PROVED:
            assert "a reason" in said


@pytest.mark.parametrize("name", CLAIMS)
def test_every_certified_value_is_named_in_words(name):
    for theorems in CLAIMS[name].values():
        for theorem, (values, _) in theorems.items():
            claim = Claim(Verdict.PROVED, "r", dict.fromkeys(values, 1), {"theorem": theorem})
            shown = key_values("settling", claim)
            assert len(shown) == len(values)
            assert all("_" not in words for words, _, _ in shown)
            assert claim_text(name, claim).theorem.startswith(
                "T2" if name == "settling" and theorem == "T1" else theorem
            )


def test_a_sentence_of_a_proof_states_bounds_that_hold():
    claim = Claim(Verdict.PROVED, "T2", {"epsilon": 0.01, "delta": 1e-3, "time_upper": 3.14159})
    assert "by time 3.15 with probability at least 0.999" in sentence("settling", claim)


def test_a_share_too_small_for_a_float_is_not_printed_as_zero():
    values = {"angle_lower": 2.0, "volume_lower": 0.0}
    said = sentence("local_cap", Claim(Verdict.PROVED, "T6b", values, {"theorem": "T6b"}))
    assert said == "Every start within 114° of the resting point settles there."
    said = sentence("local_cap", Claim(Verdict.PROVED, "T6b", values | {"volume_lower": 0.5}))
    assert said.endswith("at least 50\N{NO-BREAK SPACE}% of all starts.")


@pytest.mark.parametrize(
    ("verdict", "theorem", "values", "words"),
    [
        ("proved", "T6a", {"rate_lower": 1.0, "oscillators": 3}, "exactly one"),
        ("refuted", "T8", {"stable": 2}, "several (at least 2)"),
        ("refuted", "T8", {"stable": 0}, "none"),
        ("refuted", "L3", {}, "none"),
        ("undecided", "", {}, "unknown"),
    ],
)
def test_the_number_of_stable_points_is_told_in_words(verdict, theorem, values, words):
    claim = Claim(Verdict(verdict), "a reason", values, {"theorem": theorem})
    assert stable_points(claim) == words
    shown = {name: text for name, text, _ in key_values("unique_stable", claim)}
    assert shown["stable resting points"] == words
    if theorem in ("T8", "L3"):
        assert "T1" not in sentence("unique_stable", claim)


def test_claims_of_later_versions_are_shown_by_their_names():
    claim = Claim(Verdict.PROVED, "because", {"some_value": 2.5})
    assert claim_text("brand_new").title == "Brand new"
    assert sentence("brand_new", claim) == "Brand new: because."
    assert key_values("brand_new", claim) == (("some value", "2.5", 2.5),)
    assert [name for name, _ in in_order({"zebra": claim, "settling": claim})][-1] == "zebra"


def test_a_witness_is_told_in_words():
    claim = Claim(Verdict.REFUTED, "r", {}, {"weights": (1, 0, 2), "oscillator": 4})
    assert [text for _, text, _ in key_values("all_inputs", claim)] == ["number 4", "0, 2"]
