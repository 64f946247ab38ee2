"""The manifest decides whether a file needs making; that the file exists does not."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_convert import files, manifest
from edge_convert.conversion import Plan, Result
from edge_convert.manifest import Identity


@pytest.fixture
def output(converted: Result, tmp_path: Path) -> Path:
    """Give a copy of the converted file and of its manifest."""
    path = tmp_path / converted.path.name
    for source in (converted.path, manifest.path_beside(converted.path)):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    return path


def test_manifest_tells_what_a_file_was_made_from(planned: Plan, converted: Result) -> None:
    """Hashes of the inputs, options, versions, the file's own hash and the figures; no paths."""
    document = json.loads(manifest.path_beside(converted.path).read_text())

    assert document == {
        "made_from": {
            "base_sha256": files.sha256(planned.request.base),
            "adapter_config_sha256": files.sha256(planned.request.adapter / "adapter_config.json"),
            "adapter_weights_sha256": files.sha256(planned.request.adapter / "adapter_model.safetensors"),
            "calibration_sha256": None,
            "vocabulary_sha256": None,
            "type_name": "Q4_0",
            "prompt_contract": "edge-1",
            "is_base_forced": False,
            "tools": manifest.tools(),
        },
        "base_hub_id": "example/tiny-llama",
        "output": {
            "name": "tiny-Q4_0.gguf",
            "size_bytes": converted.path.stat().st_size,
            "sha256": files.sha256(converted.path),
        },
        "verification": {
            key: value for key, value in dataclasses.asdict(converted.figures).items() if key != "size_bytes"
        },
    }


def test_file_with_its_manifest_is_current(planned: Plan, output: Path) -> None:
    """The same inputs, options and tools need no second conversion."""
    assert manifest.is_current(output, planned.identity)


@pytest.mark.parametrize(
    "change",
    [
        {"base_sha256": "0" * 64},
        {"adapter_config_sha256": "0" * 64},
        {"adapter_weights_sha256": "0" * 64},
        {"type_name": "Q8_0"},
        {"prompt_contract": "edge-2"},
        {"is_base_forced": True},
        {"tools": {"edge-readings": "0.0.0"}},
    ],
)
def test_other_inputs_are_not_current(planned: Plan, output: Path, change: dict[str, object]) -> None:
    """Each part of what decides the bytes counts."""
    other = Identity(**{**dataclasses.asdict(planned.identity), **change})

    assert not manifest.is_current(output, other)


def _delete_file(output: Path) -> None:
    output.unlink()


def _change_file(output: Path) -> None:
    output.write_bytes(output.read_bytes()[:-1] + b"?")


def _delete_manifest(output: Path) -> None:
    manifest.path_beside(output).unlink()


def _break_manifest(output: Path) -> None:
    manifest.path_beside(output).write_text("{")


def _write_a_list(output: Path) -> None:
    manifest.path_beside(output).write_text("[]")


def _write_another_object(output: Path) -> None:
    manifest.path_beside(output).write_text('{"name": "somebody else\'s"}')


@pytest.mark.parametrize(
    "damage",
    [_delete_file, _change_file, _delete_manifest, _break_manifest, _write_a_list, _write_another_object],
)
def test_damage_is_not_current(planned: Plan, output: Path, damage: Callable[[Path], None]) -> None:
    """A missing or changed file, a missing or foreign manifest: the file is to be made again."""
    damage(output)

    assert not manifest.is_current(output, planned.identity)
