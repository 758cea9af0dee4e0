"""Systems side by side: what is compared is alike, and every number is that of the runs."""

import json
import statistics
from dataclasses import asdict, replace

import numpy as np
import pytest

from lohe.__main__ import main
from lohe.attention.accelerated import AcceleratedConfig
from lohe.attention.architecture import ARCHITECTURES, find_architecture
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.recipe import Recipe
from lohe.attention.results import TrainingRun
from lohe.attention.tasks.instances import save_instances
from lohe.attention.tasks.next_character import NextCharacter
from lohe.attention.training import train
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.claims import Verdict
from lohe.reports.document import render
from lohe.reports.sources import expand
from lohe.reports.subjects import collect
from lohe.reports.systems import comparisons, config_of, epoch_tokens

TEXT = b"To be, or not to be, that is the question.\n" * 12
TASK = NextCharacter("rhyme", TEXT, length=8)
SIZES = {"width": 8, "heads": 2, "layers": 2, "hidden": 6}
SYSTEMS = {
    "kuramoto": ("kuramoto", {}),
    "linear_presymplectic_euler": ("accelerated", {}),
    "softmax_strang": ("accelerated", {"family": "softmax", "scheme": "strang"}),
    "fixed_query": ("transformer", {}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four systems on one text, one of them with two seeds, and certificates of two of them."""
    made = tmp_path_factory.mktemp("runs")
    for mechanism, (kind, changes) in SYSTEMS.items():
        config = find_architecture(kind).for_text(TASK, **SIZES | changes)
        for seed in (0, 1) if mechanism == "kuramoto" else (0,):
            stem = made / f"rhyme-{mechanism}-seed{seed}"
            model, run = train(
                TASK, config, Recipe(epochs=2, batch_size=8), seed=seed,
                checkpoint=f"{stem}.model.npz",
            )  # fmt: skip
            run.save(f"{stem}.training.json")
            if seed == 0:
                save_instances(stem, model, TASK, windows=1)
    for path in made.glob("*.network.npz"):
        certificate = certify(Network.load(path), ["consensus"])
        certificate.save(path.with_name(path.name.replace(".network.npz", ".certificate.json")))
    return made


@pytest.fixture(scope="module")
def collection(folder):
    return collect(
        folder.glob("*.certificate.json"),
        networks=folder.glob("*.network.npz"),
        training=folder.glob("*.training.json"),
    )


@pytest.fixture(scope="module")
def compared(collection):
    (found,) = comparisons(collection)
    return found


def test_every_number_is_that_of_the_runs(compared, folder):
    assert [system.name for system in compared.systems] == sorted(SYSTEMS)
    assert compared.score == "bits"
    for system in compared.systems:
        model = Checkpoint.load(folder / f"rhyme-{system.name}-seed0.model.npz").model
        assert system.architecture == SYSTEMS[system.name][0]
        assert system.parameters == model.parameters.vector.size
        assert system.calls == (8 if system.name == "softmax_strang" else 2)
        tests = [run.metrics["test_bits"] for run in system.runs]
        assert system.scores("test_bits") == tests
        for run, points in zip(
            system.runs, system.curve("validation_bits", compared.tokens), strict=True
        ):
            assert [score for _, score in points] == [e["validation_bits"] for e in run.history]
            assert [seen for seen, _ in points] == [compared.tokens, 2 * compared.tokens]


def test_an_epoch_has_as_many_tokens_as_it_trains_on():
    for length, characters in ((8, None), (7, 200), (12, 300)):
        task = NextCharacter("rhyme", TEXT, length=length, characters=characters)
        assert epoch_tokens(task.config) == task.steps(1) * length
    assert epoch_tokens({"sentences_seed": 0}) is None
    assert epoch_tokens({"length": 8, "tokens": {"training": 9}}) is None


def test_proofs_stand_with_the_system_that_they_are_of(compared):
    found = {system.name: system.claims for system in compared.systems}
    assert found["kuramoto"]["consensus"] == {Verdict.PROVED: 4}
    assert not found["linear_presymplectic_euler"]


def test_the_page_shows_all_of_them(collection, compared, parse):
    page = render(collection)
    outline = parse(page)
    assert "How do the systems compare?" in outline.text
    assert "validation and test in bits per character" in outline.text
    for system in compared.systems:
        assert system.name.replace("_", " ") in outline.text
        assert repr(system.parameters) in outline.data
        mean = statistics.fmean(system.scores("test_bits"))
        assert repr(mean) in outline.data
    assert "4 proved of 4" in outline.text
    assert "Who learns most per evaluation?" in outline.text  # calls differ
    assert (
        "Almost every start ends in agreement, where oscillator 0 starts: proved." in outline.text
    )
    assert "How fast each follows" in outline.text
    # Of what nothing drives no drive is drawn.
    assert "How strongly is each oscillator driven" not in outline.text
    assert "Which oscillator limits what the network stands?" not in outline.text
    assert len(outline.ids) == len(set(outline.ids))
    assert render(collection) == page


def test_only_runs_on_the_same_parts_of_a_text_are_compared(folder):
    runs = [run for run, _ in collect(training=folder.glob("*.training.json")).training]
    elsewhere = [
        replace(run, config=run.config | {"task": run.config["task"] | {"sha256": "other"}})
        for run in runs
        if run.mechanism == "kuramoto"
    ]
    others = [run for run in runs if run.mechanism != "kuramoto"]
    (found,) = comparisons(collect(training=others + elsewhere))
    assert "kuramoto" not in {system.name for system in found.systems}
    assert comparisons(collect(training=elsewhere)) == []  # one system alone is no comparison


def test_what_is_not_equal_is_said(folder, parse):
    runs = [run for run, _ in collect(training=folder.glob("*.training.json")).training]
    runs[0] = replace(runs[0], history=runs[0].history[:1], machine={"cores": 99})
    text = parse(render(collect(training=runs))).text
    tokens = epoch_tokens(TASK.config)
    assert f"from {tokens:,} to {2 * tokens:,} tokens seen; different machines" in text
    assert "parameters" in text.partition("Not equal here:")[2][:60]
    assert "Nothing is proved of these systems here" in text


def test_runs_of_other_kinds_are_left_alone(build):
    run = build.run(0)
    assert config_of(run) is None
    assert comparisons(collect(training=[run, build.run(0, mechanism="softmax")])) == []
    assert config_of(replace(run, config={"model": None})) is None
    strange = replace(run, config={"model": {"context": "a", "outputs": [], "vocabulary": None}})
    assert config_of(strange) is None


def test_models_of_every_architecture_are_recognised():
    for kind in ARCHITECTURES.values():
        config = kind.for_text(TASK, **SIZES)
        document = json.loads(json.dumps(asdict(config)))
        run = collect(training=[_run(config.mechanism, document)]).training[0][0]
        assert config_of(run) == config


def test_a_huge_model_is_not_drawn_to_be_counted():
    config = AcceleratedConfig(8, 9, 9, width=40_000, heads=1, hidden=10)
    other = find_architecture("kuramoto").for_text(TASK, **SIZES)
    runs = [_run(each.mechanism, asdict(each)) for each in (config, other)]
    (found,) = comparisons(collect(training=runs))
    assert found.systems[1].parameters is None
    assert found.systems[0].parameters is not None


def _run(mechanism, model):
    history = ({"epoch": 1, "loss": 1.0, "validation_bits": 2.0},)
    return TrainingRun(
        "rhyme", mechanism, {"model": model, "recipe": {}, "task": dict(TASK.config)}, 0,
        {"test_bits": 2.0}, history, 1.0, {}, {},
    )  # fmt: skip


def test_a_model_stands_for_results_that_are_not_there_yet(folder, tmp_path, parse):
    for name in ("rhyme-kuramoto-seed0", "rhyme-fixed_query-seed0"):
        for end in (".model.npz", ".training.json"):
            (tmp_path / f"{name}{end}").write_bytes((folder / f"{name}{end}").read_bytes())
    (tmp_path / "rhyme-kuramoto-seed0.training.json").unlink()
    assert {path.name for path in expand([tmp_path])} == {
        "rhyme-kuramoto-seed0.model.npz",
        "rhyme-fixed_query-seed0.training.json",
    }
    page = tmp_path / "out.html"
    assert main(["report", str(tmp_path), "-o", str(page)]) == 0
    text = parse(page.read_text()).text
    assert "How do the systems compare?" in text
    names = "rhyme-kuramoto-seed0.model.npz", "rhyme-fixed_query-seed0.training.json"
    (found,) = comparisons(collect(training=[tmp_path / name for name in names]))
    assert [len(system.runs) for system in found.systems] == [1, 1]
    assert found.systems[1].scores("test_bits") == []
    # Results that are there come first, and a file given twice is one run.
    whole = [folder / f"rhyme-kuramoto-seed0{end}" for end in (".model.npz", ".training.json")]
    copied = tmp_path / "again.training.json"
    copied.write_bytes(whole[1].read_bytes())
    assert len(collect(training=[*whole, copied]).training) == 1


def test_a_damaged_model_is_one_line(tmp_path, capsys):
    path = tmp_path / "a.model.npz"
    np.savez(path, x=np.zeros(2))
    assert main(["report", str(path), "-o", str(tmp_path / "x.html")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
