"""Owns a dead letter as it is kept: what came, why there was no reading of it, and how it is shown.

Knows nothing of where it is kept, and of the broker.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.answer import DEAD_DETAIL_CHARS, DEAD_PAYLOAD_BYTES, UNROUTED, Answer
from edge.errors import EdgeError
from edge.literal import JSON
from edge.message import Message

EXCERPT_BYTES = 200  # of a payload, at most, are shown in a list
MIN_ID_DIGITS = 8
LETTER_BYTES = 300  # what a letter takes on disk beside topic, detail and payload, about


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A message that got no reading.

    Attributes:
        id: the message's; one letter a message.
        received_at: when the message came; aware, UTC.
        route: the name of the route that it took; None where none did.
        reason: one of `Reason`.
        payload: its bytes, as far as they are at hand: all, the first that were kept, or the first of a list.
        length: of the whole payload, in bytes.
        sha256: of the whole payload.
        is_whole: whether the whole payload is kept.
        part: which part of a message it was, counted from 1, its payload being that part's; 0 for a whole message.
    """

    id: str
    received_at: datetime
    route: str | None
    topic: str
    reason: str
    detail: str
    payload: bytes
    length: int
    sha256: str
    is_whole: bool
    part: int = 0

    @property
    def size_bytes(self) -> int:
        """What it takes on disk, about."""
        return LETTER_BYTES + len(self.topic.encode()) + len(self.detail.encode()) + len(self.payload)

    def message(self) -> Message:
        """Return the message as it came, to be read again; nobody is owed an acknowledgement for it.

        Raises:
            EdgeError: only the beginning of its payload is kept.
        """
        if not self.is_whole:
            raise EdgeError(f"only the first {len(self.payload)} of {self.length} bytes are kept")
        return Message(
            topic=self.topic,
            payload=self.payload,
            qos=1,
            packet_id=0,
            epoch=0,  # no connection has this number
            received_at=self.received_at,
            is_redelivered=True,
            id=self.id,
            part=self.part,
        )


def of_answer(answer: Answer, *, payload_bytes: int) -> Letter:
    """Return what is kept of an answer that rejects its message.

    Args:
        answer: one with a rejection.
        payload_bytes: a longer payload is cut to its first 4096 bytes.
    """
    assert answer.rejected is not None
    message = answer.message
    is_whole = len(message.payload) <= max(payload_bytes, DEAD_PAYLOAD_BYTES)
    return Letter(
        id=message.id,
        received_at=message.received_at,
        route=answer.route,
        topic=_storable(message.topic),
        reason=str(answer.rejected.reason),
        detail=_storable(answer.rejected.detail[:DEAD_DETAIL_CHARS]),
        payload=message.payload if is_whole else message.payload[:DEAD_PAYLOAD_BYTES],
        length=len(message.payload),
        sha256=hashlib.sha256(message.payload).hexdigest(),
        is_whole=is_whole,
        part=message.part,
    )


def takes(letter: Letter, *, route: str | None, reason: str | None) -> bool:
    """Whether a letter is of a route (`_unrouted`: of none) and has a reason; None takes any."""
    return route in (None, letter.route or UNROUTED) and reason in (None, letter.reason)


def summary(letter: Letter) -> dict[str, JSON]:
    """Return a letter as a list shows it."""
    return {**_heading(letter), "excerpt": letter.payload[:EXCERPT_BYTES].decode(errors="replace")}


def document(letter: Letter) -> dict[str, JSON]:
    """Return all of a letter, the payload as text where it is text, else in base64."""
    try:
        payload, encoding = letter.payload.decode(), "utf8"
    except UnicodeDecodeError:
        payload, encoding = base64.b64encode(letter.payload).decode(), "base64"
    return {**_heading(letter), "payload": payload, "encoding": encoding, "sha256": letter.sha256}


def payload(document: dict[str, JSON]) -> bytes:
    r"""Return the bytes that the document of a letter holds.

    >>> payload({"payload": "T=21", "encoding": "utf8"}), payload({"payload": "/wA=", "encoding": "base64"})
    (b'T=21', b'\xff\x00')
    """
    text = str(document["payload"])
    return base64.b64decode(text) if document["encoding"] == "base64" else text.encode()


def chosen(known: Sequence[str], given: Sequence[str]) -> list[str]:
    """Return the ids that were given by their first digits.

    >>> chosen(["0123456789ab", "0123456780cd"], ["0123456789"])
    ['0123456789ab']

    Raises:
        EdgeError: one is too short, fits none, or fits several.
    """
    found = []
    for digits in given:
        if len(digits) < MIN_ID_DIGITS:
            raise EdgeError(f"expected at least {MIN_ID_DIGITS} digits of a dead letter's id, got {digits}")
        fitting = [each for each in known if each.startswith(digits.lower())]
        if not fitting:
            raise EdgeError(f"no dead letter has the id {digits}; `edge dead list` shows those there are")
        if len(fitting) > 1:
            raise EdgeError(f"expected one dead letter, got {digits}, which {len(fitting)} ids begin with")
        found += fitting
    return list(dict.fromkeys(found))


def _heading(letter: Letter) -> dict[str, JSON]:
    return {
        "id": letter.id,
        **({"part": letter.part} if letter.part else {}),
        "ts": letter.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "route": letter.route,
        "topic": letter.topic,
        "reason": letter.reason,
        "detail": letter.detail,
        "length": letter.length,
        "is_whole": letter.is_whole,
    }


def _storable(text: str) -> str:
    """Return a text that any file takes: half a surrogate pair becomes a question mark."""
    return text.encode(errors="replace").decode()
