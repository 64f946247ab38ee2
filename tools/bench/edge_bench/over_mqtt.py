"""Owns the rows of the whole daemon through mosquitto, and of the bare echo beside it, under the same load.

Knows nothing of how load and daemon work.
"""

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge import literal
from edge.errors import EdgeError
from edge.verbs import mosquitto
from edge.verbs.cases import Case
from edge_bench import echo, memory, stream, whole_daemon, workload
from edge_bench.memory import Memory
from edge_bench.row import Row, percentiles
from edge_bench.stream import StreamMessage
from edge_bench.transport import Heard, Load, Sent
from edge_bench.whole_daemon import IN_FLIGHT, Daemon, Settings

COLD_WINDOW = 16  # messages without an answer: what the engine takes at a time, at most
PATIENCE_S = 120.0
FILL_ROUNDS = 6  # of all wordings: three confirmations, and a few more where two sources were alike
SETTLE_MESSAGES = 3000  # before warm counts: values beyond the range confirmed so far are read by the model once


def cold(*, model: Path, messages: Sequence[Case], window: int = COLD_WINDOW) -> Row:
    """Return the row of the daemon without its shape cache: every message is read by the model."""
    schemas = {workload.route_of(message): message.schema for message in messages}
    sent = [Sent(route=workload.route_of(message), text=message.text) for message in messages]
    first = list({each.route: each for each in sent}.values())
    with (
        _broker() as port,
        whole_daemon.running(Settings(port=port, model=model, schemas=schemas, has_shapes=False)) as daemon,
        Load(port, window=window) as load,
    ):
        load.await_daemon(patience_s=PATIENCE_S)
        load.send(first, patience_s=PATIENCE_S)
        heard = load.send(sent, patience_s=PATIENCE_S)
        held = memory.of_process(daemon.process.pid)
        counts = daemon.stop()
    expected = [message.expected for message in messages]
    exact = _exact(heard, lambda answer, number: literal.loads(answer) == _spelled(expected[number]))
    return _row("daemon", "cold", heard, held, window, exact=exact, figures={"ready_s": daemon.ready_s, **counts})


def warm(*, model: Path, count: int) -> Row:
    """Return the row of the daemon whose shape cache knows every wording; all values change all the time."""
    fill = list(stream.shapes50(stream.SEED + 1, stream.SHAPES * FILL_ROUNDS))

    def known(heard: Heard) -> list[StreamMessage]:
        last = list(zip(fill, heard.answers, strict=True))[-stream.SHAPES :]
        names = {message.format_name for message, answer in last if _is_right(message, answer)}
        return list(stream.shapes50(stream.SEED, SETTLE_MESSAGES + count, among=names))

    return _streamed("warm", model=model, before=fill, choose=known, settle=SETTLE_MESSAGES)


def streamed(*, model: Path, count: int) -> Row:
    """Return the row of the daemon on the stream of formats, from an empty shape cache to the last message."""
    return _streamed(
        "stream", model=model, before=[], choose=lambda _heard: list(stream.generate(stream.SEED, count))
    )


def echoed(*, count: int) -> Row:
    """Return the row of the bare echo on the messages of the warm row."""
    sent = _sent(list(stream.shapes50(stream.SEED, count)))
    with _broker() as port, _echo(port) as process, Load(port, window=IN_FLIGHT) as load:
        load.send(sent[: 10 * IN_FLIGHT], patience_s=PATIENCE_S)
        heard = load.send(sent, patience_s=PATIENCE_S)
        held = memory.of_process(process.pid)
    return _row("echo", "", heard, held, IN_FLIGHT, exact=None, figures={})


def ready(*, model: Path, routes: int = 3, starts: int = 3) -> Row:
    """Return the row of starting the daemon several times with a few routes, the first time for the page cache."""
    some = dict(list(stream.schemas().items())[:routes])
    settings = Settings(port=mosquitto.free_port(), model=model, schemas=some, has_shapes=True)
    times_s = []
    for _ in range(starts + 1):
        with whole_daemon.running(settings) as daemon:
            times_s.append(daemon.ready_s)
            held = memory.of_process(daemon.process.pid)
            daemon.stop()
    return Row(
        kind="ready",
        rss_mb=held.rss_mb,
        peak_rss_mb=held.peak_rss_mb,
        figures={"ready_s": sorted(times_s[1:])[starts // 2], "first_ready_s": times_s[0], "routes": routes},
    )


def _streamed(
    variant: str,
    *,
    model: Path,
    before: list[StreamMessage],
    choose: Callable[[Heard], list[StreamMessage]],
    settle: int = 0,
) -> Row:
    """Return the row of some messages, chosen by what became of those before; the first ones may not count."""
    with (
        _broker() as port,
        whole_daemon.running(
            Settings(port=port, model=model, schemas=dict(stream.schemas()), has_shapes=True)
        ) as daemon,
        Load(port, window=IN_FLIGHT) as load,
    ):
        load.await_daemon(patience_s=PATIENCE_S)
        chosen = choose(load.send(_sent(before), patience_s=PATIENCE_S))
        load.send(_sent(chosen[:settle]), patience_s=PATIENCE_S)
        messages = chosen[settle:]
        heard = load.send(_sent(messages), patience_s=PATIENCE_S)
        held = memory.of_process(daemon.process.pid)
        counts = _stopped(daemon)
    exact = _exact(heard, lambda answer, number: literal.loads(answer) == messages[number].expected)
    wrong = Counter(
        f"wrong_{message.event}"
        for message, answer in zip(messages, heard.answers, strict=True)
        if answer is not None and not _is_right(message, answer)
    )
    shapes = len({message.format_name for message in messages})
    figures = {**counts, **wrong, "filled_with": len(before) + settle, "shapes": shapes}
    return _row("daemon", variant, heard, held, IN_FLIGHT, exact=exact, figures=figures)


def _row(
    kind: str,
    variant: str,
    heard: Heard,
    held: Memory,
    window: int,
    *,
    exact: float | None,
    figures: dict[str, float],
) -> Row:
    return Row(
        kind=kind,
        variant=variant,
        concurrency=window,
        messages=len(heard.answers),
        duration_s=heard.duration_s,
        percentiles_ms=percentiles(heard.times_ms),
        exact=exact,
        rss_mb=held.rss_mb,
        peak_rss_mb=held.peak_rss_mb,
        figures={**figures, "unanswered_or_dead": sum(answer is None for answer in heard.answers)},
    )


def _stopped(daemon: Daemon) -> dict[str, float]:
    """Return the daemon's counters; empty where it does not leave in time, which is no matter of the row."""
    try:
        return daemon.stop()
    except subprocess.TimeoutExpired:
        return {}


def _exact(heard: Heard, is_exact: Callable[[str, int], bool]) -> float:
    judged = [answer is not None and is_exact(answer, number) for number, answer in enumerate(heard.answers)]
    return round(sum(judged) / len(judged), 4)


def _is_right(message: StreamMessage, answer: str | None) -> bool:
    return answer is not None and literal.loads(answer) == message.expected


def _spelled(expected: dict[str, literal.JSON]) -> literal.JSON:
    """Return an expected object with exact numbers, as readings have them."""
    return literal.loads(literal.dumps(expected))


def _sent(messages: Sequence[StreamMessage]) -> list[Sent]:
    return [Sent(route=message.route, text=message.text) for message in messages]


@contextmanager
def _broker() -> Iterator[int]:
    """Give the port of a private broker."""
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
        broker = mosquitto.Mosquitto(Path(folder), settings="set_tcp_nodelay true")
        broker.start()
        try:
            yield broker.port
        finally:
            broker.stop()


@contextmanager
def _echo(port: int) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-m", "edge_bench.echo", str(port), str(IN_FLIGHT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # ourselves
        try:
            assert process.stdout is not None
            if process.stdout.readline().strip() != echo.READY:
                raise EdgeError("the echo did not start")
            yield process
        finally:
            process.kill()
