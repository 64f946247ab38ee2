"""config.json of Hugging Face's layout: llama models pass, what llama.cpp would compute otherwise is named."""

from pathlib import Path

import pytest

from edge.literal import JSON
from edge_convert import hubconfig
from edge_convert.errors import BaseModelError
from edge_convert.hubweights import weights
from tests.convert import hubs


def test_figures_are_read() -> None:
    """Two layers of width 64 in two heads, one of keys and values; embeddings that are the output, too."""
    found = hubconfig.parse(hubs.tiny_model().config)

    assert (found.block_count, found.width, found.inner_width) == (2, 64, 96)
    assert (found.head_count, found.head_count_kv, found.head_width) == (2, 1, 32)
    assert (found.rotation_base, found.epsilon, found.is_tied) == (10_000.0, 1e-5, True)


def test_weights_are_those_of_the_figures() -> None:
    """SmolLM2-135M has 272, one more where the output is not the embeddings."""
    figures = {"num_hidden_layers": 30, "num_attention_heads": 8}
    tied = hubconfig.parse(hubs.tiny_model().config | figures)
    untied = hubconfig.parse(hubs.tiny_model().config | figures | {"tie_word_embeddings": False})

    assert (len(list(weights(tied))), len(list(weights(untied)))) == (272, 273)


def test_what_a_file_leaves_out_is_as_transformers_has_it() -> None:
    """As many heads of keys as others, rotation by 10,000, an epsilon of 1e-6, a context of 2048, two matrices."""
    document = hubs.tiny_model().config
    for key in (
        "num_key_value_heads",
        "rope_theta",
        "rms_norm_eps",
        "max_position_embeddings",
        "tie_word_embeddings",
    ):
        del document[key]

    found = hubconfig.parse(document)

    assert (found.head_count_kv, found.rotation_base, found.epsilon) == (2, 10_000.0, 1e-6)
    assert (found.context_tokens, found.is_tied) == (2048, False)


@pytest.mark.parametrize(
    "change",
    [
        {"rope_theta": None, "rope_parameters": {"rope_type": "default", "rope_theta": 100_000}},
        {"rope_theta": 100_000, "rope_scaling": {"type": "default"}},
        {"rope_theta": 100_000.0, "rope_parameters": {"rope_type": "default"}},
    ],
)
def test_rotation_is_read_from_old_and_new_files(change: dict[str, JSON]) -> None:
    """Newer versions of transformers write it into an object of its own."""
    assert hubconfig.parse(hubs.tiny_model().config | change).rotation_base == 100_000


def test_heads_may_be_wider_than_their_share() -> None:
    """head_dim counts, where it is given."""
    found = hubconfig.parse(hubs.tiny_model().config | {"head_dim": 48})

    shapes = {weight.name: weight.shape for weight in weights(found)}
    assert (shapes["blk.0.attn_q.weight"], shapes["blk.0.attn_k.weight"]) == ((96, 64), (48, 64))
    assert (shapes["blk.0.attn_output.weight"], found.fields()["llama.rope.dimension_count"].value) == (
        (64, 96),
        48,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"architectures": ["Qwen2ForCausalLM"]},
            'architectures: expected ["LlamaForCausalLM"], got ["Qwen2ForCausalLM"]',
        ),
        ({"architectures": None}, 'architectures: expected ["LlamaForCausalLM"], got null'),
        ({"hidden_act": "gelu"}, 'hidden_act: expected "silu", got "gelu"'),
        ({"attention_bias": True}, "attention_bias: expected none, got true"),
        ({"mlp_bias": True}, "mlp_bias: expected none, got true"),
        ({"rope_interleaved": True}, "rope_interleaved: expected none, got true"),
        (
            {"quantization_config": {"quant_method": "bitsandbytes"}},
            'quantization_config: expected none, got {"quant_method":"bitsandbytes"}',
        ),
        (
            {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}},
            'rope_scaling: expected rotation that is not scaled, got {"rope_type":"llama3","factor":8.0}',
        ),
        ({"rope_parameters": "none"}, 'rope_parameters: expected rotation that is not scaled, got "none"'),
        ({"rope_theta": 0}, "rope_theta: expected a number above 0, got 0"),
        ({"rms_norm_eps": "1e-5"}, 'rms_norm_eps: expected a number above 0, got "1e-5"'),
        ({"num_hidden_layers": 0}, "num_hidden_layers: expected a whole number above 0, got 0"),
        ({"hidden_size": 64.0}, "hidden_size: expected a whole number above 0, got 64.0"),
        ({"vocab_size": None}, "vocab_size: expected a whole number above 0, got null"),
        ({"num_attention_heads": 3}, "num_attention_heads: expected a number that divides hidden_size, 64, got 3"),
        (
            {"num_attention_heads": 4, "num_key_value_heads": 3},
            "num_key_value_heads: expected a number that divides 4, that of all heads, got 3",
        ),
        ({"head_dim": 33}, "head_dim: expected an even number, which rotation needs, got 33"),
    ],
)
def test_other_models_are_refused(tmp_path: Path, change: dict[str, JSON], message: str) -> None:
    """The message names the file and the key, what was expected and what stands there."""
    model = hubs.tiny_model()
    model.config |= change
    folder = model.write(tmp_path / "model")

    with pytest.raises(BaseModelError) as error:
        hubconfig.load(folder)

    assert str(error.value) == f"{folder / 'config.json'}: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "expected a JSON object, got [1]"),
        ("{", "expected JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))"),
        ('{"a": Infinity}', "expected JSON (Infinity is not JSON)"),
        (
            '{"a": "\\ud800"}',
            "expected JSON ('utf-8' codec can't encode character '\\ud800' in position 7: surrogates not allowed)",
        ),
    ],
)
def test_a_file_that_is_no_object_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With the path once."""
    path = tmp_path / "config.json"
    path.write_text(text)

    with pytest.raises(BaseModelError) as error:
        hubconfig.load(tmp_path)

    assert str(error.value) == f"{path}: {message}"
