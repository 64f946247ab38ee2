"""Owns the shipped workload: messages of the devices with the readings that are in them, drawn from one seed.

Knows nothing of what is measured with them. The file beside this module has the layout of `edge eval`.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from edge.literal import dumps
from edge.verbs import cases
from edge.verbs.cases import Case
from edge_bench.devices import DEVICES, SCHEMAS, Device, Family
from edge_bench.wording import reading

FILE = Path(__file__).with_name("workload.jsonl")
SEED = 20251122
COUNT = 240
_SHARES = {Family.SHORT: 14, Family.LOG: 7, Family.FORM: 3}  # of 24: what a house or a workshop sends


def load(limit: int | None = None) -> list[Case]:
    """Return the messages of the shipped file, the first so many.

    Raises:
        EdgeError: the file is missing or damaged.
    """
    return cases.from_lines(FILE)[:limit]


def route_of(case: Case) -> str:
    """Return the route of a message of the workload, which its id begins with.

    >>> route_of(Case(id="soil-017", schema={}, text="", expected={}, family="short"))
    'soil'
    """
    return case.id.rpartition("-")[0]


def generate(seed: int = SEED, count: int = COUNT) -> list[Case]:
    """Return messages drawn at random, the families mixed in their shares, no two texts alike."""
    chance = Random(seed)  # noqa: S311  # device readings, not secrets
    deck = [family for family, share in _SHARES.items() for _ in range(share)]
    found: dict[str, Case] = {}
    while len(found) < count:
        family = deck[len(found) % len(deck)]
        device = chance.choice([device for device in DEVICES if device.family is family])
        case = _draw(device, chance, number=len(found))
        found.setdefault(case.text, case)
    return chance.sample(list(found.values()), count)


def render(messages: Sequence[Case]) -> str:
    """Return messages as the lines of a file."""
    return "".join(
        dumps({"id": m.id, "family": m.family, "schema": m.schema, "text": m.text, "expected": m.expected}) + "\n"
        for m in messages
    )


def _draw(device: Device, chance: Random, *, number: int) -> Case:
    values = device.wording.draw(chance)
    schema = SCHEMAS[device.route]
    return Case(
        id=f"{device.route}-{number:03}",
        schema=schema,
        text=device.wording.text(values),
        expected=reading(values, schema),
        family=device.family,
    )


if __name__ == "__main__":
    FILE.write_text(render(generate()), encoding="utf-8")
