"""Owns answers that reject a message, as tests of dead letters need them."""

from datetime import timedelta

from edge import answer
from edge.answer import Answer
from edge.config.options import Dead
from edge.dead.deadletter import Letter, of_answer
from edge.errors import Reason, Rejected
from edge.message import Message
from tests.made import NOON

PAYLOAD_BYTES = 10_000


def rejection(
    number: int = 1,
    payload: bytes = b"T=21",
    *,
    route: str | None = "tank",
    reason: Reason = Reason.MISSING,
    detail: str = "why",
) -> Answer:
    """Return the dead letter of a message whose id begins with its number."""
    message = Message(
        topic="sensors/tank",
        payload=payload,
        qos=1,
        packet_id=number,
        epoch=1,
        received_at=NOON + timedelta(seconds=number),
        id=f"{number:08d}abcdef",
    )
    return answer.of_rejection(message, Rejected(reason, detail), route=route, base_topic="edge/test")


def letter(
    number: int = 1,
    payload: bytes = b"T=21",
    *,
    route: str | None = "tank",
    reason: Reason = Reason.MISSING,
    detail: str = "why",
) -> Letter:
    """Return what is kept of such a dead letter."""
    rejected = rejection(number, payload, route=route, reason=reason, detail=detail)
    return of_answer(rejected, payload_bytes=PAYLOAD_BYTES)


def ids(letters: list[Letter]) -> list[int]:
    """Return the numbers of letters."""
    return [int(each.id[:8]) for each in letters]


def options(keep: int = 1000, max_mb: int = 2) -> Dead:
    """Return how many letters are kept."""
    return Dead(keep=keep, max_mb=max_mb)
