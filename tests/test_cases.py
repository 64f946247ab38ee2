"""Files of cases become cases, or an error that names file, line and key."""

import json
from pathlib import Path

import pytest

from edge.errors import EdgeError
from edge.verbs import cases
from edge.verbs.cases import Case

SCHEMA = '{"type":"object","properties":{"t":{"type":"number"}}}'
ROW = f'{{"id":"a","schema":{SCHEMA},"text":"T=5","expected":{{"t":5}}'


def written(folder: Path, text: str) -> Path:
    """Return a file of a folder that holds this text."""
    path = folder / "cases.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows(tmp_path: Path) -> None:
    """Each line is a case; blank lines are none, other keys do not matter, a family need not be."""
    path = written(tmp_path, f'{ROW}}}\n\n{ROW},"family":"log","source":"x"}}\r\n')

    found = cases.from_lines(path)

    assert found == [
        Case(id="a", schema=json.loads(SCHEMA), text="T=5", expected={"t": 5}, family=family)
        for family in ("-", "log")
    ]


def test_line_separators_inside_a_text(tmp_path: Path) -> None:
    """JSON lines end at line feeds alone: other separators may stand inside a string."""
    text = "a\u2028b\u2029c\u0085d"

    (found,) = cases.from_lines(written(tmp_path, ROW.replace("T=5", text) + "}\n"))

    assert found.text == text


def test_no_rows(tmp_path: Path) -> None:
    """An empty file holds no cases."""
    assert cases.from_lines(written(tmp_path, "\n")) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x", "expected a JSON object, got Expecting value: line 1 column 1 (char 0)"),
        ("[1]", "expected a JSON object, got [1]"),
        ('"x"', 'expected a JSON object, got "x"'),
        ("{}", 'expected a string "id", got null'),
        (ROW.replace('"a"', "7") + "}", 'expected a string "id", got 7'),
        (ROW.replace('"T=5"', "5") + "}", 'expected a string "text", got 5'),
        (ROW.replace(SCHEMA, "true") + "}", 'expected an object "schema", got true'),
        (ROW.replace('{"t":5}', "null") + "}", 'expected an object "expected", got null'),
        (ROW.replace("T=5", "\\ud800") + "}", "expected text, got half of a surrogate pair"),
    ],
)
def test_broken_rows(line: str, expected: str, tmp_path: Path) -> None:
    """A row that is no case is told with its place."""
    path = written(tmp_path, f"{ROW}}}\n{line}\n")

    with pytest.raises(EdgeError) as error:
        cases.from_lines(path)

    assert str(error.value) == f"{path}:2: {expected}"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is missing, or is no text, is told."""
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\xff")

    with pytest.raises(EdgeError) as missing:
        cases.from_lines(tmp_path / "none.jsonl")
    with pytest.raises(EdgeError) as undecodable:
        cases.from_lines(binary)

    place = f"{tmp_path}/none.jsonl"
    assert str(missing.value) == f"{place}: cannot read the cases: [Errno 2] No such file or directory: '{place}'"
    assert str(undecodable.value) == (
        f"{binary}: cannot read the cases: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
    )


def edgejson(folder: Path, *rows: str) -> Path:
    """Return a folder in EdgeJSON's layout, with one schema called note."""
    (folder / "schemas.json").write_text(f'{{"note":{SCHEMA}}}', encoding="utf-8")
    (folder / "test.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_edgejson(tmp_path: Path) -> None:
    """EdgeJSON keeps schemas apart, under one of two keys; the family is the complexity."""
    folder = edgejson(
        tmp_path,
        '{"id":"a","schema_id":"note","complexity":"simple","prompt":"T=5","expected_output":{"t":5}}',
        '{"id":"b","schema_name":"note","prompt":"T=6","expected_output":{}}',
    )

    found = cases.from_edgejson(folder)

    schema = json.loads(SCHEMA)
    assert found == [
        Case(id="a", schema=schema, text="T=5", expected={"t": 5}, family="simple"),
        Case(id="b", schema=schema, text="T=6", expected={}, family="unlabelled"),
    ]


def test_edgejson_without_its_schema(tmp_path: Path) -> None:
    """A row whose schema is missing is told with the file where it should be."""
    folder = edgejson(tmp_path, '{"id":"a","schema_id":"gone","prompt":"","expected_output":{}}')

    with pytest.raises(EdgeError) as error:
        cases.from_edgejson(folder)

    assert str(error.value) == f'{folder}/schemas.json: expected an object "gone", got null'


@pytest.mark.shared
def test_the_real_edgejson(shared: Path) -> None:
    """The published test set is read whole."""
    found = cases.from_edgejson(shared / "edgejson")

    families = [case.family for case in found]
    assert {family: families.count(family) for family in set(families)} == {
        "simple": 76,
        "medium": 37,
        "complex": 25,
        "unlabelled": 20,
    }
