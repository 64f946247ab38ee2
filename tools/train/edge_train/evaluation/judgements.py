"""Owns which values of a prediction are right, and how sure the program was of each.

Knows nothing of calibrations.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from edge.literal import Path
from edge.verbs.evaluation import Prediction
from edge_train.evaluation.calibrating import Judgement

_NOWHERE = object()


def judgements(predictions: Sequence[Prediction]) -> list[Judgement]:
    """Return a judgement of each value that was read, case after case."""
    return [each for prediction in predictions for each in _of(prediction)]


def _of(prediction: Prediction) -> Iterator[Judgement]:
    if prediction.extraction is None:
        return
    got = json.loads(prediction.extraction.json)
    for value in prediction.extraction.values:
        one, other = _at(got, value.path), _at(prediction.case.expected, value.path)
        is_right = one == other and isinstance(one, bool) is isinstance(other, bool)
        yield Judgement(group=prediction.case.id, confidence=value.confidence, is_right=is_right)


def _at(found: Any, path: Path) -> object:
    """Return what stands at a path; a thing equal to nothing else where nothing does.

    >>> _at({"rows": [{"n": 1}]}, ("rows", 0, "n")), _at({"rows": []}, ("rows", 0, "n")) is _NOWHERE
    (1, True)
    """
    try:
        for part in path:
            found = found[part]
    except (LookupError, TypeError):
        return _NOWHERE
    return found
