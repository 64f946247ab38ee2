"""Where a base stands: paths as they are, hub ids by huggingface_hub, which is replaced here: no network."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from edge_convert import hub
from edge_convert.__main__ import main
from edge_convert.errors import BaseModelError
from tests.convert import hubs, tiny

HUB_ID = "example/tiny-llama"


def _install(monkeypatch: pytest.MonkeyPatch, download: Callable[..., str]) -> None:
    module = ModuleType("huggingface_hub")
    module.snapshot_download = download  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)


@pytest.mark.parametrize("base", ["model.gguf", "models/model.gguf", "/models/tiny", "a/b/c", "tiny"])
def test_paths_stay_as_they_are(base: str) -> None:
    """Whether they lead somewhere is for others to see; a GGUF is never asked for at a hub."""
    assert hub.locate(Path(base)) == Path(base)


def test_a_folder_that_looks_like_an_id_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is not fetched."""
    monkeypatch.chdir(tmp_path)
    Path(HUB_ID).mkdir(parents=True)

    assert hub.locate(Path(HUB_ID)) == Path(HUB_ID)


def test_an_id_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the files that make a model, into the hub's own cache; the library says where they are."""
    asked: list[Any] = []

    def download(repo_id: str, *, allow_patterns: list[str]) -> str:
        asked.append((repo_id, allow_patterns))
        return str(tmp_path)

    _install(monkeypatch, download)

    assert hub.locate(Path(HUB_ID)) == tmp_path
    [(repo_id, patterns)] = asked
    assert repo_id == HUB_ID
    assert patterns == [
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "model.safetensors.index.json",
        "model*.safetensors",
    ]


def test_without_the_library_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what installs it; a mistyped path reads the same message."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(BaseModelError) as error:
        hub.locate(Path(HUB_ID))

    assert str(error.value) == (
        f"{HUB_ID}: no such file or folder; fetching it from the hub needs huggingface_hub, which is not "
        "installed (pip install 'edge-readings[hub]')"
    )


def test_a_hub_that_does_not_give_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its errors of network, rights and names are all OSError or ValueError."""

    def download(_repo_id: str, **_options: object) -> str:
        raise OSError("404 Client Error")

    _install(monkeypatch, download)

    with pytest.raises(BaseModelError) as error:
        hub.locate(Path(HUB_ID))

    assert str(error.value) == (
        f"{HUB_ID}: no such file or folder, and the hub does not give it (404 Client Error)"
    )


def test_a_model_of_the_hub_is_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapter names the id that was asked for, so that it needs no force."""
    folder = tmp_path / "cache" / "models--example--tiny-llama" / "snapshots" / "1234abc"
    folder.parent.mkdir(parents=True)
    hubs.tiny_model().write(folder)
    adapter = tiny.PeftAdapter().write(tmp_path / "adapter")
    _install(monkeypatch, lambda _id, **_options: str(folder))
    output = tmp_path / "out.gguf"

    code = main(["--base", HUB_ID, "--adapter", str(adapter), "--out", str(output), "--type", "Q8_0"])

    assert code == 0
    assert output.is_file()
