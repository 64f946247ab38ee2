"""GGUF files: what is read can be written again, and a damaged file is an error of ours, never a crash."""

import random
import resource
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge_convert import gguffile
from edge_convert.architecture import inspect
from edge_convert.errors import ConversionError, GgufError
from edge_convert.gguffile import Field
from tests.convert import tiny
from tests.convert.tiny import RawGguf


def test_metadata_and_tensors_are_read(tmp_path: Path) -> None:
    """Values with their types, shapes as numpy counts, tensors in file order."""
    file = gguffile.read(tiny.write_base(tmp_path / "base.gguf"))

    assert file.fields["llama.block_count"] == Field(value=2, type_name="UINT32")
    assert file.fields["tokenizer.ggml.add_bos_token"] == Field(value=False, type_name="BOOL")
    assert file.fields["tokenizer.ggml.merges"] == Field(value=["Ġ t", "0 1", "a a"], type_name="STRING")
    assert list(file.tensors) == list(tiny.weights())
    assert file.tensors["blk.0.ffn_up.weight"].shape == (96, 64)
    assert file.tensors["blk.0.ffn_up.weight"].type_name == "Q8_0"


def test_pieces_are_the_tensor(tmp_path: Path) -> None:
    """Read 100 rows at a time, 262 rows come in three pieces that join to the whole."""
    tensor = gguffile.read(tiny.write_base(tmp_path / "base.gguf")).tensors["token_embd.weight"]
    pieces = list(tensor.pieces(rows=100))

    assert [len(piece) for piece in pieces] == [100, 100, 62]
    assert np.concatenate(pieces).tolist() == tensor.float32().tolist()
    assert np.abs(tensor.float32() - tiny.weights()["token_embd.weight"]).max() < 0.02  # Q8_0 of values below 5


def test_written_file_reads_the_same(tmp_path: Path) -> None:
    """The model's metadata, an empty text among them, and the tensors survive writing."""
    source = gguffile.read(
        tiny.write_base(
            tmp_path / "base.gguf", metadata=tiny.fields() | {"general.description": ""}, matrix_type="F32"
        )
    )
    target = tmp_path / "copy.gguf"
    shapes = {name: tensor.shape for name, tensor in source.tensors.items()}

    gguffile.write(target, source.model_fields, shapes, (tensor.float32() for tensor in source.tensors.values()))
    copy = gguffile.read(target)

    assert copy.model_fields == source.model_fields
    assert {name: t.float32().tolist() for name, t in copy.tensors.items()} == {
        name: t.float32().tolist() for name, t in source.tensors.items()
    }


def test_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """The first four bytes decide, and are quoted."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"PK\x03\x04 a zip")

    with pytest.raises(GgufError) as error:
        gguffile.read(path)

    assert (
        str(error.value)
        == f"""{path}: expected a GGUF file, which begins with "GGUF", got one with b'PK\\x03\\x04'"""
    )


@pytest.mark.parametrize("share", [0.00005, 0.001, 0.1, 0.5, 0.999])
def test_cut_file_is_refused(base_path: Path, tmp_path: Path, share: float) -> None:
    """A download that ended early is seen, wherever it ended."""
    path = tmp_path / "cut.gguf"
    data = base_path.read_bytes()
    path.write_bytes(data[: max(4, int(len(data) * share))])

    with pytest.raises(GgufError) as error:
        gguffile.read(path)

    assert str(error.value).startswith(f"{path}: expected a whole GGUF file, got one damaged or cut short (")


def test_damaged_headers_never_crash(base_path: Path, tmp_path: Path) -> None:
    """With any few bytes of the header changed, a base is refused in our words or read all the same."""
    data = base_path.read_bytes()
    header_bytes = gguffile.read(base_path).header_bytes
    chance = random.Random(7)  # noqa: S311  # to be repeatable, not secret
    path = tmp_path / "damaged.gguf"
    refused = 0
    for _ in range(200):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(4, header_bytes)] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            inspect(gguffile.read(path))
        except ConversionError:
            refused += 1

    assert 50 < refused < 200


def test_empty_tensor_is_refused(base_path: Path, tmp_path: Path) -> None:
    """A tensor without values would be a mistake of whoever wrote it."""
    raw = RawGguf.read(base_path)
    raw.tensors["extra"] = (np.zeros((0, 64), dtype=np.float32), tiny.kind("F32"))
    path = raw.write(tmp_path / "empty.gguf")

    with pytest.raises(GgufError) as error:
        gguffile.read(path)

    assert str(error.value) == (
        f"{path}: expected a whole GGUF file, got one damaged or cut short "
        "(tensor extra: expected at least one value, got shape (0, 64))"
    )


def test_type_that_cannot_be_dequantized_is_refused(base_path: Path, tmp_path: Path) -> None:
    """Whole numbers are no weights."""
    raw = RawGguf.read(base_path)
    raw.tensors["extra"] = (np.zeros((2, 64), dtype=np.int32), tiny.kind("I32"))
    file = gguffile.read(raw.write(tmp_path / "whole.gguf"))

    with pytest.raises(GgufError) as error:
        file.tensors["extra"].float32()

    assert str(error.value) == "extra: expected a type that gguf can dequantize, got I32"


@pytest.mark.parametrize(
    "value",
    [
        struct.pack("<IIQ", 9, 8, 0),  # a list (9) of texts (8), none of them
        struct.pack("<IIQIQI", 9, 9, 1, 4, 1, 7),  # a list of one list (9) of one number (4)
    ],
)
def test_lists_that_gguf_reads_wrongly_are_refused(base_path: Path, tmp_path: Path, value: bytes) -> None:
    """A list without items loses its type in gguf, a list of lists its depth: neither could be copied."""
    data = base_path.read_bytes()
    fixed_bytes, (tensors, fields) = 24, struct.unpack("<QQ", data[8:24])
    key = b"general.tags"
    field = struct.pack("<Q", len(key)) + key + value
    path = tmp_path / "odd-list.gguf"
    path.write_bytes(data[:8] + struct.pack("<QQ", tensors, fields + 1) + field + data[fixed_bytes:] + bytes(64))

    with pytest.raises(GgufError) as error:
        gguffile.read(path)

    assert str(error.value) == (
        f"{path}: expected a whole GGUF file, got one damaged or cut short "
        "(metadata general.tags: expected a list with items, and none of lists)"
    )


def test_missing_folder_is_named(base_path: Path, tmp_path: Path) -> None:
    """What cannot be opened for writing is an error with its path."""
    source = gguffile.read(base_path)
    target = tmp_path / "nowhere" / "copy.gguf"

    with pytest.raises(GgufError) as error:
        gguffile.write(target, source.model_fields, {}, [])

    assert str(error.value) == (
        f"{target}: cannot be written to its end ([Errno 2] No such file or directory: '{target}')"
    )


def test_full_disk_is_named(base_path: Path, tmp_path: Path) -> None:
    """A disk that takes only the first 100 kB fails the writing: here a limit of the process stands for it."""
    target = tmp_path / "copy.gguf"
    program = (
        "import sys, pathlib\n"
        "from edge_convert import gguffile\n"
        "source = gguffile.read(pathlib.Path(sys.argv[1]))\n"
        "shapes = {name: tensor.shape for name, tensor in source.tensors.items()}\n"
        "tensors = (tensor.float32() for tensor in source.tensors.values())\n"
        "try:\n"
        "    gguffile.write(pathlib.Path(sys.argv[2]), source.model_fields, shapes, tensors)\n"
        "except gguffile.GgufError as error:\n"
        "    print(error)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, base_path, target],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )

    assert done.stdout.startswith(f"{target}: cannot be written to its end (")
