"""Owns the closed loop: so many clients, each of which asks anew as soon as it has its answer.

Knows nothing of who answers.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

A = TypeVar("A")


@dataclass(frozen=True, kw_only=True, slots=True)
class Loop(Generic[A]):
    """What a closed loop found: the answers in the order of the questions, and how long each took."""

    answers: tuple[A, ...]
    times_ms: tuple[float, ...]
    duration_s: float


def run(
    count: int, concurrency: int, ask: Callable[[int], A], *, clock: Callable[[], float] = time.perf_counter
) -> Loop[A]:
    """Ask questions 0 to count - 1, so many at a time, from as many threads.

    >>> loop = run(3, 2, lambda number: number * 10)
    >>> loop.answers, len(loop.times_ms)
    ((0, 10, 20), 3)
    """
    numbers, lock = iter(range(count)), threading.Lock()

    def client() -> list[tuple[int, A, float]]:
        found: list[tuple[int, A, float]] = []
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return found
            started_s = clock()
            answer = ask(number)
            found.append((number, answer, 1000 * (clock() - started_s)))

    started_s = clock()
    with ThreadPoolExecutor(concurrency, thread_name_prefix="client") as clients:
        parts = [clients.submit(client) for _ in range(concurrency)]
        found = sorted((each for part in parts for each in part.result()), key=lambda each: each[0])
    return Loop(
        answers=tuple(answer for _, answer, _ in found),
        times_ms=tuple(time_ms for _, _, time_ms in found),
        duration_s=clock() - started_s,
    )
