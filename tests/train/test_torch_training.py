"""Training learns, saves what can be loaded, and goes on where it stopped."""

import json
import os
import signal
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -e '.[train]'")

from edge.errors import EdgeError
from edge.literal import JSON
from edge_convert import adapter
from edge_train.training import base, checkpoint, device, feed, pairs
from edge_train.training.batches import Gathered, batches, gather
from edge_train.training.run import train
from edge_train.training.session import build
from edge_train.training.settings import Settings
from edge_train.training.trainer import Trainer
from tests.convert import tiny
from tests.train import scene

ASKED: dict[str, JSON] = {"type": "object", "properties": {"t": {"type": "number"}}}


def silent(_line: str) -> None:
    """Say nothing."""


def test_a_tiny_model_learns_eight_samples_by_heart(tmp_path: Path) -> None:
    """The loss of eight samples falls below a thousandth, and every answer is foretold."""
    path = scene.base(tmp_path)
    opened = base.read(path)
    settings = Settings(rank=16, alpha=32)
    network = build(
        opened, pairs.fresh(opened, rank=16, seed=0), settings=settings, device=device.choose("cpu", threads=1)
    )
    trainer = Trainer(network, batch_tokens=4096)
    with feed.encoder(path) as encoder:
        examples = [encoder.encode(ASKED, f"T={number} C", f'{{"t":{number}}}') for number in range(11, 19)]
    before = trainer.measure(examples)
    for _ in range(300):
        trainer.step(Gathered(examples=examples, taken=8, passed_over=0), rate=4e-3)
    after = trainer.measure(examples)

    assert before.exact == 0
    assert after.loss < before.loss / 1000
    assert after.exact == 1


@pytest.mark.filterwarnings("ignore")  # torch.compile touches what torch itself has deprecated
def test_half_precision_and_compiled_layers_learn_alike(tmp_path: Path) -> None:
    """What a card does, bfloat16 and one compiled layer for all, learns as float32 does."""
    path = scene.base(tmp_path)
    opened = base.read(path)
    with feed.encoder(path) as encoder:
        examples = [encoder.encode(ASKED, f"T={number} C", f'{{"t":{number}}}') for number in range(11, 19)]
    losses = []
    for dtype, is_compiled in ((torch.float32, False), (torch.bfloat16, False), (torch.float32, True)):
        place = device.Device(name="cpu", dtype=dtype)
        network = build(opened, pairs.fresh(opened, rank=16, seed=0), settings=Settings(), device=place)
        if is_compiled:
            network.compile("eager")
        trainer = Trainer(network, batch_tokens=400)
        for _ in range(20):
            trainer.step(Gathered(examples=examples, taken=8, passed_over=0), rate=4e-3)
        losses.append(trainer.counts.losses[-1])

    plain, half, compiled = losses
    assert plain < 1
    assert compiled == pytest.approx(plain, rel=1e-3)
    assert half == pytest.approx(plain, rel=0.3)


def test_a_stopped_training_goes_on_with_the_same_losses(tmp_path: Path) -> None:
    """Two slices give the losses of one run, to the last digit."""
    path = scene.base(tmp_path)
    whole = train(scene.request(path, tmp_path / "whole", slice_minutes=3.0), say=silent, clock=scene.Clock(3))
    first = train(scene.request(path, tmp_path / "slices", slice_minutes=0.5), say=silent, clock=scene.Clock(3))
    request = scene.request(path, tmp_path / "slices", resume=tmp_path / "slices", slice_minutes=0.5)
    second = train(request, say=silent, clock=scene.Clock(3))

    count = len(second.losses)
    assert 1 < len(first.losses) < count <= len(whole.losses)
    assert second.losses == whole.losses[:count]
    assert not second.is_finished


def test_what_is_saved_is_a_peft_adapter(tmp_path: Path) -> None:
    """The folder loads as PEFT layout, in float16, with its manifest and curve beside it."""
    path, output = scene.base(tmp_path), tmp_path / "adapter"
    result = train(scene.request(path, output, minutes=0.5, slice_minutes=None), say=silent, clock=scene.Clock(3))

    loaded = adapter.load(output)
    assert (loaded.config.rank, loaded.config.alpha, loaded.config.base) == (4, 8, tiny.HUB_ID)
    assert all(np.abs(pair.b).max() > 0 for pair in loaded.pairs.values())
    manifest = json.loads((output / "manifest.json").read_text())
    assert result.is_finished
    assert manifest["training"]["steps"] == len(result.losses)
    assert manifest["training"]["began_from_weights"] is None
    assert manifest["training"]["metrics"].keys() == {"before", "after"}
    assert (output / "loss.svg").read_text().startswith("<svg")


def test_an_adapter_alone_begins_a_new_training(tmp_path: Path) -> None:
    """Without a checkpoint the weights are taken over, steps begin at one, the manifest names the origin."""
    path, origin = scene.base(tmp_path), scene.adapter(tmp_path / "origin")
    lines: list[str] = []
    result = train(
        scene.request(path, tmp_path / "next", resume=origin, slice_minutes=0.2),
        say=lines.append,
        clock=scene.Clock(3),
    )

    manifest = json.loads((tmp_path / "next" / "manifest.json").read_text())
    assert lines[0].startswith("before: loss ")
    assert lines[-1] == f"{tmp_path / 'next'}: stopped, --resume goes on from here"
    assert len(result.losses) == manifest["training"]["steps"] > 0
    assert len(manifest["training"]["began_from_weights"]) == 64


def test_sigterm_saves_before_it_ends(tmp_path: Path) -> None:
    """A training that is told to stop finishes its step and saves."""
    path = scene.base(tmp_path)

    def stop(line: str) -> None:
        if line.startswith("step 2 "):
            os.kill(os.getpid(), signal.SIGTERM)

    request = scene.request(path, tmp_path / "out", slice_minutes=None)
    result = train(request, say=stop, clock=scene.Clock(3))

    assert len(result.losses) == 2
    assert (tmp_path / "out" / checkpoint.NAME).is_file()


def test_other_settings_are_refused(tmp_path: Path) -> None:
    """A training does not go on with another seed; the message says what to do."""
    path, output = scene.base(tmp_path), tmp_path / "out"
    request = scene.request(path, output, slice_minutes=0.1)
    train(request, say=silent, clock=scene.Clock(3))
    other = replace(request, resume=output, settings=replace(request.settings, seed=2))

    with pytest.raises(EdgeError) as error:
        train(other, say=silent, clock=scene.Clock(3))

    assert str(error.value) == (
        f"{output}/training.pt: seed: expected 1, which this training was begun with, got 2; "
        "without training.pt its adapter begins a new training"
    )


def test_another_rank_is_refused(tmp_path: Path) -> None:
    """An adapter goes on with its own rank and alpha."""
    path, origin = scene.base(tmp_path), scene.adapter(tmp_path / "origin")
    request = scene.request(path, tmp_path / "out", resume=origin, settings=Settings(rank=8, alpha=16))

    with pytest.raises(EdgeError) as error:
        train(request, say=silent, clock=scene.Clock(3))

    assert str(error.value) == f"{origin}: expected to go on with the adapter's rank 4 and alpha 8, got 8 and 16"


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    """What is no checkpoint is not half-read."""
    (tmp_path / checkpoint.NAME).write_bytes(b"no checkpoint")

    with pytest.raises(EdgeError, match=f"^{tmp_path}/training.pt: expected a checkpoint of a training "):
        checkpoint.read(tmp_path, settings={})


def test_a_card_that_is_not_there_is_refused() -> None:
    """Asking for a card without one ends the run; nothing goes on slowly in its place."""
    if torch.cuda.is_available():
        pytest.skip("there is a card")

    with pytest.raises(EdgeError) as error:
        device.choose("cuda")

    assert str(error.value) == "--device cuda: expected a graphics card that torch can use, got none"


def test_batches_are_sorted_and_hold_the_answers(tmp_path: Path) -> None:
    """Each batch keeps within its tokens; its targets are the answers with their ends, in order of length."""
    with feed.encoder(scene.base(tmp_path)) as encoder:
        examples = [encoder.encode(ASKED, "T=" + "7" * count, '{"t":7}') for count in (40, 3, 20, 1)]
    made = list(batches(examples, tokens=400, device="cpu"))

    lengths = [batch.inputs.shape[1] for batch in made]
    assert all(shorter <= longer for shorter, longer in pairwise(lengths))
    assert all(batch.size <= 400 for batch in made)
    answer = list(examples[0].tokens[examples[0].prompt_length :])
    assert [token for batch in made for token in batch.targets.tolist()] == answer * 4


def test_long_examples_are_passed_over_and_counted(tmp_path: Path) -> None:
    """A step takes what fits until it has its tokens, and says what it left."""
    with feed.encoder(scene.base(tmp_path)) as encoder:
        examples = [encoder.encode(ASKED, "T=" + "7" * count, '{"t":7}') for count in (10, 900, 12, 14)]
    gathered = gather(iter(examples), tokens=300, longest=500)

    assert gathered.examples == [examples[0], examples[2], examples[3]]
    assert (gathered.taken, gathered.passed_over) == (4, 1)
    assert gathered.answer_tokens == 3 * 8
