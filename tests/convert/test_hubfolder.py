"""Models in Hugging Face's layout: read as the GGUF that they would be; what does not fit together is named."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge_convert import architecture, conversion, gguffile, hubfolder, origin
from edge_convert.conversion import Request
from edge_convert.errors import BaseModelError, ConversionError
from tests.convert import hubs, tiny
from tests.convert.hubs import HubModel
from tests.convert.tiny import PeftAdapter

Q = "model.layers.0.self_attn.q_proj.weight"
BIAS = (
    "{folder}/model.safetensors: 1 of 21 tensors are not those of a llama model of 2 layers; "
    "the first is model.layers.0.self_attn.q_proj.bias"
)
OTHER_OUTPUT = (
    "{folder}/model.safetensors: lm_head.weight: expected model.embed_tokens.weight once more, since "
    "tie_word_embeddings is true, got another"
)


def test_a_folder_is_read_as_the_gguf_that_it_was_written_from(tmp_path: Path) -> None:
    """Tensor by tensor, rows of q and k in their order again; all metadata but the names of the model."""
    base = gguffile.read(tiny.write_base(tmp_path / "base.gguf", matrix_type="F32"))
    folder = hubs.from_gguf(tiny.fields(), tiny.weights()).write(tmp_path / "model")

    found = hubfolder.read(folder)

    assert {name: tensor.shape for name, tensor in found.tensors.items()} == {
        name: tensor.shape for name, tensor in base.tensors.items()
    }
    for name, tensor in base.tensors.items():
        assert np.array_equal(found.tensors[name].float32(), tensor.float32()), name
    differing = {key for key, field in base.model_fields.items() if found.fields.get(key) != field}
    assert differing == {"general.name", "general.repo_url"}
    assert architecture.inspect(found) == architecture.inspect(base)


@pytest.mark.parametrize(("type_name", "shards"), [("F32", 3), ("F16", 1), ("BF16", 1), ("BF16", 2)])
def test_types_and_shards_are_read_alike(tmp_path: Path, type_name: str, shards: int) -> None:
    """Values that all three types can hold come out the same, from one file or several."""
    model = hubs.tiny_model(is_tied=False)
    model.tensors = {
        name: (np.round(np.asarray(values, dtype=np.float32) * 16) / 16).astype(np.float32)
        for name, values in model.tensors.items()
    }
    whole = hubfolder.read(model.write(tmp_path / "whole"))
    model.type_name, model.shards = type_name, shards

    found = hubfolder.read(model.write(tmp_path / "parts"))

    assert found.fields == whole.fields
    assert {tensor.type_name for tensor in found.tensors.values()} == {type_name}
    assert list(found.tensors) == list(whole.tensors)
    assert "output.weight" in found.tensors
    for name, tensor in whole.tensors.items():
        assert np.array_equal(found.tensors[name].float32(), tensor.float32()), name


def test_a_folder_is_converted_as_a_file(tmp_path: Path, adapter_path: Path) -> None:
    """The same weights from a folder and from a GGUF give the same tensors, to the bit."""
    file = tiny.write_base(tmp_path / "base.gguf", matrix_type="F32")
    folder = hubs.from_gguf(tiny.fields(), tiny.weights()).write(tmp_path / "model")
    results = []
    for base in (file, folder):
        output = tmp_path / f"{base.name}-Q4_0.gguf"
        request = Request(
            base=base,
            adapter=adapter_path,
            output=output,
            type_name="Q4_0",
            prompt_contract="edge-1",
            is_base_forced=True,
        )
        conversion.convert(conversion.plan(request, conversion.identify(request)), threads=1)
        results.append(gguffile.read(output))

    one, other = results
    assert list(one.tensors) == list(other.tensors)
    assert all(np.array_equal(one.tensors[name].data, other.tensors[name].data) for name in one.tensors)


def test_a_changed_part_makes_another_base(tmp_path: Path) -> None:
    """Each file counts, and so does its absence; what is no part of the model does not."""
    model = hubs.tiny_model()
    folder = model.write(tmp_path / "model")
    first = hubfolder.sha256(folder)
    (folder / "README.md").write_text("words")
    same = hubfolder.sha256(folder)
    (folder / "tokenizer_config.json").unlink()

    assert same == first
    assert hubfolder.sha256(folder) != first


def test_an_output_that_repeats_tied_embeddings_is_left_out(tmp_path: Path) -> None:
    """Some programs store both, though one is the other."""
    model = hubs.tiny_model()
    model.tensors["lm_head.weight"] = model.tensors["model.embed_tokens.weight"]

    assert "output.weight" not in hubfolder.read(model.write(tmp_path / "model")).tensors


def test_what_follows_from_the_figures_is_left_out(tmp_path: Path) -> None:
    """Older checkpoints hold the frequencies of the rotation."""
    model = hubs.tiny_model()
    model.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = np.ones(16, dtype=np.float32)

    assert len(hubfolder.read(model.write(tmp_path / "model")).tensors) == 20


def _without_a_norm(model: HubModel) -> None:
    del model.tensors["model.norm.weight"]


def _with_a_bias(model: HubModel) -> None:
    model.tensors["model.layers.0.self_attn.q_proj.bias"] = np.zeros(64, dtype=np.float32)


def _with_a_row_less(model: HubModel) -> None:
    model.tensors[Q] = model.tensors[Q][1:]


def _with_another_output(model: HubModel) -> None:
    model.tensors["lm_head.weight"] = np.roll(model.tensors["model.embed_tokens.weight"], 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without_a_norm, "{folder}: model.norm.weight: expected (64,), found no such tensor"),
        (_with_a_bias, BIAS),
        (_with_a_row_less, "{folder}/model.safetensors: " + Q + ": expected (64, 64), got (63, 64)"),
        (_with_another_output, OTHER_OUTPUT),
    ],
)
def test_tensors_that_do_not_fit_are_refused(
    tmp_path: Path, change: Callable[[HubModel], None], message: str
) -> None:
    """The message names the file and the tensor, what was expected and what was found."""
    model = hubs.tiny_model()
    change(model)
    folder = model.write(tmp_path / "model")

    assert _fault(folder) == message.replace("{folder}", str(folder))


def test_other_types_are_refused(tmp_path: Path) -> None:
    """Weights that are quantized, or of 64 bits, are not taken for floats of 16 or 32."""
    folder = hubs.tiny_model().write(tmp_path / "model")
    path = folder / "model.safetensors"
    path.write_bytes(tiny.safetensors({Q: ("F8_E4M3", (64, 64), bytes(64 * 64))}))

    assert _fault(folder) == f"{path}: {Q}: expected one of F32, F16, BF16, got F8_E4M3"


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    """Weights in torch's own format are not read."""
    folder = hubs.tiny_model().write(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    assert _fault(folder) == (
        f"{folder}: expected model.safetensors, or model.safetensors.index.json and its shards, got neither"
    )


@pytest.mark.parametrize(
    ("places", "got"),
    [({Q: "../other.safetensors"}, "../other.safetensors"), ({Q: "a.bin"}, "a.bin"), (None, "None")],
)
def test_an_index_that_points_elsewhere_is_refused(
    tmp_path: Path, places: dict[str, str] | None, got: str
) -> None:
    """Shards stand beside their index."""
    folder = hubs.tiny_model().write(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}))

    assert _fault(folder) == f"{index}: weight_map: expected names of safetensors beside it, got {got}"


def test_a_tensor_in_two_shards_is_refused(tmp_path: Path) -> None:
    """Which one counts would be a guess."""
    model = hubs.tiny_model()
    model.shards = 2
    folder = model.write(tmp_path / "model")
    one, two = sorted(folder.glob("*.safetensors"))
    two.write_bytes(one.read_bytes())

    assert _fault(folder) == f"{two}: model.embed_tokens.weight: expected it once, found it in {one.name} too"


def test_missing_files_are_named(tmp_path: Path) -> None:
    """The operating system's error carries the file's path."""
    folder = hubs.tiny_model().write(tmp_path / "model")
    (folder / "tokenizer.json").unlink()

    with pytest.raises(FileNotFoundError) as error:
        hubfolder.read(folder)

    assert error.value.filename == str(folder / "tokenizer.json")


def test_an_adapter_may_name_the_folder_itself(tmp_path: Path) -> None:
    """PEFT notes where the base stood when it was trained: here, that is enough to know it."""
    folder = hubs.tiny_model().write(tmp_path / "model")
    found = hubfolder.read(folder)

    origin.require_match(found, None, str(folder), "abc")

    with pytest.raises(BaseModelError, match="this base is not known"):
        origin.require_match(found, None, str(tmp_path), "abc")


def test_a_folder_in_the_cache_of_the_hub_is_known(tmp_path: Path) -> None:
    """Its path names the model, and the result names it, too."""
    folder = tmp_path / "models--example--tiny-llama" / "snapshots" / "1234abc"
    folder.parent.mkdir(parents=True)
    hubs.tiny_model().write(folder)
    adapter = PeftAdapter().write(tmp_path / "adapter")
    request = Request(
        base=folder, adapter=adapter, output=tmp_path / "out.gguf", type_name="F16", prompt_contract="edge-1"
    )

    plan = conversion.plan(request, conversion.identify(request))

    assert plan.base_hub_id == tiny.HUB_ID
    assert plan.base.fields["general.source.repo_url"].value == f"https://huggingface.co/{tiny.HUB_ID}"


def test_output_over_a_part_of_the_base_is_refused(tmp_path: Path, adapter_path: Path) -> None:
    """A folder's own weights are inputs, too."""
    folder = hubs.tiny_model().write(tmp_path / "model")
    request = Request(
        base=folder,
        adapter=adapter_path,
        output=folder / "model.safetensors",
        type_name="F16",
        prompt_contract="edge-1",
    )

    with pytest.raises(ConversionError, match="which is an input"):
        conversion.identify(request)


def _fault(folder: Path) -> str:
    """Return why a folder is refused."""
    with pytest.raises(BaseModelError) as error:
        hubfolder.read(folder)
    return str(error.value)
