"""Owns which parts of a message are still without an answer, and what is to be said of the message when none is.

Knows nothing of how a message is taken apart; one that is not has itself as its only part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.answer import Answer
from edge.message import Message


@dataclass(kw_only=True, slots=True)
class _Whole:
    """A message that came, its parts without an answer by identity, and the first answer that rejects one."""

    message: Message
    unanswered: dict[int, Message]
    rejected: Answer | None = None


class Parts:
    """The parts of the messages in hand."""

    def __init__(self) -> None:
        self._whole: dict[int, _Whole] = {}  # by the identity of the part

    def begin(self, message: Message, parts: Sequence[Message]) -> None:
        """Note that a message is answered part by part; there is at least one."""
        whole = _Whole(message=message, unanswered={id(part): part for part in parts})
        self._whole.update(dict.fromkeys(whole.unanswered, whole))

    def end(self, answer: Answer) -> tuple[Message, Answer] | None:
        """Note that a part has its answer.

        Return the whole message where that was the last one, with the answer that speaks for all: the first that
        rejects a part, or else the last. None while parts are left.
        """
        whole = self._whole.pop(id(answer.message))
        del whole.unanswered[id(answer.message)]
        if answer.rejected is not None and whole.rejected is None:
            whole.rejected = answer
        return None if whole.unanswered else (whole.message, whole.rejected or answer)
