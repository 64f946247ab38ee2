"""A model file that cannot be used: truncated, missing, of another kind, no model at all."""

from collections.abc import Callable
from pathlib import Path

import pytest
from gguf import GGUFWriter

from tests.chaos.conftest import Record, Stage
from tests.chaos.scene import Plan

pytestmark = [pytest.mark.broker, pytest.mark.model]

LINK = "model.gguf"


def truncate(file: Path, model: Path) -> None:
    """Write the first half of a model, as a copy that was interrupted leaves it."""
    whole = model.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])


def other_architecture(file: Path, _model: Path) -> None:
    """Write a GGUF of an architecture that llama.cpp does not know."""
    writer = GGUFWriter(file, "unheard-of")
    writer.add_string("edge.prompt_contract", "edge-1")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def no_gguf(file: Path, _model: Path) -> None:
    """Write a text."""
    file.write_text("T=21.4C RH=48%\n" * 1000)


def missing(file: Path, _model: Path) -> None:
    """Write nothing."""
    assert not file.exists()


FAULTS: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "truncated": (truncate, "expected a GGUF model that llama.cpp can load; it says: "),
    "of another architecture": (other_architecture, "expected a GGUF model that llama.cpp can load; it says: "),
    "no GGUF": (no_gguf, "expected a GGUF model that llama.cpp can load; it says: "),
    "missing": (missing, "expected a GGUF model file, found none; `make model` builds it"),
}


def test_messages_wait_at_the_broker_until_the_model_file_is_right(
    stage: Stage, record: Record, learned: Path, chaos_messages: int, tmp_path: Path, model_path: Path
) -> None:
    """Each start leaves with 69 and one line that names the file; with the right file everything is answered."""
    link = tmp_path / LINK
    link.symlink_to(model_path)
    with stage("model file wrong, 4 ways", Plan(messages=chaos_messages, state=learned, model=link)) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        scene.wait_answered(scene.points(1)[0])
        scene.daemon.kill()
        codes, said = [], []
        for write, words in FAULTS.values():
            link.unlink(missing_ok=True)
            write(link, model_path)
            scene.daemon.start()
            codes.append(scene.daemon.wait())
            said.append(f"edge: {link}: {words}" in scene.daemon.lines[-1])
        link.unlink(missing_ok=True)
        link.symlink_to(model_path)
        scene.daemon.start()
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages
    assert codes == [69] * 4
    assert said == [True] * 4, scene.daemon.log
