"""What a prediction is worth, by hand and as ../shared/score.py has it."""

import copy
import json
import random
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import cast

import pytest

from edge.literal import JSON
from edge.text import magnitudes
from edge.verbs import scores
from edge.verbs.scores import Score, Summary
from tests import reference

NUMBER: JSON = {"type": "number"}
STRING: JSON = {"type": "string"}
SCHEMA: dict[str, JSON] = {
    "type": "object",
    "properties": {
        "t": {"type": "number", "maximum": 100},
        "s": STRING,
        "e": {"enum": ["on", 7]},
        "free": {"type": "string", "grounded": False},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"n": NUMBER}, "required": ["n"]}},
    },
    "required": ["t"],
}


@pytest.mark.parametrize(
    ("expected", "got", "score"),
    [
        ({"t": 21}, {"t": 21}, Score(exact=True, field_f1=1.0, compliant=True, valid=True, invented=0)),
        ({"t": 21}, {"t": 21.0}, Score(exact=True, field_f1=1.0, compliant=True, valid=True, invented=0)),
        ({"t": 21}, None, Score(exact=False, field_f1=0.0, compliant=False, valid=False, invented=0)),
        ({"t": 21}, [], Score(exact=False, field_f1=0.0, compliant=False, valid=False, invented=0)),
        ({}, {}, Score(exact=True, field_f1=1.0, compliant=True, valid=True, invented=0)),
        ({"t": 21}, {}, Score(exact=False, field_f1=0.0, compliant=False, valid=True, invented=0)),
        ({}, {"t": 21}, Score(exact=False, field_f1=0.0, compliant=True, valid=True, invented=0)),
        # one field of two is right, the other has the right type and was not in the text
        (
            {"t": 21, "s": "a"},
            {"t": 21, "s": "b"},
            Score(exact=False, field_f1=0.5, compliant=True, valid=True, invented=1),
        ),
        # a string where a number was due
        ({"t": 21}, {"t": "21"}, Score(exact=False, field_f1=0.0, compliant=False, valid=False, invented=0)),
        # a bound of the schema counts for valid, `required` does not
        ({"t": 21}, {"t": 148}, Score(exact=False, field_f1=0.0, compliant=True, valid=False, invented=0)),
        ({"rows": [{}]}, {"rows": [{}]}, Score(exact=True, field_f1=1.0, compliant=True, valid=True, invented=0)),
        # what may be inferred is not invented
        ({}, {"e": 7, "free": "zzz"}, Score(exact=False, field_f1=0.0, compliant=True, valid=True, invented=0)),
        (
            {},
            {"rows": [{"n": 21}, {"n": 77}, {"n": 78}]},
            Score(exact=False, field_f1=0.0, compliant=True, valid=True, invented=2),
        ),
        ({}, {"t": -21}, Score(exact=False, field_f1=0.0, compliant=True, valid=True, invented=0)),
    ],
)
def test_hand_worked_cases(expected: dict[str, JSON], got: JSON, score: Score) -> None:
    """Each figure counts what its definition says, for the text "a 21 on 148"."""
    assert score == scores.score(expected, got, SCHEMA, "a 21 on 148")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("T=-21.40C", [0.4, 21.4]),
        ("1,5", [1, 1.5, 5, 15]),
        (".5", [0.5]),
        ("1e-3", [0.001, 1, 3]),
        ("1'000", [1, 0, 1000]),
        ("14:03", [3, 14]),
    ],
)
def test_magnitudes(text: str, expected: list[float]) -> None:
    """A reader may take a comma for a decimal mark or for grouping, and parts for numbers."""
    assert set(expected) <= magnitudes.magnitudes(text)


def test_a_number_of_400_digits() -> None:
    """A number beyond every float is scored like any other."""
    digits = "9" * 400

    assert scores.score({"t": int(digits)}, {"t": int(digits)}, {}, f"N={digits}").invented == 0


def test_strings_are_compared_without_regard_to_white_space() -> None:
    """A string that stands in the text with other white space is not invented."""
    text = "line one\n\tline two"

    assert scores.score({}, {"s": "one line two"}, SCHEMA, text).invented == 0
    assert scores.score({}, {"s": "oneline"}, SCHEMA, text).invented == 1


def test_a_summary() -> None:
    """Shares are means, and what was invented is a sum."""
    good = Score(exact=True, field_f1=1.0, compliant=True, valid=True, invented=0)
    bad = Score(exact=False, field_f1=0.5, compliant=False, valid=True, invented=3)

    assert scores.summarize([good, bad, bad, bad]) == Summary(
        cases=4, exact=0.25, field_f1=0.625, compliant=0.25, valid=1.0, invented=9
    )


@pytest.mark.shared
@pytest.mark.parametrize("source", ["devcases", "edgejson"])
def test_the_definition_agrees(source: str, shared: Path, tmp_path: Path) -> None:
    """Over shared rows and predictions that were spoiled in every way, our figures are score.py's."""
    chance = random.Random(7)  # noqa: S311  # any seed will do, but the same each time
    cases = _cases(shared, source)
    predictions = [_spoiled(case["expected"], chance) for case in cases]
    _write(tmp_path / "cases.jsonl", cases)
    _write(
        tmp_path / "got.jsonl", [{"id": c["id"], "raw": raw} for c, raw in zip(cases, predictions, strict=True)]
    )

    command = [sys.executable, *map(str, (shared / "score.py", tmp_path / "cases.jsonl", tmp_path / "got.jsonl"))]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    ours: dict[str, list[Score]] = {}
    for case, raw in zip(cases, predictions, strict=True):
        row = scores.score(
            cast("dict[str, JSON]", case["expected"]),
            raw,
            cast("dict[str, JSON]", case["schema"]),
            cast("str", case["text"]),
        )
        for family in ("all", str(case["family"])):
            ours.setdefault(family, []).append(row)
    assert asdict(scores.summarize(ours.pop("all"))) == {k: v for k, v in theirs.items() if k != "by_family"}
    assert {family: asdict(scores.summarize(group)) for family, group in ours.items()} == theirs["by_family"]


def _cases(shared: Path, source: str) -> list[dict[str, JSON]]:
    """Return cases of the shared data with ids of their own and families."""
    if source == "devcases":
        return reference.rows(shared / "devcases" / "cases.jsonl")
    schemas = json.loads((shared / "edgejson" / "schemas.json").read_text(encoding="utf-8"))
    return [
        {
            "id": str(index),
            "schema": schemas[row.get("schema_id", row.get("schema_name"))],
            "text": row["prompt"],
            "expected": row["expected_output"],
            "family": str(row.get("complexity")),
        }
        for index, row in enumerate(reference.rows(shared / "edgejson" / "train.jsonl"))
    ]


def _spoiled(expected: JSON, chance: random.Random) -> JSON:
    """Return a prediction that is right, missing, or wrong in one to three places."""
    got = copy.deepcopy(expected)
    if chance.random() < 0.1:
        return chance.choice([None, [], "x", 7, {}])
    for _ in range(chance.randrange(4)):
        got = _spoil(got, chance)
    return got


def _spoil(value: JSON, chance: random.Random) -> JSON:
    """Return a value with one leaf, key or item changed somewhere."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(sorted(value))
        if chance.random() < 0.2:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _spoil(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], _spoil(value[at], chance), *value[at + chance.randrange(2) :]]
    wrong: list[JSON] = [None, True, 0, 7, -7.5, 1e300, "", "x", "Status", [], {}, {"x": 1}, value, [value]]
    return chance.choice(wrong)


def _write(path: Path, rows: list[dict[str, JSON]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
