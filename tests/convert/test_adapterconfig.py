"""adapter_config.json: LoRA on the seven projections passes, everything else is named."""

from pathlib import Path

import pytest

from edge.literal import JSON
from edge_convert import adapterconfig
from edge_convert.errors import AdapterError
from tests.convert import tiny

OFF = "only LoRA can be merged; expected these to be off: "
NAMES = "q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj"


def test_figures_of_lora_are_read() -> None:
    """Rank 4, alpha 8, all seven projections, all layers."""
    config = adapterconfig.parse(tiny.config())

    assert (config.rank, config.alpha, config.scale_of(1, "k_proj")) == (4, 8, 2.0)
    assert config.base == tiny.HUB_ID
    assert all(config.includes(layer, name) for layer in (0, 29) for name in NAMES.split(", "))
    assert config.is_uniform


@pytest.mark.parametrize(
    "change",
    [
        {"peft_version": "0.18.0", "revision": "main", "runtime_config": {"ephemeral_gpu_offload": False}},
        {"megatron_core": "megatron.core", "qalora_group_size": 16, "use_qalora": False},
        {"init_lora_weights": "gaussian", "loftq_config": {}, "trainable_token_indices": None},
        {"lora_dropout": 0.1, "exclude_modules": None, "layer_replication": None},
        {"some_new_method": None, "use_some_new_method": False, "new_list": [], "new_mode": "none"},
    ],
)
def test_what_is_off_or_without_effect_is_ignored(change: dict[str, JSON]) -> None:
    """PEFT writes every key of its configuration, also those of methods that are not in use."""
    assert adapterconfig.parse(tiny.config() | change) == adapterconfig.parse(tiny.config())


@pytest.mark.parametrize(
    ("change", "included"),
    [
        ({"target_modules": "all-linear"}, [True, True, True, True]),
        ({"target_modules": ["self_attn.q_proj", "model.layers.1.mlp.up_proj"]}, [True, False, True, True]),
        ({"target_modules": r".*\.(0|1)\.self_attn\.[qk]_proj"}, [True, False, True, False]),
        ({"layers_to_transform": 1}, [False, False, True, True]),
        ({"exclude_modules": ["mlp.up_proj"]}, [True, False, True, False]),
        ({"exclude_modules": r".*\.0\..*"}, [False, False, True, True]),
    ],
)
def test_modules_are_named_in_several_ways(change: dict[str, JSON], included: list[bool]) -> None:
    """Names, their ends or a pattern, some layers, some modules left out."""
    config = adapterconfig.parse(tiny.config() | change)

    assert [config.includes(layer, name) for layer in (0, 1) for name in ("q_proj", "up_proj")] == included


def test_patterns_give_some_updates_other_figures() -> None:
    """The first pattern that means a module decides; without one, r and lora_alpha do."""
    patterns: dict[str, JSON] = {
        "rank_pattern": {"layers.0.self_attn.q_proj": 8, ".*q_proj": 4},
        "alpha_pattern": {"up_proj": 3},
    }
    config = adapterconfig.parse(tiny.config() | patterns)

    places = [(0, "q_proj"), (1, "q_proj"), (1, "up_proj"), (1, "k_proj")]
    assert [config.rank_of(*place) for place in places] == [8, 4, 4, 4]
    assert [config.scale_of(*place) for place in places] == [1.0, 2.0, 0.75, 2.0]
    assert not config.is_uniform


def test_rank_stabilized_adapters_divide_by_the_root() -> None:
    """Alpha 8 over the root of 4, and over that of 16 where a pattern says so."""
    config = adapterconfig.parse(tiny.config() | {"use_rslora": True, "rank_pattern": {"k_proj": 16}})

    assert [config.scale_of(0, name) for name in ("q_proj", "k_proj")] == [4.0, 2.0]
    assert not config.is_uniform


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"peft_type": "IA3"}, 'peft_type: expected "LORA", got "IA3"'),
        ({"peft_type": None}, 'peft_type: expected "LORA", got null'),
        ({"use_dora": True}, OFF + "use_dora (true)"),
        ({"use_rslora": "yes"}, 'use_rslora: expected true or false, got "yes"'),
        ({"rank_pattern": {"q_proj": 0}}, 'rank_pattern: expected whole numbers above 0, got {"q_proj":0}'),
        (
            {"rank_pattern": ["q_proj"]},
            'rank_pattern: expected an object of patterns and whole numbers above 0, got ["q_proj"]',
        ),
        ({"alpha_pattern": {"q_proj": "8"}}, 'alpha_pattern: expected numbers above 0, got {"q_proj":"8"}'),
        (
            {"alpha_pattern": {"layers.(0": 8}},
            'alpha_pattern: expected patterns, got "layers.(0" (missing ), unterminated subpattern at position 7)',
        ),
        ({"bias": "all"}, OFF + 'bias ("all")'),
        ({"bias": "lora_only"}, OFF + 'bias ("lora_only")'),
        ({"lora_bias": True}, OFF + "lora_bias (true)"),
        ({"modules_to_save": ["lm_head"]}, OFF + 'modules_to_save (["lm_head"])'),
        ({"fan_in_fan_out": True}, OFF + "fan_in_fan_out (true)"),
        ({"layer_replication": [[0, 2]]}, OFF + "layer_replication ([[0,2]])"),
        ({"use_some_new_method": True}, OFF + "use_some_new_method (true)"),
        ({"use_dora": True, "bias": "all"}, OFF + 'bias ("all"), use_dora (true)'),
        (
            {"init_lora_weights": "pissa"},
            'init_lora_weights: expected true, false, "gaussian" or "eva", got "pissa"',
        ),
        ({"r": 0}, "r: expected a whole number above 0, got 0"),
        ({"r": True}, "r: expected a whole number above 0, got true"),
        ({"r": 4.0}, "r: expected a whole number above 0, got 4.0"),
        ({"r": None}, "r: expected a whole number above 0, got null"),
        ({"lora_alpha": 0}, "lora_alpha: expected a number above 0, got 0"),
        ({"lora_alpha": True}, "lora_alpha: expected a number above 0, got true"),
        ({"lora_alpha": "8"}, 'lora_alpha: expected a number above 0, got "8"'),
        (
            {"target_modules": "(q_proj"},
            'target_modules: expected a pattern, got "(q_proj" (missing ), unterminated subpattern at position 0)',
        ),
        ({"target_modules": []}, f"target_modules: expected a pattern or a list of {NAMES}, got []"),
        (
            {"target_modules": ["q_proj", "lm_head"]},
            f'target_modules: expected a pattern or a list of {NAMES}, got ["q_proj","lm_head"]',
        ),
        ({"target_modules": [1]}, "target_modules: expected a pattern or a list of names, got [1]"),
        ({"exclude_modules": 1}, "exclude_modules: expected a pattern or a list of names, got 1"),
        (
            {"target_modules": ".*_proj", "layers_to_transform": [0]},
            "layers_to_transform: expected null beside a pattern in target_modules, got [0]",
        ),
        ({"layers_to_transform": []}, "layers_to_transform: expected null or a list of layer numbers, got []"),
        (
            {"layers_to_transform": [0, True]},
            "layers_to_transform: expected null or a list of layer numbers, got [0,true]",
        ),
        ({"base_model_name_or_path": 5}, "base_model_name_or_path: expected a string, got 5"),
    ],
)
def test_everything_else_is_refused(change: dict[str, JSON], message: str) -> None:
    """The message names the key, what was expected and what stands there."""
    with pytest.raises(AdapterError) as error:
        adapterconfig.parse(tiny.config() | change)

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected JSON (Expecting value: line 1 column 1 (char 0))"),
        (
            '{"r": 4,',
            "expected JSON (Expecting property name enclosed in double quotes: line 1 column 9 (char 8))",
        ),
        ("[1, 2]", "expected a JSON object, got [1, 2]"),
        ('{"peft_type": "IA3"}', 'peft_type: expected "LORA", got "IA3"'),
        ('{"peft_type": "LORA", "r": 4, "lora_alpha": NaN}', "expected JSON (NaN is not JSON)"),
    ],
)
def test_faults_of_a_file_come_with_its_path(tmp_path: Path, text: str, message: str) -> None:
    """A file that is no JSON object, or one with a fault, is named."""
    path = tmp_path / "adapter_config.json"
    path.write_text(text)

    with pytest.raises(AdapterError) as error:
        adapterconfig.load(path)

    assert str(error.value) == f"{path}: {message}"


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    """A file made to exhaust the parser is a fault like any other."""
    path = tmp_path / "adapter_config.json"
    path.write_text("[" * 100_000)

    with pytest.raises(AdapterError, match="expected JSON"):
        adapterconfig.load(path)
