"""The demo does the whole job, and goes on from what was saved."""

import json
from pathlib import Path

import pytest

from lohe.__main__ import main


def test_demo_certifies_samples_and_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["demo", "-o", str(tmp_path), "--epochs", "1", "--trials", "2000", "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    verdicts = found["checked"][0]
    assert {name for name, verdict in verdicts.items() if verdict == "proved"} >= {
        "unique_stable",
        "almost_global",
        "settling",
    }
    report = Path(found["report"])
    page = report.read_bytes()
    endings = sorted(path.suffixes[-2] for path in tmp_path.iterdir())
    assert endings == [
        ".basin",
        ".certificate",
        ".head",
        ".model",
        ".network",
        ".report",
        ".tokens",
        ".training",
    ]

    assert main(words) == 0
    assert json.loads(capsys.readouterr().out) == found
    assert report.read_bytes() == page
