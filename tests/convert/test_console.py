"""What a person sees: bars on a terminal, lines in a log, paths as they are."""

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console

from edge_convert import console
from edge_convert.conversion import Plan, Result
from edge_convert.progress import Step


@pytest.mark.parametrize("is_terminal", [True, False])
def test_steps_are_bars_on_a_terminal_and_lines_in_a_log(is_terminal: bool) -> None:
    """On a terminal control characters draw a bar; in a log a step is one line, when it ends."""
    written = io.StringIO()
    screen = Console(file=written, force_terminal=is_terminal, width=100)

    with console.progress(screen) as report:
        for done in range(4):
            report(Step.MERGE, done, 3)

    text = written.getvalue()
    assert ("\x1b[" in text) == is_terminal
    assert ("3/3" if is_terminal else "merge in float32: 3 done in ") in text
    assert is_terminal or text.count("\n") == 1


def test_paths_are_shown_as_they_are(planned: Plan, converted: Result) -> None:
    """Brackets in a path are not markup, and a long path is folded, not cut."""
    written = io.StringIO()
    screen = Console(file=written, force_terminal=False, width=60)
    path = Path("/models/[bold]") / ("x" * 80) / "out.gguf"
    request = dataclasses.replace(planned.request, output=path)

    console.show_plan(screen, dataclasses.replace(planned, request=request))
    console.show_result(screen, dataclasses.replace(converted, path=path), seconds=1.5)

    joined = "".join(written.getvalue().split())
    assert joined.count(str(path)) == 2
    assert "time1.5s" in joined


def test_unknown_base_is_said_to_be_one(planned: Plan) -> None:
    """A base that was forced has no name."""
    written = io.StringIO()

    console.show_plan(Console(file=written, width=100), dataclasses.replace(planned, base_hub_id=None))

    assert "no base that is known, 2 layers, F32 Q8_0" in written.getvalue()
