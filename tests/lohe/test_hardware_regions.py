"""Proved beside measured: places on the axis, what counts as harmless, and the verdict."""

from lohe.commands.hardware_regions import measured_region, place_of, region_lines
from lohe.hardware.robustness import FAULTS

RISES, FALLS = FAULTS["mismatch"], FAULTS["coupling bits"]


def cases(fault, losses, metric="accuracy"):
    good = 0.9 if metric == "accuracy" else 20.0
    sign = -1 if metric == "accuracy" else good
    found = {"ideal": {"scores": [{metric: good}]}}
    for size, loss in zip(fault.sizes, losses, strict=True):
        found[f"{fault.name} {size}"] = {
            "scores": [{metric: good + sign * loss}, {metric: good + sign * loss}]
        }
    return found


def test_places_are_monotone_and_exact_at_the_sizes():
    for fault in (RISES, FALLS):
        assert [place_of(value, fault.values) for value in fault.values] == [0, 1, 2, 3, 4]
    assert place_of(5, (8, 6, 4)) > place_of(7, (8, 6, 4))
    assert place_of(100.0, (1.0, 4.0)) == 1.5


def test_the_measured_region_ends_before_the_first_loss():
    losses = [0.0, 0.004, 0.006, 0.0, 0.0]
    for metric in ("accuracy", "perplexity"):
        assert measured_region(RISES, cases(RISES, losses, metric)) == 0.1
        assert measured_region(FALLS, cases(FALLS, losses, metric)) == 6
    assert measured_region(RISES, cases(RISES, [0.1] * 5)) is None


def line(fault, losses, for_all):
    region = {"fault": fault.name, "claim": "rests", "for_all": for_all, "for_half": for_all}
    found = cases(fault, losses) | {"certified": {"regions": [region]}}
    return region_lines([fault], found)[-1]


def test_verdicts():
    fine = [0.0] * 5
    assert "yes, by a factor of 10" in line(RISES, fine, 0.1)
    assert "no, by 0.5" in line(RISES, [0, 0, 1, 1, 1], 0.2)
    assert "nothing is proved" in line(RISES, fine, 0.0)
    assert "not tried so small" in line(RISES, [1.0] * 5, 0.01)
    assert line(RISES, [1.0] * 5, 0.3).endswith("no")
    assert "yes, by 5 bits" in line(FALLS, fine, 7)
    assert "no, by 1 bits" in line(FALLS, [0, 0, 0, 1, 1], 3)
    assert "nothing is proved" in line(FALLS, fine, None)
