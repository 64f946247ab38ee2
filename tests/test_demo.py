"""`edge demo` as its users see it, and what it says when something is wrong."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.verbs import demoscript

ROOT = Path(__file__).parent.parent


def demo(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the demonstration in the clone."""
    return subprocess.run(
        [sys.executable, "-m", "edge", "demo", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.broker
@pytest.mark.model
@pytest.mark.usefixtures("model_path")
def test_every_message_becomes_what_it_should() -> None:
    """Twenty messages: readings and dead letters as the script says, and the daemon leaves with 0."""
    done = demo()

    assert done.returncode == 0, done.stdout + done.stderr
    summary = " ".join(done.stdout.split("\n\n")[-1].split())
    assert re.fullmatch(
        r"20 messages: 15 readings, 5 dead letters, 0 wrong; \d+ ms median from publish to reading; "
        r"daemon left with 0",
        summary,
    )


@pytest.mark.broker
@pytest.mark.model
@pytest.mark.usefixtures("model_path")
def test_a_dead_letter_where_a_reading_was_due_ends_with_1(tmp_path: Path) -> None:
    """The demonstration is a test: an outcome that is not the promised one fails it, both ways."""
    messages = tmp_path / "messages.yaml"
    messages.write_text(
        "- {topic: raw/boat, text: no number here, becomes: reading}\n"
        "- {topic: raw/boat, text: '$IIMTW,+9.50,C*2A', becomes: missing}\n"
    )
    done = demo("--messages", str(messages))

    assert done.returncode == 1
    assert "WRONG: expected reading" in done.stdout
    assert "WRONG: expected missing" in done.stdout
    assert "2 messages: 1 readings, 1 dead letters, 2 wrong" in done.stdout


def test_a_broken_script_is_told_with_its_places(tmp_path: Path) -> None:
    """Every entry that is no sample is named with file, line and column."""
    path = tmp_path / "messages.yaml"
    path.write_text("- {topic: a, text: b, becomes: nonsense}\n- 5\n- {topic: a, becomes: reading}\n")

    with pytest.raises(ConfigError) as error:
        demoscript.load(path)

    assert str(error.value) == (
        f"{path}:1:3: [0]: expected topic, and becomes: reading or a reason\n"
        f"{path}:2:3: [1]: expected a mapping, got 5\n"
        f"{path}:3:3: [2]: expected text (and times), or hex"
    )


def test_the_script_holds_at_least_eight_unlike_devices() -> None:
    """The shipped messages come from eight topics or more, and hold the hostile ones."""
    samples = demoscript.load(ROOT / "config/demo/messages.yaml")

    assert len({sample.topic.split("/")[1] for sample in samples}) >= 8
    assert any(len(sample.payload) > 100_000 for sample in samples)
    assert any(b"<|im_end|>" in sample.payload and b"ignore the schema" in sample.payload for sample in samples)
