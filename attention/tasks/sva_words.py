"""The words of the subject-verb agreement task: (singular, plural) pairs and prepositions."""

from __future__ import annotations

__all__ = ["AMBIGUOUS_NOUNS", "NOUNS", "PREPOSITIONS", "VERBS"]


def _regular_nouns(singular: str) -> tuple[tuple[str, str], ...]:
    return tuple((noun, noun + "s") for noun in singular.split())


def _regular_verbs(plural: str) -> tuple[tuple[str, str], ...]:
    return tuple((verb + "s", verb) for verb in plural.split())


# fmt: off
NOUNS = (
    *_regular_nouns(
        "cat dog bird horse lion tiger bear rabbit duck goat boy girl teacher doctor farmer "
        "baker driver writer singer painter sister brother uncle cousin neighbour guest pilot "
        "sailor nurse lawyer king queen student robot clown"
    ),
    ("man", "men"), ("woman", "women"), ("child", "children"), ("mouse", "mice"),
    ("goose", "geese"), ("wolf", "wolves"), ("thief", "thieves"), ("fox", "foxes"),
    ("witch", "witches"), ("baby", "babies"), ("lady", "ladies"), ("puppy", "puppies"),
    ("pony", "ponies"), ("waitress", "waitresses"), ("hero", "heroes"),
)
"""50 nouns."""

AMBIGUOUS_NOUNS = (("fish", "fish"), ("deer", "deer"))
"""Nouns whose plural is their singular; behind a flag they replace the last two of `NOUNS`."""

VERBS = _regular_verbs(
    "run walk sleep eat sing jump swim laugh smile talk wait work play dream read write listen "
    "travel shout whisper dance climb hide fall win lose rest think speak drink"
)
"""30 verbs; the singular is the form with an s."""

PREPOSITIONS = ("near", "behind", "beside", "under", "above", "with", "opposite")
"""7 prepositions."""
# fmt: on
