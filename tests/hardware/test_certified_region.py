"""Certified regions: what is proved there holds on devices drawn there, and grows as it must."""

from itertools import islice

import numpy as np
import pytest

from lohe.attention.dense_couplings import dense_couplings
from lohe.attention.export import export_heads
from lohe.attention.initialise import initialise
from lohe.attention.model import Model
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
from lohe.hardware.certified_region import certified_regions, largest_normal
from lohe.hardware.nonideal.device import draw_device
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.use import program_couplings, settle_on_device
from lohe.hardware.robustness import FAULTS

TASK = SubjectVerbAgreement(sizes=(64, 32, 32))
INPUTS = 3


@pytest.fixture(scope="module")
def model():
    config = sva_config(TASK, width=8, hidden=8, heads=2)
    rng = np.random.default_rng(3)
    parameters = initialise(config, rng)
    parameters.vector += 0.3 * rng.standard_normal(parameters.vector.size, dtype=np.float32)
    return Model(config, parameters)


@pytest.fixture(scope="module")
def batches():
    return [*islice(TASK.batches("test", 1), INPUTS)]


@pytest.fixture(scope="module")
def regions(model, batches):
    return {(one.fault, one.claim): one for one in certified_regions(model, batches)}


def test_they_are_of_the_grid_s_faults(regions):
    assert {fault for fault, _ in regions} <= {*FAULTS}
    assert ("mismatch", "rests") in regions
    assert ("settling time", "reads") in regions


def test_all_is_harder_than_half_and_reading_harder_than_rest(regions):
    for (fault, claim), region in regions.items():
        falls = fault.endswith("bits") or fault == "settling time"
        assert (region.for_all >= region.for_half) if falls else (region.for_all <= region.for_half)
        if claim == "reads" and (fault, "rests") in regions:
            rests = regions[fault, "rests"].for_half
            assert (rests <= region.for_half) if falls else (rests >= region.for_half)


@pytest.mark.parametrize("fault", ["mismatch", "programming", "coupling_bits"])
def test_weights_hardly_change_on_devices_drawn_there(model, batches, regions, fault):
    """At the size that is proved to be read, for every oscillator of every input and device."""
    size = regions[fault.replace("_", " "), "reads"].for_all
    array = Imperfections(**{fault: int(size) if fault.endswith("bits") else size})
    rng = np.random.default_rng(0)
    for head in export_heads(model, batches):
        network = head.network()
        for row in range(0, network.n, 7):
            some = slice(row, row + 7)
            couplings, anchors = network.couplings[some], network.anchors
            device = draw_device(
                array, oscillators=len(couplings), keys=len(anchors), d_osc=2, rng=rng,
                instances=(20,),
            )  # fmt: skip
            told = program_couplings(device, couplings, rng)
            states = settle_on_device(device, told, anchors, rng)
            ideal = couplings @ anchors
            ideal /= np.linalg.norm(ideal, axis=-1, keepdims=True)
            change = weights(states, anchors, couplings) - weights(ideal, anchors, couplings)
            assert np.abs(change).sum(axis=-1).max() < 0.1


def test_with_crosstalk_padding_counts_and_all_starts_end_alike(model, batches, regions):
    """Oscillators of padding are on the device, and weaker than the words' here."""
    masks = np.concatenate([batch.key_mask for batch in batches])
    assert not masks.all()
    size = regions["crosstalk", "rests"].for_all
    weakest = np.inf
    array = Imperfections(crosstalk=size, topology="complete", settling=60 / size)
    for head in export_heads(model, batches):
        keys, anchors = head.key_mask.shape[1], head.anchors
        shapes = {"oscillators": keys, "keys": keys, "d_osc": 2}
        for q, k, mask in zip(head.q, head.k, masks, strict=True):
            couplings = np.where(mask, dense_couplings(q, k, head.coupling), 0)
            if head.causal:
                couplings = np.tril(couplings)
            weakest = min(weakest, np.linalg.norm(couplings @ anchors, axis=1).min())
            rng = np.random.default_rng(5)
            device = draw_device(array, **shapes, rng=rng, instances=(2,))
            first, again = (settle_on_device(device, couplings, anchors, rng) for _ in range(2))
            np.testing.assert_allclose(first, again, atol=1e-5)
    assert size == pytest.approx(weakest / np.sqrt(5))


def weights(states, anchors, couplings):
    raw = np.where(couplings > 0, np.maximum(0, 1 + states @ anchors.T), 0)
    return raw / raw.sum(axis=-1, keepdims=True)


def test_a_higher_chance_asks_for_smaller_deviations(model, batches, regions):
    surer = {
        (one.fault, one.claim): one for one in certified_regions(model, batches, chance=0.9999)
    }
    ratio = surer["mismatch", "rests"].for_all / regions["mismatch", "rests"].for_all
    count = model.config.layers * model.config.heads * model.config.context**2
    assert ratio == pytest.approx(largest_normal(count, 0.99) / largest_normal(count, 0.9999))
    same = surer["crosstalk", "rests"].for_all
    assert same == pytest.approx(regions["crosstalk", "rests"].for_all)


def test_largest_normal_is_the_quantile_of_the_maximum():
    drawn = np.abs(np.random.default_rng(0).standard_normal((20_000, 50))).max(axis=1)
    assert (drawn < largest_normal(50, 0.9)).mean() == pytest.approx(0.9, abs=0.01)
