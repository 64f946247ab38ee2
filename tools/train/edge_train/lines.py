"""Owns how the tables of this package are read: lines of columns, comments and blank lines left out.

Knows nothing of what the tables are about. A line that is wrong is said with its file and number.
"""

from collections.abc import Iterator
from importlib import resources

from edge.errors import EdgeError


class TableError(EdgeError):
    """A table of the generator that cannot be used: FILE:LINE: what was expected, what was found."""


def read(folder: str, name: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file of this package that say something, with their numbers."""
    text = (resources.files(__package__ or "edge_train") / folder / name).read_text(encoding="utf-8")
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("# "):
            yield number, line.rstrip()


def columns(name: str, count: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows of a table in `data/`, each with its place and its columns, trimmed.

    Raises:
        TableError: a row with more or fewer columns.
    """
    for number, line in read("data", name):
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != count:
            raise TableError(f"{name}:{number}: expected {count} columns, got {len(cells)}")
        yield f"{name}:{number}", cells
