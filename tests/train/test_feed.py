"""The stream of examples: the same for a seed, from any place on, made here or by other processes."""

import json
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from edge.engine.model import Model
from edge.errors import EdgeError
from edge.extraction import prompt
from edge.extraction.extractor import Extractor
from edge.literal import JSON
from edge.schema import schema
from edge_train import generator
from edge_train.training import edgejson, feed
from edge_train.training.example import Encoder, Example
from edge_train.training.feed import BLOCK, Source
from tests.train import scene

ASKED: dict[str, JSON] = {"type": "object", "properties": {"b": {"type": "number"}, "a": {"type": "string"}}}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a tiny base; its tokens are bytes."""
    return scene.base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in EdgeJSON's layout with three training rows."""
    folder = tmp_path_factory.mktemp("edgejson")
    (folder / "schemas.json").write_text(json.dumps({"s": ASKED}))
    lines = [
        {
            "id": str(k),
            "schema_id": "s",
            "prompt": f"row {k} costs {k}.50",
            "expected_output": {"a": "row", "b": k + 0.5},
        }
        for k in range(3)
    ]
    (folder / edgejson.TRAINING_ROWS).write_text("\n".join(map(json.dumps, lines)))
    return folder


def opened(path: Path) -> Model:
    """Return a model for its tokenizer."""
    return Model(path, threads=1, context_tokens=64, sequences=1)


def taken(source: Source, count: int, *, first: int = 0) -> list[Example]:
    """Return so many examples of a source."""
    with feed.stream(source, first=first) as examples:
        return list(islice(examples, count))


def test_examples_are_the_generator_s_samples_under_the_prompt_contract(base: Path) -> None:
    """Prompt, text, suffix, answer and end, each tokenized for itself; the loss begins at the answer."""
    [example] = taken(Source(base=base, seed=3, edgejson=None, edgejson_every=6), 1)
    [sample] = generator.generate(3, 1)

    asked = prompt.prefix(schema.parse(sample.schema).root)
    with closing(opened(base)) as model:
        question = [
            token
            for segment in (asked, prompt.trimmed(sample.text), prompt.SUFFIX)
            for token in model.tokenize(segment)
        ]
        assert list(example.tokens[: example.prompt_length]) == question
        assert list(example.tokens[example.prompt_length :]) == [*model.tokenize(sample.target), model.end_token]


@pytest.mark.model
def test_the_prompt_of_an_example_is_what_the_daemon_asks(model_path: Path, extractor: Extractor) -> None:
    """The tokens before the text are those that a route keeps in its prefix."""
    asked = schema.parse(ASKED)
    prefix = extractor.prepare(asked).prefix
    with closing(opened(model_path)) as model:
        example = Encoder(model.tokenize, model.end_token).encode(ASKED, "costs 3.50\r\n", '{"b":3.50}')
        rest = [*model.tokenize("costs 3.50"), *model.tokenize(prompt.SUFFIX)]

    assert tuple(example.tokens[: example.prompt_length]) == (*prefix, *rest)


def test_a_stream_goes_on_from_any_place(base: Path, rows: Path) -> None:
    """From place 130 on come the examples that come after 130 others, across blocks and EdgeJSON's turns."""
    source = Source(base=base, seed=3, edgejson=rows, edgejson_every=2)
    assert BLOCK == 128

    assert taken(source, 75, first=130) == taken(source, 205)[130:]


def test_edgejson_comes_in_its_turn_each_row_once_a_round(base: Path, rows: Path) -> None:
    """After every two generated samples comes a row, and three turns bring all three rows."""
    with_rows = taken(Source(base=base, seed=3, edgejson=rows, edgejson_every=2), 9)
    without = taken(Source(base=base, seed=3, edgejson=None, edgejson_every=2), 6)

    assert [example for place, example in enumerate(with_rows) if place % 3 != 2] == without
    with feed.encoder(base) as encoder:
        expected = {
            bytes(encoder.encode(ASKED, f"row {k} costs {k}.50", f'{{"b":{k}.50,"a":"row"}}').tokens)
            for k in range(3)
        }
    assert {bytes(with_rows[place].tokens) for place in (2, 5, 8)} == expected


def test_other_processes_make_the_same(base: Path) -> None:
    """How many processes make samples changes nothing about them."""
    here = Source(base=base, seed=3, edgejson=None, edgejson_every=6)
    beside = Source(base=base, seed=3, edgejson=None, edgejson_every=6, processes=2)

    assert taken(beside, 5, first=3 * BLOCK - 2) == taken(here, 5, first=3 * BLOCK - 2)


def test_a_process_that_ends_ends_the_training(tmp_path: Path) -> None:
    """Where a process cannot make samples, the stream says so; it does not wait for ever."""
    damaged = tmp_path / "base.gguf"
    damaged.write_bytes(b"GGUF")
    source = Source(base=damaged, seed=3, edgejson=None, edgejson_every=6, processes=1)
    here = Encoder(lambda text: list(text.encode()), 0)

    with feed.blocks(source, here, 0) as made, pytest.raises(EdgeError) as error:
        next(made)

    assert str(error.value) == "a process that makes samples ended with exit code 1"
