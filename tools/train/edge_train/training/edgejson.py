"""Owns EdgeJSON's training rows as the daemon would write them: the schema's order of keys, the text's digits.

Knows nothing of tokens.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from edge.literal import JSON, Number, dumps
from edge.text import numerals
from edge.verbs import cases
from edge.verbs.cases import Case

TRAINING_ROWS = "train.jsonl"


def rows(folder: Path) -> list[Case]:
    """Return the training rows of EdgeJSON v3, which stand beside its `schemas.json`.

    Raises:
        EdgeError: a file is missing or not in that layout.
    """
    return cases.from_edgejson(folder, TRAINING_ROWS)


def answer(case: Case) -> str:
    """Return what the model is to write: a number as the daemon spells what the text shows.

    >>> asked = {"properties": {"a": {}, "b": {"items": {"properties": {"c": {}, "d": {}}}}}}
    >>> answer(Case(id="", schema=asked, text="$3.50, 1", expected={"b": [{"d": 1, "c": 2}], "a": 3.5}, family=""))
    '{"a":3.50,"b":[{"c":2,"d":1}]}'
    """
    spelled: dict[Decimal, str] = {}
    for numeral in numerals.find(case.text):
        spelled.setdefault(Decimal(numeral.literal), numeral.literal)
    return dumps(_canonical(case.expected, case.schema, spelled))


def _canonical(value: JSON, asked: JSON, spelled: Mapping[Decimal, str]) -> JSON:
    asked = asked if isinstance(asked, dict) else {}
    if isinstance(value, list):
        return [_canonical(item, asked.get("items"), spelled) for item in value]
    if isinstance(value, dict):
        properties = asked.get("properties")
        known = properties if isinstance(properties, dict) else {}
        keys = [*(key for key in known if key in value), *(key for key in value if key not in known)]
        return {key: _canonical(value[key], known.get(key), spelled) for key in keys}
    if isinstance(value, int | float) and not isinstance(value, bool) and asked.get("type") != "integer":
        literal = spelled.get(Decimal(str(value)))
        return Number(literal) if literal else value
    return value
