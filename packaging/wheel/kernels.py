"""Owns what machine code a wheel for Cortex-A76 must hold, and what it must not: `kernels.py WHEEL`.

Knows nothing of how the wheel was made. Everything is read from the libraries themselves: objdump takes them
apart, and the assembler, told to know a Cortex-A76 alone, judges each instruction.
"""

# ruff: noqa: INP001  # a script, run by packaging/wheel-arm64

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LIBRARIES = ("libggml-base.so.0", "libggml-cpu.so.0", "libggml.so.0", "libllama.so")

# Which function does the work on a Cortex-A76, and with which instruction (ggml/src/ggml-cpu of llama.cpp:
# ggml_repack_get_optimal_repack_type, where NEON and dot products are there, and i8mm and SVE are not).
KERNELS = {
    "ggml_gemm_q4_0_4x4_q8_0": r"sdot v",  # four tokens and more, with weights that were repacked when loaded
    "ggml_gemv_q4_0_4x4_q8_0": r"sdot v",  # fewer tokens, same weights
    "ggml_vec_dot_q4_0_q8_0": r"sdot v",  # weights that could not be repacked
    "ggml_vec_dot_f16": r"fmla v\d+\.8h",  # attention, on half floats
}

_LABEL = re.compile(r"[0-9a-f]+ <(.+)>:$")
_INSTRUCTION = re.compile(r" *[0-9a-f]+:\t(.+)$")
_REFUSED = re.compile(r":(\d+): Error: ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruction:
    """One instruction as objdump writes it, and the exported function that it stands in or behind."""

    function: str
    text: str


def main(wheel: Path) -> int:
    """Print what was found in a wheel; return 0 if it is right, else 1."""
    problems = []
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        for name in LIBRARIES:
            code = list(parse(_disassembly(Path(archive.extract(f"llama_cpp/lib/{name}", folder)))))
            problems += [f"{name}: {problem}" for problem in unknown(code)]
            if name == "libggml-cpu.so.0":
                problems += [f"{name}: {problem}" for problem in missing(code)]
    for problem in problems:
        sys.stderr.write(f"{wheel.name}: {problem}\n")
    if not problems:
        sys.stdout.write(f"{wheel.name}: has the kernels of Cortex-A76, and no instruction beyond it\n")
    return 1 if problems else 0


def parse(lines: Iterable[str]) -> Iterator[Instruction]:
    r"""Yield the instructions of a disassembly, comments taken off.

    >>> list(parse(["0000000000001000 <dot>:", "    1000:\tsdot\tv0.4s, v1.16b, v2.16b // dot"]))
    [Instruction(function='dot', text='sdot v0.4s, v1.16b, v2.16b')]
    """
    function = ""
    for line in lines:
        if label := _LABEL.match(line):
            function = label[1].partition("@")[0]
        elif instruction := _INSTRUCTION.match(line):
            yield Instruction(function=function, text=" ".join(instruction[1].partition("//")[0].split()))


def missing(code: Iterable[Instruction]) -> list[str]:
    """Return a complaint for each kernel that does not use the instruction it should."""
    counts = dict.fromkeys(KERNELS, 0)
    present = set()
    for instruction in code:
        present.add(instruction.function)
        if instruction.function in KERNELS and re.match(KERNELS[instruction.function], instruction.text):
            counts[instruction.function] += 1
    return [
        f"{name}: expected instructions {KERNELS[name]!r}, "
        + ("found none in it" if name in present else "found no such function")
        for name, count in counts.items()
        if not count
    ]


def unknown(code: Iterable[Instruction]) -> list[str]:
    """Return a complaint for each kind of instruction that a Cortex-A76 does not have.

    Raises:
        OSError: there is no assembler.
    """
    # Jumps and addresses name places of the program, which the assembler cannot know; Armv8.0 has them all.
    distinct = {i.text: i.function for i in code if "<" not in i.text and not i.text.startswith(".")}
    texts = list(distinct)
    with tempfile.TemporaryDirectory() as folder:
        command = ["aarch64-linux-gnu-as", "-mcpu=cortex-a76", "-o", f"{folder}/out.o", "-"]
        judged = subprocess.run(  # noqa: S603  # Debian's assembler, by its name
            command, input="\n".join([*texts, ""]), text=True, capture_output=True, check=False
        )
    refused = [texts[int(number) - 1] for number in _REFUSED.findall(judged.stderr)]
    if judged.returncode and not refused:
        return [f"the assembler failed: {judged.stderr.strip()}"]
    examples = {text.split()[0]: text for text in reversed(refused)}
    return [
        f"{distinct[text]}: expected instructions of a Cortex-A76, found {text!r}"
        for _, text in sorted(examples.items())
    ]


def _disassembly(library: Path) -> list[str]:
    command = ["aarch64-linux-gnu-objdump", "--disassemble", "--no-show-raw-insn", str(library)]
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout.splitlines()  # noqa: S603  # same


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
