"""Proved beside measured: places on the axis, what counts as harmless, and the verdict."""

from lohe.reports.fault_grid import fault_scores, place_of

RISES, FALLS = ("mismatch", (0.05, 0.1, 0.2, 0.5)), ("coupling bits", (8, 6, 4, 2))


def document(fault, losses, *, metric="accuracy", regions=()):
    good = 0.9 if metric == "accuracy" else 20.0
    sign = -1 if metric == "accuracy" else good
    name, sizes = fault
    cases = {"ideal": {"scores": [{metric: good}]}, "certified": {"regions": [*regions]}}
    for size, loss in zip(sizes, losses, strict=True):
        score = good + sign * loss
        cases[f"{name} {size:g}"] = {"scores": [{metric: score - 0.001}, {metric: score + 0.001}]}
    return {"cases": cases}


def test_the_grid_is_read_back():
    (found,) = fault_scores(document(RISES, [0.0, 0.1, 0.2, 0.3]))
    assert (found.name, found.sizes) == RISES
    assert [round(mean, 6) for mean in found.means] == [0.9, 0.8, 0.7, 0.6]
    assert all(len(scores) == 2 for scores in found.scores)


def test_places_are_monotone_and_exact_at_the_sizes():
    for _, sizes in (RISES, FALLS):
        assert [place_of(size, sizes) for size in sizes] == [0, 1, 2, 3]
    assert place_of(5, (8, 6, 4)) > place_of(7, (8, 6, 4))
    assert place_of(100.0, (1.0, 4.0)) == 1.5


def test_the_measured_region_ends_before_the_first_loss():
    losses = [0.0, 0.004, 0.006, 0.0]
    for metric in ("accuracy", "perplexity"):
        assert fault_scores(document(RISES, losses, metric=metric))[0].measured == 0.1
        assert fault_scores(document(FALLS, losses, metric=metric))[0].measured == 6
    assert fault_scores(document(RISES, [0.1] * 4))[0].measured is None


def verdict(fault, losses, for_all, claim="rests"):
    region = {"fault": fault[0], "claim": claim, "for_all": for_all, "for_half": for_all}
    return fault_scores(document(fault, losses, regions=[region]))[0].verdict


def test_verdicts():
    fine = [0.0] * 4
    assert verdict(RISES, fine, 0.05) == "yes, by a factor of 10"
    assert verdict(RISES, fine, 0.05, claim="reads") == "yes, by a factor of 10"
    assert verdict(RISES, [0, 0, 1, 1], 0.2) == "no, by 0.5"
    assert verdict(RISES, fine, 0.0) == "nothing is proved"
    assert verdict(RISES, [1.0] * 4, 0.01) == "not tried so small"
    assert verdict(RISES, [1.0] * 4, 0.3) == "no"
    assert verdict(FALLS, fine, 7) == "yes, by 5 bits"
    assert verdict(FALLS, [0, 0, 0, 1], 3) == "no, by 1 bits"
    assert verdict(FALLS, fine, None) == "nothing is proved"
    assert fault_scores(document(RISES, fine))[0].verdict == "no theorem speaks of it"
