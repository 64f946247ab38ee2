"""What comes out of the converter against transformers and peft: the same logits and tokens.

Where the three libraries are, they are asked anew; elsewhere what they made stands in `golden/peft.npz`.
"""

import importlib.util
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edge.engine.model import Feed, Model
from edge_convert import conversion, gguffile, hubfolder
from edge_convert.conversion import Request
from tests.convert import adapted
from tests.convert.adapted import GOLDEN, TEXTS, TOKENS
from tests.convert.tiny import F32

CASES, TOKENIZERS = adapted.cases(), adapted.tokenizers()
TOLERANCE = 0.1  # of logits from -29 to 30, measured 0.066: weights, keys and values are in float16
ADAPTER = Path(__file__).parents[2] / "models" / "edge-adapter"
needs_libraries = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "peft")),
    reason="needs torch, transformers and peft",
)


@pytest.mark.parametrize("name", CASES)
def test_a_converted_model_gives_the_logits_of_peft(tmp_path: Path, name: str) -> None:
    """Merged, converted to F16 and run by llama.cpp, a model answers as transformers does with peft beside it."""
    with np.load(GOLDEN / "peft.npz") as golden:
        expected = golden[name]

    found = _llama_logits(_convert(tmp_path, name))

    assert np.abs(found - expected).max() < TOLERANCE


def test_the_cases_differ_from_each_other() -> None:
    """By far more than the tolerance, so that a factor or a pattern that is read wrongly is seen."""
    with np.load(GOLDEN / "peft.npz") as golden:
        rows = [golden[name] for name in CASES]

    assert all(np.abs(one - other).max() > 20 * TOLERANCE for i, one in enumerate(rows) for other in rows[i + 1 :])


@pytest.mark.parametrize("name", TOKENIZERS)
def test_texts_are_cut_as_by_the_tokenizer_of_the_folder(tmp_path: Path, name: str) -> None:
    """llama.cpp makes the same tokens of the golden strings as Hugging Face's library, whichever way is used."""
    file = hubfolder.read(TOKENIZERS[name].write(tmp_path / "model"))
    shapes = {key: tensor.shape for key, tensor in file.tensors.items()}
    path = tmp_path / "model.gguf"
    gguffile.write(path, file.model_fields, shapes, (tensor.float32() for tensor in file.tensors.values()))
    with np.load(GOLDEN / "peft.npz") as golden:
        expected = golden[name].tolist()

    with closing(Model(path, threads=1, context_tokens=64, sequences=1)) as model:
        found = [number for text in TEXTS for number in (*model.tokenize(text), -1)]

    assert file.fields["tokenizer.ggml.pre"].value == name
    assert found == expected


@needs_libraries
def test_the_golden_logits_are_those_of_peft(tmp_path: Path) -> None:
    """Asked anew, the libraries give what is kept here; and they find each tensor of each adapter."""
    path = tmp_path / "peft.npz"

    subprocess.run([sys.executable, "-m", "tests.convert.peftreference", "--out", path], check=True)

    with np.load(GOLDEN / "peft.npz") as golden, np.load(path) as live:
        assert set(golden) == set(live) == {*CASES, *TOKENIZERS}
        for name in CASES:
            np.testing.assert_allclose(live[name], golden[name], atol=1e-3)
        assert all(np.array_equal(live[name], golden[name]) for name in TOKENIZERS)


@needs_libraries
def test_peft_loads_the_adapter_of_this_project() -> None:
    """Two matrices for each of seven projections of 30 layers, with nothing missing and nothing left over."""
    command: list[str | Path] = [sys.executable, "-m", "tests.convert.peftreference", "--load", ADAPTER]

    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert done.stdout == "420 tensors\n"


def _convert(folder: Path, name: str) -> Path:
    model, adapter = CASES[name].write(folder / "case")
    request = Request(
        base=model,
        adapter=adapter,
        output=folder / "out.gguf",
        type_name="F16",
        prompt_contract="edge-1",
        is_base_forced=True,
    )
    return conversion.convert(conversion.plan(request, conversion.identify(request)), threads=1).path


def _llama_logits(path: Path) -> F32:
    """Return llama.cpp's logits (tokens, vocabulary)."""
    with closing(Model(path, threads=1, context_tokens=64, sequences=1)) as model:
        [rows] = model.decode([Feed(tokens=TOKENS, position=0, sequence=0, wanted=range(len(TOKENS)))])
        return np.stack(rows)
