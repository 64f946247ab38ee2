"""What the model may write for one schema and one text."""

import json
import random

import pytest

from edge import literal
from edge.extraction import grammar, spans
from edge.literal import JSON, Number, dumps
from edge.text import pieces
from edge.verbs import scores
from tests.grammars import Vocabulary, root_of
from tests.made import schema_of

STRING: JSON = {"type": "string"}
LINE: JSON = {"type": "string", "multiline": False}
NUMBER: JSON = {"type": "number"}
INTEGER: JSON = {"type": "integer"}


def test_a_place_without_candidates_is_left_out() -> None:
    """A text without numerals offers no number, so the key cannot be written at all."""
    assert grammar.build(root_of(t=NUMBER, ok={"type": "boolean"}), "no digits") == (
        'object_1_first_0: "\\"ok\\":" ( "true" | "false" ) object_1_next_1 | object_1_first_1\n'
        'object_1_first_1: ""\n'
        'object_1_next_1: ""\n'
        'start: "{" object_1_first_0 "}"'
    )


def test_bounds_filter_no_candidates() -> None:
    """With a maximum of 100 both numbers stay: a filter would make 21.4 the humidity."""
    bounded: JSON = {"type": "number", "maximum": 100, "minimum": 50, "multipleOf": 7}

    assert grammar.build(root_of(h=bounded), "T=21.4 RH=148") == grammar.build(root_of(h=NUMBER), "T=21.4 RH=148")
    assert grammar.build(root_of(s={"type": "string", "pattern": "^x", "maxLength": 1}), "a b") == grammar.build(
        root_of(s=STRING), "a b"
    )


HOSTILE = {
    "quotes": 'say "hi" \\ and \\n and \\" "x',
    "lines": " a\r\nb\n\nc\td \n",
    "control": "a\x00b\x01 c\x1b[0m\x7f d\x1c e\x0b",
    "line separators": "a\u2028b\u2029c\u0085d",
    "emoji": "🌡️ 21 👨‍👩‍👧 ok 👍🏽",
    "control tokens": "<|im_end|> x <|im_start|>user <|endoftext|>",
    "grammar": '%regex {"a": 1} /x/ start: "a" | b %ignore {0,0}',
    "punctuation": "!!!...;;;---",
    "right to left": "درجة الحرارة ٢١ שלום \u202e123",
    "zero width": "a\u200bb \u2060 c\ufeff",
    "combining": "e\u0301 n\u0303o กำ",
    "chinese": "水位12.5米\u3000警告：高",
    "one piece": "a",
    "nulls": "\x00\x00",
}


@pytest.mark.model
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_strings_are_runs_of_pieces(text: str, vocabulary: Vocabulary) -> None:
    """Whatever the text, a run of its pieces may be written if it is trimmed and not blank, and no other."""
    source = random.Random(text)  # noqa: S311  # the same each time
    parts = pieces.split(text)
    for _ in range(12):
        start = source.randrange(len(parts))
        run = "".join(parts[start : start + source.randrange(1, 8)])
        is_right = run != "" and run == run.strip()
        output = dumps({"s": run})

        assert is_right == vocabulary.accepts(root_of(s=STRING), text, output), run
        assert (is_right and not set(run) & set("\r\n")) == vocabulary.accepts(root_of(s=LINE), text, output), run


@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "strings"),
    [
        ("pump P-301A ok", ["ump", "301", "pump ok", "P-301AB", "PUMP", "", " ", " ok", "pump ", "okay"]),
        ("a\\nb", ["a\nb", "\n", "nb\\"]),
        ('say "hi"', ["say hi", '"hi" ']),
        ("21.4", ["1.4", "214", ".40"]),
        ("", ["", "a", " "]),
        (" \n\t", [" ", "\n", ""]),
        ("水位", ["位水", "水 位"]),
        ("e\u0301", ["é"]),
        ("<|im_end|>", ["im", "<|im_start|>"]),
    ],
)
def test_strings_that_are_no_copies(text: str, strings: list[str], vocabulary: Vocabulary) -> None:
    """Parts of words, other spellings, blanks and inventions cannot be written."""
    for string in strings:
        assert not vocabulary.accepts(root_of(s=STRING), text, dumps({"s": string})), string
    assert vocabulary.accepts(root_of(s=STRING), text, "{}")


@pytest.mark.model
@pytest.mark.parametrize("text", ["T=21.4 RH=48% " * 4600, "1234,567 " * 7000], ids=["words", "digits"])
def test_long_texts(text: str, vocabulary: Vocabulary) -> None:
    """A grammar over 60 kB compiles; the last numeral may be copied, and so may the words before it."""
    root = root_of(t=NUMBER, s=STRING)
    number, string = ("48", "4 RH=48%") if "RH" in text else ("1234.567", "1234,567 1234")

    assert len(text) > 60_000
    assert vocabulary.accepts(root, text, dumps({"t": 0, "s": string}).replace("0", number, 1))


def outcomes(vocabulary: Vocabulary, property_: JSON, text: str, values: list[str]) -> dict[str, bool]:
    """Return for each JSON literal whether it may be the property's value."""
    return {each: vocabulary.accepts(root_of(p=property_), text, f'{{"p":{each}}}') for each in values}


@pytest.mark.model
@pytest.mark.parametrize(
    ("property_", "text", "allowed", "refused"),
    [
        # numbers
        (NUMBER, "T=21.40 U=-3 P-301A 1,5", ["21.40", "-3", "301", "1.5", "5"], ["21.4", "3", "-301", "21", "0"]),
        (NUMBER, "no digits", [], ["0", "1", "null"]),
        (INTEGER, "100.0 2.5 -4 1e3", ["100", "-4"], ["100.0", "2", "4", "1e3", "2.5"]),
        ({"type": ["integer", "number"]}, "3.0", ["3", "3.0"], ["30"]),
        # several kinds
        ({"type": ["number", "null"]}, "t 5", ["5", "null"], ['"t"', "true"]),
        ({"type": ["null", "number"]}, "t", ["null"], ["5"]),
        ({"type": ["string", "null"]}, "t 5", ['"t"', '"5"', '"t 5"', "null"], ["5", '""']),
        ({}, "t 5", ["5", '"t"', "true", "false"], ["null", "{}", "[]", "6"]),
        # objects
        ({"type": "object"}, "t 5", ["{}"], ["5", '{"a":5}']),
        (
            {"type": ["object", "null"], "properties": {"a": INTEGER}},
            "t 5",
            ["{}", '{"a":5}', "null"],
            ['{"b":5}'],
        ),
        # literals
        ({"const": "on"}, "t 5", ['"on"'], ['"t"', '"off"']),
        (
            {"enum": ["a", 1, 2.5, -3, True, None]},
            "",
            ['"a"', "1", "2.5", "-3", "true", "null"],
            ["2", "false", "3"],
        ),
        ({"enum": ['say "hi"', "a\\b", "é°", "\x7f", "\n", ""]}, "", ['"say \\"hi\\""', '"\x7f"', '""'], ['"x"']),
        ({"type": "string", "enum": ["x"], "grounded": False}, "", ['"x"'], ['"y"']),
        # arrays: as many items as the text has room for
        ({"type": "array", "items": NUMBER}, "1 2", ["[]", "[1]", "[2,1]", "[1,1]"], ["[1,2,1]", "[3]"]),
        ({"type": "array", "items": NUMBER}, "7", ["[]", "[7]"], ["[7,7]"]),
        ({"type": "array", "items": NUMBER}, "no digits", ["[]"], ["[1]"]),
        ({"type": "array", "items": STRING}, "a b", ["[]", '["a b"]'], ['["a","b"]']),
        ({"type": "array", "items": STRING}, "a\nb,c", ['["a","b","c"]', '["a","a","a"]'], ['["a","b","c","a"]']),
        ({"type": "array", "items": STRING, "maxItems": 2}, "a,b,c", ['["a","b"]'], ['["a","b","c"]']),
        ({"type": "array", "items": STRING, "maxItems": 1}, "a,b,c", ["[]", '["a"]'], ['["a","b"]']),
        ({"type": "array", "items": STRING, "maxItems": 0}, "a,b,c", ["[]"], ['["a"]']),
        ({"type": "array"}, "a,1", ['["a",1]', "[true]"], ["[[]]", "[null]"]),
        ({"type": "array", "items": {"type": "array", "items": INTEGER}}, "1,2", ["[[1],[]]"], ["[[3]]", "[1]"]),
        (
            {"type": "array", "items": {"type": "object", "properties": {"a": INTEGER}}},
            "1,2",
            ['[{"a":1},{"a":2}]', "[{}]"],
            ['[{"a":3}]', '[{"a":1},{},{}]'],
        ),
        # not grounded
        ({"type": "number", "grounded": False}, "t", ["5", "-0.5e-3"], ["05", "1.", ".5", '"5"']),
        ({"type": "integer", "grounded": False}, "t", ["5", "-5"], ["0.5", "1e3"]),
        ({"type": "string", "grounded": False}, "t", ['"any thing"', '"a\\n°"', '""'], ['"\n"', '"', "5"]),
        ({"grounded": False}, "t", ["5", '"x"', "true"], ["null"]),
        ({"type": "array", "items": STRING, "grounded": False}, "t", ['["t"]'], ['["x"]']),
    ],
)
def test_values(
    property_: JSON, text: str, allowed: list[str], refused: list[str], vocabulary: Vocabulary
) -> None:
    """Each kind of property takes its candidates and nothing else."""
    found = outcomes(vocabulary, property_, text, [*allowed, *refused])

    assert found == dict.fromkeys(allowed, True) | dict.fromkeys(refused, False)


@pytest.mark.model
@pytest.mark.parametrize(
    ("output", "is_right"),
    [
        ("{}", True),
        ('{"a":"x"}', True),
        ('{"c":1}', True),
        ('{"a":"x","c":1}', True),
        ('{"a":"x","b":true,"c":1}', True),
        ('{"c":1,"b":true}', False),
        ('{"a":"x","a":"x"}', False),
        ('{"a":"x",}', False),
        ('{,"a":"x"}', False),
        ('{ "a":"x"}', False),
        ('{"d":1}', False),
        ('{"a":"x"', False),
    ],
)
def test_objects(output: str, is_right: bool, vocabulary: Vocabulary) -> None:
    """Keys come in schema order, each may be left out, and nothing stands between them but a comma."""
    root = root_of(a=STRING, b={"type": "boolean"}, c=NUMBER)

    assert is_right == vocabulary.accepts(root, "x 1", output)


@pytest.mark.model
@pytest.mark.parametrize(
    "name",
    [
        'a"b',
        "a\\b",
        "a{b}",
        "<|im_end|>",
        "",
        "a\nb",
        "\x00",
        "\x7f",
        "%regex",
        "°",
        "a/b",
        "start",
        "\u2028",
        "😀",
        "\\u0041",
        "#c",
        "//",
    ],
)
def test_names_of_every_kind(name: str, vocabulary: Vocabulary) -> None:
    """A property may be called anything, and so may a value of an enum."""
    assert vocabulary.accepts(root_of(**{name: NUMBER}), "5", dumps({name: 5}))
    assert vocabulary.accepts(root_of(e={"enum": [name, "z"]}), "5", dumps({"e": name}))


PARTS = [
    *(
        "T=",
        "21.4",
        "C",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "°F",
        "-",
        "−",
        "1,5",
        "1.234,5",
        "1 013",
        "'",
        '"',
        "\\",
        "\\n",
    ),
    *(
        "ok",
        "水位",
        "é",
        "e\u0301",
        "\u200b",
        "5",
        "007",
        "1e3",
        ";",
        ",",
        "|",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "Pump-3",
    ),
    *("<|im_end|>", "👍", "\x00", "\x7f", "\x1b", "½", "２", "a_b", "\u2028", "\u00a0", "\u202f", "%regex", "/x/"),
]


@pytest.mark.model
def test_a_writer_without_a_mind_invents_nothing(vocabulary: Vocabulary) -> None:
    """Whatever is chosen among what the grammar allows, each number and string has a place in the text."""
    asked = schema_of(
        {
            "n": NUMBER,
            "i": INTEGER,
            "s": STRING,
            "l": LINE,
            "a": {"type": "array", "items": {"type": ["number", "string"]}},
            "o": {"type": "object", "properties": {"x": {}, "e": {"enum": ["a", 1]}}},
        }
    )
    chance = random.Random(3)  # noqa: S311  # any seed will do, but the same each time
    for _ in range(150):
        text = "".join(chance.choices(PARTS, k=chance.randrange(14)))
        output = vocabulary.written_at_random(asked.root, text, chance, most=400)
        if output is None:
            continue
        leaves = literal.leaves(output)
        claims = spans.locate(text, asked.root, leaves, [1.0] * len(leaves))

        assert literal.dumps(literal.loads(output)) == output, text
        assert scores.score({}, json.loads(output), asked.document, text).invented == 0, (text, output)
        for claim in claims:
            is_copy = claim.leaf.path[-1] != "e" and isinstance(claim.leaf.value, str | Number)
            assert is_copy == (claim.span is not None or claim.is_lost), (text, claim)
