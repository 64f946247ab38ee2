"""Worlds, views and spellings: what is drawn before anything is worded."""

import itertools

import pytest

from edge.literal import Number, dumps
from edge.text import numerals
from edge_train import arrays, keys, limits, prose, quantities, slots, spelling, states, strings, view, world
from edge_train.chance import Chance
from edge_train.facts import Fact, called
from edge_train.families import common
from edge_train.lines import TableError
from edge_train.spelling import Style

NUMBER = {"type": "number"}
LEVEL = Fact("LVL", "42.5", Number("42.5"), {**NUMBER}, ("level", "fill"), ("fill level",), "%", " %", "level")
PUMP = Fact("P1", "ON", True, {"type": "boolean"}, ("pump_on",), ("whether the pump is on",))


@pytest.mark.parametrize("seed", range(200))
def test_no_two_facts_of_a_world_answer_one_question(seed: int) -> None:
    """Subjects and labels are each fact's own, rivals apart."""
    chance = Chance(seed)
    facts = world.draw(chance, spelling.style(chance), 9)

    for one, other in itertools.combinations(facts, 2):
        assert one.subject.isdisjoint(other.subject)
        assert one.label.lower() != other.label.lower()


@pytest.mark.parametrize("seed", range(50))
def test_rivals_differ_in_name_note_and_value(seed: int) -> None:
    """The indoor and the outdoor temperature can be told apart by each of their names."""
    rivals = world.rivals(Chance(seed), Style())

    assert len(rivals) > 1
    for one, other in itertools.combinations(rivals, 2):
        assert not set(one.names) & set(other.names)
        assert not set(one.notes) & set(other.notes)
        assert one.label != other.label


@pytest.mark.parametrize("seed", range(100))
def test_what_is_absent_is_not_to_be_found(seed: int) -> None:
    """Nothing is asked as absent that shares a word of its subject with what is stated."""
    chance = Chance(seed)
    stated = world.draw(chance, Style(), 6)
    absent = world.absent(chance, stated, 2)

    said = {part for fact in stated for subject in fact.subject for part in subject.split("_")}
    assert all(said.isdisjoint(part for subject in fact.subject for part in subject.split("_")) for fact in absent)


@pytest.mark.parametrize("seed", range(300))
def test_each_spelling_of_a_number_means_its_literal(seed: int) -> None:
    """Marks, groups, signs and zeros: the product reads what was drawn."""
    chance = Chance(seed)
    style = Style(mark=chance.pick(",."), group=chance.pick(("", "'", " ")), odd_share=0.5)
    shown, answer = spelling.number(chance, -30, 30_000, chance.between(0, 3), style)

    assert answer.literal in {numeral.literal for numeral in numerals.find(f"x: {shown} kg")}


def test_a_schema_asks_for_all_or_some_in_its_own_words() -> None:
    """Answers hold what is stated, in the order of the schema; what is absent is asked for and left out."""
    for seed in range(60):
        schema, answer = view.ask(Chance(seed), [LEVEL], [PUMP])
        asked = schema["properties"]

        assert isinstance(asked, dict)
        assert len(asked) == 2
        assert [value for value in answer.values() if value is not True] == list(answer.values())
        assert set(answer) < set(asked)


def test_a_value_that_is_not_available_is_left_out() -> None:
    """A fact without an answer is asked for like any other."""
    gone = limits.unavailable(Chance(1), LEVEL)
    schema, answer = view.ask(Chance(2), [gone])

    assert (gone.shown, gone.answer) == ("---", None)
    assert answer == {}
    assert schema["properties"]


def test_a_cryptic_fact_is_always_described() -> None:
    """Where the label says nothing, the schema does."""
    fact = LEVEL._replace(is_cryptic=True, notes=("second value",))
    for seed in range(40):
        schema, _ = view.ask(Chance(seed), [fact])

        assert "econd value" in dumps(schema)


def test_names_that_two_facts_share_are_not_used() -> None:
    """Of two facts that may both be called `level`, each is asked by another name."""
    other = LEVEL._replace(names=("level", "stock"), label="STK")
    for seed in range(40):
        schema, _ = view.ask(Chance(seed), [LEVEL, other])

        asked = schema["properties"]
        assert isinstance(asked, dict)
        assert "level" not in map(str.lower, asked)


def test_fields_of_a_group_may_become_an_object() -> None:
    """Slots that belong together are asked for flat, or as an object of the group's name."""
    facts = [LEVEL._replace(names=(name,), group="position", subject=frozenset([name])) for name in ("lat", "lon")]
    seen = {"position" in dumps(view.ask(Chance(seed), facts)[0]).lower() for seed in range(40)}

    assert seen == {True, False}


def test_an_array_of_nothing_needs_nothing() -> None:
    """Only what is required is named."""
    assert arrays.array({"a": {**NUMBER}}) == {
        "type": "array",
        "items": {"type": "object", "properties": {"a": NUMBER}},
    }
    assert arrays.array({}, required=["a"])["items"] == {"type": "object", "properties": {}, "required": ["a"]}


def test_other_values_beside_one_are_facts_of_their_own() -> None:
    """A limit has a name, a note and a place behind the value."""
    fact, others = limits.beside(Chance(5), LEVEL, Style())

    assert fact.worded.startswith("42.5 % ")
    for other in others:
        assert other.shown in fact.tail
        assert other.names != fact.names


def test_a_narrower_name_narrows_all_names() -> None:
    """Names, notes and phrase say of which level one speaks."""
    outer = called(LEVEL, label="LVL2", qualifier="tank 2")

    assert (outer.names, outer.notes, outer.phrase) == (
        ["tank_2_level", "tank_2_fill"],
        ["tank 2 fill level"],
        "tank 2 level",
    )


def test_a_state_is_asked_as_enum_boolean_or_string() -> None:
    """One state in its three kinds; another thing of the kind is asked alike."""
    (pump,) = (state for state in states.table() if "pump" in state.subject)
    kinds = set()
    for seed in range(80):
        chance = Chance(seed)
        fact = states.fact(chance, pump)
        other = states.again(chance, pump, fact)
        kinds.add("enum" if "enum" in fact.node else str(fact.node["type"]))

        assert (other.node, other.names) == (fact.node, fact.names)

    assert kinds == {"enum", "boolean", "string"}


def test_the_tables_hold_what_they_are_for() -> None:
    """Every quantity has a phrase in English and at least one unit, every kind of string makes strings."""
    chance = Chance(1)

    assert all(quantity.phrases["en"] and quantity.units for quantity in quantities.table())
    assert all(naming.make(chance).strip() for naming in strings.table())
    assert all(claim.made and claim.denied for claim in prose.claims())
    assert common.named(chance, "location").names[0] == "location"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["°C", "many", ".1", "C"], 'x:1: expected "UNIT LOW..HIGH .DECIMALS SPELLING…", got "°C many .1 C"'),
        (["°C"], 'x:1: expected "UNIT LOW..HIGH .DECIMALS SPELLING…", got "°C"'),
    ],
)
def test_a_wrong_unit_is_told(words: list[str], expected: str) -> None:
    """A row of the table that cannot be read ends the run."""
    with pytest.raises(TableError) as error:
        quantities._unit("x:1", words)  # noqa: SLF001  # a table of one cell

    assert str(error.value) == expected


def test_keys_come_in_many_spellings() -> None:
    """All of one schema in the same one."""
    spelled = {keys.spelling(Chance(seed))("wind_speed") for seed in range(200)}

    assert spelled == {"wind_speed", "windSpeed", "WindSpeed", "wind-speed", "WIND_SPEED", "Wind Speed"}


def test_a_hidden_slot_is_asked_by_nobody() -> None:
    """A slot without names fills the text alone."""
    _, slot = slots.parse("own.txt:1", "sum: like 7F")

    assert slots.fact(Chance(1), slot).names == ()
