"""Owns a training from its request to the adapter on the disk. Read `train` first.

Knows nothing of the command line. A training survives being stopped: it saves every ten minutes, and when it is
told to stop, and goes on from there with the very next example.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from edge_train.training import feed
from edge_train.training.batches import gather
from edge_train.training.session import Say, Session
from edge_train.training.settings import Request

_SAVE_EVERY_S = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of a training, or of a slice of one.

    Attributes:
        is_finished: whether its time is over; else it waits to be resumed.
        losses: of all its steps.
    """

    is_finished: bool
    losses: list[float]


def train(
    request: Request, *, say: Say, clock: Callable[[], float] = time.monotonic, save_every_s: float = _SAVE_EVERY_S
) -> Result:
    """Train an adapter, or go on with it, until its time is over or someone stops it.

    Raises:
        EdgeError: the base, the adapter to go on from, or EdgeJSON's rows cannot be used.
        OSError: the output cannot be written.
    """
    request.output.mkdir(parents=True, exist_ok=True)
    session = Session(request, say=say, clock=clock)
    with feed.stream(session.source, first=session.trainer.counts.place) as examples, _stops() as stops:
        saved_s = clock()
        while not session.is_over() and not stops:
            session.step(gather(examples, tokens=request.settings.step_tokens, longest=request.settings.longest))
            if clock() - saved_s >= save_every_s:
                session.save(is_finished=False)
                saved_s = clock()
    is_finished = session.progress() >= 1
    session.save(is_finished=is_finished)
    say(f"{request.output}: {'done' if is_finished else 'stopped, --resume goes on from here'}")
    return Result(is_finished=is_finished, losses=session.trainer.counts.losses)


@contextmanager
def _stops() -> Iterator[list[int]]:
    """Give a list that SIGTERM or Ctrl-C puts something in: the step in hand is finished, then all is saved."""
    told: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    previous = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
