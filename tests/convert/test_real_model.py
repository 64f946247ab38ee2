"""The whole conversion of the real base with the shipped adapter: the file that the daemon runs."""

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from edge.engine.model import Model
from edge_convert import base, gguffile, hubfolder, manifest
from edge_convert.__main__ import main
from edge_convert.base import SMOLLM2
from tests.convert import hubs

ADAPTER = Path(__file__).parents[2] / "models" / "edge-adapter"
CACHE = Path.home() / ".cache" / "edge" / "base"


@pytest.fixture(scope="module")
def real_base() -> Path:
    """Give the base that `make model` fetched."""
    path = CACHE / SMOLLM2.file_name
    if not path.is_file():
        pytest.skip(f"{path} is missing; `python -m edge_convert.base --out {CACHE}` fetches it")
    return path


@pytest.mark.model
def test_real_base_is_known(real_base: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A second fetch finds it there, by its hash."""
    assert base.main(["--out", str(real_base.parent)]) == 0

    assert capfd.readouterr().out == f"{real_base}: already there, sha256 as pinned\n"


@pytest.mark.model
def test_real_base_becomes_the_file_of_the_design(
    real_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pure Q4_0: 77,571,136 bytes of model and a few of our metadata, in less than 1.5 GB of memory."""
    output = tmp_path / "edge-readings-Q4_0.gguf"
    arguments = ["--base", str(real_base), "--adapter", str(ADAPTER), "--out", str(output)]

    assert main(arguments) == 0
    assert main(arguments) == 0

    assert capsys.readouterr().out.endswith(f"{output}: already made from these inputs, nothing to do\n")
    assert 77_571_136 <= output.stat().st_size <= 77_575_232
    file = gguffile.read(output)
    assert file.tensors["token_embd.weight"].type_name == "Q4_0"
    assert {t.type_name for t in file.tensors.values() if len(t.shape) == 1} == {"F32"}
    model = Model(output, threads=1, context_tokens=64, sequences=1)
    assert model.metadata("edge.prompt_contract") == "edge-1"
    assert model.tokenize("<|im_end|>") != [model.end_token]
    model.close()
    assert manifest.path_beside(output).read_text().count("HuggingFaceTB/SmolLM2-135M-Instruct") == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_500_000  # KiB, of this whole test run


@pytest.mark.model
def test_real_base_comes_back_from_a_folder(real_base: Path, tmp_path: Path) -> None:
    """Written in Hugging Face's layout and read again: each tensor to the bit, each figure, each token."""
    expected = gguffile.read(real_base)
    fields = {key: field.value for key, field in expected.fields.items()}
    weights = {name: tensor.float32() for name, tensor in expected.tensors.items()}
    folder = hubs.from_gguf(fields, weights).write(tmp_path / "model")
    del weights

    found = hubfolder.read(folder)

    assert found.tensors.keys() == expected.tensors.keys()
    for name, tensor in expected.tensors.items():
        assert np.array_equal(found.tensors[name].float32(), tensor.float32()), name
    models_own = {key: field for key, field in expected.model_fields.items() if not key.startswith("general.")}
    assert len(models_own) == 22
    assert {key: field for key, field in models_own.items() if found.fields.get(key) != field} == {}


@pytest.mark.model
def test_real_conversion_can_be_interrupted(real_base: Path, tmp_path: Path) -> None:
    """Ctrl-C in the midst of merging half a gigabyte leaves nothing."""
    output = tmp_path / "out.gguf"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "edge_convert",
        "--base",
        real_base,
        "--adapter",
        ADAPTER,
        "--out",
        output,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.glob(".out.gguf.*/merged")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (130, "edge-convert: interrupted, nothing was written\n")
    assert list(tmp_path.iterdir()) == []
