"""Mutations of certificates, by someone who can compute their digests anew."""

from __future__ import annotations

import base64
import copy
import json
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from sealing import pack, resealed

Path = tuple[Any, ...]


def leaves(document: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the places of all numbers, texts, packed arrays and trees."""
    whole = isinstance(document, dict) and "float64" in document
    if path and path[-1] in ("tree", "charts", "set", "order", "first", "second", "ends"):
        whole = True
    if isinstance(document, dict | list) and not whole:
        items = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in list(items):
            yield from leaves(value, (*path, key))
    else:
        yield path


def at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def replaced(document: Any, path: Path, value: Any) -> Any:
    document = copy.deepcopy(document)
    at(document, path[:-1])[path[-1]] = value
    return resealed(document)


def _floats(text: str) -> Iterator[str]:
    x = float.fromhex(text)
    others = (math.nextafter(x, math.inf), math.nextafter(x, -math.inf), 2 * x, x / 2, -x)
    yield from (y.hex() for y in (*others, 0.0, 1e-3, 0.999, 1.5, 5e-324, 1e300) if y - y == 0)
    yield from ("nan", "inf", "0x1p", text.upper())


def _arrays(value: Any, rng: np.random.Generator) -> Iterator[Any]:
    raw = base64.b64decode(value["float64"])
    array = np.frombuffer(raw, dtype="<f8").reshape(value["shape"])
    for change in (
        lambda x: math.nextafter(x, math.inf),
        lambda x: math.nextafter(x, -math.inf),
        lambda x: 2 * x,
        lambda x: -x,
        lambda x: 0.0,
        lambda x: x + 0.5,
        lambda x: x * (1 + 1e-9),
        lambda x: math.nan,
        lambda x: 1e300,
    ):
        other = array.copy()
        place = tuple(int(rng.integers(size)) for size in array.shape)
        other[place] = change(float(other[place]))
        yield pack(other)
    yield pack(array[::-1])
    yield pack(array * (1 + 1e-6))
    yield {**value, "shape": [*value["shape"], 1]}
    yield {**value, "shape": value["shape"][:-1]}
    yield {**value, "shape": [value["shape"][0] + 1, *value["shape"][1:]]}
    yield {**value, "float64": value["float64"][:-4]}
    yield {**value, "float64": value["float64"] + "AAAA"}
    yield {**value, "float64": "*" + value["float64"][1:]}
    yield pack(np.concatenate([array, array]))


def _trees(tree: list[int], rng: np.random.Generator) -> Iterator[list[int]]:
    ends = [k for k, code in enumerate(tree) if code < 0]
    k = int(rng.integers(len(tree)))
    leaf = ends[int(rng.integers(len(ends)))]
    boxes = [e for e in ends if tree[e] < -1]
    yield tree[:k] + tree[k + 1 :]  # a branch dropped
    yield [*tree[:k], tree[k], *tree[k:]]  # a branch twice
    yield tree[:-1]
    yield [*tree, -1]
    yield []
    yield [-1]
    yield [*tree[:leaf], tree[leaf] - 1, *tree[leaf + 1 :]]
    yield [*tree[:leaf], -100, *tree[leaf + 1 :]]
    yield [-1 if code < -1 else code for code in tree]
    if boxes:
        place = boxes[int(rng.integers(len(boxes)))]
        yield [*tree[:place], -1, *tree[place + 1 :]]
        other = -2 if tree[place] == -3 else -3
        yield [*tree[:place], other, *tree[place + 1 :]]
    splits = [k for k, code in enumerate(tree) if code >= 0]
    if splits:
        place = splits[int(rng.integers(len(splits)))]
        yield [*tree[:place], tree[place] + 1, *tree[place + 1 :]]
        yield [*tree[:place], -1, *tree[_end(tree, place) :]]  # a whole branch discarded


def _end(tree: list[int], place: int) -> int:
    """Return where the branch at a place ends."""
    open_cells = 1
    while open_cells:
        open_cells += 1 if tree[place] >= 0 else -1
        place += 1
    return place


def others(value: Any, path: Path, rng: np.random.Generator) -> Iterator[Any]:
    """Yield other values of the same form: the nearest ones, and gross ones."""
    if isinstance(value, dict) and "float64" in value:
        yield from _arrays(value, rng)
    elif isinstance(value, list):
        if path[-1] == "tree":
            yield from _trees(value, rng)
        else:
            yield from (value[1:], [*value, 0], [1 - v for v in value], [v + 1 for v in value], [])
            yield from (value[::-1], [*value[:-2], *value[:-3:-1]], value[:1] * len(value))
    elif path[-1] == "verdict":
        yield from sorted({"proved", "refuted", "undecided"} - {value})
    elif path[-1] == "theorem":
        yield from sorted({"T1", "T3", "T5", "T6", "T6a", "T6b", "T8", "T11", "L3"} - {value})
    elif isinstance(value, int):
        yield from (value + 1, max(value - 1, 0), 0, 10**6)
    elif value is None:
        yield from ((0.25).hex(), (1e6).hex())
    elif value.lstrip("-").startswith("0x"):
        yield from _floats(value)
    elif "/" in value:
        p, q = (int(part, 16) for part in value.split("/"))
        for y in (Fraction(p, q) * 2, -Fraction(p, q), Fraction(p, q) + Fraction(1, 2**300)):
            yield f"{y.numerator:x}/{y.denominator:x}"
        yield from ("0/1", "1/1", "1/0", "x/1")
    else:
        yield value + "x"


def single(document: Any, name: str) -> Any:
    """Return the certificate with one of its claims alone."""
    return resealed({**document, "claims": {name: document["claims"][name]}})


def mutants(document: Any, rng: np.random.Generator) -> Iterator[tuple[Path, Any]]:
    """Yield every mutation of every field."""
    for path in leaves(document):
        value = at(document, path)
        for other in others(value, path, rng):
            if json.dumps(other) != json.dumps(value):
                yield path, replaced(document, path, other)
    for name, claim in document["claims"].items():
        boxes = claim["witness"].get("equilibria")
        if not boxes:
            continue
        place = ("claims", name, "witness", "equilibria")
        count = claim["values"].get("equilibria")
        for change in (boxes[1:], [*boxes, boxes[0]], boxes[::-1], [boxes[0]] * len(boxes), []):
            if change == boxes:
                continue
            mutant = replaced(document, place, change)
            yield place, mutant
            if count is not None:
                yield place, replaced(mutant, ("claims", name, "values", "equilibria"), len(change))
            stable = sum(b["unstable"] == 0 for b in change)
            if "stable" in claim["values"]:
                yield place, replaced(mutant, ("claims", name, "values", "stable"), stable)
        for b, found in enumerate(boxes):
            outer = float.fromhex(found["outer"])
            for factor in (3.0, 10.0, 1e3):
                yield place, replaced(document, (*place, b, "outer"), (outer * factor).hex())
                yield place, replaced(document, (*place, b, "inner"), (outer * factor).hex())
