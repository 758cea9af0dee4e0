"""Results of ``lohe bench`` in a page of documentation, between marks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lohe.commands.bench_tables import Table

__all__ = ["filled", "markdown", "rewrite"]

_BLOCK = re.compile(r"(<!-- (?!end )(?P<name>[\w ]+) -->\n).*?(?=<!-- end -->)", flags=re.DOTALL)


def markdown(table: Table, right: Sequence[bool] | None = None) -> list[str]:
    """Return a table as Markdown lines.

    Parameters
    ----------
    table
        Titles and rows.
    right
        By column, whether it stands to the right; by default all but the first do.

    Examples
    --------
    >>> markdown((("model", "share"), [("a", "1 %")]))
    ['| model | share |', '| --- | ---: |', '| a | 1 % |']
    """
    titles, rows = table
    sides = (False, *(True for _ in titles[1:])) if right is None else right
    rule = ["---:" if side else "---" for side in sides]
    return [f"| {' | '.join(cells)} |" for cells in (titles, rule, *rows)]


def filled(page: str, blocks: Mapping[str, Sequence[str]]) -> str:
    r"""Return a page with other lines between the marks of each block.

    Parameters
    ----------
    page
        Holds ``<!-- NAME -->`` and ``<!-- end -->``, each on a line, around every block.
    blocks
        The lines of every block by name.

    Examples
    --------
    >>> filled("Found:\n<!-- speed -->\n1\n<!-- end -->\n", {"speed": ["2", "3"]})
    'Found:\n<!-- speed -->\n2\n3\n<!-- end -->\n'
    """
    return _BLOCK.sub(
        lambda found: found[1] + "".join(f"{line}\n" for line in blocks[found["name"]]), page
    )


def rewrite(path: Path, blocks: Mapping[str, Sequence[str]]) -> None:
    """Fill the blocks of a page that is kept in a file."""
    page = filled(path.read_text(encoding="utf-8"), blocks)
    path.write_text(page, encoding="utf-8", newline="\n")
