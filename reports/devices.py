"""Which devices a certificate covers, in words."""

from __future__ import annotations

from collections.abc import Mapping

from lohe.reports.formatting import percent, plain

__all__ = ["devices"]

_WORDS = (
    ("mismatch", "couplings are off by at most {}", percent),
    ("crosstalk", "crosstalk is off by at most {} in the sum of a row", plain),
    ("frequency", "natural frequencies are off by at most {}", plain),
    ("anchors", "anchors are displaced by at most {}", plain),
)


def devices(parameters: Mapping[str, float | None]) -> str:
    r"""Say what may differ between the devices of a certificate; empty if nothing may.

    Examples
    --------
    >>> devices({"mismatch": 0.05, "crosstalk": 0.0, "frequency": 0.1, "anchors": 0.0})
    'couplings are off by at most 5\xa0% and natural frequencies are off by at most 0.1'
    """
    parts = [
        words.format(write(value))
        for name, words, write in _WORDS
        if (value := parameters.get(name))
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
