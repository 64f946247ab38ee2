"""Owns the order of a whole bench: which rows, in which turns, each in a process of its own.

Knows nothing of how a row is measured. What is compared is measured close together, in turns, because a machine's
speed drifts; one row that fails is noted and the others go on.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_bench import row
from edge_bench.row import Row

CONCURRENCIES = (1, 4, 8, 16)
ABLATION_CONCURRENCY = 8
STREAM_CONCURRENCY = 16
ROW_S = 3600.0  # the longest that a row may take
SHORT_MESSAGES = 50  # of rows that take little time for a message, for one message of the others under a limit
_LAST_WORDS = 600  # characters of what a failed row said


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A row to be measured: its group, as `--only` names it, and the arguments of its process."""

    group: str
    turn: int
    arguments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A row that could not be measured, and what it said last."""

    step: Step
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """What a bench found."""

    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]


GROUPS = (
    "engine",
    "llama-cpp-python",
    "llama-server",
    "roofline",
    "ablation",
    "cold",
    "warm",
    "echo",
    "stream",
    "ready",
)
_PEERS = {"llama-cpp-python", "llama-server"}
_SHORT = {"warm", "echo", "stream"}


def plan(*, rounds: int, has_peers: bool, only: Sequence[str], levers: Sequence[str]) -> list[Step]:
    """Return the rows of a bench in order.

    >>> [(step.turn, " ".join(step.arguments))
    ...  for step in plan(rounds=2, has_peers=False, only=["warm", "echo"], levers=[])]
    [(1, 'warm'), (1, 'echo'), (2, 'warm'), (2, 'echo')]
    """
    steps: list[Step] = []

    def add(group: str, turn: int, *arguments: str) -> None:
        if (not only or group in only) and (has_peers or group not in _PEERS):
            steps.append(Step(group=group, turn=turn, arguments=arguments))

    for turn in range(1, rounds + 1):
        for concurrency in CONCURRENCIES:
            add("engine", turn, "engine", "--concurrency", str(concurrency))
            add("llama-server", turn, "llama-server", "--concurrency", str(concurrency))
            if concurrency == 1:
                add("llama-cpp-python", turn, "llama-cpp-python")
        add("roofline", turn, "roofline")
        add("warm", turn, "warm")
        add("echo", turn, "echo")
    for lever in ("", *levers):
        without = ("--without", lever) if lever else ()
        add("ablation", 0, "engine", "--concurrency", str(ABLATION_CONCURRENCY), *without)
    add("cold", 1, "cold")
    add("stream", 1, "stream")
    add("llama-server", 1, "llama-server", "--stream", "--concurrency", str(STREAM_CONCURRENCY))
    add("ready", 1, "ready")
    return steps


def run(
    steps: Sequence[Step],
    *,
    model: Path,
    program: Path | None,
    limit: int | None,
    report: Callable[[int, Step, Row | Failure], None],
) -> Results:
    """Measure the rows one after the other.

    Args:
        steps: the rows.
        model: the GGUF, the same for all.
        program: the llama-server; None where no step needs it.
        limit: how many messages a row takes at most; None for all of its kind. Those of replays take
            SHORT_MESSAGES times as many.
        report: told of each row when it is done.
    """
    rows, failures = list[Row](), list[Failure]()
    for number, step in enumerate(steps, start=1):
        result = _measure(step, model=model, program=program, limit=limit)
        report(number, step, result)
        if isinstance(result, Failure):
            failures.append(result)
        else:
            rows.append(result)
    return Results(rows=tuple(rows), failures=tuple(failures))


def _measure(step: Step, *, model: Path, program: Path | None, limit: int | None) -> Row | Failure:
    command = [sys.executable, "-m", "edge_bench", *step.arguments]
    command += ["--turn", str(step.turn), "--model", str(model.expanduser())]
    command += ["--program", str(program)] if program else []
    if limit:
        command += ["--limit", str(limit * SHORT_MESSAGES if step.group in _SHORT else limit)]
    try:
        done = subprocess.run(  # noqa: S603  # ourselves
            command, capture_output=True, text=True, timeout=ROW_S, check=False
        )
        return row.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return Failure(step=step, why=f"took more than {ROW_S:.0f} s")
    except (IndexError, ValueError):  # it ended without its row
        return Failure(step=step, why=(done.stderr.strip() or f"exit code {done.returncode}")[-_LAST_WORDS:])
