"""Owns the headers of tables: which words stand above a cell, and before its row.

Knows nothing of schemas. A header is a line of cells without a digit; a row below it has as many cells, or its
cells stand beneath those of the header.
"""

import re
from dataclasses import dataclass

from edge.text import labels
from edge.text.labels import Label

MOST_ROWS = 60  # below a header
_FEWEST = 2  # cells of a header
_CELL = re.compile(r"[^\s|](?:[^|\t\n]*?[^\s|])??(?=[ \t]*(?:[|\t]|\Z)|[ ]{2,})")
_RULE = re.compile(r"[\s|+=:-]+\Z")


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int  # in its line
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Columns:
    r"""The tables of one text.

    >>> text = "port  temp  volts\n----  ----  -----\nTe1    23.1  3.29\nTe2    24.0  3.30"
    >>> [label.words for label in Columns(text).labels(text.index("3.30"))]
    [('volts',), ('te', '2', 'volts')]
    >>> Columns(text).labels(0)
    ()
    """

    def __init__(self, text: str) -> None:
        self._above: dict[int, tuple[Label, ...]] = {}  # by every offset of a cell
        header: list[_Cell] = []
        rows = start = 0
        for line in text.split("\n"):
            cells = [_Cell(match.start(), match.group()) for match in _CELL.finditer(line)]
            if not line.strip():
                header = []
            elif not _RULE.match(line):
                if len(cells) >= _FEWEST and not re.search(r"[0-9]", line):
                    header, rows = cells, 0
                elif len(header) >= _FEWEST and rows < MOST_ROWS:
                    rows += 1
                    self._take(header, cells, start)
            start += len(line) + 1

    def labels(self, start: int) -> tuple[Label, ...]:
        """Return the words above the cell that holds an offset, and those with the name of its row before them."""
        return self._above.get(start, ())

    def _take(self, header: list[_Cell], cells: list[_Cell], line_start: int) -> None:
        row = labels.words(cells[0].text) if cells and not cells[0].text[0].isdigit() else ()
        for index, cell in enumerate(cells):
            above = header[index] if len(header) == len(cells) else _nearest(header, cell)
            if above is None:
                continue
            column = labels.words(above.text)
            found = (Label(column), Label((*row, *column))) if row and index else (Label(column),)
            for offset in range(cell.start, cell.end):
                self._above[line_start + offset] = found


def _nearest(header: list[_Cell], cell: _Cell) -> _Cell | None:
    """Return the cell of a header above one of a row; None where none stands above it."""
    shared = [(min(each.end, cell.end) - max(each.start, cell.start), each) for each in header]
    most, above = max(shared, key=lambda each: each[0])
    return above if most > 0 else None
