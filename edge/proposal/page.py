"""Owns the file that a proposal becomes: YAML for a person to edit, with what to look at behind each field.

Knows nothing of how the proposal came about, and writes no file.
"""

import re
import shlex
from collections.abc import Iterator

from edge import jsonpath
from edge.literal import JSON, dumps
from edge.proposal.fields import Field
from edge.proposal.proposal import Proposal, Sample
from edge.topics import TopicFilter

_PLAIN = re.compile(r"[A-Za-z°µ][A-Za-z0-9°µ_/³]*(?: [A-Za-z0-9_/]+)*")
_NO_TEXT = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}  # to some readers of YAML
_MOST_CASES = 5
_MOST_ESCAPED = 0xFFFF  # by four digits; what lies beyond prints, or YAML takes it as it is
_COLUMN = 50  # where remarks begin


def yaml(proposal: Proposal, *, name: str, subscribe: str, file: str, encoding: str | None = None) -> str:
    """Return the whole of a configuration with one route.

    Args:
        proposal: what the route is to look for.
        name: of the route.
        subscribe: its filter.
        file: how the person names the file that this goes to.
        encoding: of the payloads; None for UTF-8.
    """
    shown = shlex.quote("".join(char if char.isprintable() else "?" for char in file))
    head = _head(len(proposal.samples), name, shown)
    return "\n".join([*head, *_route(proposal, name, subscribe, encoding), ""])


def publish(name: str, subscribe: str) -> str:
    """Return the topic that the readings of a route should go to.

    >>> publish("tank", "raw/tank"), publish("tank", "raw/+/tank/+")
    ('readings/tank', 'readings/tank/{1}/{2}')
    """
    count = TopicFilter(subscribe).wildcard_count
    return "/".join(["readings", name, *(f"{{{number}}}" for number in range(1, count + 1))])


def _head(count: int, name: str, file: str) -> Iterator[str]:
    texts = f"{count} text{'' if count == 1 else 's'}"
    yield f"# Proposed by `edge init` from {texts} of a device. It is yours now: edit names, units and types, and"
    yield "# delete what you do not need. A field that is not in each message needs `optional: true`."
    yield f"#   edge check --config {file}"
    yield f"#   edge try --config {file} --route {name} 'another text'"
    yield f"#   edge test --config {file}"
    yield "# Then put the route into /etc/edge/edge.yaml, and `edge reload`."


def _route(proposal: Proposal, name: str, subscribe: str, encoding: str | None) -> Iterator[str]:
    yield "routes:"
    yield f"  - name: {name}"
    yield f"    subscribe: {_text(subscribe)}"
    yield f"    publish: {_text(publish(name, subscribe))}"
    if encoding is not None:
        line = f"    encoding: {encoding}"
        yield f"{line:<{_COLUMN}}  # the texts are no UTF-8; cp437, cp1252, … read them otherwise"
    if proposal.place is not None:
        yield f"    text: {_text(jsonpath.written(proposal.place))}"
    if proposal.splits_lines:
        yield "    split: lines"
    if any(each.is_moment for each in proposal.fields):
        yield "    # timestamps: rfc3339                           # one form for all times; needs a timezone"
        yield "    # timezone: Europe/Berlin                       # of the device, where it names none"
    yield "    fields:"
    yield from map(_field, proposal.fields)
    if proposal.left_out:
        yield f"      # {proposal.left_out} more values were seen in the texts"
    cases = [each for each in proposal.samples if each.is_whole and each.expected][:_MOST_CASES]
    if cases:
        yield "    tests:                                          # what the labels say; for `edge test`"
    for number, sample in enumerate(cases, start=1):
        yield from _case(sample, number, is_list=proposal.splits_lines)


def _field(field: Field) -> str:
    parts = [f"enum: [{', '.join(map(_text, field.words))}]"] if field.words else [f"type: {field.type}"]
    if field.is_moment:
        parts.append("format: date-time")
    if field.unit is not None:
        parts.append(f"unit: {_text(field.unit)}")
    if field.is_share:
        parts.append("minimum: 0, maximum: 100")
    if field.description is not None:
        parts.append(f"description: {_text(field.description)}")
    if field.is_optional:
        parts.append("optional: true")
    line = f"      {_text(field.name)}: {{{', '.join(parts)}}}"
    return f"{line:<{_COLUMN}}  # {field.remark}" if field.remark else line


def _case(sample: Sample, number: int, *, is_list: bool) -> Iterator[str]:
    yield f"      - name: text {number}"
    yield f"        input: {_quoted(sample.payload)}"
    expected = ", ".join(f"{_text(name)}: {_value(value)}" for name, value in sample.expected.items())
    yield f"        expect: [{{{expected}}}]" if is_list else f"        expect: {{{expected}}}"


def _value(value: JSON) -> str:
    return _text(value) if isinstance(value, str) else dumps(value)


def _text(text: str) -> str:
    """Return text as YAML that nobody takes for something else.

    >>> [_text(text) for text in ("ok", "Heat index", "%", "on", "21", "a: b", "raw/+/x")]
    ['ok', 'Heat index', '"%"', '"on"', '"21"', '"a: b"', '"raw/+/x"']
    """
    return text if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT else _quoted(text)


def _quoted(text: str) -> str:
    r"""Return text in double quotes, what does not print escaped.

    >>> print(_quoted('T "x"' + chr(10) + chr(0x7f)))
    "T \"x\"\n\u007f"
    """
    return "".join(
        char if char.isprintable() or ord(char) > _MOST_ESCAPED else f"\\u{ord(char):04x}" for char in dumps(text)
    )
