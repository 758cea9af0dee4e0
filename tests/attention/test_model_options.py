"""The options of a model in training: they are learned, kept in files, and priced as they say."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from lohe.attention.checkpoint import Checkpoint
from lohe.attention.recipe import Recipe
from lohe.attention.sealed import read_sealed, write_sealed
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
from lohe.attention.training import train

TASK = SubjectVerbAgreement(sizes=(96, 32, 32))
CONFIG = sva_config(TASK, width=16, hidden=16)
RECIPE = Recipe(epochs=3, batch_size=16, learning_rate=1e-2)
ALL = replace(
    CONFIG, anchor_kind="content", two_sided=True, learned_exponent=True, coherence=0.1, d_qk=5
)


@pytest.mark.parametrize("config", [ALL, replace(ALL, anchor_kind="half_space", d_osc=3)])
def test_every_option_at_once_trains_and_goes_on_to_the_bit(config, tmp_path):
    model, run = train(TASK, config, RECIPE, seed=0)
    assert run.history[-1]["loss"] < run.history[0]["loss"]
    assert run.history[-1]["incoherence"] < run.history[0]["incoherence"]
    assert model.parameters["layer0.attention.log_exponent"][0] != 0

    def stop(done, total):
        if done == 15:
            raise KeyboardInterrupt

    path = tmp_path / "a.model.npz"
    with pytest.raises(KeyboardInterrupt):
        train(TASK, config, RECIPE, seed=0, checkpoint=path, progress=stop)
    again, _ = train(TASK, config, RECIPE, seed=0, checkpoint=path)
    assert np.array_equal(again.parameters.vector, model.parameters.vector)


def test_the_price_buys_coherence():
    runs = [train(TASK, replace(CONFIG, coherence=c), RECIPE, seed=0)[1] for c in (1e-9, 3.0)]
    cheap, dear = (run.history[-1]["incoherence"] for run in runs)
    assert dear < 0.5 * cheap


def test_the_price_is_beside_the_reported_loss():
    one_step = replace(RECIPE, epochs=1, batch_size=96)
    plain, priced = (
        train(TASK, replace(CONFIG, coherence=c), one_step, seed=0)[1].history[0] for c in (0, 3.0)
    )
    assert priced["loss"] == pytest.approx(plain["loss"], rel=1e-5)
    assert priced["incoherence"] > 0.1
    assert "incoherence" not in plain


def test_files_of_models_without_these_options_still_load(tmp_path):
    path = tmp_path / "a.model.npz"
    model, _ = train(TASK, CONFIG, replace(RECIPE, epochs=1), seed=0, checkpoint=path)
    header, arrays = read_sealed(path, "lohe.model", 1)
    new = ("d_qk", "anchor_margin", "learned_exponent", "two_sided", "coherence")
    header["model"] = {name: value for name, value in asdict(CONFIG).items() if name not in new}
    write_sealed(path, header, arrays)
    found = Checkpoint.load(path)
    assert found.model.config == CONFIG
    assert np.array_equal(found.model.parameters.vector, model.parameters.vector)
