import json
import shlex

import pytest

from lohe.__main__ import main
from lohe.reports.subjects import collect
from lohe.reports.verification import commands


@pytest.fixture
def folder(tmp_path, head, certificate, build):
    head.save(tmp_path / "a.head.npz")
    certificate.save(tmp_path / "a.certificate.json")
    build.run(0).save(tmp_path / "a.training.json")
    return tmp_path


def test_a_folder_becomes_a_report(folder, capsys, network, certificate):
    target = folder / "out" / "a.report.html"
    assert main(["report", str(folder), "-o", str(target), "--title", "A title", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["bytes"] == target.stat().st_size
    assert result["training_runs"] == 1
    (head,) = result["heads"]
    assert head["network_sha256"] == network.digest
    assert head["verdicts"] == {n: c.verdict.value for n, c in certificate.claims.items()}
    assert "<h1>A title</h1>" in target.read_text(encoding="utf-8")


def test_a_missing_network_is_said_on_the_terminal_too(folder, capsys, network):
    target = str(folder / "a.report.html")
    assert main(["report", str(folder / "a.certificate.json"), "-o", target]) == 0
    assert network.digest[:12] in capsys.readouterr().out


def test_the_commands_that_the_report_prints_do_what_it_says(
    tmp_path, monkeypatch, capsys, head, basins
):
    monkeypatch.chdir(tmp_path)
    head.save("a b.head.npz")
    code = main(["certify", "a b.head.npz"])
    again = ["--trials", "2000", "--seed", "3", "--horizon", "1", "--horizon", "4"]
    assert main(["basin", "a b.head.npz", *again]) == 0
    printed = commands(collect(["a b.certificate.json"], ["a b.basin.sqlite"], ["a b.network.npz"]))
    verify, basin, hashes = (shlex.split(line.replace("\\\n", "")) for line in printed)
    assert verify[:2] == ["lohe", "verify"]
    assert main(verify[1:]) == code
    capsys.readouterr()
    assert main([*basin[1:], "--json"]) == 0
    sampled = json.loads(capsys.readouterr().out)["sampled"]
    assert [run["converged"] for run in sampled] == [b.converged for b in basins[:2]]
    assert set(hashes[1:]) == {"a b.certificate.json", "a b.basin.sqlite", "a b.network.npz"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.certificate.json"], "no such file"),
        (["."], "holds nothing to report on"),
        ([], "Missing argument"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(
    tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    assert main(["report", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
