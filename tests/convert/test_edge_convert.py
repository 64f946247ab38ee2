"""The command line of edge-convert, started as users start it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge_convert.__main__ import main
from edge_convert.conversion import Result
from tests.convert import tiny
from tests.convert.tiny import PeftAdapter

PROGRAM = [sys.executable, "-m", "edge_convert"]  # edge-convert, without asking where scripts are installed


def test_conversion_shows_plan_steps_and_result(
    base_path: Path, adapter_path: Path, converted: Result, tmp_path: Path
) -> None:
    """In a log: what will be made of what, a line for each step, the figures; no control characters."""
    output = tmp_path / "out.gguf"

    done = _start("--base", base_path, "--adapter", adapter_path, "--out", output)

    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    assert "plan base" in words
    assert "example/tiny-llama, 2 layers, F32 Q8_0" in words
    assert "rank 4, alpha 8, 14 weights" in words
    assert "merge in float32: 20 done in" in words
    assert f"sha256 {converted.sha256}" in words
    assert f"size {converted.path.stat().st_size:,} bytes" in words
    assert "tensors 5 F32, 15 Q4_0" in words
    assert "\x1b" not in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.gguf", "out.gguf.json"]


def test_second_run_has_nothing_to_do(
    base_path: Path, adapter_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same inputs and options again: said so, and the file is not touched."""
    output = tmp_path / "out.gguf"
    arguments = ["--base", str(base_path), "--adapter", str(adapter_path), "--out", str(output)]
    assert main(arguments) == 0
    written_ns = output.stat().st_mtime_ns
    capsys.readouterr()

    assert main(arguments) == 0

    assert capsys.readouterr().out == f"{output}: already made from these inputs, nothing to do\n"
    assert output.stat().st_mtime_ns == written_ns


def test_changed_adapter_is_converted_again(base_path: Path, tmp_path: Path) -> None:
    """Other weights under the same name make another file."""
    adapter, output = PeftAdapter().write(tmp_path / "adapter"), tmp_path / "out.gguf"
    arguments = ["--base", str(base_path), "--adapter", str(adapter), "--out", str(output)]
    assert main(arguments) == 0
    before = output.read_bytes()
    PeftAdapter(tensors=tiny.lora(seed=2)).write(adapter)

    assert main(arguments) == 0

    assert output.read_bytes() != before


@pytest.mark.parametrize("missing", ["--base", "--adapter", "--out"])
def test_missing_input_is_one_line(
    base_path: Path, adapter_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    """A path that leads nowhere ends with 1 and names the file; nothing is left."""
    nowhere = tmp_path / "nowhere" / "x"
    paths = {"--base": base_path, "--adapter": adapter_path, "--out": tmp_path / "out.gguf"} | {missing: nowhere}
    faults = {
        "--base": f"{nowhere}: No such file or directory",
        "--adapter": f"{nowhere / 'adapter_config.json'}: No such file or directory",
        "--out": f"{nowhere}: expected a file in a folder that exists, got one in {nowhere.parent}",
    }

    code = main([str(part) for pair in paths.items() for part in pair])

    assert code == 1
    assert capsys.readouterr().err == f"edge-convert: {faults[missing]}\n"
    assert list(tmp_path.iterdir()) == []


def test_failed_conversion_leaves_nothing(base_path: Path, adapter_path: Path, tmp_path: Path) -> None:
    """A folder without room: the process may write files of 100 kB, the float32 model takes more."""
    output = tmp_path / "out.gguf"
    command: list[str | Path] = [*PROGRAM, "--base", base_path, "--adapter", adapter_path, "--out", output]
    limited = 'ulimit -f 100; exec "$@"'

    done = subprocess.run(["bash", "-c", limited, "bash", *command], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith(f"edge-convert: {tmp_path}/.out.gguf.")
    assert "cannot be written to its end" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_run(adapter_path: Path, tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end with 130 and one line. A pipe as the base holds the program where it reads."""
    pipe = tmp_path / "base.gguf"
    os.mkfifo(pipe)
    command: list[str | Path] = [
        *PROGRAM,
        "--base",
        pipe,
        "--adapter",
        adapter_path,
        "--out",
        tmp_path / "out.gguf",
    ]
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process,
        pipe.open("wb"),  # waits until the program has opened the other end
    ):
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert (process.returncode, errors) == (130, "edge-convert: interrupted, nothing was written\n")
    assert [path.name for path in tmp_path.iterdir()] == ["base.gguf"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "edge-convert: error: the following arguments are required: --base, --adapter, --out"),
        (
            ["--type", "Q4_K_M"],
            "edge-convert: error: argument --type: invalid choice: 'Q4_K_M' (choose from Q4_0, IQ4_NL, Q8_0, F16)",
        ),
        (
            ["--prompt-contract", "edge9"],
            "edge-convert: error: argument --prompt-contract: invalid choice: edge9 (choose from edge-1, maaza-1)",
        ),
    ],
)
def test_wrong_usage_ends_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """Types and contracts that cannot be made yet are wrong usage; Python 3.12 quotes choices otherwise."""
    with pytest.raises(SystemExit) as ending:
        main(arguments)

    assert ending.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].replace("'", "") == message.replace("'", "")


def _start(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "120"},
    )
