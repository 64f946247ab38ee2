"""Owns the sets of cases that an adapter is judged by. Knows nothing of models and scores."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.verbs import cases
from edge.verbs.cases import Case
from edge_train import generator

EDGEJSON = "EdgeJSON v3 test"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseSet:
    """Cases under the name that a report gives them."""

    name: str
    cases: Sequence[Case]


def generated(seed: int, count: int) -> CaseSet:
    """Return generated samples as cases; a seed that no training used makes them unseen.

    >>> [case.id for case in generated(7, 2).cases]
    ['generated-7-0', 'generated-7-1']
    """
    made = [
        Case(
            id=f"generated-{seed}-{number}",
            schema=sample.schema,
            text=sample.text,
            expected=json.loads(sample.target),
            family=sample.family,
        )
        for number, sample in enumerate(generator.generate(seed, count))
    ]
    return CaseSet(name=f"generated, seed {seed}", cases=made)


def edgejson(folder: Path) -> CaseSet:
    """Return EdgeJSON's test rows; raises EdgeError where they are not in its layout."""
    return CaseSet(name=EDGEJSON, cases=cases.from_edgejson(folder))


def file(path: Path) -> CaseSet:
    """Return the cases of a file as `edge eval` reads them, under its name; raises EdgeError as that does."""
    return CaseSet(name=path.stem, cases=cases.from_lines(path))
