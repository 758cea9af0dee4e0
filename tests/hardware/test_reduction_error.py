"""The error of the reduction falls with the strength, and its end is named."""

import math

import pytest

from lohe.dynamics.errors import InputError
from lohe.hardware.reduction_error import ReductionError, good_up_to, reduction_error
from lohe.hardware.substrates import JosephsonJunction, LCOscillator


def test_error_falls_with_the_strength():
    found = reduction_error(JosephsonJunction(), (0.02, 0.08), seed=1, oscillators=3, steps=40)
    weak, strong = found
    assert (weak.share, strong.share) == (0.02, 0.08)
    assert 0 < weak.driven < strong.driven / 2
    assert 0 < weak.coupled < strong.coupled / 2
    assert weak.driven < 0.01


def test_an_array_that_breaks_has_an_infinite_error():
    (found,) = reduction_error(LCOscillator(), (100.0,), seed=1, oscillators=2, steps=8)
    assert math.isinf(found.driven)


def test_good_up_to_stops_at_the_first_that_is_not():
    errors = [ReductionError(*row) for row in ((0.1, 0.0, 0.02), (0.2, 0.0, 0.0))]
    assert good_up_to(errors) is None
    assert good_up_to(errors, 0.03) == 0.2


def test_bad_strength():
    with pytest.raises(InputError, match="must be positive"):
        reduction_error(JosephsonJunction(), (0.0,), seed=0)
