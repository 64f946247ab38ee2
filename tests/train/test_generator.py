"""Samples: the same for a seed, of every family, each with one answer that the product can read."""

import itertools
import json
from collections import Counter

import pytest

from edge import literal
from edge.extraction import prompt, spans
from edge.literal import Number
from edge.schema import schema
from edge.schema.schema import Node, Property
from edge.text import numerals
from edge.verbs import scores
from edge_train import check, generator
from edge_train.families import FAMILIES
from edge_train.generator import Tally
from edge_train.lines import TableError
from edge_train.sample import Sample, row
from tests.grammars import Vocabulary

SEED, COUNT = 20, 1500


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """Give samples of all families in their shares."""
    return list(generator.generate(SEED, COUNT))


def properties(node: Node) -> list[Property]:
    """Return the fields of a schema, those of its objects and of the items of its arrays among them."""
    inner = [*node.properties]
    if node.items is not None:
        inner += properties(node.items)
    return inner + [below for prop in node.properties for below in properties(prop.node)]


def test_a_seed_gives_the_same_samples_each_time() -> None:
    """Two runs write the same lines, another seed writes others."""
    first, again, other = ([row(s) for s in generator.generate(seed, 40)] for seed in (3, 3, 4))

    assert first == again
    assert not set(first) & set(other)


def test_a_sample_does_not_depend_on_those_before_it() -> None:
    """Several processes can share a seed: each begins where it likes."""
    whole = [row(s) for s in generator.generate(3, 30)]

    assert [row(s) for s in generator.generate(3, 10, first=20)] == whole[20:]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_samples_that_differ(family: str) -> None:
    """A family can be had alone, and hardly repeats itself."""
    drawn = list(generator.generate(SEED, 30, only=family))

    assert {s.family for s in drawn} == {family}
    assert len({s.text for s in drawn}) > 25


def test_families_come_in_their_shares(samples: list[Sample]) -> None:
    """Every family is there, the most frequent one more often than the rarest."""
    found = Counter(s.family for s in samples)

    assert set(found) == set(FAMILIES)
    assert found["forms"] > found["disks"]


def test_few_drafts_are_thrown_away() -> None:
    """The rules are kept by the families; the check catches rare accidents."""
    tally = Tally()
    list(generator.generate(SEED, 500, tally=tally))

    assert tally.made.total() == 500
    assert tally.thrown_away.total() < 25


def test_a_family_that_gives_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family all of whose drafts break the rules ends the run with its name."""
    monkeypatch.setattr(check, "fault", lambda _: "broken")

    with pytest.raises(TableError) as error:
        next(generator.generate(1, 1, only="pages"))

    assert str(error.value) == "family pages: expected a sample that keeps the rules in 50 tries, got none"


def test_every_schema_is_one_of_the_product(samples: list[Sample]) -> None:
    """A schema is parsed without a fault and has 1 to 15 fields, each with a name of its own."""
    for sample in samples:
        root = schema.parse(sample.schema).root

        assert 1 <= len(root.properties) <= 15
        assert prompt.prefix(root)


def test_every_answer_satisfies_its_schema(samples: list[Sample]) -> None:
    """Types, enums and `additionalProperties` hold; `required` does not count, as absent fields are left out."""
    for sample in samples:
        got = json.loads(sample.target)

        assert scores.score({}, got, sample.schema, sample.text).valid, row(sample)
        assert list(got) == [key for key in json.loads(row(sample))["schema"]["properties"] if key in got]


def test_every_answer_is_canonical(samples: list[Sample]) -> None:
    """The target is compact JSON that the product would write itself, numbers as the text spells them."""
    for sample in samples:
        assert literal.dumps(literal.loads(sample.target)) == sample.target
        known = {n.literal for n in numerals.find(sample.text)} | {
            n.integer_literal for n in numerals.find(sample.text)
        }
        assert {
            leaf.value.literal for leaf in literal.leaves(sample.target) if isinstance(leaf.value, Number)
        } <= known


def test_every_value_has_a_place_of_its_own(samples: list[Sample]) -> None:
    """No answer has two values that could only be copies of the same characters."""
    for sample in samples:
        leaves = literal.leaves(sample.target)
        claims = spans.locate(sample.text, schema.parse(sample.schema).root, leaves, [1.0] * len(leaves))

        assert [claim.leaf.path for claim in claims if claim.is_lost] == [], sample.text


def test_what_is_plain_to_the_check_is_a_number_of_the_product(samples: list[Sample]) -> None:
    """The check spares the product's search only where the search finds the same."""
    for sample in itertools.islice(samples, 400):
        found = {numeral.literal for numeral in numerals.find(sample.text)}
        drawn = {numeral.literal for numeral in numerals.find(sample.text.replace("-", " ").replace(".", " "))}

        plain = {number for number in drawn if check.stands_plainly(number, sample.text)}
        assert plain <= found, sample.text


@pytest.mark.model
def test_every_answer_passes_the_grammar_of_its_text(vocabulary: Vocabulary) -> None:
    """Token by token, and every token that the grammar forces is the answer's own."""
    for sample in generator.generate(SEED + 1, 200):
        root = schema.parse(sample.schema).root

        assert vocabulary.forced_path(root, sample.text, sample.target)[0], (sample.text, sample.target)


def test_schemas_ask_in_many_ways(samples: list[Sample]) -> None:
    """There are fields with units, descriptions, enums and formats, objects and arrays, keys in many spellings."""
    fields = [field for sample in samples for field in properties(schema.parse(sample.schema).root)]
    kinds = Counter(str(kind) for field in fields for kind in field.node.kinds)

    assert set(kinds) == {"string", "number", "integer", "boolean", "object", "array"}
    for share, found in {
        0.1: [field for field in fields if field.node.unit],
        0.2: [field for field in fields if field.node.description],
        0.03: [field for field in fields if field.node.literals],
        0.01: [field for field in fields if field.node.format],
        0.12: [field for field in fields if any(map(str.isupper, field.name[1:]))],
        0.3: [field for field in fields if not field.is_required],
    }.items():
        assert len(found) > share * len(fields)


def test_many_answers_leave_fields_out(samples: list[Sample]) -> None:
    """What the text does not state is asked for in a good part of the samples, required ones among it."""
    lacking = [s for s in samples if len(s.answer) < len(schema.parse(s.schema).root.properties)]
    required = [
        s
        for s in lacking
        if any(p.is_required and p.name not in s.answer for p in schema.parse(s.schema).root.properties)
    ]

    assert len(lacking) > 0.2 * len(samples)
    assert len(required) > 0.03 * len(samples)
