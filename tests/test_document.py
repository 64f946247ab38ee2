"""The text of a file becomes values with places, or faults with places."""

from pathlib import Path as FilePath

import pytest

from edge.config import document
from edge.errors import ConfigError
from edge.literal import JSON, Number, Path


def problems(text: str, *, is_json: bool = False) -> str:
    """Return what is said of a text that is refused."""
    with pytest.raises(ConfigError) as error:
        document.parse(text, file="f", is_json=is_json)
    return str(error.value)


KEY_IN_BRACES = (
    "f:1:5: a: expected a key that is text, got 1; put quotes around it, or around the braces if they are text"
)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("TRUE", "TRUE"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("n", "n"),
        ("null", None),
        ("~", None),
        ("", None),
        ("Null", "Null"),
        ("0", 0),
        ("-7", -7),
        ("1883", 1883),
        ("010", "010"),
        ("+5", "+5"),
        ("0x10", "0x10"),
        ("0o17", "0o17"),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        ("1,000", "1,000"),
        ("1:30", "1:30"),
        (".5", ".5"),
        ("5.", "5."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("NaN", "NaN"),
        ("3.1.1", "3.1.1"),
        ("2025-11-22", "2025-11-22"),
        ("2025-11-22T10:00:00Z", "2025-11-22T10:00:00Z"),
        ("٣", "٣"),
        ("=", "="),
        ('"true"', "true"),
        ("'7'", "7"),
        ('""', ""),
        ("sensors/+/raw", "sensors/+/raw"),
        ("sensors/#", "sensors/#"),
        ("1e99999999999999999999", "1e99999999999999999999"),
    ],
)
def test_what_a_word_means(word: str, value: JSON) -> None:
    """Bare words are JSON's constants and integers or text; words in quotes are text."""
    found = document.parse(f"key: {word}", file="f").at(("key",))

    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("word", ["0.1", "1e-3", "21.40", "-0.0", "1E5", "9" * 5000])
def test_decimals_keep_their_spelling(word: str) -> None:
    """Fractions, exponents and endless integers become numbers that remember how they were written."""
    found = document.parse(f"key: {word}", file="f").at(("key",))

    assert isinstance(found, Number)
    assert word == found.literal


def test_block_text_is_text() -> None:
    """A block scalar is text even where it looks like a number."""
    assert document.parse("key: |\n  7\n", file="f").data == {"key": "7\n"}


def test_a_file_of_comments_holds_nothing() -> None:
    """A text without a value is null, and its place is the first character."""
    empty = document.parse("# nothing yet\n", file="f")

    assert empty.data is None
    assert str(empty.problem(("routes",), "expected a list")) == "f:1:1: routes: expected a list"


def test_places_of_values_keys_and_missing_things() -> None:
    """A problem stands at the value, at its key, or at the mapping that should hold what is missing."""
    read = document.parse("mqtt:\n  host: pi\n  ports:\n  - 1\n  - {number: 2}\n", file="f")

    places = [
        read.problem(("mqtt", "host"), "value"),
        read.problem(("mqtt", "host"), "key", at_key=True),
        read.problem(("mqtt", "ports", 1, "number"), "nested"),
        read.problem(("mqtt", "ports", 1, "name"), "missing"),
        read.problem(("http", "port"), "not there at all", at_key=True),
    ]

    assert [str(place) for place in places] == [
        "f:2:9: mqtt.host: value",
        "f:2:3: mqtt.host: key",
        "f:5:14: mqtt.ports[1].number: nested",
        "f:5:5: mqtt.ports[1].name: missing",
        "f:1:1: http.port: not there at all",
    ]


def test_columns_count_characters() -> None:
    """A place counts characters, not bytes, on the lines that an editor shows."""
    read = document.parse("a: {°C: 1, port: 0}\r\nb: 2\r\n", file="f")

    assert str(read.problem(("a", "port"), "here")) == "f:1:18: a.port: here"
    assert str(read.problem(("b",), "here")) == "f:2:4: b: here"


def test_an_alias_repeats_a_value() -> None:
    """What an alias brings has the place where it was written."""
    read = document.parse("a: &shared\n  port: 1\nb: *shared\n", file="f")

    assert read.data == {"a": {"port": 1}, "b": {"port": 1}}
    assert str(read.problem(("b", "port"), "here")) == "f:2:9: b.port: here"


def test_at_gives_none_for_what_is_not_there() -> None:
    """A path that leads nowhere, or through a scalar, gives None."""
    read = document.parse("a: [1]", file="f")
    paths: list[Path] = [("a", 0), ("a", 1), ("a", "b"), ("b",), ("a", 0, 0)]

    assert [read.at(path) for path in paths] == [1, None, None, None, None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\tb: 1", "f:2:1: expected spaces, got a tab; YAML does not indent with tabs"),
        ("a: 1\n---\nb: 2", 'f:2:1: expected one document, got a second one after "---"'),
        ("a: 1\nb: 2\na: 3\n", 'f:3:1: expected each key once, got "a" again (the first stands on line 1)'),
        ("a: {1: x}", KEY_IN_BRACES),
        ("? [a]\n: 1", "f:1:3: expected a key that is text, got a list; put quotes around it"),
        ("? {a: 1}\n: 1", "f:1:3: expected a key that is text, got a mapping; put quotes around it"),
        ("0.5: 1", "f:1:1: expected a key that is text, got 0.5; put quotes around it"),
        ("a: !!int 7", "f:1:4: expected a value without a tag, got !!int"),
        ("a: !secret x", "f:1:4: expected a value without a tag, got !secret"),
        ("a: ! x", "f:1:4: expected a value without a tag, got !"),
        ("a: &a {b: 1}\nc: {<<: *a}", "f:2:5: c: expected a key, got the merge key <<; write its keys out"),
        ("a: &a [*a]", "f:1:4: expected a value that ends, got an alias of something that holds it"),
        ("a: *b", 'f:1:4: expected an alias that exists, got "*b"; put quotes around the text'),
        ("a: *", "f:1:5: expected the name of an alias; put quotes around the text"),
        ("a: %", 'f:1:4: expected a value, got "%"; put quotes around the text'),
        ("a: b: c", 'f:1:5: expected one value, got a second ":"; put quotes around the text'),
        ("a: - b", 'f:1:4: expected one value, got "-"; put lists on lines of their own'),
        (
            "a: [1\nb: 2",
            'f:2:2: expected "," or "]" for the bracket on line 1; put quotes around text with braces',
        ),
        ("a: {1}/x", "f:1:7: expected the indentation of the lines above, or one value alone"),
        ("a: 1\nb\nc: 2", 'f:3:1: expected ":" after the key'),
        ("a: 1\n- b", 'f:2:1: expected a key, got "-"; check the indentation'),
        ("  a: 1\nb: 2", "f:2:1: expected nothing after the value; check the indentation"),
        ("a: {, }", 'f:1:5: expected a value, got ","'),
        ('a: "\\d"', "f:1:6: expected an escape of YAML; put text with \\ in single quotes"),
        ('a: "\\u12"', "f:1:7: expected 4 hexadecimal digits in the escape"),
        ('a: "\\U00110000"', "f:1:7: expected a character of Unicode, got a number beyond them"),
        ('a: "\\ud83c"', "f:1:4: expected text, got half of a surrogate pair"),
        ('a: "b\nc: 1', "f:1:4: expected a closing quote before the end of the file"),
        ("a: 1\nb: \x07", "f:2:4: expected printable text, got the character U+0007"),
        ("a: b\u2028c", "f:1:5: expected printable text, got the character U+2028"),
        ("a: |x\n  b", "f:1:5: expected chomping or indentation indicators, but found 'x'"),
        (
            "%YAML 2.0\n---\na: 1",
            "f:1:1: expected YAML: found incompatible YAML document (version 1.* is required)",
        ),
        ("[" * 99, "f:1:65: expected at most 64 levels"),
        ("[" + "1," * 50_000 + "]", "f:1:100000: expected at most 50000 values"),
    ],
)
def test_what_the_dialect_refuses(text: str, expected: str) -> None:
    """What YAML allows and this program does not, and what YAML does not allow, is told with its place."""
    assert expected == problems(text)


def test_all_faulty_keys_are_told_at_once() -> None:
    """Faults of keys do not hide each other; an alias does not repeat them."""
    assert problems("a: &a {b: 1, b: 2}\nc: *a\n7: x") == (
        'f:1:14: a: expected each key once, got "b" again (the first stands on line 1)\n'
        'f:1:14: c: expected each key once, got "b" again (the first stands on line 1)\n'
        "f:3:1: expected a key that is text, got 7; put quotes around it"
    )


def test_a_quoted_merge_key_is_a_key() -> None:
    """Only the bare << asks for a merge."""
    assert document.parse('"<<": 1', file="f").data == {"<<": 1}


def test_aliases_cannot_multiply_without_end() -> None:
    """A text of a few lines that would unfold into millions of values is refused."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]

    assert problems("\n".join(lines)).endswith("expected at most 50000 values, aliases written out")


def test_aliases_cannot_nest_without_end() -> None:
    """Levels count with aliases written out."""
    lines = ["a0: &a0 " + "[" * 40 + "]" * 40]
    lines += [f"a{n}: &a{n} " + "[" * 40 + f"*a{n - 1}" + "]" * 40 for n in range(1, 40)]

    assert problems("\n".join(lines)).endswith("expected at most 64 levels")


def test_json_with_tabs_and_escapes() -> None:
    """JSON may be indented with tabs; its escapes come out as characters, surrogate pairs as one."""
    read = document.parse('{\n\t"a":\t"\\ud83c\\udf21 \\/ \\t",\n\t"b": [0.10, 7]\n}', file="f", is_json=True)

    assert read.data == {"a": "🌡 / \t", "b": [Number("0.10"), 7]}
    assert str(read.problem(("b", 1), "here")) == "f:3:14: b[1]: here"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "f:1:1: expected JSON: expecting value"),
        ('{"a": 1,}', "f:1:8: expected JSON: illegal trailing comma before end of object"),
        ("{'a': 1}", "f:1:2: expected JSON: expecting property name enclosed in double quotes"),
        ('{"a": "\t"}', "f:1:8: expected JSON: invalid control character"),
        ('{"a": 1}\n# b', "f:2:1: expected JSON: extra data"),
        ('{"a": NaN}', "f:1:7: expected JSON, got NaN"),
        ('{"a": 1, "a": 2}', 'f:1:10: expected each key once, got "a" again (the first stands on line 1)'),
        ('["\\ud83c"]', "f:1:2: expected text, got half of a surrogate pair"),
        ("[" * 100_000, "f:1:65: expected at most 64 levels"),
    ],
)
def test_what_json_refuses(text: str, expected: str) -> None:
    """In a JSON file, what YAML would allow and JSON does not is a fault."""
    found = problems(text, is_json=True)

    if "trailing comma" in expected and "property name" in found:  # Python before 3.13 says it with other words
        expected = "f:1:9: expected JSON: expecting property name enclosed in double quotes"
    assert expected == found


def test_files_are_yaml_or_json_by_their_name(tmp_path: FilePath) -> None:
    """The suffix decides; a byte order mark is no part of the text."""
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: yes")
    (tmp_path / "a.json").write_text('{"a": true}', encoding="utf-8")

    assert document.read(tmp_path / "a.yaml").data == {"a": "yes"}
    assert document.read(tmp_path / "a.json").data == {"a": True}


def test_a_file_may_have_another_name_in_problems(tmp_path: FilePath) -> None:
    """Problems call a file by its name without folder, or as the caller says."""
    path = tmp_path / "a.yaml"
    path.write_text("a: 1", encoding="utf-8")

    assert document.read(path).file == "a.yaml"
    assert document.read(path, name="schemas/a.yaml").file == "schemas/a.yaml"


def test_a_missing_file_is_told_with_its_folder(tmp_path: FilePath) -> None:
    """A file that is not there is a problem without a line."""
    with pytest.raises(ConfigError) as error:
        document.read(tmp_path / "edge.yaml")

    assert str(error.value) == f"edge.yaml: cannot read {tmp_path / 'edge.yaml'}: No such file or directory"
    assert error.value.problems[0].line == 0


def test_a_folder_is_no_file(tmp_path: FilePath) -> None:
    """A folder in place of the file is told as the system tells it."""
    with pytest.raises(ConfigError) as error:
        document.read(tmp_path, name="here")

    assert str(error.value) == f"here: cannot read {tmp_path}: Is a directory"


def test_bytes_that_are_not_utf8(tmp_path: FilePath) -> None:
    """The first byte that is not UTF-8 is told with its place."""
    path = tmp_path / "edge.yaml"
    path.write_bytes("a: 1\nb: °".encode() + "°C".encode("latin-1"))

    with pytest.raises(ConfigError) as error:
        document.read(path)

    assert str(error.value) == "edge.yaml:2:5: expected UTF-8, got the byte 0xB0"


def test_a_huge_file_is_refused(tmp_path: FilePath) -> None:
    """A file beyond a megabyte is not even parsed."""
    path = tmp_path / "edge.yaml"
    path.write_bytes(b"#" * 1_000_001)

    with pytest.raises(ConfigError) as error:
        document.read(path)

    assert str(error.value) == "edge.yaml: expected at most 1000000 bytes"
