"""The command line of the training tools."""

import json
from pathlib import Path

import pytest

from edge_train import __main__ as command_line
from tests.convert import tiny


def test_samples_are_written_as_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of JSON lines with family, schema, text and answer; what was made is told."""
    path = tmp_path / "samples.jsonl"

    assert command_line.main(["generate", "--seed", "7", "--count", "12", "--out", str(path)]) == 0

    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [set(row) for row in rows] == [{"family", "schema", "text", "answer"}] * 12
    assert capsys.readouterr().err.startswith(f"{path}: 12 samples, ")
    assert list(tmp_path.iterdir()) == [path]


def test_samples_can_go_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """The second half of a run is what a run that begins there writes."""
    command_line.main(["generate", "--count", "4", "--out", "-"])
    whole = capsys.readouterr().out.splitlines()
    command_line.main(["generate", "--count", "2", "--first", "2", "--out", "-"])

    assert capsys.readouterr().out.splitlines() == whole[2:]


def test_a_family_is_shown_as_the_model_sees_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The prompt of the contract, and the answer behind it."""
    command_line.main(["generate", "--show", "gnss", "--count", "2"])
    shown = capsys.readouterr().out

    assert shown.count("─ gnss\nExtract the structured JSON data from the following text.\n\nSchema: {") == 2
    assert shown.count("\n\nOutput:\n{") == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["generate", "--count", "1"], "one of the arguments --out --show is required"),
        (["generate", "--count", "-1", "--out", "-"], "expected a whole number of at least 0, got -1"),
        (["generate", "--show", "nothing"], "invalid choice: 'nothing'"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the reason."""
    with pytest.raises(SystemExit) as exit_:
        command_line.main(arguments)

    assert exit_.value.code == 2
    assert expected in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, one line."""
    path = tmp_path / "missing" / "samples.jsonl"

    assert command_line.main(["generate", "--count", "1", "--out", str(path)]) == 1
    assert capsys.readouterr().err == f"edge_train: [Errno 2] No such file or directory: '{path}.part'\n"


def test_the_tokens_worth_keeping_are_listed(tmp_path: Path) -> None:
    """Those that the data use come first, then those that the tokenizer made first; in the vocabulary's order."""
    base, out = tiny.write_base(tmp_path / "base.gguf"), tmp_path / "tokens.txt"

    code = command_line.main(
        ["vocabulary", "--base", str(base), "--samples", "20", "--keep", "150", "--out", str(out)]
    )

    kept = out.read_text(encoding="utf-8").splitlines()
    assert code == 0
    assert kept == [token for token in tiny.vocabulary() if token in set(kept)]
    assert len(kept) == 150
    assert {"<|im_end|>", "{", '"', "Ġt"} <= set(kept)
