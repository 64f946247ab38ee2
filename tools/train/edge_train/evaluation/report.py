"""Owns the report on an adapter as Markdown: the table of the model card, families, mistakes by kind.

Knows nothing of how predictions are made.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.verbs import scores
from edge.verbs.evaluation import Prediction
from edge_train.evaluation import calibrating, sets
from edge_train.evaluation.calibrating import Judgement
from edge_train.evaluation.mistakes import Kind, Mistake, mistakes

_HEAD = "| | cases | exact | field F1 | compliance | valid without `required` | invented |"
_RULE = "|---|---|---|---|---|---|---|"
_MOST_FAMILIES_SHOWN = 40
_PUBLISHED = {  # other models on the same cases, from their model cards (CycleCore Technologies)
    sets.EDGEJSON: (
        "| – elsewhere: Maaza MLM-135M-JSON, F16, no grammar | 158 | 24.7 % | 0.520 | 41.1 % | – | – |",
        "| – elsewhere: Maaza 360M, F16, no grammar | 158 | 55.1 % | 0.729 | 74.1 % | – | – |",
    )
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A set of cases with what became of them."""

    name: str
    predictions: Sequence[Prediction]


def markdown(judged: Sequence[Judged]) -> str:
    """Return the report on some sets: a table of all, each with its families, and a table of mistakes."""
    rows = [row for one in judged for row in _rows(one)]
    kinds = [f"| {one.name} |" + "".join(f" {count} |" for count in _counts(one)) for one in judged]
    return "\n".join(
        [
            _HEAD,
            _RULE,
            *rows,
            "",
            "Mistakes by kind, one for each value that differs:",
            "",
            f"| | {' | '.join(Kind)} |",
            "|---" * (1 + len(Kind)) + "|",
            *kinds,
            "",
        ]
    )


def confidences(series: Mapping[str, Mapping[str, Sequence[Judgement]]]) -> str:
    """Return the table of how far confidences lie from the truth: a row for each set, a column for each series."""
    [first, *_] = series.values()
    names = [*first, *(["all"] if len(first) > 1 else [])]
    lines = [
        "",
        "Expected calibration error of the confidences, ten bins:",
        "",
        f"| | values | right | {' | '.join(series)} |",
        "|---" * (3 + len(series)) + "|",
    ]
    for name in names:
        sets = [calibrating.together(one) if name == "all" else one[name] for one in series.values()]
        right = sum(each.is_right for each in sets[0]) / max(1, len(sets[0]))
        errors = " | ".join(f"{calibrating.expected_error(one):.3f}" for one in sets)
        lines.append(f"| {name} | {len(sets[0])} | {100 * right:.1f} % | {errors} |")
    return "\n".join([*lines, ""])


def found(prediction: Prediction) -> list[Mistake]:
    """Return what is wrong with a prediction."""
    case, got = prediction.case, prediction.extraction
    return mistakes(case.expected, json.loads(got.json) if got else None, case.schema)


def _rows(judged: Judged) -> Iterable[str]:
    yield _row(judged.name, judged.predictions)
    families = Counter(prediction.case.family for prediction in judged.predictions)
    if len(families) > 1:
        for family, _ in families.most_common(_MOST_FAMILIES_SHOWN):
            yield _row(f"– {family}", [one for one in judged.predictions if one.case.family == family])
    yield from _PUBLISHED.get(judged.name, ())


def _row(name: str, predictions: Sequence[Prediction]) -> str:
    summary = scores.summarize(prediction.score for prediction in predictions)
    return (
        f"| {name} | {summary.cases} | {summary.exact:.1%} | {summary.field_f1:.3f} | {summary.compliant:.1%} | "
        f"{summary.valid:.1%} | {summary.invented} |"
    ).replace("%", " %")


def _counts(judged: Judged) -> list[int]:
    counted = Counter(mistake.kind for prediction in judged.predictions for mistake in found(prediction))
    return [counted[kind] for kind in Kind]
