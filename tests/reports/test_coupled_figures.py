"""Figures of networks that turn or hear each other: what they are drawn from must be so."""

from dataclasses import replace

import numpy as np
import pytest

from lohe.dynamics import gallery
from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.errors import InputError
from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.estimate import estimate_basin
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.coupled.forces import enclose_forces
from lohe.proofs_numeric.coupled.trapping import Hold
from lohe.proofs_numeric.packed import Packed
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.reports.document import render
from lohe.reports.equilibria_figures import listed, runs, together
from lohe.reports.locking_figures import thinned
from lohe.reports.proved_volume import proved_share
from lohe.reports.pulls import pulls
from lohe.reports.resting import locking_rates, resting_state
from lohe.reports.subjects import collect


def subject_of(network, *certificates, basins=()):
    return collect(certificates, basins, [network]).subjects[0]


@pytest.fixture(scope="module")
def turning():
    return gallery.detuned(2, 30, 0.3, rng=np.random.default_rng(2))


@pytest.fixture(scope="module")
def pair():
    network = gallery.anchored_pair(1.5)
    return network, certify(network)


def test_rates_are_proved_below_those_computed_and_exact_in_the_plane(turning):
    computed = locking_rates(subject_of(turning))
    stated = locking_rates(subject_of(turning, certify(turning, "lock", frequency=0.01)))
    assert stated.proved
    assert not computed.proved
    assert (stated.values <= computed.values).all()
    omega = turning.frequency[:, 1, 0]
    exact = np.sqrt(np.maximum(np.sum(turning.drive**2, axis=1) - omega**2, 0))
    np.testing.assert_allclose(computed.values, exact, atol=1e-9)
    # On the worst device the frequency is 0.01 larger.
    worst = np.sqrt(np.sum(turning.drive**2, axis=1) - (np.abs(omega) + 0.01) ** 2)
    assert (stated.values <= worst).all()
    assert (stated.values > 0).all()


def test_an_oscillator_that_does_not_lock_has_rate_zero():
    network = Network([[1.0, 0.0]] * 2, frequency=[[[0, -w], [w, 0]] for w in (0.5, 2.0)])
    assert (locking_rates(subject_of(network)).values > 0).tolist() == [True, False]
    page = render(collect([certify(network)], (), [network]))
    assert "does not lock (computed)" in page
    assert "1 of 2 oscillators lock" in page


@pytest.mark.parametrize("name", ["turning", "coupled", "alone"])
def test_states_at_rest_are_at_rest(name, turning, pair):
    network, *certificates = {
        "turning": (turning, certify(turning, "lock")),
        "coupled": pair,
        "alone": (Network([[3.0, 4.0], [0.0, 2.0]]),),
    }[name]
    state = resting_state(subject_of(network, *certificates))
    assert np.abs(vector_field(network, state)).max() < 1e-6
    assert state == pytest.approx(resting_point(network), abs=1e-6)


def test_the_cap_ends_where_the_weakest_oscillator_is_no_longer_pulled(pair):
    rng = np.random.default_rng(0)
    crosstalk = 0.1 * rng.normal(size=(7, 7))
    np.fill_diagonal(crosstalk, 0)
    loose = Network(rng.normal(size=(7, 3)) + 2, crosstalk=crosstalk)
    for network, errors in ((pair[0], Uncertainty()), (loose, Uncertainty(crosstalk=0.1))):
        claim = certify(network, "local_cap", crosstalk=errors.crosstalk).claims["local_cap"]
        forces = enclose_forces(network, claim.witness["centre"].array)
        found = pulls(Hold.of(forces, errors.drive_errors(network), errors))
        assert found.high.min() == pytest.approx(claim.values["angle_lower"], abs=0.02)
        assert found.low.max() <= claim.values["inner_upper"] + 0.02
        assert (found.contracts >= claim.values["inner_upper"] - 1e-9).all()


def test_an_oscillator_without_a_hold_is_pulled_nowhere():
    network = gallery.consensus(3, 2)
    state = resting_state(subject_of(network))
    found = pulls(Hold.of(enclose_forces(network, state), np.zeros(3), Uncertainty()))
    assert np.isnan(found.high).all()
    assert (found.contracts == 0).all()
    page = render(collect([certify(network)], (), [network]))
    assert "The network has no stable resting point: proved." in page
    assert "pulled inward nowhere" not in page  # nothing holds any of them: nothing to draw
    drive = np.zeros((3, 2))
    drive[0, 0] = 1e-3
    hardly = Network(drive, crosstalk=network.crosstalk)
    assert "pulled inward nowhere" in render(collect([certify(hardly)], (), [hardly]))


def test_equilibria_are_listed_stable_first_and_drawn(pair, parse):
    network, certificate = pair
    boxes, complete = listed(subject_of(network, certificate))
    assert [box["unstable"] for box in boxes] == [0, 1, 1, 1, 2, 2]
    assert complete
    page = render(collect([certificate], (), [network]))
    text = parse(page).text
    assert "6 enclosed, of which stable: 1. These are all there are." in text
    assert "6 equilibria of 2 oscillators, 1 stable." in text
    assert "The network has exactly one stable resting point: proved." in text
    # They are drawn from the certificate alone, too.
    assert "Where do the oscillators rest?" in render(collect([certificate]))


def test_witnesses_of_another_size_are_refused_in_one_line(pair, turning):
    with pytest.raises(InputError, match="do not fit its size"):
        render(collect([replace(pair[1], n=3)]))
    locked = certify(turning, "lock")
    claim = locked.claims["lock"]
    short = replace(claim, witness={**claim.witness, "levels": Packed([1.0])})
    with pytest.raises(InputError, match="certify again"):
        render(collect([replace(locked, claims={"lock": short})], (), [turning]))


def test_several_stable_points_are_told_in_words(parse):
    network = gallery.anchored_circulant(8)
    text = parse(render(collect([certify(network)], (), [network]))).text
    assert "The network has several (at least 2) stable resting points: proved." in text
    assert "There may be more." in text
    assert "T1" not in text.split("Check it yourself")[0].replace("flow of T1", "")


@pytest.mark.parametrize("angles", [[0.0, 3.1, -3.1, 0.05], [1.0] * 9, []])
def test_grouped_dots_are_all_there_and_close(angles):
    groups = together(np.array(angles))
    assert sorted(m for _, members in groups for m in members) == list(range(len(angles)))
    for angle, members in groups:
        assert all(np.cos(angle - angles[m]) > 0.99 for m in members)


def test_numbers_are_written_briefly():
    assert runs((3,)) == "3"
    assert runs((0, 1, 2, 4, 7, 8)) == "0–2, 4, 7–8"
    assert runs(tuple(range(0, 20, 2))) == "10 of them"


def test_thinning_keeps_the_weakest():
    margins = np.random.default_rng(0).permutation(5000).astype(float)
    kept = thinned(margins, most=100)
    assert kept.size == 100
    assert set(np.argsort(margins)[:50]) <= set(kept)
    assert np.unique(kept).size == kept.size


def test_the_proved_share_stands_beside_the_sampled_one():
    network = Network([[2.0, 0.0], [1.5, 0.5]], crosstalk=[[0.0, 0.9], [0.8, 0.0]])
    certificate = certify(network, "local_cap")
    basin = estimate_basin(network, 200, seed=1, horizon=5.0, tolerance=1e-2)
    subject = subject_of(network, certificate, basins=[basin])
    volume = certificate.claims["local_cap"].values["volume_lower"]
    assert proved_share(subject) == (volume, "by the certificate (T6b)")
    page = render(collect([certificate], [basin], [network]))
    assert "How much of what was sampled is proved?" in page
    assert "theorem T2 predicts" not in page
    assert proved_share(subject_of(network)) is None


def test_the_worst_table_names_what_fits_the_network(turning, pair, parse):
    text = parse(render(collect([certify(turning, "lock")], (), [turning]))).text
    assert "Slowest locks; T5 time" in text
    assert "T2 time" not in text
    text = parse(render(collect((), (), [pair[0]]))).text
    assert "Smallest drives over crosstalk" in text
    assert "T2 time" not in text


def test_a_large_coupled_network_makes_a_small_page():
    rng = np.random.default_rng(0)
    n = 2000
    crosstalk = 1e-4 * rng.normal(size=(n, n))
    np.fill_diagonal(crosstalk, 0)
    frequency = 0.05 * rng.normal(size=(n, 2, 2))
    network = Network(
        rng.normal(size=(n, 2)) + np.array([1.5, 0]),
        crosstalk=crosstalk,
        frequency=frequency - frequency.swapaxes(1, 2),
    )
    page = render(collect([certify(network, ["unique_stable", "local_cap"])], (), [network]))
    assert len(page.encode()) < 500_000
    assert "Drawn: 600, the weakest among them" in page
