"""Hardware in reports: every result is shown with its figure, and damaged files are refused."""

import json

import pytest

from lohe.dynamics.errors import InputError
from lohe.reports.document import render_report
from lohe.reports.hardware_files import EXPERIMENTS, load_hardware


def scores(*values):
    return [{"accuracy": value} for value in values]


def robustness():
    cases = {"ideal": {"scores": scores(0.99)}}
    for fault, sizes in (("mismatch", (0.1, 0.3)), ("coupling bits", (8, 4))):
        for size in sizes:
            cases[f"{fault} {size:g}"] = {"scores": scores(0.98, 0.97)}
    region = {"fault": "mismatch", "claim": "rests", "for_all": 0.02, "for_half": None}
    cases["certified"] = {"regions": [region]}
    return {
        "experiment": "robustness",
        "config": {"arm": "small <b>", "devices": 2},
        "cases": cases,
    }


def training_back():
    def both(*values):
        return {"scores": scores(*values), "validation": scores(*values)}

    history = {"history": [{"epoch": 1, "validation_accuracy": 0.95}]}
    cases = {
        "ideal": both(0.99), "ideal, trained on": both(0.98), "deployed": both(0.7, 0.8),
        "trained for any": both(0.85, 0.9), "resting 0": both(0.96) | history,
        "resting 1": both(0.97) | history,
    }  # fmt: skip
    config = {"arm": "small", "devices": 2, "imperfections": {"mismatch": 1.0, "topology": "grid"}}
    return {"experiment": "train-back", "config": config, "cases": cases}


def gradients():
    good = {"bias": 0.02, "spread": 0.3, "noticed": 0.01, "settlings": 2}
    names = ("resting", "flow", "response", "equilibrium", "perturbation", "differences")
    cases = {
        f"{fault} {size:g}": {"gradients": dict.fromkeys(names, good)}
        for fault in ("settling", "reading")
        for size in (0.1, 1.0)
    }
    return {"experiment": "gradients", "config": {}, "cases": cases}


def reduction():
    facts = {"frequency_hz": 5e9, "lag": 0.0, "power_w": 1e-3}
    errors = [
        {"share": 0.01, "driven": 0.002, "coupled": 0.003},
        {"share": 0.1, "driven": 0.02, "coupled": None},
    ]
    return {
        "experiment": "reduction", "substrates": {"electrical": facts},
        "errors": {"electrical": errors},
    }  # fmt: skip


def cost():
    energy = {
        "digital": 1e-9, "conversion": 2e-9, "oscillators": 3e-9, "total": 6e-9,
        "sensitivities": {"power": [4e-9, 1.2e-8], "read": [5e-9, 8e-9]},
    }  # fmt: skip
    rows = ("softmax", "all digital", "settling physical", "readout physical")
    found = {
        "settling_s": {"median": 1e-8, "longest": 1e-7},
        "joules_per_token": dict.fromkeys(rows, energy), "assumptions": {"power": 1e-3},
    }  # fmt: skip
    operations = {row: {"total": 300, "coupling": 100, "drive": 200} for row in rows}
    return {"experiment": "cost", "operations": operations, "substrates": {"electrical": found}}


MADE = {
    "reduction": reduction, "robustness": robustness, "train-back": training_back,
    "gradients": gradients, "cost": cost,
}  # fmt: skip


def keep(folder, name, document):
    path = folder / f"{name}.hardware.json"
    path.write_text(json.dumps(document))
    return path


def test_all_of_them_are_shown(tmp_path):
    paths = [keep(tmp_path, name, make()) for name, make in MADE.items()]
    assert {*MADE} == {*EXPERIMENTS}
    report = render_report(tmp_path / "a.report.html", hardware=paths)
    page = report.path.read_text()
    assert page.count("<figure") == 5
    for text in (
        "What does each fault cost small &lt;b&gt;?", "0.02 (half: never)", "not tried so small",
        "trained back, resting", "mismatch 1.0", "2 % (30 %)", "further settlings",
        "Assumed for electrical, in SI units: power 0.001.", "5 hardware results.",
    ):  # fmt: skip
        assert text in page, text
    assert "<b>" not in page.replace("<body>", "")
    again = render_report(tmp_path / "b.report.html", hardware=reversed(paths))
    assert again.sha256 == report.sha256


DAMAGE = {
    "reduction": lambda d: d["errors"]["electrical"][0].update(driven="small"),
    "robustness": lambda d: d["cases"]["ideal"].pop("scores"),
    "train-back": lambda d: d["cases"]["resting 1"]["history"][0].pop("validation_accuracy"),
    "gradients": lambda d: d["cases"]["reading 1"]["gradients"]["flow"].update(bias="large"),
    "cost": lambda d: d["operations"]["softmax"].update(total="many"),
}


@pytest.mark.parametrize("name", MADE)
def test_damage_is_one_line(tmp_path, name):
    harmed = json.loads(json.dumps(MADE[name]()))
    DAMAGE[name](harmed)
    for broken in ([], {}, {"experiment": "other"}, {"experiment": name}, harmed):
        with pytest.raises(InputError, match="run it again"):
            load_hardware(keep(tmp_path, "broken", broken))
    path = keep(tmp_path, "broken", MADE[name]())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="run it again"):
        load_hardware(path)
    with pytest.raises(InputError, match="cannot read"):
        load_hardware(tmp_path / "missing.hardware.json")
