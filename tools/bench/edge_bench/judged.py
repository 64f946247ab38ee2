"""Owns how the answers to the workload are judged: JSONExact, as `edge eval` defines it.

Knows nothing of who answered.
"""

import json
from collections.abc import Sequence

from edge.literal import JSON
from edge.verbs import scores
from edge.verbs.cases import Case


def exact_share(messages: Sequence[Case], answers: Sequence[str]) -> float:
    """Return the share of answers that equal the expected object; what is no JSON is wrong.

    >>> case = Case(id="t-1", schema={"type": "object"}, text="T=5", expected={"t": 5}, family="short")
    >>> exact_share([case, case], ['{"t": 5}', '{"t": 5'])
    0.5
    """
    judged = [
        scores.score(message.expected, _parsed(answer), message.schema, message.text).exact
        for message, answer in zip(messages, answers, strict=True)
    ]
    return round(sum(judged) / len(judged), 4)


def _parsed(answer: str) -> JSON:
    try:
        found: JSON = json.loads(answer)
    except ValueError:
        return None
    return found
