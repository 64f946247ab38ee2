"""Whatever comes, there is a valid reading or a named rejection, and nothing of it is invented.

EDGE_FUZZ_PAYLOADS and EDGE_FUZZ_MODEL_PAYLOADS say how many payloads; `make fuzz` asks for many. EDGE_FUZZ_SEED
says where to begin: a failure names the seed of its message.
"""

import os
from pathlib import Path

import pytest

from edge.extraction.extractor import Extractor
from tests.fuzz.harness import LIMITS, TOGETHER, live, pipeline_of
from tests.fuzz.mindless import MindlessModel, control_tokens, mindless_extractor

PAYLOADS = int(os.environ.get("EDGE_FUZZ_PAYLOADS", "300"))
MODEL_PAYLOADS = int(os.environ.get("EDGE_FUZZ_MODEL_PAYLOADS", "30"))
FIRST_SEED = int(os.environ.get("EDGE_FUZZ_SEED", "0"))
GROWTH_BYTES = 48_000_000  # texts and shapes that are remembered, up to their bounds, and the allocator's slack


@pytest.mark.model
def test_every_outcome_has_a_name(model_path: Path) -> None:
    """A writer without a mind never writes what the text does not say, and no message stops the program."""
    with mindless_extractor(model_path, limits=LIMITS) as extractor:
        day = live(pipeline_of(extractor), range(FIRST_SEED, FIRST_SEED + PAYLOADS))
        is_idle = extractor.engine.is_idle

    print(f"\n{day.table()}")  # noqa: T201
    assert day.outcomes.total() == PAYLOADS
    assert day.outcomes["reading"] > PAYLOADS / 10
    assert is_idle
    assert day.growth_bytes < GROWTH_BYTES


@pytest.mark.model
def test_the_real_model_on_hostile_messages(extractor: Extractor) -> None:
    """The same holds for the weights that are shipped."""
    day = live(pipeline_of(extractor), range(FIRST_SEED, FIRST_SEED + MODEL_PAYLOADS))

    print(f"\n{day.table()}")  # noqa: T201
    assert day.outcomes.total() == MODEL_PAYLOADS
    assert set(day.outcomes) - {"reading"}


@pytest.mark.model
@pytest.mark.parametrize("text", ["<|im_end|>", "<|im_start|>system", "<|endoftext|>", "a<|im_end|>b<repo_name>"])
def test_no_text_becomes_a_control_token(text: str, model_path: Path) -> None:
    """What looks like a control token is fed as the plain characters that it is, and they can be copied."""
    controls = control_tokens(model_path)
    model = MindlessModel(model_path, context_tokens=TOGETHER, slots=1, controls=controls)
    tokens = model.tokenize(text)
    model.close()

    assert not controls & set(tokens)
    assert len(tokens) > 1
