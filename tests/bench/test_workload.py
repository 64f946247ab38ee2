"""The shipped workload: drawn from a seed, mixed, and true."""

import json
from collections import Counter

import pytest

from edge.schema import schema
from edge.verbs import scores
from edge.verbs.cases import Case
from edge_bench import workload
from tests.grammars import Vocabulary


def test_the_shipped_file_is_what_the_generator_draws() -> None:
    """The file can be made again from its seed, byte for byte."""
    assert workload.render(workload.generate()) == workload.FILE.read_text(encoding="utf-8")


def test_the_workload_mixes_families_and_routes() -> None:
    """Most messages are short lines, some log lines, a few forms; no two are alike."""
    messages = workload.load()

    assert Counter(message.family for message in messages) == {"short": 140, "log": 70, "form": 30}
    assert len({workload.route_of(message) for message in messages}) == 8
    assert len({message.text for message in messages}) == 240


def test_other_seeds_draw_other_messages() -> None:
    """The seed alone decides."""
    assert workload.generate(1, 10) == workload.generate(1, 10)
    assert workload.generate(1, 10) != workload.generate(2, 10)


def test_expected_readings_are_exact_valid_and_copied() -> None:
    """Each expected reading satisfies its schema, and nothing in it is invented."""
    judged = [scores.score(m.expected, m.expected, m.schema, m.text) for m in workload.load()]

    assert {(score.exact, score.valid, score.invented) for score in judged} == {(True, True, 0)}


@pytest.mark.model
def test_expected_readings_can_be_written(vocabulary: Vocabulary) -> None:
    """The grounded grammar of each message takes its expected reading."""
    lines = workload.FILE.read_text(encoding="utf-8").splitlines()[::12]
    refused = [line for line in lines if not _is_written(vocabulary, line)]

    assert refused == []


def _is_written(vocabulary: Vocabulary, line: str) -> bool:
    document = json.loads(line)
    output = line.partition('"expected":')[2].removesuffix("}")
    return vocabulary.accepts(schema.parse(document["schema"]).root, document["text"], output)


def test_a_route_is_the_beginning_of_an_id() -> None:
    """Routes may bear a dash themselves."""
    case = Case(id="north-pump-017", schema={}, text="", expected={}, family="log")

    assert workload.route_of(case) == "north-pump"
