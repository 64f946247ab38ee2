"""Conversions of tiny real models: what fits is made whole, what does not leaves nothing behind."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.engine.model import Model
from edge_convert import conversion, gguffile, manifest
from edge_convert.conversion import Plan, Request, Result
from edge_convert.errors import AdapterError, BaseModelError, ConversionError, VerificationError
from edge_convert.progress import Step
from tests.convert import tiny
from tests.convert.tiny import PeftAdapter


@pytest.fixture
def request_(base_path: Path, adapter_path: Path, tmp_path: Path) -> Request:
    """Give a request for a conversion into a folder of the test's own."""
    return Request(
        base=base_path,
        adapter=adapter_path,
        output=tmp_path / "out.gguf",
        type_name="Q4_0",
        prompt_contract="edge-1",
    )


@pytest.fixture
def trimmed(request_: Request, tmp_path: Path) -> Request:
    """Give that request with a smaller vocabulary, so that it takes every step."""
    kept = tmp_path / "tokens.txt"
    kept.write_text("01\n", encoding="utf-8")
    return dataclasses.replace(request_, vocabulary=kept)


def test_result_is_a_model_of_ours(planned: Plan, converted: Result) -> None:
    """llama.cpp loads it, and its metadata say what it was made from."""
    model = Model(converted.path, threads=1, context_tokens=64, sequences=1)
    found = {key: model.metadata(key) for key in ("general.name", "general.file_type", "edge.prompt_contract")}
    hashes = model.metadata("edge.base_sha256"), model.metadata("edge.adapter_sha256")
    model.close()

    assert found == {"general.name": "edge-readings", "general.file_type": "2", "edge.prompt_contract": "edge-1"}
    assert hashes == (planned.identity.base_sha256, planned.identity.adapter_weights_sha256)


def test_result_keeps_the_metadata_of_the_base(planned: Plan, converted: Result) -> None:
    """All but the name: tokenizer, figures, origin."""
    base, result = planned.base.fields, gguffile.read(converted.path).fields
    differing = {key for key, field in base.items() if not key.startswith("GGUF.") and result.get(key) != field}

    assert differing == {"general.name"}


def test_result_holds_the_merged_weights(planned: Plan, converted: Result) -> None:
    """Dequantized, each tensor is nearer to the merged weight than to the base's."""
    result = gguffile.read(converted.path)
    for name, weight in conversion.merged_weights(planned):
        if "attn" in name and weight.ndim > 1:
            found, base = result.tensors[name].float32(), planned.base.tensors[name].float32()

            assert np.linalg.norm(found - weight) < 0.5 * np.linalg.norm(found - base)


def test_conversion_is_repeatable(request_: Request, converted: Result) -> None:
    """The same inputs give the same bytes."""
    result = conversion.convert(conversion.plan(request_, conversion.identify(request_)), threads=1)

    assert result.sha256 == converted.sha256


@pytest.mark.parametrize(
    ("type_name", "file_type", "worst_error", "data_bytes"),
    [("IQ4_NL", "25", 0.08, 45_280), ("Q8_0", "7", 0.006, 84_384), ("F16", "1", 0.0003, 157_696)],
)
def test_other_quantizations_are_made_alike(
    request_: Request, type_name: str, file_type: str, worst_error: float, data_bytes: int
) -> None:
    """Every matrix in the one type, to the byte of its size; the more bits, the nearer to the merged weights."""
    request = dataclasses.replace(request_, type_name=type_name)
    result = conversion.convert(conversion.plan(request, conversion.identify(request)), threads=2)

    types = {tensor.type_name for tensor in gguffile.read(result.path).tensors.values() if len(tensor.shape) > 1}
    model = Model(result.path, threads=1, context_tokens=64, sequences=1)
    found = model.metadata("general.file_type")
    model.close()
    assert (types, found) == ({type_name}, file_type)
    assert result.figures.worst_error < worst_error
    assert result.figures.size_bytes - gguffile.read(result.path).header_bytes == data_bytes


def test_numbers_beyond_float16_are_refused(request_: Request, tmp_path: Path) -> None:
    """A weight of 100,000 would be infinite in F16: it is named, and nothing is left."""
    tensors = tiny.weights()
    tensors["blk.1.ffn_up.weight"][3, 5] = 100_000
    base = tiny.write_base(tmp_path / "large.gguf", tensors, matrix_type="F32")
    request = dataclasses.replace(request_, base=base, type_name="F16")

    with pytest.raises(ConversionError) as error:
        conversion.convert(conversion.plan(request, conversion.identify(request)), threads=1)

    assert str(error.value) == (
        "blk.1.ffn_up.weight: expected numbers up to 65,504, as F16 holds them, got 100,000"
    )

    assert [path.name for path in tmp_path.iterdir()] == ["large.gguf"]


def test_a_smaller_vocabulary_is_part_of_what_decides_the_file(request_: Request, trimmed: Request) -> None:
    """The tokens that are named stay, with the bytes; the file has their size, and its manifest says so."""
    asked = trimmed
    identity = conversion.identify(asked)

    result = conversion.convert(conversion.plan(asked, identity), threads=1)

    tokens = gguffile.read(result.path).fields["tokenizer.ggml.tokens"].value
    assert tokens == [token for token in tiny.vocabulary() if token not in {"Ġt", "aa"}]
    assert result.figures.size_bytes == result.path.stat().st_size
    assert identity != conversion.identify(request_)
    assert manifest.is_current(result.path, identity)


def test_steps_are_reported_to_their_ends(trimmed: Request) -> None:
    """Each step tells when it is done, in order."""
    ended: list[Step] = []

    def note(step: Step, done: int, total: int) -> None:
        if done == total:
            ended.append(step)

    conversion.convert(conversion.plan(trimmed, conversion.identify(trimmed)), threads=2, report=note)

    assert ended == list(Step)


@pytest.mark.parametrize("step", list(Step))
def test_interruption_leaves_what_was_there(trimmed: Request, step: Step) -> None:
    """Ctrl-C in any step leaves an older output as it was, and no file beside it."""
    trimmed.output.write_bytes(b"older")

    def interrupt(reported: Step, _done: int, _total: int) -> None:
        if reported == step:
            raise KeyboardInterrupt

    plan = conversion.plan(trimmed, conversion.identify(trimmed))
    with pytest.raises(KeyboardInterrupt):
        conversion.convert(plan, threads=2, report=interrupt)

    assert sorted(path.name for path in trimmed.output.parent.iterdir()) == ["out.gguf", "tokens.txt"]
    assert trimmed.output.read_bytes() == b"older"


def test_result_beyond_a_bound_leaves_nothing(request_: Request, tmp_path: Path) -> None:
    """Weights that four bits cannot hold, small ones beside a large one in each block, are refused."""
    tensors = tiny.weights()
    spiky = np.full(tiny.SHAPES["ffn_up"], 0.06, dtype=np.float32)
    spiky[:, ::32] = 1.0
    tensors["blk.1.ffn_up.weight"] = spiky
    base = tiny.write_base(tmp_path / "spiky.gguf", tensors)
    request = dataclasses.replace(request_, base=base)

    with pytest.raises(
        VerificationError, match=r"result: blk\.1\.ffn_up\.weight: expected quantizing to change it by"
    ):
        conversion.convert(conversion.plan(request, conversion.identify(request)), threads=2)

    assert [path.name for path in tmp_path.iterdir()] == ["spiky.gguf"]


def test_other_base_needs_force(request_: Request, tmp_path: Path) -> None:
    """An adapter for another base is refused, or merged when told so; both are in the manifest."""
    peft = PeftAdapter()
    peft.config["base_model_name_or_path"] = "example/other"
    request = dataclasses.replace(request_, adapter=peft.write(tmp_path / "adapter"))
    with pytest.raises(BaseModelError) as error:
        conversion.plan(request, conversion.identify(request))
    forced = dataclasses.replace(request, is_base_forced=True)

    plan = conversion.plan(forced, conversion.identify(forced))

    assert str(error.value) == (
        f"{request.base}: the adapter was trained on example/other, this base is {tiny.HUB_ID}; "
        "--force-base merges all the same"
    )
    assert plan.identity.is_base_forced


@pytest.mark.parametrize(
    ("metadata", "adapter_config", "kind", "message"),
    [
        ({"llama.block_count": 7}, {}, BaseModelError, "blk.2.attn_norm.weight is missing"),
        ({}, {"use_dora": True}, AdapterError, "expected these to be off: use_dora (true)"),
        ({}, {"r": 8}, AdapterError, "got lora_A (4, 96) and lora_B (64, 4)"),
    ],
)
def test_inputs_are_judged_before_any_work(
    request_: Request,
    tmp_path: Path,
    metadata: dict[str, Any],
    adapter_config: dict[str, Any],
    kind: type[ConversionError],
    message: str,
) -> None:
    """A base or an adapter that will not do is refused by the plan."""
    request = dataclasses.replace(
        request_,
        base=tiny.write_base(tmp_path / "base.gguf", metadata=tiny.fields() | metadata),
        adapter=PeftAdapter(config=tiny.config() | adapter_config).write(tmp_path / "adapter"),
    )

    with pytest.raises(kind) as error:
        conversion.plan(request, conversion.identify(request))

    assert str(error.value).endswith(message)


def test_rows_that_do_not_divide_are_refused_by_the_plan(request_: Request, tmp_path: Path) -> None:
    """Before any work, not after it."""
    tensors = tiny.weights() | {"extra.weight": np.zeros((2, 48), dtype=np.float32)}
    request = dataclasses.replace(request_, base=tiny.write_base(tmp_path / "base.gguf", tensors))

    with pytest.raises(BaseModelError, match=r"extra\.weight: expected rows in multiples of 32 values"):
        conversion.plan(request, conversion.identify(request))


def test_folder_without_a_model_is_refused(request_: Request, tmp_path: Path) -> None:
    """One that holds no model in Hugging Face's layout; `test_hubfolder.py` has those that do."""
    with pytest.raises(ConversionError) as error:
        conversion.identify(dataclasses.replace(request_, base=tmp_path))

    assert str(error.value) == (
        f"{tmp_path}: expected model.safetensors, or model.safetensors.index.json and its shards, got neither"
    )


def test_output_in_a_missing_folder_is_refused(request_: Request, tmp_path: Path) -> None:
    """Folders are not made up."""
    output = tmp_path / "nowhere" / "out.gguf"

    with pytest.raises(ConversionError) as error:
        conversion.identify(dataclasses.replace(request_, output=output))

    assert (
        str(error.value) == f"{output}: expected a file in a folder that exists, got one in {tmp_path / 'nowhere'}"
    )


@pytest.mark.parametrize("name", ["out.gguf", "out.gguf.json"])
def test_output_that_is_a_folder_is_refused(request_: Request, tmp_path: Path, name: str) -> None:
    """Neither the file nor its manifest can take the place of a folder."""
    (tmp_path / name).mkdir()

    with pytest.raises(ConversionError) as error:
        conversion.identify(request_)

    assert str(error.value) == f"{tmp_path / name}: expected the name of a file to write, got a folder"


def test_output_over_an_input_is_refused(request_: Request, tmp_path: Path) -> None:
    """A base is not replaced by its own conversion, under whatever name it is given."""
    link = tmp_path / "link.gguf"
    link.symlink_to(request_.base)

    with pytest.raises(ConversionError) as error:
        conversion.identify(dataclasses.replace(request_, output=link))

    assert str(error.value) == f"{link}: expected a file to write, got {request_.base}, which is an input"


def test_manifest_stands_beside_the_output(converted: Result) -> None:
    """Two files, and no trace of those that came before."""
    names = sorted(path.name for path in converted.path.parent.iterdir())

    assert names == ["tiny-Q4_0.gguf", manifest.path_beside(converted.path).name]
