"""What a report is made of: sections of paragraphs, tables, pictures and commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

__all__ = [
    "Block",
    "Card",
    "Cards",
    "Cell",
    "Commands",
    "Entries",
    "Entry",
    "Evidence",
    "Heading",
    "Paragraph",
    "Picture",
    "Pictures",
    "Playable",
    "Section",
    "Table",
]


class Evidence(StrEnum):
    """What stands behind a statement; the page shows each kind by word, shape and colour."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    SAMPLED = "sampled"
    COMPUTED = "computed"


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Parameters
    ----------
    text
        What is shown.
    value
        The full number behind a rounded text; sorting uses it and the page carries it.
    badge
        Shown as a badge in place of plain text.
    lines
        Further lines, each a (name, text, value) triple.
    code
        Whether to set the text in a typewriter face that may break anywhere.
    """

    text: str
    value: float | None = None
    badge: Evidence | None = None
    lines: tuple[tuple[str, str, float | None], ...] = ()
    code: bool = False


@dataclass(frozen=True)
class Table:
    """A table that readers can sort; `numeric` marks the columns set flush right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    stacked: bool = False
    kind = "table"


@dataclass(frozen=True)
class Picture:
    """One figure: inline SVG, which carries the words that replace it.

    It is `narrow` if about square, and `wide` if it takes a row for itself.
    """

    title: str
    caption: str
    svg: Markup
    narrow: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Pictures:
    """Figures set side by side where there is room."""

    items: tuple[Picture, ...]
    kind = "pictures"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; with `evidence`, marked by its badge; as a `note`, set apart."""

    text: str
    evidence: Evidence | None = None
    note: bool = False
    kind = "paragraph"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    text: str
    kind = "heading"


@dataclass(frozen=True)
class Commands:
    """Lines to type."""

    lines: tuple[str, ...]
    kind = "commands"


@dataclass(frozen=True)
class Card:
    """One head at a glance: its size, the verdict in a sentence, and what supports it."""

    name: str
    facts: tuple[tuple[str, str], ...]
    verdict: str
    statements: tuple[tuple[Evidence, str], ...]


@dataclass(frozen=True)
class Cards:
    """The heads at a glance."""

    items: tuple[Card, ...]
    kind = "cards"


@dataclass(frozen=True)
class Entry:
    """One thing examined: its title, a word on it, facts by name, and commands to repeat it."""

    title: str
    word: str
    facts: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Entries:
    """Things examined, one below the other."""

    items: tuple[Entry, ...]
    kind = "entries"


@dataclass(frozen=True)
class Playable:
    """The settling of some oscillators to play with; `oscillators` is JSON, see `playable`.

    It needs a page that runs scripts, and is left out elsewhere.
    """

    title: str
    caption: str
    oscillators: str
    kind = "playable"


Block = Cards | Commands | Entries | Heading | Paragraph | Pictures | Playable | Table


@dataclass(frozen=True)
class Section:
    """One question and what answers it.

    Parameters
    ----------
    key
        The anchor of the section in the page.
    short
        Its name in the table of contents.
    question
        Its title.
    blocks
        What answers the question, in order. A section without blocks is left out.
    """

    key: str
    short: str
    question: str
    blocks: Sequence[Block]
