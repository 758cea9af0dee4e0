import json

import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign
from lohe.proofs_numeric.certify import certify
from lohe.reports.sources import expand, role_of
from lohe.reports.subjects import collect


def test_what_shares_a_digest_comes_together(head, network, certificate, basins):
    other = Network([[1.0, 2.0]])
    found = collect([certificate, certify(other)], reversed(basins), [head, other])
    assert [subject.digest for subject in found.subjects] == [other.digest, network.digest]
    mine = found.subjects[1]
    assert mine.certificates == (certificate,)
    assert mine.basins == basins
    assert mine.name == head.name
    assert not found.subjects[0].basins


def test_the_order_of_input_does_not_matter(build, certificate):
    heads = [build.head(seed, name=f"h{seed}") for seed in (2, 10, 1)]
    names = [s.name for s in collect([certificate], (), heads).subjects]
    assert names == [s.name for s in collect([certificate], (), heads[::-1]).subjects]
    assert names.index("h1") < names.index("h2") < names.index("h10")


def test_heads_of_one_name_are_told_apart(build):
    heads = [build.head(seed, name="head") for seed in (1, 2)]
    names = [subject.name for subject in collect(networks=heads).subjects]
    assert len(set(names)) == 2
    assert all(name.startswith("head (") for name in names)


def test_files_are_read_and_named(tmp_path, head, network, certificate, build):
    head.save(tmp_path / "a.head.npz")
    certificate.save(tmp_path / "a.certificate.json")
    build.run(0).save(tmp_path / "a.training.json")
    kept = tmp_path / "a.basin.sqlite"
    campaign.run(kept, network, 200, seed=1, horizons=(1.0, 2.0), tolerance=1e-2)
    (tmp_path / "notes.txt").write_text("no part of it")
    files = {role_of(path): path for path in expand([tmp_path])}
    assert set(files) == {"head", "certificate", "training", "basin"}
    found = collect([files["certificate"]], [files["basin"]], [files["head"]], [files["training"]])
    (subject,) = found.subjects
    assert subject.digest == network.digest
    assert subject.certificates == (certificate,)
    assert [basin.horizon for basin in subject.basins] == [1.0, 2.0]
    assert sorted(source.name for source in subject.sources) == [
        "a.basin.sqlite",
        "a.certificate.json",
        "a.head.npz",
    ]
    assert found.training[0][0].seed == 0


def test_files_are_known_by_their_format_too(tmp_path, network, certificate):
    network.save(tmp_path / "renamed.npz")
    certificate.save(tmp_path / "renamed.json")
    assert role_of(tmp_path / "renamed.npz") == "network"
    assert role_of(tmp_path / "renamed.json") == "certificate"


@pytest.mark.parametrize("content", [b"", b"{}", b"PK\x03\x04", b"[1", b"\xff\xfe", b"null"])
def test_other_files_are_refused_by_name(tmp_path, content):
    path = tmp_path / "stranger"
    path.write_bytes(content)
    with pytest.raises(InputError, match="stranger is not a file for a report"):
        role_of(path)


def test_missing_and_empty_places_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        expand([tmp_path / "absent"])
    with pytest.raises(InputError, match="nothing to report on"):
        expand([tmp_path])
    with pytest.raises(InputError, match="nothing to report on"):
        collect()


@pytest.mark.parametrize("field", ["metrics", "history", "config"])
def test_a_training_file_with_a_wrong_inside_is_refused(tmp_path, build, field):
    path = tmp_path / "a.training.json"
    build.run(0).save(path)
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {field: ["x"]}))
    with pytest.raises(InputError, match="does not hold a training run"):
        collect(training=[path])
