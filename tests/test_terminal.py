"""How an extraction looks on a terminal."""

from rich.console import Console

from edge.engine.engine import Choice
from edge.verbs import terminal
from tests.made import extracted, schema_of

PROPERTIES = schema_of({"t": {"type": "number"}, "[/red]": {"type": "string"}, "on": {"type": "boolean"}})


def shown(renderable: object) -> str:
    """Return what a terminal of no colours shows."""
    console = Console(width=60, color_system=None, force_terminal=True)
    with console.capture() as capture:
        console.print(renderable)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def test_highlighted_characters() -> None:
    """Each value's characters have a style of their own, at their place in the text."""
    found = extracted("🌡️ T=21.40 [red]", PROPERTIES, '{"t":21.40,"[/red]":"red"}')

    text = terminal.highlighted(found)

    assert text.plain == "🌡️ T=21.40 [red]"
    assert [(span.start, span.end, span.style) for span in text.spans] == [
        (5, 10, "bold cyan underline"),
        (12, 15, "bold green underline"),
    ]


def test_control_characters_are_not_sent_to_the_terminal() -> None:
    """A message cannot move the cursor or change colours; its lines stay lines."""
    found = extracted("a\x1b[31m\x07b\r\nc\u202e", PROPERTIES, "{}")

    assert terminal.highlighted(found).plain == "a\ufffd[31m\ufffdb\ufffd\nc\ufffd"


def test_values() -> None:
    """A line for each value: path, value, confidence, and whether it was inferred."""
    unsure = Choice(start=27, end=31, probability=0.25, closing=0.0, beyond=0.0, gap=1.0)
    found = extracted("T=21.40 x", PROPERTIES, '{"t":21.40,"[/red]":"x","on":true}', [unsure])

    assert (
        shown(terminal.values(found, None))
        == 't       21.40  100%\n[/red]  "x"    100%\non      true    25%  inferred\n'
    )
