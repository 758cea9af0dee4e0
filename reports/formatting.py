"""Numbers and names as people read them; a bound is never rounded past itself."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

__all__ = [
    "count",
    "degrees_lower",
    "degrees_upper",
    "lower",
    "natural_key",
    "percent",
    "plain",
    "plural",
    "printable",
    "short_digest",
    "upper",
]

_PI = Decimal("3.14159265358979323846264338327950288419")  # cut off: below by less than 1e-38
_PI_ABOVE = _PI + Decimal("1e-38")
_LEAST_GAP = Decimal("1e-9")  # a gap to 100 % below this is printed as this
_UNPRINTABLE = frozenset({"Cc", "Cs", "Cn"})
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(value: float, digits: int = 3, *, trim: bool = True) -> str:
    """Write a number with `digits` significant digits, rounded to nearest.

    Without `trim`, zeros at the end stay, so that numbers in a column line up.

    Examples
    --------
    >>> plain(0.0123456), plain(1234567.0), plain(9.3e-7)
    ('0.0123', '1,230,000', '9.3 × 10⁻⁷')
    """
    text = _written(value, digits, ROUND_HALF_EVEN)
    if trim or not 0 < abs(value) < 10**digits or "×" in text:
        return text
    places = digits - 1 - Decimal(text.replace(",", "").replace("−", "-")).adjusted()
    return f"{value:,.{max(places, 0)}f}".replace("-", "−")


def lower(value: float, digits: int = 3) -> str:
    """Write a lower bound, rounded down so that what is printed still holds.

    Examples
    --------
    >>> lower(0.47196)
    '0.471'
    """
    return _written(value, digits, ROUND_FLOOR)


def upper(value: float, digits: int = 3) -> str:
    """Write an upper bound, rounded up so that what is printed still holds.

    Examples
    --------
    >>> upper(0.47121)
    '0.472'
    """
    return _written(value, digits, ROUND_CEILING)


def degrees_lower(radians: float, digits: int = 3) -> str:
    """Write a lower bound of an angle in degrees, rounded down.

    Examples
    --------
    >>> degrees_lower(3.0)
    '171°'
    """
    context = Context(prec=60, rounding=ROUND_FLOOR)
    exact = context.divide(context.multiply(Decimal(radians), Decimal(180)), _PI_ABOVE)
    return f"{_written(exact, digits, ROUND_FLOOR)}°"


def degrees_upper(radians: float, digits: int = 3) -> str:
    """Write an upper bound of an angle in degrees, rounded up.

    Examples
    --------
    >>> degrees_upper(3.0)
    '172°'
    """
    context = Context(prec=60, rounding=ROUND_CEILING)
    exact = context.divide(context.multiply(Decimal(radians), Decimal(180)), _PI)
    return f"{_written(exact, digits, ROUND_CEILING)}°"


def percent(value: float, digits: int = 3, rounding: str = ROUND_HALF_EVEN) -> str:
    r"""Write a fraction as a percentage that says 100 % or 0 % only when it is exactly that.

    Examples
    --------
    >>> percent(0.99995), percent(1.0), percent(0.0531)
    ('99.995\xa0%', '100\xa0%', '5.31\xa0%')
    """
    if not math.isfinite(value):
        return _written(value, digits, rounding)
    exact = Decimal(value) * 100
    gap = 100 - exact
    if 0 < gap < 1:
        # Near 100 % it is the distance to 100 % that carries the information.
        opposite = {ROUND_FLOOR: ROUND_CEILING, ROUND_CEILING: ROUND_FLOOR}.get(rounding, rounding)
        short = Context(prec=max(1, digits - 2), rounding=opposite).plus(gap)
        least = Decimal(0) if rounding == ROUND_CEILING else _LEAST_GAP
        exact = 100 - (short if short >= _LEAST_GAP else least)
    else:
        exact = Context(prec=digits, rounding=rounding).plus(exact)
    return f"{_fixed(exact)}\N{NO-BREAK SPACE}%"


def count(value: int) -> str:
    """Write a whole number with thousands separated.

    Examples
    --------
    >>> count(380000)
    '380,000'
    """
    return f"{value:,}"


def plural(number: int, noun: str) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> plural(1, "oscillator"), plural(1200, "oscillator")
    ('1 oscillator', '1,200 oscillators')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def printable(text: str) -> str:
    r"""Show control characters and lone surrogates as symbols, so that they do nothing.

    Examples
    --------
    >>> printable("a\x00b\n")
    'a␀b␊'
    """
    return "".join(map(_symbol, text))


def _symbol(character: str) -> str:
    if ord(character) < 32:
        return chr(0x2400 + ord(character))
    return "�" if unicodedata.category(character) in _UNPRINTABLE else character


def short_digest(digest: str) -> str:
    """Return the first 12 digits of a SHA-256, enough to recognise it.

    Examples
    --------
    >>> short_digest("0123456789abcdef")
    '0123456789ab…'
    """
    return f"{digest[:12]}…"


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts ``head-10`` after ``head-2``.

    Examples
    --------
    >>> sorted(["head-10", "head-2"], key=natural_key)
    ['head-2', 'head-10']
    """
    parts = re.split(r"([0-9]+)", text)
    return tuple((0, int(p), "") if k % 2 else (1, 0, p) for k, p in enumerate(parts))


def _written(value: float | Decimal, digits: int, rounding: str) -> str:
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    rounded = Context(prec=digits, rounding=rounding).plus(Decimal(value))
    if rounded == 0:
        return "0"
    exponent = rounded.adjusted()
    if -4 <= exponent < 7:
        return _fixed(rounded)
    mantissa = _fixed(rounded.scaleb(-exponent))
    return f"{mantissa} × 10{str(exponent).translate(_SUPERSCRIPT)}"


def _fixed(value: Decimal) -> str:
    text = f"{value:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")
