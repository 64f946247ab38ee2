"""The command: what it writes, and what it refuses."""

import json
from pathlib import Path

import pytest

from edge import __main__ as command_line
from edge_bench import command
from tests.bench.rows import RESULTS


def test_results_are_written_as_json_markdown_and_pictures(tmp_path: Path) -> None:
    """Everything a reader needs is in one folder."""
    report = command.write(RESULTS, tmp_path / "build")

    document = json.loads((tmp_path / "build" / "bench.json").read_text(encoding="utf-8"))
    assert report == tmp_path / "build" / "bench.md"
    assert document["summary"]["cold_vs_llama_server"] == 1.5
    assert document["summary"]["ready_s"] is None
    assert document["failures"] == [{"arguments": ["warm"], "turn": 2, "why": "Traceback\nEdgeError: no broker"}]
    assert {path.name for path in (tmp_path / "build" / "bench").iterdir()} == {
        "throughput.svg",
        "latencies.svg",
        "ablation.svg",
    }


def test_documentation_has_its_pictures_in_a_folder_of_its_name(tmp_path: Path) -> None:
    """Links of the report lead to files beside it."""
    report = command.write_docs(RESULTS, tmp_path / "performance.md")

    assert "![ablation](performance/ablation.svg)" in report.read_text(encoding="utf-8")
    assert (tmp_path / "performance" / "ablation.svg").is_file()


def test_rows_that_do_not_exist_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt row is an error before anything is measured."""
    arguments = ["bench", "--model", "m.gguf", "--out", str(tmp_path), "--only", "engines"]
    with pytest.raises(SystemExit) as left:
        command_line.main(arguments)

    assert left.value.code == 1
    assert capsys.readouterr().err.startswith("edge: --only: expected rows of engine, llama-cpp-python, ")


def test_a_bench_with_a_failed_row_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report is written all the same, and says what failed."""
    arguments = ["bench", "--model", str(tmp_path / "no.gguf"), "--out", str(tmp_path), "--json"]
    with pytest.raises(SystemExit) as left:
        command_line.main([*arguments, "--only", "ready", "--rounds", "1"])

    assert left.value.code == 1
    assert json.loads(capsys.readouterr().out)["ready_s"] is None
    assert "## Rows that failed\n\n- `ready` (turn 1): " in (tmp_path / "bench.md").read_text(encoding="utf-8")
