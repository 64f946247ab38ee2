"""Which hub model a base is, and whether the adapter was trained on that one."""

from pathlib import Path
from typing import Any

import pytest

from edge_convert import gguffile, origin
from edge_convert.base import SMOLLM2
from edge_convert.errors import BaseModelError
from tests.convert import tiny

SMOLLM2_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
UNKNOWN = "this base is not known (sha256 abc, no repository in its metadata)"
ENDING = "; --force-base merges all the same"


def test_known_file_is_recognized_by_its_hash(base_path: Path) -> None:
    """The hash decides, whatever the metadata say."""
    assert origin.hub_id(gguffile.read(base_path), SMOLLM2.gguf_sha256) == SMOLLM2_ID


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"general.repo_url": "https://huggingface.co/example/tiny-llama"}, "example/tiny-llama"),
        ({"general.source.repo_url": "https://huggingface.co/example/tiny-llama/"}, "example/tiny-llama"),
        ({"general.source.huggingface.repository": "example/tiny-llama"}, "example/tiny-llama"),
        (
            {
                "general.repo_url": "https://huggingface.co/a/gguf",
                "general.source.repo_url": "https://huggingface.co/a/b",
            },
            "a/b",
        ),
        ({"general.base_model.0.repo_url": "https://huggingface.co/example/parent"}, None),
        ({"general.name": "Tiny Llama", "general.organization": "example"}, None),
    ],
)
def test_repository_in_the_metadata_is_believed(
    tmp_path: Path, metadata: dict[str, Any], expected: str | None
) -> None:
    """A model's own repository counts; made-up names and the parent's repository do not."""
    fields = {key: value for key, value in tiny.fields().items() if not key.startswith("general.")}
    path = tiny.write_base(tmp_path / "base.gguf", metadata=fields | metadata)

    assert origin.hub_id(gguffile.read(path), "0" * 64) == expected


def test_base_that_the_adapter_names_passes(base_path: Path) -> None:
    """Equal ids need no word."""
    origin.require_match(gguffile.read(base_path), SMOLLM2_ID, SMOLLM2_ID, SMOLLM2.gguf_sha256)


@pytest.mark.parametrize(
    ("found", "expected", "message"),
    [
        (
            "example/other",
            SMOLLM2_ID,
            f"the adapter was trained on {SMOLLM2_ID}, this base is example/other",
        ),
        (
            None,
            SMOLLM2_ID,
            f"the adapter was trained on {SMOLLM2_ID}, {UNKNOWN}",
        ),
        (
            SMOLLM2_ID,
            None,
            f"the adapter was trained on a base that it does not name, this base is {SMOLLM2_ID}",
        ),
        (
            None,
            None,
            f"the adapter was trained on a base that it does not name, {UNKNOWN}",
        ),
    ],
)
def test_doubt_is_refused(base_path: Path, found: str | None, expected: str | None, message: str) -> None:
    """Another base, or one of the two unknown: the message says what was found and what was expected."""
    with pytest.raises(BaseModelError) as error:
        origin.require_match(gguffile.read(base_path), found, expected, "abc")

    assert str(error.value) == f"{base_path}: {message}{ENDING}"
