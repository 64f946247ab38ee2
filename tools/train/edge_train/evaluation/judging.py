"""Owns the way of `evaluate`: cases chosen, the model made, read with, and the report written.

Knows nothing of scores. An adapter is merged and quantized as `edge-convert` does it, and read with as the daemon
does it.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.errors import EdgeError
from edge.extraction.extractor import Extractor, open_model
from edge.extraction.prompt import CONTRACT
from edge.literal import dumps, pointer
from edge.verbs import cases, evaluation, scores
from edge.verbs.cases import Case
from edge.verbs.evaluation import Prediction
from edge_convert import calibrationfile, conversion
from edge_train.evaluation import calibrating, reliability, report, sets
from edge_train.evaluation.judgements import judgements
from edge_train.evaluation.report import Judged
from edge_train.evaluation.sets import CaseSet


def judge(options: argparse.Namespace) -> None:
    """Evaluate as the options say.

    Raises:
        EdgeError: no cases, or the adapter, the model or a file of cases cannot be used.
        OSError: a file cannot be read or written.
    """
    chosen = _chosen(options)
    if not any(one.cases for one in chosen):
        raise EdgeError("evaluate: expected at least one case; name --edgejson, --cases or --generated")
    with _model(options) as model:
        judged = evaluate(
            model,
            chosen,
            limit=options.limit,
            is_calibrated=options.calibration is None,
            is_grounded=not options.ungrounded,
            has_support=not options.unsupported,
        )
    found = {one.name: judgements(one.predictions) for one in judged}
    series = {"as they are": found}
    if options.calibration:
        series["calibrated by the other half of the cases"] = calibrating.cross_fitted(found)
        calibrationfile.write(options.calibration, calibrating.fit(calibrating.together(found)))
    text = report.markdown(judged) + report.confidences(series)
    if options.reliability:
        picture = reliability.svg({name: calibrating.together(one) for name, one in series.items()})
        options.reliability.write_text(picture, encoding="utf-8")
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    if options.mistakes:
        options.mistakes.write_text("".join(_mistake_lines(judged)), encoding="utf-8")


def evaluate(
    model: Path,
    chosen: Sequence[CaseSet],
    *,
    limit: int | None = None,
    is_calibrated: bool = True,
    is_grounded: bool = True,
    has_support: bool = True,
) -> list[Judged]:
    """Return what a model makes of each set, read as `edge eval` reads them.

    Args:
        model: the GGUF.
        chosen: the sets.
        limit: of the cases of a set; None for all.
        is_calibrated: whether confidences go through the calibration that the GGUF states, if it does.
        is_grounded: whether numbers and strings must be copies of the text.
        has_support: whether labels and units of the text have a say beside the model.

    Raises:
        ModelError: the model cannot be used.
    """
    with open_model(
        model,
        threads=None,
        context_tokens=evaluation.CONTEXT_TOKENS,
        limits=evaluation.LIMITS,
        is_calibrated=is_calibrated,
        has_support=has_support,
    ) as extractor:
        return [
            Judged(name=one.name, predictions=_predicted(extractor, one.cases[:limit], is_grounded=is_grounded))
            for one in chosen
            if one.cases
        ]


def _predicted(extractor: Extractor, chosen: Sequence[Case], *, is_grounded: bool) -> list[Prediction]:
    if is_grounded:
        return evaluation.predict(extractor, chosen)
    freed = evaluation.predict(extractor, [cases.ungrounded(case) for case in chosen])
    return [_judged_by(case, prediction) for case, prediction in zip(chosen, freed, strict=True)]


def _judged_by(case: Case, prediction: Prediction) -> Prediction:
    """Return the prediction with the score under the schema of a case, by which values can be invented."""
    got = json.loads(prediction.extraction.json) if prediction.extraction else None
    return replace(prediction, case=case, score=scores.score(case.expected, got, case.schema, case.text))


def _chosen(options: argparse.Namespace) -> list[CaseSet]:
    found = [sets.edgejson(options.edgejson)] if options.edgejson else []
    found += [sets.file(path) for path in options.cases]
    if options.generated:
        found.append(sets.generated(options.seed, options.generated))
    return found


@contextmanager
def _model(options: argparse.Namespace) -> Iterator[Path]:
    if options.model:
        yield options.model
        return
    with TemporaryDirectory(prefix="edge-evaluate-") as folder:
        made = Path(folder) / "model.gguf"
        request = conversion.Request(
            base=options.base.expanduser(),
            adapter=options.adapter,
            output=made,
            type_name=options.type,
            prompt_contract=CONTRACT,
            vocabulary=options.trim_vocab,
        )
        planned = conversion.plan(request, conversion.identify(request))
        conversion.convert(planned, threads=os.cpu_count() or 1)
        yield made


def _mistake_lines(judged: Sequence[Judged]) -> Iterator[str]:
    for one in judged:
        for prediction in one.predictions:
            for mistake in report.found(prediction):
                row = {
                    "set": one.name,
                    "family": prediction.case.family,
                    "id": prediction.case.id,
                    "kind": str(mistake.kind),
                    "path": pointer(mistake.path),
                    "expected": mistake.expected,
                    "got": mistake.got,
                }
                yield dumps(json.loads(json.dumps(row))) + "\n"
