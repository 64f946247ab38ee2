"""What a training writes and reads: adapters in PEFT layout, manifests, its command line."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from edge_convert import adapter, files
from edge_convert.errors import AdapterError, BaseModelError
from edge_train.__main__ import main
from edge_train.training import base, pairs, record
from edge_train.training.counts import Counts
from edge_train.training.curve import svg
from edge_train.training.settings import Settings
from tests.convert import tiny
from tests.train import scene


def test_pairs_come_back_as_they_were_written(tmp_path: Path) -> None:
    """What is written in PEFT layout is what the converter reads, rounded to float16."""
    opened = base.read(scene.base(tmp_path))
    made = pairs.fresh(opened, rank=4, seed=7)
    pairs.write(tmp_path, made, alpha=8, hub_id=opened.hub_id)

    loaded = pairs.load(tmp_path, opened)

    assert loaded.pairs.keys() == made.keys()
    assert loaded.config.scale_of(0, "q_proj") == 2
    for place, pair in loaded.pairs.items():
        assert (pair.a == made[place].a.astype(np.float16)).all()
        assert not pair.b.any()


def test_the_layout_is_that_of_the_committed_adapter(tmp_path: Path) -> None:
    """Keys of the configuration and names of tensors are those that PEFT wrote and the converter knows."""
    opened = base.read(scene.base(tmp_path))
    pairs.write(tmp_path, pairs.fresh(opened, rank=4, seed=7), alpha=8, hub_id=opened.hub_id)

    committed = json.loads(Path("models/edge-adapter/adapter_config.json").read_text(encoding="utf-8"))
    written = json.loads((tmp_path / "adapter_config.json").read_text(encoding="utf-8"))

    assert written.keys() == committed.keys()
    assert written["target_modules"] == committed["target_modules"]
    assert set(adapter.load(tmp_path).pairs) == set(pairs.fresh(opened, rank=1, seed=0))


def test_an_adapter_of_another_base_is_refused(tmp_path: Path) -> None:
    """Training does not go on with an adapter that names another base."""
    opened = base.read(scene.base(tmp_path))
    made = tiny.PeftAdapter()
    made.config["base_model_name_or_path"] = "example/other"
    made.write(tmp_path / "adapter")

    with pytest.raises(
        BaseModelError, match="the adapter was trained on example/other, this base is example/tiny"
    ):
        pairs.load(tmp_path / "adapter", opened)


def test_an_adapter_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """Its shapes are compared with the base before any work."""
    opened = base.read(scene.base(tmp_path))
    made = tiny.PeftAdapter()
    made.config["r"] = 8
    made.write(tmp_path / "adapter")

    with pytest.raises(AdapterError, match="and r is 8: expected lora_A"):
        pairs.load(tmp_path / "adapter", opened)


def test_a_base_with_an_output_of_its_own_is_refused(tmp_path: Path) -> None:
    """The network ties embeddings and output; a base that does not is named."""
    weights = tiny.weights()
    weights["output.weight"] = weights["token_embd.weight"]
    path = tiny.write_base(tmp_path / "base.gguf", weights)

    with pytest.raises(BaseModelError) as error:
        base.read(path)

    assert str(error.value) == (f"{path}: expected a model whose embeddings are its output too, got output.weight")


def test_the_manifest_says_what_an_adapter_was_made_from(tmp_path: Path) -> None:
    """Hashes of files and base, settings, what was seen, metrics; and a curve beside it."""
    opened = base.read(scene.base(tmp_path))
    pairs.write(tmp_path, pairs.fresh(opened, rank=4, seed=7), alpha=8, hub_id=opened.hub_id)
    record.write(
        tmp_path,
        base=opened,
        counts=Counts(place=12, samples=11, passed_over=1, tokens=2500, losses=[2.0, 1.0]),
        settings=Settings().document(),
        metrics={"after": {"loss": 0.5}},
        origin={"began_from_weights": None, "minutes": 1.5},
    )

    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    training = manifest.pop("training")
    assert manifest == {
        "licence": "Apache-2.0",
        "prompt_contract": "edge-1",
        "files": {
            name: {"sha256": files.sha256(tmp_path / name)}
            for name in ("adapter_config.json", "adapter_model.safetensors")
        },
        "base": {"hub_id": tiny.HUB_ID, "gguf_sha256": opened.sha256},
    }
    assert training.pop("commit") is None or isinstance(training, dict)
    assert training == {
        "began_from_weights": None,
        "minutes": 1.5,
        "settings": Settings().document(),
        "steps": 2,
        "samples": 11,
        "passed_over_as_too_long": 1,
        "tokens": 2500,
        "loss_of_last_steps": 1.5,
        "metrics": {"after": {"loss": 0.5}},
    }
    assert "2 steps" in (tmp_path / "loss.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("losses", [[], [0.3], [1e-9, 4.0] * 3000])
def test_a_curve_is_drawn_of_few_steps_and_many(losses: list[float]) -> None:
    """No step, one step, thousands of steps: a picture of at most a few hundred points."""
    picture = svg(losses)

    assert picture.count(",") <= 500
    assert "nan" not in picture
    assert f"{len(losses)} steps" in picture


def test_without_torch_training_says_what_to_install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every other command works without torch; this one names what is missing."""
    if find_spec("torch"):
        pytest.skip("torch is installed")

    code = main(["train", "--out", str(tmp_path / "out"), "--minutes", "1"])

    assert code == 1
    assert capsys.readouterr().err == (
        "edge_train: training needs torch, which is not installed: pip install -e '.[train]'\n"
    )


def test_arguments_out_of_range_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Minutes and ranks are above 0."""
    for arguments, complaint in (
        (["--minutes", "0"], "argument --minutes: expected a number above 0, got 0"),
        (["--minutes", "1", "--rank", "0"], "argument --rank: expected a whole number above 0, got 0"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["train", "--out", str(tmp_path / "out"), *arguments])

        assert ended.value.code == 2
        assert complaint in capsys.readouterr().err
