"""Certificate files: the same bytes each time, and nothing but certificates is read."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from exact_oracle import random_network

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric import schema
from lohe.proofs_numeric.certificate import Certificate
from lohe.proofs_numeric.certify import certify

SCHEMA = json.loads(Path(schema.__file__).with_name("certificate.schema.json").read_text())


def samples():
    network = random_network(np.random.default_rng(0))
    zero = Network(couplings=[[1.0, 1.0]], anchors=[[1.0, 0.0], [-1.0, 0.0]])
    wide = Network(couplings=[[1.0, 1.0]], anchors=[[0.6, 0.8], [0.6, -0.8]])
    coupled = Network([[1.0, 0.0], [0.0, 1.0]], crosstalk=[[0, 1.0], [1.0, 0]])
    led = Network([[0.0, 0.0]] * 2, crosstalk=[[0.0, 0.0], [1.0, 0.0]])
    apart = Network([[0.0] * 3] * 3, crosstalk=[[0, 0, 0], [0, 0, 0], [1.0, 1.0, 0]])
    return {
        "proved": certify(network, mismatch=0.01, step=0.01),
        "zero": certify(zero),
        "cancelled": certify(network, mismatch=1.5),
        "directions": certify(wide, mismatch=0.8),
        "unstable": certify(network, step=1e3),
        "drives": certify(Network([[3.0, 4.0]])),
        "coupled": certify(coupled),
        "led": certify(led, states=[[[1.0, 0.0], [0.0, 1.0]]]),
        "apart": certify(apart),
    }


SAMPLES = samples()


def resealed(document):
    body = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return {**body, "digest": hashlib.sha256(text.encode()).hexdigest()}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_certificate_survives_its_file_in_the_same_bytes(name, tmp_path):
    certificate = SAMPLES[name]
    certificate.save(tmp_path / "a.certificate.json")
    found = Certificate.load(tmp_path / "a.certificate.json")
    assert found == certificate
    found.save(tmp_path / "b.certificate.json")
    first, second = (tmp_path / f"{x}.certificate.json" for x in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_certifying_again_gives_the_same_bytes():
    assert samples()["proved"].document() == SAMPLES["proved"].document()


@pytest.mark.parametrize("name", SAMPLES)
def test_certificates_meet_the_committed_schema(name):
    jsonschema.validate(SAMPLES[name].document(), SCHEMA)


def test_the_committed_schema_is_the_one_of_the_table():
    assert schema.schema() == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def leaves(document, path=()):
    """Yield the path of every object and value in a document."""
    yield path
    items = document.items() if isinstance(document, dict) else ()
    for key, value in items:
        yield from leaves(value, (*path, key))


def replaced(document, path, value):
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


def at(document, path):
    for key in path:
        document = document[key]
    return document


def mutants(document):
    """Yield the document with each field replaced, removed or joined by an unknown one."""
    for path in leaves(document):
        for value in (None, True, -1, "x", [], {"x": 1}):
            if path:
                yield replaced(document, path, value)
        found = at(document, path)
        if isinstance(found, dict):
            bodies = [{k: v for k, v in found.items() if k != key} for key in found]
            for body in (*bodies, {**found, "extra": "0x1.0000000000000p+0"}):
                yield replaced(document, path, body) if path else body


@pytest.mark.parametrize("name", ["zero", "directions", "apart"])
def test_the_loader_refuses_exactly_what_the_schema_refuses(name):
    validator = jsonschema.Draft202012Validator(SCHEMA)
    refused = 0
    for mutant in mutants(SAMPLES[name].document()):
        mutant = resealed(mutant) if "digest" in mutant else mutant
        if validator.is_valid(mutant):
            Certificate.from_document(mutant)
        else:
            refused += 1
            with pytest.raises(InputError):
                Certificate.from_document(mutant)
    assert refused > 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[]", "not an object"),
        ("{}", "lacks"),
        ('{"a": 1, "a": 2}', "repeated"),
        ('{"a": NaN}', "NaN"),
        ('{"a": Infinity}', "Infinity"),
        ("[" * 100_000, "nested|JSON"),
        ('{"a": ' + "1" * 5000 + "}", "too long"),
    ],
)
def test_what_is_no_certificate_is_refused_in_one_line(tmp_path, text, message):
    path = tmp_path / "x.certificate.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        Certificate.load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_truncated_altered_binary_and_missing_files_are_refused(tmp_path):
    path = tmp_path / "x.certificate.json"
    SAMPLES["proved"].save(path)
    whole = path.read_text()
    path.write_text(whole[:-20])
    with pytest.raises(InputError, match="not valid JSON"):
        Certificate.load(path)
    path.write_text(whole.replace("drives", "drive", 1).replace("T1", "T9", 1))
    with pytest.raises(InputError, match="altered"):
        Certificate.load(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        Certificate.load(path)
    with pytest.raises(InputError, match="no such file"):
        Certificate.load(tmp_path / "y.certificate.json")
    with pytest.raises(InputError, match="cannot read"):
        Certificate.load(tmp_path)


def test_numbers_are_exact_and_canonical():
    document = SAMPLES["proved"].document()
    path = ("claims", "settling", "values", "time_upper")
    for text in ("0x1p+0", "0X1.0P+0", "1.0", "inf", "nan", "0x1.0p+0\n", "0x1.0p+99999", "0x1.0"):
        with pytest.raises(InputError, match="time_upper"):
            Certificate.from_document(resealed(replaced(document, path, text)))
    path = ("claims", "all_inputs", "witness", "direction")
    for text in ("1", "2/4", "1/0", "1/-2", "0x1/2", "1 / 2", "1/2\n"):
        with pytest.raises(InputError, match="direction"):
            Certificate.from_document(resealed(replaced(document, path, [text])))


def test_overall_verdicts_and_exit_codes():
    codes = {name: certificate.exit_code for name, certificate in SAMPLES.items()}
    assert codes["directions"] == codes["drives"] == 0
    assert codes["zero"] == codes["cancelled"] == codes["unstable"] == 1
    assert codes["coupled"] == 3


def test_an_unwritable_path_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        SAMPLES["drives"].save(tmp_path / "file" / "x.certificate.json")
