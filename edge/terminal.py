"""Owns how an extraction looks on a terminal: the text with each value's characters in the value's colour.

Knows nothing of models, brokers or files.
"""

from rich.table import Table
from rich.text import Text

from edge import literal
from edge.extraction import Extraction, Value
from edge.literal import dumps

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")
_DOUBTFUL = 0.5  # below this confidence a value is marked


def highlighted(extraction: Extraction) -> Text:
    """Return the text, the source characters of each value in colour; control characters are shown, not sent."""
    shown = Text("".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in extraction.text))
    for index, value in enumerate(extraction.values):
        if value.span:
            shown.stylize(f"bold {_colour(index)} underline", value.span.start, value.span.end)
    return shown


def values(extraction: Extraction) -> Table:
    """Return a table of the values: path, value in the colour of its characters, confidence."""
    table = Table.grid(padding=(0, 2))
    for index, value in enumerate(extraction.values):
        table.add_row(
            literal.dotted(value.path), Text(dumps(value.value), style=_style(index, value)), _trust(value)
        )
    return table


def _style(index: int, value: Value) -> str:
    return f"bold {_colour(index)}" if value.span else "italic"


def _trust(value: Value) -> Text:
    origin = "" if value.span else "  inferred"
    return Text(f"{value.confidence:4.0%}{origin}", style="red" if value.confidence < _DOUBTFUL else "dim")


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]
