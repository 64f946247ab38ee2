"""Owns the workers: threads that wait for the model, and tell the main loop what came of it.

Knows nothing of the broker. What waits for a worker waits in order.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from edge import bug, trial
from edge.answer import Answer
from edge.control.control import Asked
from edge.errors import EdgeError, EngineClosed
from edge.message import Message
from edge.pipeline import Audit, Pipeline
from edge.shapes.replay import Replay

if TYPE_CHECKING:
    from edge.trial import Trial

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answered:
    """A worker has an answer.

    Attributes:
        pipeline: whose answer it is; by now another one may be in force.
    """

    answer: Answer
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Audited:
    """A worker has audited a replay."""

    audit: Audit


class Crew:
    """The workers.

    Args:
        workers: how many messages wait for the model at a time: enough for the engine to let routes take turns.
        tell: takes what came of the work, in the worker's thread.
    """

    def __init__(self, pipeline: Pipeline, *, workers: int, tell: Callable[[Answered | Audited], None]) -> None:
        self.pipeline = pipeline  # of what begins from now on
        self._tell = tell
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="edge-worker")
        self._trials = ThreadPoolExecutor(max_workers=1, thread_name_prefix="edge-trial")  # takes no worker away

    def answer(self, message: Message) -> "Future[Answer]":
        """Let a message be answered; Answered bears the answer, unless what is returned was cancelled before."""
        pipeline = self.pipeline
        work = self._threads.submit(pipeline.answer, message)
        self._start(work, lambda answer: Answered(answer, pipeline))
        return work

    def audit(self, replay: Replay) -> None:
        """Let the model read a replayed text, behind; Audited bears what it made of it."""
        self._start(self._threads.submit(self.pipeline.audit, replay), Audited)

    def attempt(self, route: str, text: str, asked: Asked, *, arrived_at: datetime) -> None:
        """Let the model read a text that is no message, one at a time; the answer is given in another thread."""
        work = self._trials.submit(self.pipeline.attempt, route, text, arrived_at=arrived_at)
        work.add_done_callback(lambda done: _answer(asked, route, done))

    def close(self) -> None:
        """Begin nothing more; what has begun ends by itself and is told to nobody who listens."""
        for pool in (self._threads, self._trials):
            pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, work: "Future[Any]", kind: Callable[[Any], Answered | Audited]) -> None:
        def told(done: "Future[Any]") -> None:
            if not done.cancelled() and not isinstance(done.exception(), EngineClosed):  # else it stays unanswered
                self._tell(kind(done.result()))

        work.add_done_callback(told)


def _answer(asked: Asked, route: str, done: "Future[Trial]") -> None:
    error = EngineClosed() if done.cancelled() else done.exception()
    if error is None:
        asked.answer(trial.document(done.result()))
    elif isinstance(error, EngineClosed):
        asked.refuse(EdgeError("the daemon is leaving"))
    elif isinstance(error, EdgeError):
        asked.refuse(error)
    else:
        log.error("extract_failed route=%s error=%s", route, bug.told(error))
        asked.refuse(EdgeError("the program failed on this text; its log says where"))
