import math
from decimal import Decimal

import mpmath
from hypothesis import example, given
from hypothesis import strategies as st

from lohe.reports.formatting import (
    degrees_lower,
    degrees_upper,
    lower,
    natural_key,
    percent,
    plain,
    printable,
    upper,
)

_SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
numbers = st.floats(allow_nan=False, allow_infinity=False)


def read(text):
    mantissa, _, exponent = text.replace(",", "").replace("−", "-").partition(" × 10")
    return Decimal(mantissa).scaleb(int(exponent.translate(_SUPERSCRIPT) or 0))


@given(numbers)
def test_a_printed_bound_still_holds(value):
    assert read(lower(value)) <= Decimal(value) <= read(upper(value))


@example(math.pi)  # a float below pi: less than 180 degrees, by far less than its last digit
@example(math.radians(117))
@given(st.floats(0, 10))
def test_a_printed_angle_still_holds(radians):
    with mpmath.workdps(60):
        exact = Decimal(mpmath.nstr(mpmath.degrees(mpmath.mpf(radians)), 50))
    assert read(degrees_lower(radians).rstrip("°")) <= exact
    assert read(degrees_upper(radians).rstrip("°")) >= exact


@given(numbers)
def test_a_printed_number_is_right_to_its_digits(value):
    error = abs(read(plain(value, 4)) - Decimal(value))
    assert error <= abs(Decimal(value)) * Decimal("0.0005")


@example(1 - 2**-53, "ROUND_CEILING")
@example(1 - 2**-53, "ROUND_FLOOR")
@given(st.floats(0, 1), st.sampled_from(["ROUND_FLOOR", "ROUND_HALF_EVEN", "ROUND_CEILING"]))
def test_a_percentage_is_100_or_0_only_when_it_is_exactly_that(value, rounding):
    text = percent(value, 3, rounding)
    printed = Decimal(text.split("\N{NO-BREAK SPACE}")[0])
    if rounding != "ROUND_CEILING":
        assert (printed == 100) == (value == 1)
    assert (printed == 0) == (value == 0)
    exact = 100 * Decimal(value)
    if rounding == "ROUND_FLOOR":
        assert printed <= exact
    if rounding == "ROUND_CEILING":
        assert printed >= exact


def test_numbers_that_are_none_are_said_in_words():
    assert plain(float("nan")) == "not a number"
    assert plain(float("inf")) == "∞"
    assert plain(float("-inf")) == "−∞"


@given(st.text())
def test_printable_text_can_be_encoded_and_has_no_controls(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert not any(ord(character) < 32 for character in shown)
    shown.encode("utf-8")


@given(st.lists(st.text("ab01²", max_size=6), max_size=6))
def test_natural_keys_order_any_names(names):
    sorted(names, key=natural_key)


def test_kept_zeros_line_up():
    assert [plain(x, 4, trim=False) for x in (0.972, 0.9636, 1.0)] == ["0.9720", "0.9636", "1.000"]
