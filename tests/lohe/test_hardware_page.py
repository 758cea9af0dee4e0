"""The page of hardware says what the result files hold."""

import json
from pathlib import Path

import numpy as np
import pytest

from lohe.proofs_numeric.statistics.paired import mean_interval
from lohe.reports.fault_grid import fault_scores
from lohe.reports.hardware_files import load_hardware
from lohe.reports.training_back_picture import scores_by_way

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = " ".join((ROOT / "docs" / "hardware.md").read_text(encoding="utf-8").split())
WAYS = {
    "deployed": "deployed as it is",
    "trained for any": "trained for any instance",
    "trained back, ideal": "trained back, the ideal layer's gradient",
    "trained back, resting": "trained back, `resting`",
    "trained back, response": "trained back, `response`",
    "trained back, equilibrium": "trained back, `equilibrium`",
}


def result(name):
    return load_hardware(RESULTS / f"{name}.hardware.json").document


def per_cent(value):
    return f"{100 * value:.2f}".replace("100.00", "100")


def test_training_in_place():
    files = [scores_by_way(result(name)) for name in ("sva-train", "kws-train")]
    for way, told in WAYS.items():
        row = PAGE.split(f"| {told} |", 1)[1].split(" | |")[0].replace("*", "")
        for found in files:
            mean = mean_interval([one["accuracy"] for one in found[way]])
            lower, upper = per_cent(max(mean.lower, 0)), per_cent(min(mean.upper, 1))
            assert f"{100 * mean.value:.2f} ({lower} to {upper})" in row, (way, row)
    for found in files:
        ideal, longer = (100 * found[way][0]["accuracy"] for way in ("ideal", "ideal, trained on"))
        assert f"{ideal:.2f}; {longer:.2f}" in PAGE


def test_reductions():
    for name, found in result("substrates")["errors"].items():
        by_share = {one["share"]: one for one in found}
        cells = [
            f"{100 * by_share[share]['driven']:.2f} / {100 * by_share[share]['coupled']:.2f}"
            for share in (0.01, 0.03, 0.1)
        ]
        good = max(one["share"] for one in found if max(one["driven"], one["coupled"]) < 0.01)
        assert f"| {name} | {' | '.join(cells)} | {good:g} |" in PAGE


def test_certified_regions():
    """Factors by which they lie inside, and by which half of the oscillators exceed the weakest."""
    inside, bits, halves, crosstalk = {}, {}, {}, {}
    for task in ("sva", "kws", "stories"):
        for fault in fault_scores(result(f"{task}-robustness")):
            if not fault.regions:
                assert fault.verdict == "no theorem speaks of it"
                continue
            kind, by = fault.verdict.removeprefix("yes, by ").rsplit(" ", 1)
            if by == "bits":
                bits[task, fault.name] = int(kind)
                continue
            inside[task, fault.name] = float(by)
            rests = fault.region("rests") or fault.region("reads")
            found = crosstalk if fault.name == "crosstalk" else halves
            found[task, fault.name] = max(
                rests.for_half / rests.for_all, rests.for_all / rests.for_half
            )
    least, most = min(inside, key=inside.get), max(inside, key=inside.get)
    assert (least, most) == (("sva", "settling time"), ("stories", "programming"))
    text = f"by factors of {inside[least]:g} (settling time, agreement) to {power(inside[most])} "
    assert f"{text}(programming, TinyStories)" in PAGE
    assert f"{min(bits.values())} to {max(bits.values())} bits" in PAGE
    least, most = min(halves, key=halves.get), max(halves, key=halves.get)
    assert (least, most) == (("sva", "mismatch"), ("stories", "detuning"))
    text = f"bear from {halves[least]:.1f} times as much (mismatch, agreement) to "
    assert f"{text}{power(halves[most])} times (detuning, TinyStories)" in PAGE
    text = (
        f"bear {min(crosstalk.values()):.1f} (agreement) to {power(max(crosstalk.values()))} times"
    )
    assert text in PAGE


def power(value):
    """Return a number with one digit and a power of ten."""
    digit, exponent = f"{value:.0e}".split("e")
    return f"{digit}·10{'⁰¹²³⁴⁵⁶⁷⁸⁹'[int(exponent)]}"


def test_gradients():
    """What the page says in short, against the qualities."""
    cases = {name: case["gradients"] for name, case in result("gradients")["cases"].items()}
    told, asked = ("resting", "flow"), ("response", "equilibrium")
    off = {name: found["bias"] for name, found in cases["mismatch 1"].items()}
    assert f"off by {100 * min(off[name] for name in told):.0f} % and more at a mismatch" in PAGE
    assert max(off[name] for name in asked) < 0.02
    assert "asking is off by less than 2 %" in PAGE
    off = [cases["crosstalk 0.3"][name]["bias"] for name in (*told, *asked)]
    assert f"({100 * min(off):.0f} to {100 * max(off):.0f} % at 0.3 of the drive)" in PAGE
    spreads = [found["perturbation"]["spread"] for found in cases.values()]
    assert round(float(np.median(spreads))) == 4
    assert "simultaneous perturbation has a spread of four times" in PAGE
    read = {name: found["spread"] for name, found in cases["reading 0.1"].items()}
    assert sorted(read, key=read.get)[:2] == ["flow", "resting"]
    assert read["flow"] < 1e-6 < read["resting"]


def test_a_thousand_devices():
    found = json.loads((RESULTS / "device_throughput.json").read_text())
    assert found["devices"] == 1000
    text = (
        f"take {found['seconds']:.1f} s on two threads, {found['ratio']:.1f} times less than "
        f"Euler-Maruyama steps of 0.01, and {found['seconds_in_short_steps']:.1f} s at smaller "
        f"errors than these ({found['ratio_in_short_steps']:.1f} times;"
    )
    assert text in PAGE
    errors = found["phase_errors"]
    for when in ("after 1", "after 20"):
        for what in ("median", "99 %", "largest"):
            assert errors[f"ours in short steps, {when}"][what] < errors[f"euler, {when}"][what]


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.hardware.json")), ids=lambda p: p.name)
def test_every_result_can_be_reported(path):
    load_hardware(path)
