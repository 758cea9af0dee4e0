"""``lohe bench certificates`` proves things of the heads that a study trained."""

import json

import pytest

from lohe.__main__ import main
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.studies import catalogue
from lohe.attention.studies.study import Arm, Study
from lohe.commands import bench_certificates

MODEL = {"width": 16, "hidden": 16}
TINY = {"options": {"sizes": [96, 32, 32]}, "recipe": {"epochs": 1}, "seeds": (0,)}
ARMS = (
    Arm("half", "sva", model=MODEL | {"anchor_kind": "half_space", "readout_exponent": 4}, **TINY),
    Arm("content", "sva", model=MODEL | {"anchor_kind": "content"}, **TINY),
    Arm("softmax", "sva", model=MODEL | {"mechanism": "softmax"}, **TINY),
)
STUDY = Study("sva", "Which?", ARMS, "test_accuracy")


@pytest.fixture
def trained(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(catalogue, "STUDIES", {"sva": STUDY})
    monkeypatch.chdir(tmp_path)
    main(["bench", "sva", "--workers", "1", "--work", "w", "-o", "r.json"])
    capsys.readouterr()


def certificates(*words):
    return main(["bench", "certificates", "sva", "--work", "w", *words])


def test_proves_settling_and_mismatch_of_oscillators_and_every_input_in_a_half_space(
    trained, tmp_path, capsys
):
    assert certificates("--sequences", "2", "-o", "c.json") == 0
    assert "1 of 1" in capsys.readouterr().out
    cases = json.loads((tmp_path / "c.json").read_text())["cases"]
    assert cases.keys() == {"half", "content"}  # softmax has no oscillators
    half, content = cases["half"], cases["content"]
    assert half["unique_stable"] == half["all_inputs"] == {"proved": 1}
    assert 0 < half["tolerance_0.01"] <= half["tolerance_0.5"]
    assert 0 < half["time_0.5"] <= half["time_0.99"]
    # Its anchors are inputs themselves: nothing is said of every input, nor of its weights.
    assert content["all_inputs"] == {"absent": 1}
    assert content["tolerance_0.5"] is None
    assert content["settling_1"] > 0


def test_a_smaller_error_of_the_weights_leaves_less_room_and_takes_longer(trained, tmp_path):
    for error in ("0.2", "0.02"):
        words = ("--arms", "half", "--weight-error", error, "-o", f"{error}.json")
        assert certificates(*words) == 0
    loose, strict = (
        json.loads((tmp_path / f"{error}.json").read_text())["cases"]["half"]
        for error in ("0.2", "0.02")
    )
    assert strict["tolerance_0.5"] < loose["tolerance_0.5"]
    assert strict["time_0.5"] > loose["time_0.5"]


def test_a_model_trained_anew_is_certified_anew_and_the_others_are_not(trained, tmp_path):
    result, model = tmp_path / "c.json", tmp_path / "w" / "half-seed0.model.npz"
    words = ("--sequences", "1", "-o", "c.json")
    assert certificates(*words) == 0
    document = json.loads(result.read_text())
    before = dict(document["cases"]["half"])
    for case in document["cases"].values():
        case["score"] = 7.0  # a mark of what is taken over
    result.write_text(json.dumps(document))
    state = Checkpoint.load(model)
    state.model.parameters.vector[:] *= 1.5
    state.save(model)

    assert certificates(*words) == 0
    after = json.loads(result.read_text())["cases"]
    assert after["content"] == document["cases"]["content"]
    assert after["half"]["score"] == before["score"] != 7
    assert after["half"]["source_sha256"] != before["source_sha256"]
    assert after["half"]["tolerance_0.5"] != before["tolerance_0.5"]


def test_a_result_that_does_not_say_of_which_model_it_is_is_found_anew(trained, tmp_path):
    words = ("--arms", "half", "--sequences", "1", "-o", "c.json")
    assert certificates(*words) == 0
    document = json.loads((tmp_path / "c.json").read_text())
    del document["cases"]["half"]["source_sha256"]
    document["cases"]["half"]["score"] = 7.0
    (tmp_path / "c.json").write_text(json.dumps(document))
    assert certificates(*words) == 0
    found = json.loads((tmp_path / "c.json").read_text())["cases"]["half"]
    assert found["score"] != 7
    assert len(found["source_sha256"]) == 12


def test_oscillators_settle_to_the_distance_that_the_file_names(trained, tmp_path, monkeypatch):
    settled = []
    for epsilon in (1e-2, 0.5):
        monkeypatch.setattr(bench_certificates, "_EPSILON", epsilon)
        name = f"{epsilon}.json"
        assert certificates("--arms", "half", "--sequences", "1", "-o", name) == 0
        document = json.loads((tmp_path / name).read_text())
        assert document["config"]["epsilon"] == epsilon
        settled.append(document["cases"]["half"]["settling_1"])
    assert settled[0] > settled[1] > 0


def test_says_what_to_do_where_there_is_nothing_to_certify(trained, capsys):
    assert certificates("--seed", "0", "--arms", "softmax") == 2
    assert "make them: lohe bench sva" in capsys.readouterr().err
    assert main(["bench", "certificates", "tides"]) == 2
    assert "no study is called 'tides'" in capsys.readouterr().err
