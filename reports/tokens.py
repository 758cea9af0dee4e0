"""What oscillators are called: the token in a label, and the words of a whole sequence."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["token", "words"]

# "the [cat] sleeps": a label that shows its token within the sentence.
_MARKED = re.compile(r"(?P<before>[^\[\]]*\s)?\[(?P<token>[^\[\]]+)\](?P<after>\s[^\[\]]*)?")


def token(label: str) -> str:
    """Return the token that a label marks in its sentence, or else the whole label.

    Examples
    --------
    >>> token("the [cat] sleeps"), token("yes frame 17"), token("[UNK]")
    ('cat', 'yes frame 17', '[UNK]')
    """
    found = _MARKED.fullmatch(label)
    return found["token"] if found and (found["before"] or found["after"]) else label


def words(labels: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Split the labels of one sequence into what they share at the start and what differs.

    Returns
    -------
    shared : str
        The leading words that all labels have in common; empty if there are none.
    words : tuple of str
        The tokens, or the rest of each label.

    Examples
    --------
    >>> words(["[the] cat sleeps", "the [cat] sleeps"])
    ('', ('the', 'cat'))
    >>> words(["yes frame 16", "yes frame 17"])
    ('yes frame', ('16', '17'))
    """
    tokens = [token(label) for label in labels]
    if tokens != list(labels) or len(labels) < 2:
        return "", tuple(tokens)
    split = [label.split(" ") for label in labels]
    kept = 0
    while kept < min(map(len, split)) - 1 and len({parts[kept] for parts in split}) == 1:
        kept += 1
    return " ".join(split[0][:kept]), tuple(" ".join(parts[kept:]) for parts in split)
