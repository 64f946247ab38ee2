"""Owns where the sample texts of `edge init` come from: arguments, a file, standard input, a person, the broker.

Knows nothing of what is made of them.
"""

import ssl
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO, TypeVar

from edge.config.options import Mqtt
from edge.errors import EdgeError
from edge.mqtt import listener

T = TypeVar("T")

MOST = 100  # texts that a proposal is made of; more say nothing new
LATIN_1 = "latin-1"
_ENOUGH = 20  # messages of a device on the broker
_MOST_BYTES = 65_536  # of a text
_SHOWN_TOPICS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """Texts of a device, at least one, each of them once.

    Attributes:
        topic: the filter that they came by; None where they did not come over MQTT.
        encoding: what they were, as an option of a route; None for UTF-8.
    """

    texts: tuple[str, ...]
    topic: str | None = None
    encoding: str | None = None


def of_arguments(texts: Sequence[str]) -> Samples:
    """Return texts that were given one by one; Raises: EdgeError where one is no text."""
    return _checked(
        ((f"text {number}", text.encode(errors="surrogateescape")) for number, text in _counted(texts))
    )


def of_file(path: Path, *, is_whole: bool) -> Samples:
    """Return the lines of a file, or all of it as one text.

    Raises:
        EdgeError: there is no text in it, or it is neither UTF-8 nor Latin-1.
        OSError: it cannot be read.
    """
    return _of_bytes(path.read_bytes(), str(path), is_whole=is_whole)


def of_stdin(*, is_whole: bool, ask: TextIO | None = None) -> Samples:
    """Return the lines of standard input, or all of it as one text; a person is asked for them.

    Args:
        is_whole: whether it is one text.
        ask: where a person is asked; None where nobody is there.

    Raises:
        EdgeError: as `of_file`.
    """
    if ask is None:
        return _of_bytes(sys.stdin.buffer.read(), "standard input", is_whole=is_whole)
    ends = "Ctrl-D ends it" if is_whole else "an empty line ends it"
    ask.write(f"What does your device print? {'One text' if is_whole else 'A text a line'}; {ends}.\n")
    ask.flush()
    lines = []
    while line := sys.stdin.buffer.readline():
        if not is_whole and not line.strip():
            break
        lines.append(line)
    return _of_bytes(b"".join(lines), "standard input", is_whole=is_whole)


def of_broker(
    mqtt: Mqtt,
    topic_filter: str,
    *,
    seconds: float,
    password: str | None,
    tls: ssl.SSLContext | None,
    say: Callable[[str], object],
) -> Samples:
    """Return what a device publishes within a while.

    Raises:
        EdgeError: nothing came, or it came from everywhere.
        BrokerError: the broker is away, or does not allow it.
    """
    say(f"listening on {topic_filter} at {mqtt.host}:{mqtt.port} for {seconds:g} s; Ctrl-C ends it earlier\n")
    heard = listener.listen(
        mqtt, password=password, tls=tls, topic_filter=topic_filter, seconds=seconds, most=_ENOUGH
    )
    topics = list(dict.fromkeys(each.topic for each in heard))
    if not topics:
        raise EdgeError(f"{topic_filter}: expected a message within {seconds:g} s, got none")
    if topic_filter[0] in "+#":
        if len(topics) > 1:
            shown = ", ".join(topics[:_SHOWN_TOPICS]) + (", …" if len(topics) > _SHOWN_TOPICS else "")
            raise EdgeError(f"--listen: expected a filter of one kind of device, got messages on {shown}")
        topic_filter = topics[0]
    found = _checked((each.topic, each.payload) for each in heard)
    return replace(found, topic=topic_filter)


def _of_bytes(data: bytes, name: str, *, is_whole: bool) -> Samples:
    if is_whole:
        return _checked([(name, data.removesuffix(b"\n"))])
    lines = ((f"{name}:{number}", line) for number, line in _counted(data.splitlines()))
    return _checked((place, line) for place, line in lines if line.strip())


def _checked(found: Iterable[tuple[str, bytes]]) -> Samples:
    """Return texts, of equal ones the first, up to as many as are of use."""
    payloads: dict[bytes, str] = {}
    for place, data in found:
        if len(data) > _MOST_BYTES:
            raise EdgeError(f"{place}: expected at most {_MOST_BYTES} bytes, got {len(data)}")
        if data.strip() and len(payloads) < MOST:
            payloads.setdefault(data, place)
    if not payloads:
        raise EdgeError("expected a text of your device, got none")
    try:
        return Samples(texts=tuple(_decoded(data, place) for data, place in payloads.items()))
    except EdgeError:
        if not all(map(_may_be_latin_1, payloads)):
            raise
        return Samples(texts=tuple(data.decode(LATIN_1) for data in payloads), encoding=LATIN_1)


def _decoded(data: bytes, place: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise EdgeError(
            f"{place}: expected UTF-8, got byte 0x{data[error.start]:02x} at offset {error.start}"
        ) from error


def _may_be_latin_1(data: bytes) -> bool:
    r"""Return whether a text may be Latin-1: it has none of its control characters, and is no UTF-8 beyond ASCII.

    >>> [_may_be_latin_1(data) for data in (b"21 \xb0C", b"21 C", b"21 \xc2\xb0C", b"\x80", b"\xb0\x00")]
    [True, True, False, False, False]
    """
    text = data.decode(LATIN_1)
    if not all(char.isprintable() or char in "\t\r\n" or char == "\xad" for char in text.replace("\xa0", " ")):
        return False
    try:
        return data.decode().isascii()
    except UnicodeDecodeError:
        return True


def _counted(items: Sequence[T]) -> "enumerate[T]":
    return enumerate(items, start=1)
