"""Campaigns in a report: every start shown, every bound named, and commands that repeat them."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.__main__ import main
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign
from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.proofs_numeric.basins.plan import LABELS, Starts, Stopping
from lohe.proofs_numeric.basins.result import BlockResult
from lohe.reports.campaigns import arrival_times
from lohe.reports.document import render
from lohe.reports.outcome_figures import outcomes_picture
from lohe.reports.subjects import collect
from lohe.reports.svg import drawing_style
from lohe.reports.verification import commands

# Opposite anchors, and the pair would rather agree: it turns off to either side.
PAIR = Network([[1.0, 0.0], [-1.0, 0.0]], crosstalk=[[0.0, 1.0], [1.0, 0.0]])
CALM = Network([[1.0, 0.2], [1.0, 0.0]], crosstalk=[[0.0, 0.9], [0.1, 0.0]])


def block_with(times, number=0):
    times = np.asarray(times, dtype=np.float64)
    size = times.size
    return BlockResult(
        number=number,
        labels=np.zeros((1, size), dtype=np.uint8),
        strata=np.zeros(size, dtype=np.uint8),
        weights=None,
        times=times,
        residuals=np.zeros(size),
        places=np.zeros(size, dtype=np.int32),
        certified=np.zeros(size, dtype=np.bool_),
        attractors=np.empty((0, 1, 2)),
    )


@given(
    st.lists(
        st.lists(st.floats(0, 1e6) | st.just(float("nan")), min_size=1, max_size=30),
        min_size=1,
        max_size=4,
    )
)
def test_every_start_has_a_time_or_none(blocks):
    found = arrival_times([block_with(times, k) for k, times in enumerate(blocks)])
    first = np.array(blocks[0])
    if not np.nan_to_num(first).any():
        assert found is None or found.trials == sum(map(len, blocks))
        return
    if found is None:  # nearly all of the first block were there at once
        return
    assert found.trials == sum(map(len, blocks))
    everything = np.concatenate(blocks)
    assert found.never == np.isnan(everything).sum()
    assert found.at_once == (everything == 0).sum()
    assert found.shares[0] == found.at_once / found.trials
    assert np.all(np.diff(found.shares) >= 0)
    assert found.shares[-1] == pytest.approx((everything <= found.edges[-1]).mean())


def estimate_with(counts):
    labels = dict(zip(LABELS, counts, strict=True))
    trials = sum(counts)
    return BasinEstimate(
        trials=trials,
        converged=labels["converged"],
        fraction=labels["converged"] / trials,
        lower=0.0,
        upper=1.0,
        confidence=0.99,
        labels=labels,
        proved_volume=None,
        predicted=None,
        seed=0,
        horizon=1.0,
        tolerance=1e-2,
        network_sha256="0" * 64,
    )


def test_a_single_failure_among_millions_is_drawn_and_named():
    with drawing_style():
        picture = outcomes_picture((estimate_with((3_000_000, 0, 2, 1)),), "key")
    assert "3,000,000 settled, 0 settled elsewhere, 2 still moving, 1 failed" in picture.svg
    assert "drawn as wide as that" in picture.caption
    # Three coloured bars and their legend: settled, moving, failed.
    for colour in ("--blue", "--muted", "--vermillion"):
        assert f"fill: var({colour})" in picture.svg
    assert "fill: var(--orange)" not in picture.svg


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    PAIR.save(folder / "pair.network.npz")
    campaign.run(
        folder / "pair.basin.sqlite", PAIR, 60, seed=4, horizons=(5.0, 60.0), tolerance=1e-2
    )
    return folder


@pytest.fixture(scope="module")
def pair_page(pair):
    files = [pair / "pair.basin.sqlite"]
    return render(collect([], files, [pair / "pair.network.npz"]))


def test_attractors_are_shown_with_what_is_proved(pair_page, parse):
    outline = parse(pair_page)
    assert len(outline.ids) == len(set(outline.ids))
    assert "campaigns" in outline.ids
    assert "a single stable resting point is false: 2 are enclosed" in outline.text
    assert "T8: stable; enclosed to" in outline.text
    assert "no other equilibrium within 0.0001" in outline.text
    assert "not settled" in outline.text
    assert "lohe certify pair.network.npz --attractors pair.basin.sqlite" in outline.text
    assert "Clopper–Pearson" in outline.text


def test_the_same_files_give_the_same_bytes(pair, pair_page):
    again = render(collect([], [pair / "pair.basin.sqlite"], [pair / "pair.network.npz"]))
    assert again == pair_page
    assert len(again) < 200_000


def test_without_the_network_outcomes_are_shown_and_no_attractors(pair, parse):
    outline = parse(render(collect([], [pair / "pair.basin.sqlite"])))
    assert "What had become of the starts" in outline.text
    assert "Where the starts end" not in outline.text


def test_the_proved_share_is_worked_out_anew(tmp_path, parse):
    path = tmp_path / "calm.basin.sqlite"
    campaign.run(path, CALM, 50, seed=1, horizons=(40.0,), tolerance=1e-2)
    outline = parse(render(collect([], [path], [CALM])))
    assert "Proved, worked out for this report (T6" in outline.text
    assert "starts that were ended" not in outline.text
    assert "When the starts reach the certified cap" in outline.text
    # Without the network nothing is known but the file's own word, which proves nothing.
    assert "worked out for this report" not in parse(render(collect([], [path]))).text


@pytest.mark.parametrize(
    ("sampling", "words", "option"),
    [
        ({"starts": Starts("strata", levels=(0.1,))}, "stratum of nearness", "--levels 0.1"),
        ({"starts": Starts("tilted", power=4.0)}, "tilted to the antipodes", "--power 4.0"),
        ({"starts": Starts("saddles", angle=0.5)}, "of the saddles", "--angle 0.5"),
        ({"stopping": Stopping(width=0.5)}, "asked for until the bounds", "--until-width 0.5"),
    ],
)
def test_how_starts_were_drawn_is_said_and_repeated(tmp_path, monkeypatch, sampling, words, option):
    monkeypatch.chdir(tmp_path)
    CALM.save("calm.network.npz")
    found = campaign.run(
        "calm.basin.sqlite", CALM, 40, seed=1, horizons=(9.0,), tolerance=1e-2, **sampling
    )
    collection = collect([], ["calm.basin.sqlite"], ["calm.network.npz"])
    assert words in render(collection)
    line = next(line for line in commands(collection) if line.startswith("lohe basin"))
    line = line.replace("\\\n", " ")
    assert option in " ".join(line.split())
    # What the report tells to type gives the same counts again.
    assert main([*shlex.split(line)[1:], "--json"]) == 0
    again = next(tmp_path.glob("again-*.basin.sqlite"))
    assert [e.labels for e in campaign.load(again)] == [e.labels for e in found]
