"""Damaged files: every reader refuses them in one line or reads them; the fuzzer notices others."""

import json
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from tests.scripts import load_script

ROOT = Path(__file__).resolve().parents[2]
COUNT = 20
FORMATS = (
    "network", "head", "tokens", "trajectories", "depth", "model", "training", "certificate",
    "basin", "tolerance", "hardware", "audit", "formal", "study", "wav",
)  # fmt: skip


@pytest.fixture(scope="module")
def fuzz():
    return load_script(ROOT / "benchmarks" / "fuzz.py")


@pytest.fixture(scope="module")
def formats(fuzz, tmp_path_factory):
    return fuzz.make_formats(tmp_path_factory.mktemp("formats"))


@pytest.mark.parametrize("name", FORMATS)
def test_a_reader_refuses_in_one_line_or_reads(fuzz, formats, tmp_path, name):
    assert {*FORMATS} == {*formats}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numbers too large to square, say
        warnings.simplefilter("ignore", UserWarning)
        found = fuzz.attack(name, formats[name], COUNT, np.random.default_rng(1), tmp_path)
    assert found["failures"] == []
    assert found["refused"] + found["read"] == COUNT
    assert found["refused"] > 0


def _raise(_):
    raise ValueError("lost")


def _speak(_):
    raise InputError("two\nlines")


def _sleep(_):
    time.sleep(5)


def _swell(_):
    return np.ones(1 << 29)  # 4 GiB


@pytest.mark.parametrize(
    ("read", "told"),
    [(_raise, "ValueError: lost"), (_speak, "more than one line"), (_sleep, "TimeoutError"),
     (_swell, "Error")],
)  # fmt: skip
def test_the_fuzzer_notices(fuzz, tmp_path, monkeypatch, read, told):
    path = tmp_path / "a.json"
    path.write_text("{}")
    monkeypatch.setattr(fuzz, "SECONDS", 1)
    whole = path.read_bytes()
    asked = []

    def fails_on_copies(file):
        asked.append(file)
        return None if len(asked) == 1 else read(file)

    rng = np.random.default_rng(0)
    found = fuzz.attack("probe", fuzz.Format(path, fails_on_copies), 1, rng, tmp_path)
    assert len(found["failures"]) == 1
    assert told in found["failures"][0]
    assert path.read_bytes() == whole


@pytest.mark.parametrize("name", ["network", "training", "basin"])
def test_mutations_change_files_and_stay_reproducible(fuzz, formats, name):
    path = formats[name].path
    body = path.read_bytes()
    suffix = path.suffix
    copies = [fuzz.mutate(body, suffix, np.random.default_rng(seed)) for seed in (0, 0, 1, 2)]
    if suffix != ".npz":  # archives hold the time of packing
        assert copies[0] == copies[1]
    assert len({body, *copies}) >= 3


def test_ten_thousand_were_attacked_without_a_failure(fuzz):
    found = json.loads(fuzz.RESULT.read_text())["formats"]
    assert {*found} == {*FORMATS}
    assert sum(one["refused"] + one["read"] for one in found.values()) >= 10_000
    assert not any(one["failures"] for one in found.values())
