"""Judging an adapter: mistakes by kind, the report, and the product's own reading behind it."""

import json
from pathlib import Path

import pytest

from edge.errors import EdgeError
from edge.literal import JSON
from edge.verbs import scores
from edge.verbs.cases import Case
from edge.verbs.evaluation import Prediction
from edge_train.__main__ import main
from edge_train.evaluation import report, sets
from edge_train.evaluation.judging import evaluate
from edge_train.evaluation.mistakes import Kind, mistakes
from edge_train.evaluation.report import Judged
from edge_train.evaluation.sets import CaseSet

ASKED: dict[str, JSON] = {
    "type": "object",
    "properties": {
        "t": {"type": "number"},
        "tag": {"type": "string"},
        "state": {"enum": ["ok", "low"]},
        "on": {"type": "boolean"},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    },
}


@pytest.mark.parametrize(
    ("expected", "got", "kinds"),
    [
        ({"t": 1}, {"t": 1.0}, []),
        ({"t": 1}, None, [Kind.UNREAD]),
        ({"t": 1}, {}, [Kind.MISSING]),
        ({}, {"t": 1}, [Kind.EXTRA]),
        ({"t": 1}, {"t": 2}, [Kind.WRONG_VALUE]),
        ({"state": "ok"}, {"state": "low"}, [Kind.WRONG_CHOICE]),
        ({"on": True}, {"on": False}, [Kind.WRONG_CHOICE]),
        ({"tag": "P-7"}, {"tag": "pump P-7"}, [Kind.WRONG_BOUNDARY]),
        ({"tag": "P-7"}, {"tag": "P-8"}, [Kind.WRONG_VALUE]),
        ({"rows": [{"n": 1}, {"n": 2}]}, {"rows": [{"n": 3}]}, [Kind.WRONG_VALUE, Kind.MISSING]),
        ({"rows": [{"n": 1}]}, {"rows": [{"n": 1}, {}]}, [Kind.EXTRA]),
        ({"rows": [{"n": 1}]}, {"rows": [{}]}, [Kind.MISSING]),
    ],
)
def test_each_mistake_has_its_kind(expected: JSON, got: JSON, kinds: list[Kind]) -> None:
    """What differs is named by how it differs, in nested values too."""
    assert [mistake.kind for mistake in mistakes(expected, got, ASKED)] == kinds


def test_a_mistake_names_its_place() -> None:
    """The path leads into arrays and objects."""
    [mistake] = mistakes({"rows": [{"n": 1}, {"n": 2}]}, {"rows": [{"n": 1}, {"n": 5}]}, ASKED)

    assert (mistake.path, mistake.expected, mistake.got) == (("rows", 1, "n"), 2, 5)


def test_the_report_has_a_row_for_each_set_and_family() -> None:
    """The table is the model card's; below it stand the mistakes by kind."""
    predictions = [unread("a", "meters"), unread("b", "modems"), unread("c", "meters")]

    lines = report.markdown([Judged(name="generated", predictions=predictions)]).splitlines()

    assert lines[:5] == [
        "| | cases | exact | field F1 | compliance | valid without `required` | invented |",
        "|---|---|---|---|---|---|---|",
        "| generated | 3 | 0.0 % | 0.000 | 0.0 % | 0.0 % | 0 |",
        "| – meters | 2 | 0.0 % | 0.000 | 0.0 % | 0.0 % | 0 |",
        "| – modems | 1 | 0.0 % | 0.000 | 0.0 % | 0.0 % | 0 |",
    ]
    assert lines[-1] == "| generated | 3 | 0 | 0 | 0 | 0 | 0 |"


def test_the_report_has_the_published_figures_beside_edgejson_s() -> None:
    """Other models' figures on the same rows stand below ours."""
    lines = report.markdown([Judged(name=sets.EDGEJSON, predictions=[unread("a", "simple")])]).splitlines()

    assert lines[3:5] == [
        "| – elsewhere: Maaza MLM-135M-JSON, F16, no grammar | 158 | 24.7 % | 0.520 | 41.1 % | – | – |",
        "| – elsewhere: Maaza 360M, F16, no grammar | 158 | 55.1 % | 0.729 | 74.1 % | – | – |",
    ]


def unread(name: str, family: str) -> Prediction:
    """Return a prediction that failed."""
    case = Case(id=name, schema=ASKED, text="T=1", expected={"t": 1}, family=family)
    score = scores.score(case.expected, None, case.schema, case.text)
    return Prediction(case=case, extraction=None, reading=None, rejected=None, score=score, ms=1.0)


def test_generated_cases_are_scored_as_equal_to_their_own_answers() -> None:
    """An answer that the model writes as the sample has it is exact, whatever its numbers' spelling."""
    for case in sets.generated(11, 50).cases:
        assert scores.score(case.expected, json.loads(json.dumps(case.expected)), case.schema, case.text).exact


def test_without_cases_there_is_nothing_to_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says which options give cases."""
    code = main(["evaluate", "--model", str(tmp_path / "none.gguf")])

    assert code == 1
    assert capsys.readouterr().err == (
        "edge_train: evaluate: expected at least one case; name --edgejson, --cases or --generated\n"
    )


@pytest.mark.model
def test_a_model_is_judged_as_the_daemon_reads(
    model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two plain cases: one right, one whose expectation is wrong; the mistake is written with its place."""
    asked = {"type": "object", "properties": {"temperature": {"type": "number", "unit": "°C"}}}
    rows = [
        {"id": str(number), "schema": asked, "text": "temperature 21.4 °C", "expected": {"temperature": number}}
        for number in (21.4, 55)
    ]
    cases, out, wrong = tmp_path / "own.jsonl", tmp_path / "report.md", tmp_path / "mistakes.jsonl"
    cases.write_text("\n".join(map(json.dumps, rows)))

    code = main(
        [
            "evaluate",
            "--model",
            str(model_path),
            "--cases",
            str(cases),
            "--out",
            str(out),
            "--mistakes",
            str(wrong),
        ]
    )

    assert (code, capsys.readouterr().err) == (0, "")
    assert "| own | 2 | 50.0 % | 0.500 | 100.0 % | 100.0 % | 0 |" in out.read_text()
    assert json.loads(wrong.read_text()) == {
        "set": "own",
        "family": "-",
        "id": "55",
        "kind": "wrong value picked",
        "path": "/temperature",
        "expected": 55,
        "got": 21.4,
    }


@pytest.mark.model
def test_what_an_ungrounded_model_makes_up_is_counted(model_path: Path) -> None:
    """It may write what is not in the text, and the score under the case's own schema says how much of it is."""
    asked: dict[str, JSON] = {"type": "object", "properties": {"temperature": {"type": "number", "unit": "°C"}}}
    case = Case(id="1", schema=asked, text="temperature 21.4 °C", expected={"temperature": 21.4}, family="-")

    [judged] = evaluate(model_path, [CaseSet(name="own", cases=[case])], is_grounded=False)

    [prediction] = judged.predictions
    got = json.loads(prediction.extraction.json) if prediction.extraction else None
    assert prediction.case == case
    assert prediction.score == scores.score(case.expected, got, asked, case.text)


def test_edgejson_s_folder_is_named_where_it_is_none(tmp_path: Path) -> None:
    """A folder without the benchmark's files is refused by name."""
    with pytest.raises(EdgeError, match=f"^{tmp_path}/schemas.json: cannot read the cases: "):
        sets.edgejson(tmp_path)
