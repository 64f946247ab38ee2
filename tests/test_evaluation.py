"""`edge eval`: a model over cases, and the figures."""

import itertools
import json
from pathlib import Path

import pytest

from edge.errors import EdgeError, Rejected
from edge.extraction.extractor import Extractor
from edge.literal import JSON
from edge.verbs import evaluation
from edge.verbs.cases import Case
from edge.verbs.evaluation import Prediction
from edge.verbs.scores import score
from tests.made import extracted, prepared, schema_of

CELSIUS: dict[str, JSON] = {"t": {"type": "number", "unit": "°C"}}
DOCUMENT: dict[str, JSON] = {"type": "object", "properties": CELSIUS, "required": ["t"]}


def case_of(text: str, expected: dict[str, JSON], *, name: str = "a", family: str = "-") -> Case:
    """Return a case that asks for one temperature."""
    return Case(id=name, schema=DOCUMENT, text=text, expected=expected, family=family)


def predicted(case: Case, json_text: str, *, ms: float = 10.0) -> Prediction:
    """Return the prediction of a model that writes this JSON."""
    asked = schema_of(CELSIUS, required=["t"])
    extraction = extracted(case.text, asked, json_text)
    reading, why = None, None
    try:
        reading = prepared(asked).validator.judge(extraction)
    except Rejected as rejected:
        why = (str(rejected.reason), rejected.detail)
    worth = score(case.expected, json.loads(extraction.json), case.schema, case.text)
    return Prediction(case=case, extraction=extraction, reading=reading, rejected=why, score=worth, ms=ms)


RIGHT = predicted(case_of("T=21.50C", {"t": 21.5}, family="log"), '{"t":21.50}', ms=10.04)
REJECTED = predicted(case_of("T=68V", {"t": 68}, name="b"), '{"t":68}', ms=30.0)
WRONG = predicted(case_of("T=5 6", {"t": 6}, name="c", family="log"), '{"t":5}', ms=20.0)


def test_figures() -> None:
    """Shares, sums and times, in all and by family; a rejected reading is scored as it was extracted."""
    assert evaluation.summary([RIGHT, REJECTED, WRONG]) == {
        "cases": 3,
        "exact": 2 / 3,
        "field_f1": 2 / 3,
        "compliant": 1.0,
        "valid": 1.0,
        "invented": 0,
        "p50_ms": 20.0,
        "p95_ms": 29.0,
        "messages_per_s": 49.967,
        "by_family": {
            "-": {"cases": 1, "exact": 1.0, "field_f1": 1.0, "compliant": 1.0, "valid": 1.0, "invented": 0},
            "log": {"cases": 2, "exact": 0.5, "field_f1": 0.5, "compliant": 1.0, "valid": 1.0, "invented": 0},
        },
    }


def test_figures_of_one_case() -> None:
    """One time is its own median and its own 95th percentile."""
    figures = evaluation.summary([RIGHT])

    assert (figures["p50_ms"], figures["p95_ms"], figures["messages_per_s"]) == (10.0, 10.0, 99.602)


def test_predictions_file(tmp_path: Path) -> None:
    """Each prediction is a line: numbers as they were spelled, spans as offsets, why there is no reading."""
    path = tmp_path / "predictions.jsonl"

    evaluation.write_predictions([RIGHT, REJECTED], path)

    assert path.read_text(encoding="utf-8").split("\n") == [
        '{"id":"a","raw":{"t":21.50},"reading":{"t":21.50},"rejected":null,"spans":{"/t":[2,7]},"ms":10.0}',
        (
            '{"id":"b","raw":{"t":68},"reading":null,"rejected":{"reason":"unit_mismatch",'
            '"detail":"t: \'68\' is in V, expected °C"},"spans":{"/t":[2,4]},"ms":30.0}'
        ),
        "",
    ]


def test_a_predictions_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder is no file to write to."""
    with pytest.raises(EdgeError) as error:
        evaluation.write_predictions([RIGHT], tmp_path)

    assert str(error.value) == f"{tmp_path}: cannot write the predictions: Is a directory"


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """People get a line for each family and one for all; a family may be called anything."""
    odd = predicted(case_of("T=1", {"t": 1}, family="[/red]"), '{"t":1}')

    evaluation.show([RIGHT, WRONG, odd], as_json=False)

    lines = capsys.readouterr().out.splitlines()
    cells = [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in lines]
    assert ["family", "cases", "exact", "field_f1", "compliant", "valid", "invented"] in cells
    assert ["log", "2", "50.0 %", "0.500", "100.0 %", "100.0 %", "0"] in cells
    assert ["[/red]", "1", "100.0 %", "1.000", "100.0 %", "100.0 %", "0"] in cells
    assert ["all", "3", "66.7 %", "0.667", "100.0 %", "100.0 %", "0"] in cells
    assert lines[-1] == "10.0 ms median, 19.0 ms at the 95th percentile, 74.925 messages/s"


def test_no_cases(tmp_path: Path, model_path: Path) -> None:
    """A file without cases has no figures."""
    path = tmp_path / "cases.jsonl"
    path.write_text("\n", encoding="utf-8")

    with pytest.raises(EdgeError) as error:
        evaluation.run(
            cases_file=path, edgejson=None, limit=None, model=model_path, predictions_file=None, as_json=True
        )

    assert str(error.value) == f"{path}: expected at least one case, got none"


@pytest.mark.model
def test_the_model_over_cases(extractor: Extractor) -> None:
    """Every case gets a prediction: a reading, a rejection, or the word that its schema cannot be used."""
    broken = Case(id="z", schema={"type": "array"}, text="T=1", expected={}, family="-")
    rows = [case_of("T=21.4C", {"t": 21.4}), case_of("no news", {}, name="b"), case_of("x " * 1100, {}), broken]
    ticks = itertools.count()

    found = evaluation.predict(extractor, rows, clock=lambda: next(ticks) / 1000)

    assert [prediction.case for prediction in found] == rows
    assert [prediction.reading and prediction.reading.json for prediction in found] == [
        '{"t":21.4}',
        None,
        None,
        None,
    ]
    assert [prediction.rejected for prediction in found] == [
        None,
        ("missing", "t: the schema requires it, and the text does not state it"),
        ("too_long", "expected at most 1024 tokens, got 1100"),
        ("unusable_schema", 'schema: expected "type": "object" at the root of the schema'),
    ]
    assert [prediction.score.exact for prediction in found] == [True, True, False, False]
    assert [round(prediction.ms, 6) for prediction in found] == [1, 1, 1, 1]


@pytest.mark.model
def test_a_number_of_hundreds_of_digits(extractor: Extractor) -> None:
    """What is too large for a float is read, judged and scored all the same."""
    digits = "9" * 400
    (found,) = evaluation.predict(extractor, [case_of(f"T={digits}", {"t": int(digits)})])

    assert found.extraction is not None
    assert found.extraction.json == f'{{"t":{digits}}}'
    assert (found.score.exact, found.score.invented) == (True, 0)
