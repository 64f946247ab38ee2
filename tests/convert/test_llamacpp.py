"""Folders in Hugging Face's layout against llama.cpp's own converter: the same tensors and metadata.

Where EDGE_LLAMA_CPP names a source tree of llama.cpp, and what its converter needs is there, it is run anew;
elsewhere what it made stands in `golden/llama.cpp.json`.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_convert import hubfolder
from tests.convert.adapted import GOLDEN, cases
from tests.convert.llamacppreference import MODELS, digest

LIBRARIES = ("torch", "transformers", "sentencepiece")
ADDED = {"tokenizer.ggml.add_bos_token"}  # we always say that no token comes before a text


@pytest.mark.parametrize("name", MODELS)
def test_a_folder_is_read_as_by_the_converter_of_llamacpp(tmp_path: Path, name: str) -> None:
    """Every tensor in float32 to the bit, every figure and the whole tokenizer."""
    golden = json.loads((GOLDEN / "llama.cpp.json").read_text(encoding="utf-8"))[name]

    found = digest(hubfolder.read(cases()[MODELS[name]].model.write(tmp_path / "model")))

    assert found["tensors"] == golden["tensors"]
    assert found["fields"] == golden["fields"] | {key: [False, "BOOL"] for key in ADDED}


@pytest.mark.skipif(
    "EDGE_LLAMA_CPP" not in os.environ or any(importlib.util.find_spec(name) is None for name in LIBRARIES),
    reason="needs EDGE_LLAMA_CPP, torch, transformers and sentencepiece",
)
def test_the_golden_digest_is_that_of_the_converter(tmp_path: Path) -> None:
    """Run anew, llama.cpp's converter makes what is kept here."""
    path = tmp_path / "llama.cpp.json"
    command: list[str | Path] = [sys.executable, "-m", "tests.convert.llamacppreference", "--out", path]

    subprocess.run([*command, "--llama-cpp", os.environ["EDGE_LLAMA_CPP"]], check=True)

    assert json.loads(path.read_bytes()) == json.loads((GOLDEN / "llama.cpp.json").read_bytes())
