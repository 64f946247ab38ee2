"""Owns `edge eval`: run a model over cases, score what it extracted, print the table.

Knows nothing of the daemon. What a score means stands in `scores.py`.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from typing import cast

from rich.console import Console
from rich.progress import track
from rich.table import Column, Table
from rich.text import Text

from edge.config.options import Limits
from edge.errors import EdgeError, ModelError, Rejected
from edge.extraction.extraction import Extraction
from edge.extraction.extractor import Extractor, Prepared, open_model
from edge.extraction.reading import Reading
from edge.literal import JSON, Number, dumps, loads, pointer
from edge.schema import schema
from edge.schema.schema import SchemaError
from edge.verbs import cases, scores
from edge.verbs.cases import Case
from edge.verbs.scores import Score

LIMITS = Limits(payload_bytes=1 << 20, message_tokens=4096, output_tokens=2048, deadline_s=120.0)
CONTEXT_TOKENS = 8192  # EdgeJSON's longest row takes about 3,700 in all
_UNUSABLE = "unusable_schema"  # not a reason of the daemon's, which refuses such a schema at its start
_SHARES = ("exact", "field_f1", "compliant", "valid")


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """What came of one case.

    Attributes:
        extraction: None where the model was not asked or did not finish.
        rejected: reason and detail of why there is no reading; the extraction is scored all the same.
        ms: of the whole case, prompt to judgement.
    """

    case: Case
    extraction: Extraction | None
    reading: Reading | None
    rejected: tuple[str, str] | None
    score: Score
    ms: float


def run(
    *,
    cases_file: Path | None,
    edgejson: Path | None,
    limit: int | None,
    model: Path,
    predictions_file: Path | None,
    as_json: bool,
) -> None:
    """Evaluate a model on one of the two sources of cases, and print the figures.

    Raises:
        EdgeError: the cases cannot be used, or the predictions cannot be written.
        ModelError: the model cannot be used.
    """
    found = cases.from_edgejson(edgejson) if edgejson else cases.from_lines(cast("Path", cases_file))
    if not found:
        raise EdgeError(f"{cases_file or edgejson}: expected at least one case, got none")
    with open_model(model, threads=None, context_tokens=CONTEXT_TOKENS, limits=LIMITS) as extractor:
        predictions = predict(extractor, found[:limit])
    for prediction in predictions:
        if prediction.rejected and prediction.rejected[0] == _UNUSABLE:
            sys.stderr.write(f"edge: case {prediction.case.id}: {prediction.rejected[1]}\n")
    if predictions_file:
        write_predictions(predictions, predictions_file)
    show(predictions, as_json=as_json)


def predict(
    extractor: Extractor, chosen: Sequence[Case], *, clock: Callable[[], float] = time.perf_counter
) -> list[Prediction]:
    """Return a prediction for each case, with a progress bar on a terminal."""
    console = Console(stderr=True)
    preparer = _Preparer(extractor)
    rows = track(chosen, description="evaluating", console=console, disable=not console.is_terminal)
    return [_predict(extractor, preparer, case, clock) for case in rows]


def summary(predictions: Sequence[Prediction]) -> dict[str, JSON]:
    """Return the figures of an evaluation, as `--json` prints them."""
    times_ms = sorted(p.ms for p in predictions)
    cuts = quantiles(times_ms, n=20, method="inclusive") if len(times_ms) > 1 else times_ms * 19
    families = sorted({p.case.family for p in predictions})
    return {
        **asdict(scores.summarize(p.score for p in predictions)),
        "p50_ms": round(cuts[9], 1),
        "p95_ms": round(cuts[18], 1),
        "messages_per_s": round(1000 * len(times_ms) / sum(times_ms), 3),
        "by_family": {
            family: asdict(scores.summarize(p.score for p in predictions if p.case.family == family))
            for family in families
        },
    }


def write_predictions(predictions: Sequence[Prediction], path: Path) -> None:
    """Write a JSON line for each prediction: id, raw, reading, rejected, spans, ms."""
    lines = (dumps(_row(prediction)) + "\n" for prediction in predictions)
    try:
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise EdgeError(f"{path}: cannot write the predictions: {error.strerror}") from error


def show(predictions: Sequence[Prediction], *, as_json: bool) -> None:
    """Print the figures: a table by family, or one JSON object."""
    figures = summary(predictions)
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    table = Table("family", *(Column(name, justify="right") for name in ("cases", *_SHARES, "invented")))
    families = figures["by_family"]
    assert isinstance(families, dict)
    for family, row in [*families.items(), ("all", figures)]:
        assert isinstance(row, dict)
        if family == "all":
            table.add_section()
        table.add_row(Text(family), str(row["cases"]), *_cells(row), str(row["invented"]))
    console = Console()
    console.print(table)
    console.print(
        f"{figures['p50_ms']} ms median, {figures['p95_ms']} ms at the 95th percentile, "
        f"{figures['messages_per_s']} messages/s"
    )


class _Preparer:
    """Makes each schema ready once, however many cases share it."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._prepared: dict[str, Prepared] = {}

    def __call__(self, case: Case) -> Prepared:
        key = json.dumps(case.schema)
        if key not in self._prepared:
            self._prepared[key] = self._extractor.prepare(schema.parse(case.schema))
        return self._prepared[key]


def _predict(extractor: Extractor, prepare: _Preparer, case: Case, clock: Callable[[], float]) -> Prediction:
    started_s = clock()
    extraction, reading, why = None, None, None
    try:
        prepared = prepare(case)
        extraction = extractor.extract(prepared, case.text)
        reading = prepared.validator.judge(extraction)
    except Rejected as rejected:
        why = (str(rejected.reason), rejected.detail)
    except ModelError:
        raise
    except (SchemaError, EdgeError) as error:  # one schema that cannot be used fails its own cases alone
        why = (_UNUSABLE, str(error))
    raw = json.loads(extraction.json) if extraction else None
    return Prediction(
        case=case,
        extraction=extraction,
        reading=reading,
        rejected=why,
        score=scores.score(case.expected, raw, case.schema, case.text),
        ms=1000 * (clock() - started_s),
    )


def _row(prediction: Prediction) -> dict[str, JSON]:
    extraction = prediction.extraction
    values = extraction.values if extraction else ()
    why = prediction.rejected
    return {
        "id": prediction.case.id,
        "raw": loads(extraction.json) if extraction else None,
        "reading": loads(prediction.reading.json) if prediction.reading else None,
        "rejected": {"reason": why[0], "detail": why[1]} if why else None,
        "spans": {pointer(value.path): [value.span.start, value.span.end] for value in values if value.span},
        "ms": Number(f"{prediction.ms:.1f}"),
    }


def _cells(row: dict[str, JSON]) -> list[str]:
    """Return the shares of a row of figures as cells of the table; F1 is no percentage by custom."""
    assert all(isinstance(row[key], float) for key in _SHARES)
    return [
        f"{row[key]:.3f}" if key == "field_f1" else f"{100 * cast('float', row[key]):.1f} %" for key in _SHARES
    ]
