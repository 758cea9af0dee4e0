"""Files of hardware, damaged anywhere: a report is made of them or they are refused, never more."""

import copy

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.reports.detail import Detail
from lohe.reports.hardware_files import load_hardware
from lohe.reports.hardware_section import section
from lohe.reports.subjects import Collection
from tests.reports.test_hardware_section import MADE, keep

DRAWN = 6
REPLACEMENTS = (None, "x", 0, -1.5, [], {})


def places(part, path=()):
    items = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def damaged(document):
    for *way, last in places(document):
        for replacement in (*REPLACEMENTS, places):
            copied = copy.deepcopy(document)
            part = copied
            for key in way:
                part = part[key]
            if replacement is places:
                del part[last]
            else:
                part[last] = replacement
            yield copied


@pytest.mark.parametrize("name", MADE)
def test_damage_anywhere_is_refused_or_shown(tmp_path, name):
    """All that is loaded can be shown; to save time a few of them are."""
    refused, loaded = 0, []
    for document in damaged(MADE[name]()):
        path = keep(tmp_path, "broken", document)
        try:
            loaded.append(load_hardware(path))
        except InputError:
            refused += 1
    assert refused > len(loaded) > 0
    chosen = np.random.default_rng(0).permutation(len(loaded))[:DRAWN]
    for number in chosen:
        assert section(Collection((), (), (loaded[number],)), Detail(1, 1, 1)).blocks
