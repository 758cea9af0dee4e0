"""``lohe audit`` as a user runs it."""

import json

import pytest

from lohe.__main__ import main
from lohe.commands import audit as command
from lohe.reports.ledger import Record, load_claims, shipped_record


def lohe(*arguments):
    return main([str(argument) for argument in arguments])


def test_it_shows_the_shipped_record(capsys, tmp_path):
    assert lohe("audit", "-o", tmp_path / "a.audit.json") == 0
    shown = capsys.readouterr().out
    for name, claim in load_claims().items():
        assert name.removeprefix(f"{claim.paper}-") in shown
    assert Record.load(tmp_path / "a.audit.json") == shipped_record()


def test_one_claim_is_checked_anew_wherever_it_is_run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "a.report.html"
    assert lohe("audit", "--only", "accelerated-c*", "--report", report, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["changed"] == found["failed"] == []
    assert found["findings"]["accelerated-causality"]["word"] == "leaks"
    assert found["claims"]["accelerated-causality"]["kind"] == "contradiction"
    assert "Causality" in report.read_text()


def test_a_ruling_that_changed_is_told(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lohe.reports.ledger.shipped_record", Record)
    assert lohe("audit", "--only", "oscillators-operations") == 1
    assert "was not run" in capsys.readouterr().out


def test_a_pattern_that_fits_nothing_is_an_error(capsys):
    assert lohe("audit", "--only", "no-*") == 2
    assert "no claim is called 'no-*'" in capsys.readouterr().err


def test_full_runs_each_command_once_and_tells_which_failed(capfd, monkeypatch, tmp_path):
    one, two = [c for c in load_claims().values() if c.check in {"misses", "predicted"}]
    claims = {
        "a": one.model_copy(update={"before": ["lohe --version"], "command": "exit 3"}),
        "b": two.model_copy(update={"before": ["lohe --version"], "command": "echo made > b"}),
    }
    monkeypatch.setattr("lohe.reports.ledger.load_claims", lambda: claims)
    assert command._make([*claims.values()], tmp_path) == ["exit 3"]
    assert (tmp_path / "b").read_text() == "made\n"
    told = capfd.readouterr().err
    assert told.count("lohe --version") == 1
    assert told.count("3/3") == 1


@pytest.mark.parametrize("option", ["-o", "--report"])
def test_a_path_that_cannot_be_written_is_an_error(capsys, tmp_path, option):
    (tmp_path / "file").write_text("")
    assert lohe("audit", option, tmp_path / "file" / "x.audit.json") == 2
    assert "cannot" in capsys.readouterr().err
