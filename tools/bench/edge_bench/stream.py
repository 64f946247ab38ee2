"""Owns the stream of formats: messages of many devices that change their wording on the way, each with its truth.

Knows nothing of what reads them. What is new about a message is its event, so that wrong replays can be counted
by it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from random import Random

from edge.literal import JSON, Number
from edge_bench.formats import FORMATS, SCHEMAS, Event, Format, Phase
from edge_bench.wording import Numbers, Spelled, Wording, reading

SEED = 7  # of the rows that read a stream
SHAPES = 72  # of the steady devices, one each: some more than 50, for those that the model misreads
_TWINS_SHARE, _ZEROS_SHARE = 0.04, 0.04  # of the messages of a device that has them
_CHANGES_FROM, _CHANGES_TO = 0.3, 0.8  # of the stream: in between devices change, each at its own moment
_NEGATIVE_ZERO = Spelled(text="-0.0", value=Number("-0.0"))


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamMessage:
    """A message of the stream: who sent it, what it says, what a careful reader makes of it.

    Attributes:
        expected: its numbers are exact, as the text spells them; compare with what `literal.loads` gives.
    """

    format_name: str
    route: str
    text: str
    expected: dict[str, JSON]
    event: Event


def schemas() -> dict[str, dict[str, JSON]]:
    """Return the JSON Schema of each route of the stream."""
    return SCHEMAS


def generate(seed: int, count: int) -> Iterator[StreamMessage]:
    """Yield a stream of so many messages; in the middle of it devices change what they send."""
    chance = Random(seed)  # noqa: S311  # device readings, not secrets
    changes = {each.name: _changes(each, chance, count) for each in FORMATS}
    for number in range(count):
        device = chance.choice(FORMATS)
        phase = device.phases[sum(number >= change for change in changes[device.name])]
        yield _message(device, phase, chance)


def shapes50(seed: int, count: int, *, among: Collection[str] = ()) -> Iterator[StreamMessage]:
    """Yield messages of 72 steady devices in turn, all of whose values change from message to message.

    Args:
        seed: names the stream.
        count: how many messages.
        among: the names of the devices; none for all.
    """
    chance = Random(seed)  # noqa: S311  # device readings, not secrets
    devices = [device for device in _steady() if not among or device.name in among]
    for number in range(count):
        device = devices[number % len(devices)]
        yield _message(device, device.phases[0], chance)


def _changes(device: Format, chance: Random, count: int) -> list[int]:
    """Return the numbers of the messages with which the later phases of a device begin."""
    shares = sorted(chance.uniform(_CHANGES_FROM, _CHANGES_TO) for _ in device.phases[1:])
    return [int(share * count) for share in shares]


def _message(device: Format, phase: Phase, chance: Random) -> StreamMessage:
    values, event = phase.wording.draw(chance), phase.event
    lot = chance.random()
    if device.twins and lot < _TWINS_SHARE:
        first, second = device.twins
        values, event = {**values, second: values[first]}, Event.EQUAL_NUMBERS
    elif device.zeros and lot > 1 - _ZEROS_SHARE:
        values, event = {**values, device.zeros: _NEGATIVE_ZERO}, Event.NEGATIVE_ZERO
    return StreamMessage(
        format_name=device.name,
        route=device.route,
        text=phase.wording.text(values),
        expected=reading(values, SCHEMAS[device.route]),
        event=event,
    )


def _steady() -> list[Format]:
    """Return devices that never change, one for each phase without words that change or signs that flip."""
    found: dict[str, Format] = {}
    for lead in ("", "> "):  # some gateways mark the lines that they pass on
        for device in FORMATS:
            for index, phase in enumerate(device.phases):
                if _is_steady(phase.wording):
                    wording = Wording(template=lead + phase.wording.template, draws=phase.wording.draws)
                    steady = Phase(event=Event.PLAIN, wording=wording)
                    found.setdefault(
                        f"{device.route} {wording}",
                        Format(name=f"{lead}{device.name}-{index}", route=device.route, phases=(steady,)),
                    )
    return list(found.values())[:SHAPES]


def _is_steady(wording: Wording) -> bool:
    return all(isinstance(draw, Numbers) and draw.low * draw.high > 0 for draw in wording.draws.values())
