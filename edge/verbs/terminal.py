"""Owns how things look on a terminal: a text with each value's characters in the value's colour, and its reading.

Knows nothing of models, brokers or files.
"""

from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from edge import literal
from edge.extraction.extraction import Extraction, Value
from edge.extraction.reading import Reading
from edge.literal import dumps
from edge.verbs.demoscript import Outcome

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")
_EXCERPT = 300  # bytes of a payload that are shown
_DOUBTFUL = 0.5  # below this confidence a value is marked


def highlighted(extraction: Extraction) -> Text:
    """Return the text, the source characters of each value in colour."""
    shown = Text(harmless(extraction.text))
    for index, value in enumerate(extraction.values):
        if value.span:
            shown.stylize(f"bold {_colour(index)} underline", value.span.start, value.span.end)
    return shown


def values(extraction: Extraction, reading: Reading | None) -> Table:
    """Return a table of the values: path, value in the colour of its characters, confidence.

    Behind a number stands the one that its reading has, where that says it in another unit.
    """
    table = Table.grid(padding=(0, 2))
    published = literal.leaves(reading.json) if reading else [None] * len(extraction.values)
    for index, (value, said) in enumerate(zip(extraction.values, published, strict=True)):
        shown = Text(dumps(value.value), style=_style(index, value))
        if said is not None and said.value != value.value and value.span and value.span.unit:
            shown.append(f" {value.span.unit.symbol} = {dumps(said.value)}")
        table.add_row(Text(literal.dotted(value.path)), shown, _trust(value))
    return table


def reading(extraction: Extraction) -> Text:
    """Return the JSON, each value in the colour of its characters."""
    shown = Text(extraction.json)
    for index, (leaf, value) in enumerate(zip(literal.leaves(extraction.json), extraction.values, strict=True)):
        shown.stylize(_style(index, value), leaf.start, leaf.end)
    return shown


def show_outcome(console: Console, outcome: Outcome, number: int, count: int) -> None:
    """Print one message of the demonstration and what became of it."""
    sample = outcome.sample
    console.print(f"[dim]{number:2}/{count}[/dim] [bold]{sample.topic}[/bold]")
    text = sample.payload[:_EXCERPT].decode(errors="replace")
    shown = highlighted(outcome.extraction) if outcome.extraction else Text(harmless(text))
    if len(sample.payload) > _EXCERPT:
        shown.append(f" … ({len(sample.payload)} bytes)", style="dim")
    console.print(Padding(shown, (0, 0, 0, 6)))
    if outcome.extraction:
        line = Text.assemble(("   -> ", "dim"), reading(outcome.extraction))
    else:
        line = Text.assemble(("   -> ", "dim"), (f"{outcome.became}: ", "yellow"), outcome.detail)
    line.append(f"  {outcome.ms:.0f} ms", style="dim")
    if not outcome.is_right:
        line.append(f"  WRONG: expected {sample.becomes}", style="bold red")
    console.print(line, "", sep="\n", soft_wrap=True)


def show_summary(console: Console, outcomes: Sequence[Outcome], daemon_code: int) -> int:
    """Print what came of all messages and return the exit code: 0 where all was as it should be, else 1."""
    wrong = sum(not outcome.is_right for outcome in outcomes)
    readings = [outcome for outcome in outcomes if outcome.extraction]
    typical_ms = median(outcome.ms for outcome in readings) if readings else 0.0
    console.print(
        f"{len(outcomes)} messages: {len(readings)} readings, {len(outcomes) - len(readings)} dead letters, "
        f"{wrong} wrong; {typical_ms:.0f} ms median from publish to reading; daemon left with {daemon_code}",
        style="bold red" if wrong or daemon_code else "bold green",
    )
    return 1 if wrong or daemon_code else 0


def harmless(text: str) -> str:
    """Return a text whose control characters do nothing to a terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)


def _style(index: int, value: Value) -> str:
    return f"bold {_colour(index)}" if value.span else "italic"


def _trust(value: Value) -> Text:
    origin = "" if value.span else "  inferred"
    return Text(f"{value.confidence:4.0%}{origin}", style="red" if value.confidence < _DOUBTFUL else "dim")


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]
