"""Owns the other reference: what llama.cpp's own converter makes of tiny models in Hugging Face's layout.

Knows nothing of our reading. `python -m tests.convert.llamacppreference --llama-cpp DIR` (torch, transformers,
sentencepiece, and a source tree of llama.cpp, such as `vendor/llama.cpp` in the sdist of llama-cpp-python) writes
it to `golden/llama.cpp.json`; `--out FILE` writes it elsewhere. The converter knows ways to cut texts by a hash of
what they make of a long one, which no tiny vocabulary has: that one answer is given to it.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from edge.literal import JSON
from edge_convert import gguffile
from edge_convert.gguffile import GgufFile
from tests.convert.adapted import GOLDEN, cases

MODELS = {"tied": "plain", "untied, bfloat16, in shards": "patterns"}  # each the base of a case
PROGRAM = """
import runpy, sys
folder = sys.argv.pop(1)
sys.path[:0] = [folder, folder + "/gguf-py"]
from conversion.base import TextModel
TextModel.get_vocab_base_pre = lambda self, tokenizer: "smollm"
sys.argv[0] = folder + "/convert_hf_to_gguf.py"
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def digest(file: GgufFile) -> dict[str, JSON]:
    """Return what a model holds: its figures and tokenizer, and a hash of each tensor in float32."""
    fields = {
        key: [field.value, field.type_name]
        for key, field in file.model_fields.items()
        if key.startswith(("llama.", "tokenizer.", "general.architecture", "general.type"))
    }
    tensors = {
        name: [list(tensor.shape), hashlib.sha256(tensor.float32().tobytes()).hexdigest()]
        for name, tensor in file.tensors.items()
    }
    # through JSON, so that tuples and lists compare
    return dict(json.loads(json.dumps({"fields": fields, "tensors": tensors})))


def main() -> None:
    """Write the reference."""
    parser = argparse.ArgumentParser(
        prog="tests.convert.llamacppreference", description="Write the golden digest."
    )
    parser.add_argument("--llama-cpp", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, default=GOLDEN / "llama.cpp.json", metavar="FILE")
    options = parser.parse_args()
    made = {}
    for name, case in MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            model, output = cases()[case].model.write(Path(folder) / "model"), Path(folder) / "out.gguf"
            command = [
                sys.executable,
                "-c",
                PROGRAM,
                options.llama_cpp,
                model,
                "--outtype",
                "f32",
                "--outfile",
                output,
            ]
            subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
            made[name] = digest(gguffile.read(output))
    options.out.write_text(json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
