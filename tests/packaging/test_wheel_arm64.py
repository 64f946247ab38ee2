"""The wheel for the Pi: its kernels, what it needs of the system, and how two machines are compared."""

import json
import math
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"
WHEELS = sorted((PACKAGING.parent / "dist").glob("llama_cpp_python-*_aarch64.whl"))

KERNELS = {
    "ggml_gemm_q4_0_4x4_q8_0": "sdot v0.4s, v1.16b, v2.16b",
    "ggml_gemv_q4_0_4x4_q8_0": "sdot v0.4s, v1.16b, v2.4b[0]",
    "ggml_vec_dot_q4_0_q8_0": "sdot v0.4s, v1.16b, v2.16b",
    "ggml_vec_dot_f16": "fmla v0.8h, v1.8h, v2.8h",
}
LINE = {"topic": "raw/boat", "text": "$IIMTW,+9.50,C*2A", "became": '{"water_temperature":9.50}'}

cross_compiled = pytest.mark.skipif(
    shutil.which("aarch64-linux-gnu-gcc") is None, reason="needs g++-aarch64-linux-gnu"
)
built = pytest.mark.skipif(not WHEELS, reason="no wheel in dist; `make wheel-arm64` builds it")


def run(*command: str | Path) -> tuple[int, str]:
    """Run a program; return its exit code and all that it said."""
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def a_wheel(folder: Path, functions: dict[str, str]) -> Path:
    """Make a wheel whose libraries hold functions of one instruction each."""
    source, library, wheel = folder / "code.s", folder / "code.so", folder / "a.whl"
    source.write_text(
        "".join(
            f".global {name}\n.type {name}, %function\n{name}:\n\t{instruction}\n\tret\n"
            for name, instruction in functions.items()
        )
    )
    newer_than_the_pi = "-march=armv8.6-a+fp16+sve"
    subprocess.run(
        ["aarch64-linux-gnu-gcc", "-shared", "-nostdlib", newer_than_the_pi, "-o", library, source], check=True
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("libggml-base.so.0", "libggml-cpu.so.0", "libggml.so.0", "libllama.so"):
            archive.write(library, f"llama_cpp/lib/{name}")
    return wheel


@cross_compiled
def test_a_wheel_with_the_kernels_is_right(tmp_path: Path) -> None:
    """Each function that does the work uses the instruction that a Cortex-A76 has for it."""
    code, said = run(sys.executable, PACKAGING / "wheel/kernels.py", a_wheel(tmp_path, KERNELS))

    assert said == "a.whl: has the kernels of Cortex-A76, and no instruction beyond it\n"
    assert code == 0


@cross_compiled
def test_a_kernel_without_dot_products_is_named(tmp_path: Path) -> None:
    """What was compiled for any 64-bit Arm, or is missing, is told with what was looked for."""
    slow = KERNELS | {"ggml_vec_dot_q4_0_q8_0": "mla v0.16b, v1.16b, v2.16b"}
    del slow["ggml_gemm_q4_0_4x4_q8_0"]

    code, said = run(sys.executable, PACKAGING / "wheel/kernels.py", a_wheel(tmp_path, slow))

    assert said.splitlines() == [
        "a.whl: libggml-cpu.so.0: ggml_gemm_q4_0_4x4_q8_0: expected instructions 'sdot v', found no such function",
        "a.whl: libggml-cpu.so.0: ggml_vec_dot_q4_0_q8_0: expected instructions 'sdot v', found none in it",
    ]
    assert code == 1


@cross_compiled
@pytest.mark.parametrize("instruction", ["smmla v0.4s, v1.16b, v2.16b", "add z0.s, z1.s, z2.s"])
def test_an_instruction_that_the_pi_does_not_have_is_named(tmp_path: Path, instruction: str) -> None:
    """A Pi would die of an illegal instruction; the assembler knows which these are."""
    code, said = run(
        sys.executable, PACKAGING / "wheel/kernels.py", a_wheel(tmp_path, KERNELS | {"newer": instruction})
    )

    assert said.splitlines() == [
        f"a.whl: {library}: newer: expected instructions of a Cortex-A76, found '{instruction}'"
        for library in ("libggml-base.so.0", "libggml-cpu.so.0", "libggml.so.0", "libllama.so")
    ]
    assert code == 1


@cross_compiled
@built
def test_the_built_wheel_has_the_kernels() -> None:
    """What `make wheel-arm64` left in dist was checked, and still is right."""
    code, said = run(sys.executable, PACKAGING / "wheel/kernels.py", WHEELS[-1])

    assert said == f"{WHEELS[-1].name}: has the kernels of Cortex-A76, and no instruction beyond it\n"
    assert code == 0


@cross_compiled
@built
def test_the_built_wheel_needs_nothing_newer_than_bookworm(tmp_path: Path) -> None:
    """Bookworm has glibc 2.36; beside it only libraries of GCC are needed, and the wheel's own."""
    needed: set[str] = set()
    versions: set[tuple[int, ...]] = set()
    with zipfile.ZipFile(WHEELS[-1]) as archive:
        archive.extractall(tmp_path)
    for library in tmp_path.glob("llama_cpp/lib/*.so*"):
        _, headers = run("aarch64-linux-gnu-objdump", "--private-headers", library)
        needed |= set(re.findall(r"NEEDED +(\S+)", headers))
        versions |= {tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_([\d.]+)", headers)}

    assert needed - {path.name for path in tmp_path.glob("llama_cpp/lib/*")} == {
        "libc.so.6",
        "libm.so.6",
        "libstdc++.so.6",
        "libgcc_s.so.1",
        "libgomp.so.1",
    }
    assert max(versions) <= (2, 36)


@built
def test_the_built_wheel_holds_the_package_alone() -> None:
    """Nothing lands beside other packages (`lib`, `include`), and no library names the folder of its sources."""
    with zipfile.ZipFile(WHEELS[-1]) as archive:
        folders = {name.split("/")[0] for name in archive.namelist()}
        libraries = [archive.read(name) for name in archive.namelist() if ".so" in name]

    assert folders == {"llama_cpp", WHEELS[-1].name.split("-py3-")[0] + ".dist-info"}
    assert [library for library in libraries if str(PACKAGING.parent).encode() in library] == []


@pytest.mark.model
def test_messages_are_read_as_edge_try_reads_them(tmp_path: Path, model_path: Path) -> None:
    """Each message of a file gives a line: the reading or the reason, and what tells how close it was."""
    messages, script = tmp_path / "messages.yaml", PACKAGING / "wheel/readings.py"
    messages.write_text(
        '- {topic: raw/boat, text: "$IIMTW,+9.50,C*2A", becomes: reading}\n'
        '- {topic: raw/boat, hex: "ff", becomes: not_utf8}\n'
    )

    code, said = run(sys.executable, script, "read", model_path, PACKAGING.parent / "config/demo.yaml", messages)

    first, second = map(json.loads, said.splitlines())
    assert first["became"] == '{"water_temperature":9.50}'
    assert len(first["confidences"]) == 1
    assert 0 < first["gap"] < math.inf
    assert second["became"] == "not_utf8: expected UTF-8, got byte 0xff at offset 0"
    assert code == 0


@pytest.mark.parametrize("script", ["kernels.py", "readings.py"])
def test_the_examples_of_the_scripts_are_true(script: str) -> None:
    """The scripts are no part of any package, so their examples are run here."""
    code, said = run(sys.executable, "-m", "doctest", "-v", PACKAGING / "wheel" / script)

    assert "Test passed.\n" in said
    assert code == 0


def test_equal_readings_are_shown_and_counted(tmp_path: Path) -> None:
    """Two machines that read the same are said to be equal, with how far their confidences are apart."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text(json.dumps(LINE | {"confidences": [0.91], "gap": 2.5}) + "\n")
    other.write_text(json.dumps(LINE | {"confidences": [0.92], "gap": 2.25}) + "\n")

    code, said = run(sys.executable, PACKAGING / "wheel/readings.py", "compare", one, other)

    assert said.splitlines() == [
        "raw/boat  '$IIMTW,+9.50,C*2A'",
        '  one    {"water_temperature":9.50}',
        '  other  {"water_temperature":9.50}',
        "  equal; confidences up to 0.0100 apart, closest choice won by 2.25 logits",
        "",
        "1 of 1 messages equal, byte for byte",
    ]
    assert code == 0


def test_another_spelling_is_a_difference(tmp_path: Path) -> None:
    """Readings are compared byte for byte, and a difference fails, with how close the choices were."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text(json.dumps(LINE | {"gap": 0.5}) + "\n")
    other.write_text(json.dumps(LINE | {"became": '{"water_temperature":9.5}', "gap": 0.125}) + "\n")

    code, said = run(sys.executable, PACKAGING / "wheel/readings.py", "compare", one, other)

    assert said.splitlines()[3:] == [
        "  DIFFERENT; closest choice won by 0.5000 and 0.1250 logits",
        "",
        "0 of 1 messages equal, byte for byte",
    ]
    assert code == 1


def test_what_is_missing_is_named_before_anything_is_made(tmp_path: Path) -> None:
    """Without Debian's cross compiler `make wheel-arm64` says which packages bring it."""
    for tool in ("bash", "dirname"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))

    done = subprocess.run(
        [PACKAGING / "wheel-arm64"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert done.stderr == (
        "wheel-arm64: aarch64-linux-gnu-g++ is missing; "
        "apt-get install g++-aarch64-linux-gnu cmake ninja-build python3-venv\n"
    )
    assert done.returncode == 1
