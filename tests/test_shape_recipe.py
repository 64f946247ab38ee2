"""What a few readings of a shape teach, and what is replayed from it, or rather not."""

import pytest

from edge.literal import JSON, Number
from edge.schema.schema import Schema
from edge.shapes import lesson as lessons
from edge.shapes import lessonjson, shape, shelfrows
from edge.shapes.lesson import Lesson
from edge.shapes.recipe import Recipe
from edge.shapes.shape import Shape
from tests.made import extracted, schema_of

NUMBER: JSON = {"type": "number"}
TWO = schema_of({"a": NUMBER, "b": NUMBER})
BATTERY = schema_of({"t": NUMBER, "battery": {"enum": ["low", "ok"]}})


def shape_of(text: str) -> Shape:
    """Return the shape of a text that has one."""
    found = shape.of(text)
    assert found is not None
    return found


def taught(asked: Schema, *readings: tuple[str, str]) -> Lesson | None:
    """Return what readings, (text, JSON) each, teach of one shape; None where they contradict each other."""
    assert len({shape_of(text).key for text, _ in readings}) == 1
    lesson: Lesson | None = None
    for text, json in readings:
        new = lessons.first(shape_of(text), asked.root, extracted(text, asked, json))
        lesson = lessons.confirmed(lesson, new, needed=3) if lesson else new
        if lesson is None:
            return None
    return lesson


def recipe(asked: Schema, *readings: tuple[str, str]) -> Recipe:
    """Return the recipe of readings that settle all."""
    lesson = taught(asked, *readings)
    assert lesson is not None
    assert lesson.is_settled
    return shelfrows.recipe(lesson, shape_of(readings[0][0]), None)


def replayed(made: Recipe, text: str) -> str | None:
    """Return what a recipe makes of a text."""
    return made.replay(shape_of(text).runs)


def test_numbers_follow_the_text() -> None:
    """What was read from a number is read from the number in its place, as it is spelled."""
    made = recipe(TWO, ("x=21.40 y=7", '{"a":21.40,"b":7}'))

    assert replayed(made, "x=3.0 y=100") == '{"a":3.0,"b":100}'


@pytest.mark.parametrize(
    ("learned", "json", "text", "expected"),
    [
        ("x=-0.0 y=2", '{"a":-0.0,"b":2}', "x=-21.4 y=3", '{"a":-21.4,"b":3}'),
        ("x=-21.4 y=2", '{"a":-21.4,"b":2}', "x=-0.0 y=3", '{"a":-0.0,"b":3}'),
        ("x=-5 y=2", '{"a":-5,"b":2}', "x=-0 y=3", '{"a":-0,"b":3}'),
        ("x=21,40 y=2", '{"a":21.40,"b":2}', "x=3,05 y=3", '{"a":3.05,"b":3}'),
        ("x=1.013,2 y=2", '{"a":1013.2,"b":2}', "x=2.001,5 y=3", '{"a":2001.5,"b":3}'),
        ("x=1 013 hPa y=2", '{"a":1013,"b":2}', "x=9 876 hPa y=3", '{"a":9876,"b":3}'),
        ("x=007 y=2", '{"a":7,"b":2}', "x=0100 y=3", '{"a":100,"b":3}'),
        ("x=.5 y=2", '{"a":0.5,"b":2}', "x=.75 y=3", '{"a":0.75,"b":3}'),
        ("x=+5 y=2", '{"a":5,"b":2}', "x=+9 y=3", '{"a":9,"b":3}'),
        ("x=2e-3 y=2", '{"a":2e-3,"b":2}', "x=75e-6 y=3", '{"a":75e-6,"b":3}'),
        ("x=1 y=2", '{"a":1,"b":2}', "x=1 y=3", '{"a":1,"b":3}'),
        ("at 09:30 y=2", '{"a":9,"b":2}', "at 00:15 y=3", '{"a":0,"b":3}'),
    ],
)
def test_spellings(learned: str, json: str, text: str, expected: str) -> None:
    """A literal is made of the digits as it was in the reading: sign, grouping, marks, zeros."""
    made = recipe(
        TWO, (learned, json), (learned.replace("y=2", "y=4").replace("30", "45"), json.replace(":2}", ":4}"))
    )

    assert replayed(made, text) == expected


def test_equal_numbers_leave_their_sources_open() -> None:
    """Equal numbers could have come from either place; one reading that tells them apart settles both."""
    equal = [("x=21 y=21", '{"a":21,"b":21}'), ("x=22 y=22", '{"a":22,"b":22}')]

    lesson = taught(TWO, *equal)
    settled = taught(TWO, *equal, ("x=21 y=22", '{"a":22,"b":21}'))

    assert lesson is not None
    assert not lesson.is_settled
    assert settled is not None
    assert settled.is_settled
    assert replayed(recipe(TWO, *equal, ("x=21 y=22", '{"a":22,"b":21}')), "x=5 y=6") == '{"a":6,"b":5}'


def test_no_digits_are_the_source_of_two_numbers() -> None:
    """One place gives one value: a lesson that needs a place twice is never settled."""
    asked = schema_of({"a": NUMBER, "b": NUMBER})
    lesson = taught(asked, ("x=1,5", '{"a":1.5}'))
    assert lesson is not None
    twice = lessons.confirmed(lesson, lesson, needed=3)
    assert twice is not None

    (leaf,) = twice.leaves
    doubled = Lesson(
        **{name: getattr(twice, name) for name in Lesson.__slots__ if name != "leaves"}, leaves=(leaf, leaf)
    )

    assert not doubled.is_settled


def test_strings_are_slices() -> None:
    """A string is copied between the same characters; its digits may differ."""
    asked = schema_of({"tag": {"type": "string"}, "a": NUMBER})
    made = recipe(asked, ('pump "P-301A" 7', '{"tag":"P-301A","a":7}'))

    assert replayed(made, 'pump "P-204A" 21') == '{"tag":"P-204A","a":21}'


def test_strings_are_escaped() -> None:
    """What JSON escapes is escaped in a replay."""
    asked = schema_of({"note": {"type": "string"}})
    made = recipe(asked, ('say "5\n\\x"', '{"note":"\\"5\\n\\\\x\\""}'))

    assert replayed(made, 'say "77\n\\x"') == '{"note":"\\"77\\n\\\\x\\""}'


def test_arrays_and_objects() -> None:
    """The structure of a reading is constant, whatever it is."""
    asked = schema_of(
        {
            "r": {"type": "array", "items": {"type": "object", "properties": {"v": NUMBER}}},
            "none": {"type": "array"},
        }
    )
    made = recipe(asked, ("v 2.5; v 3.5", '{"r":[{"v":2.5},{"v":3.5}],"none":[]}'))

    assert replayed(made, "v 4.0; v 5.0") == '{"r":[{"v":4.0},{"v":5.0}],"none":[]}'


@pytest.mark.parametrize(
    "readings",
    [
        [("x=2 y=3", '{"a":2,"b":3}'), ("x=4 y=5", '{"a":4}')],  # a field less
        [("x=2 y=3", '{"a":2,"b":3}'), ("x=4 y=5", '{"a":5,"b":4}')],  # swapped
        [("x=2 y=3", '{"a":2}'), ("x=4 y=5", '{"b":4}')],  # another field
    ],
)
def test_contradictions(readings: list[tuple[str, str]]) -> None:
    """Readings of one shape that cannot have come about in the same way have nothing in common."""
    assert taught(TWO, *readings) is None


def test_an_enum_flip_is_a_contradiction() -> None:
    """An inferred value that differs between texts of a shape hangs on something that the shape does not show."""
    asked = schema_of({"tag": {"type": "string"}, "state": {"enum": ["on", "off"]}})

    flipped = taught(
        asked, ("unit P-12", '{"tag":"P-12","state":"on"}'), ("unit P-13", '{"tag":"P-13","state":"off"}')
    )

    assert flipped is None


@pytest.mark.parametrize(
    ("text", "json", "is_replayed"),
    [
        ("t=21.4 batt low", '{"t":21.4,"battery":"low"}', True),
        ("t=21.4 BATTERY: LOW", '{"t":21.4,"battery":"low"}', True),
        ("t=21.4 low battery", '{"t":21.4,"battery":"low"}', True),
        ("t=21.4 batt low 5%", '{"t":21.4,"battery":"low"}', True),
        ("t=21.4 batt 5%", '{"t":21.4,"battery":"low"}', False),
        ("t=21.4 battery: level 5%", '{"t":21.4,"battery":"low"}', False),
        ("t=21.4 battery level: 5%", '{"t":21.4,"battery":"low"}', False),
        ("t=21.4 fan ok, batt 80%", '{"t":21.4,"battery":"ok"}', False),
        ("t=21.4 fan ok batt 80%", '{"t":21.4,"battery":"ok"}', False),
        ("t=21.4 low 5 ok 80", '{"t":21.4,"battery":"ok"}', False),
        ("t=21.4", '{"t":21.4,"battery":"ok"}', False),
    ],
)
def test_inferred_values_are_replayed_only_where_the_words_state_them(
    text: str, json: str, is_replayed: bool
) -> None:
    """`batt low` is low in each text of its shape; `batt 5%` is low for its number, and is read by the model."""
    lesson = taught(BATTERY, (text, json))

    assert lesson is not None
    assert (lesson.obstacle is None) == is_replayed
    if not is_replayed:
        assert lesson.obstacle == "battery is inferred, and a number of the text may decide it"


@pytest.mark.parametrize(
    ("text", "is_replayed"),
    [
        ("motion=1 lux=30", True),
        ("motion: on lux=30", True),
        ("motion=on 30 lux", True),
        ("motion: level 30 lux", False),
        ("motion detected lux=30", True),
        ('{"motion": true, "lux": 30}', True),
        ("motion 30 lux", False),
        ("motion level 30 lux", False),
        ("lux=30", False),
        ("motion=2 lux=30", False),
    ],
)
def test_booleans_need_a_word_beside_their_name(text: str, is_replayed: bool) -> None:
    """A bare 0 or 1, or a word, beside the name of the field states it; a number may be its evidence."""
    asked = schema_of({"motion": {"type": "boolean"}, "lux": NUMBER})
    lesson = taught(asked, (text, '{"motion":true,"lux":30}'))

    assert lesson is not None
    assert (lesson.obstacle is None) == is_replayed


def test_inferred_values_beside_tags_and_times_alone() -> None:
    """Where every digit belongs to a string of the reading, no number can be the evidence of anything."""
    asked = schema_of({"tag": {"type": "string"}, "at": {"type": "string"}, "is_open": {"type": "boolean"}})
    text = "14:03 gate P-12 unlatched"
    lesson = taught(asked, (text, '{"tag":"P-12","at":"14:03","is_open":true}'))
    other = taught(asked, (text, '{"tag":"P-12","is_open":true}'))

    assert lesson is not None
    assert lesson.obstacle is None
    assert other is not None
    assert other.obstacle == "is_open is inferred, and a number of the text may decide it"


def test_a_field_that_is_absent_keeps_the_numbers_within_what_was_seen() -> None:
    """`bat=80%` brought forth no `low`; a number outside what was seen might, so the model reads it."""
    made = recipe(BATTERY, ("t=21.4 bat=80%", '{"t":21.4}'), ("t=22.4 bat=30%", '{"t":22.4}'))

    assert replayed(made, "t=22.0 bat=55%") == '{"t":22.0}'
    assert replayed(made, "t=22.0 bat=5%") is None
    assert replayed(made, "t=50.0 bat=55%") is None


def test_counters_and_times_bound_nothing() -> None:
    """On a counter, a date or a serial number no state hangs, so they may grow."""
    lines = ("12:3{} seq=4{} t=2{}.4", '{{"t":2{}.4}}')
    readings = [(lines[0].format(n, n, n), lines[1].format(n)) for n in (2, 4, 6)]
    made = recipe(BATTERY, *readings)

    assert replayed(made, "12:59 seq=99999 t=25.1") == '{"t":25.1}'


def test_unused_digits_that_never_varied_stay_as_they_were() -> None:
    """`zone 2` may name a field: until other digits were confirmed there, they are another matter."""
    asked = schema_of({"t": NUMBER})
    fixed = recipe(asked, ("zone 2 t=21", '{"t":21}'), ("zone 2 t=22", '{"t":22}'))
    varied = recipe(asked, ("zone 2 t=21", '{"t":21}'), ("zone 3 t=22", '{"t":22}'))

    assert replayed(fixed, "zone 2 t=25") == '{"t":25}'
    assert replayed(fixed, "zone 3 t=25") is None
    assert replayed(varied, "zone 4 t=25") == '{"t":25}'


def test_numbers_without_labels_stay_near_what_was_seen() -> None:
    """In a bare list only the size of a number says what it is: 48 where 21 stood is another column."""
    made = recipe(TWO, ("21.4;48.0", '{"a":21.4,"b":48.0}'), ("22.4;52.0", '{"a":22.4,"b":52.0}'))

    assert replayed(made, "24.0;40.0") == '{"a":24.0,"b":40.0}'
    assert replayed(made, "48.0;21.4") is None


def test_a_number_with_more_digits_than_any_is_read_by_the_model() -> None:
    """Beyond 15 digits a run is no measurement, unless one as long was confirmed."""
    made = recipe(TWO, ("x=21 y=3", '{"a":21,"b":3}'))

    assert replayed(made, f"x={'9' * 15} y=3") == f'{{"a":{"9" * 15},"b":3}}'
    assert replayed(made, f"x={'9' * 16} y=3") is None


@pytest.mark.parametrize(
    ("asked", "text", "json", "where"),
    [
        (schema_of({"n": {"type": "integer"}}), "n=100.0", '{"n":100}', "n"),
        (schema_of({"n": {"type": "number", "grounded": False}}), "n=twelve of 20", '{"n":12}', "n"),
        (schema_of({"s": {"type": "string", "grounded": False}}), "all 20 is well", '{"s":"fine"}', "s"),
    ],
)
def test_values_that_do_not_stand_in_the_text(asked: Schema, text: str, json: str, where: str) -> None:
    """An integer of `100.0` and a free invention have no source, so their shapes are not replayed."""
    lesson = taught(asked, (text, json))

    assert lesson is not None
    assert lesson.obstacle == f"{where} does not stand in the text as the reading spells it"
    assert not lesson.is_settled


def test_a_reading_without_obstacle_replaces_one_with() -> None:
    """What could not be learned from one reading may be learned from the next."""
    bad = lessons.first(shape_of("t=2 on"), BATTERY.root, extracted("t=2 on", BATTERY, '{"t":2,"battery":"ok"}'))
    good = lessons.first(shape_of("t=3 on"), BATTERY.root, extracted("t=3 on", BATTERY, '{"t":3}'))

    assert lessons.confirmed(bad, good, needed=3) is good


def test_names_with_digits_are_labels() -> None:
    """Digits that end a word and that the reading does not copy name something: T1 is not T2."""
    asked = schema_of({"t": NUMBER, "tag": {"type": "string"}})
    texts = {
        "T1=21.4": '{"t":21.4}',
        "node12 t=3.5": '{"t":3.5,"tag":"node12"}',
        "PM2.5: 12": '{"t":12}',
        "P-301 at 7": '{"t":7}',
        "T21.4": '{"t":21.4}',
        "2025-11-22T14:03 t=5": '{"t":5}',
        "zone 2: 5": '{"t":5}',
    }

    found = {
        text: lessons.labels(shape.cut(text, shape_of(text)), extracted(text, asked, json))
        for text, json in texts.items()
    }

    assert found == {
        "T1=21.4": (0,),
        "node12 t=3.5": (),
        "PM2.5: 12": (0, 1),
        "P-301 at 7": (0,),
        "T21.4": (),
        "2025-11-22T14:03 t=5": (),
        "zone 2: 5": (),
    }


def test_the_extraction_of_a_replay() -> None:
    """A replay knows the characters of each value, with their unit, as the model's path would."""
    asked = schema_of(
        {"tag": {"type": "string"}, "t": {"type": "number", "unit": "°C"}, "n": NUMBER, "ok": {"type": "boolean"}}
    )
    learned = "P-12 t=-21.4C n=1 ok=1"
    made = recipe(asked, (learned, '{"tag":"P-12","t":-21.4,"n":1,"ok":true}'))
    text = "P-34 t=-5.25C n=1 ok=1"

    again = made.extraction(text, shape_of(text))

    assert again.json == '{"tag":"P-34","t":-5.25,"n":1,"ok":true}'
    assert [(v.path, v.value, v.span and text[v.span.start : v.span.end]) for v in again.values] == [
        (("tag",), "P-34", "P-34"),
        (("t",), Number("-5.25"), "-5.25"),
        (("n",), Number("1"), "1"),
        (("ok",), True, None),
    ]
    assert [v.span.unit.symbol for v in again.values if v.span and v.span.unit] == ["°C"]
    assert all(not v.span.rival_units for v in again.values if v.span)
    assert (again.text, again.left_out, again.duration_s) == (text, (), 0.0)
    assert [v.confidence for v in again.values] == [1.0] * 4


def test_what_judges_values_is_asked() -> None:
    """A value that may not stand where it would is not replayed, nor a whole reading that may not be."""
    lesson = taught(TWO, ("x=21 y=3", '{"a":21,"b":3}'))
    assert lesson is not None
    cut = shape.cut("x=21 y=3", shape_of("x=21 y=3"))

    def judge_of(path: tuple[str | int, ...]) -> object:
        return (lambda value: value <= 100) if path == ("a",) else None

    made = Recipe(
        lesson,
        cut,
        judge_of=judge_of,  # type: ignore[arg-type]  # a stub
        converter_of=lambda _path, _unit: None,
        judge_all=lambda json: "13" not in json,
    )

    assert made.replay(("100", "3")) == '{"a":100,"b":3}'
    assert made.replay(("101", "3")) is None
    assert made.replay(("13", "3")) is None


def test_lessons_survive_being_written_down() -> None:
    """JSON and back: a lesson stays as it is."""
    asked = schema_of(
        {"tag": {"type": "string"}, "t": {"type": "number", "unit": "°C"}, "ok": {"type": "boolean"}}
    )
    lesson = taught(asked, ("P-12 t=-07.4C ok=1 7", '{"tag":"P-12","t":-7.4,"ok":true}'))
    assert lesson is not None

    assert lessonjson.loads(lessonjson.dumps(lesson)) == lesson


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"skeleton":1}', "7"])
def test_what_is_no_lesson(text: str) -> None:
    """A text that holds no lesson is told from one that does."""
    with pytest.raises(ValueError):  # noqa: PT011  # JSON's own errors are among them
        lessonjson.loads(text)
