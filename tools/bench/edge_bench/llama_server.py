"""Owns the rows of llama-server: `json_schema` requests over HTTP from so many clients at once.

Knows nothing of our engine and of how the server is built. Its best fair settings: as many threads as ours, 16
slots in one KV cache that they share, prompt caching, the prompt as tokens, and connections that stay open.
"""

import http.client
import json
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.engine.model import Model
from edge.errors import EdgeError
from edge.verbs.cases import Case
from edge.verbs.mosquitto import free_port
from edge_bench import closedloop, judged, memory, prompts, schemas
from edge_bench.ours import first_of_each_route
from edge_bench.row import Row, percentiles

CONTEXT_TOKENS = 4096
OUTPUT_TOKENS = 300
SLOTS = 16
START_S = 60.0
ANSWER_S = 120.0


def measure(
    *, program: Path, model: Path, messages: Sequence[Case], concurrency: int, threads: int, slots: int = SLOTS
) -> Row:
    """Return the row of a llama-server on some messages.

    Raises:
        EdgeError: the server does not start, or refuses a request.
    """
    bodies = _bodies(model, messages)
    with running(program, model, threads=threads, slots=slots) as (process, port):
        server = _Server(port)
        for number in first_of_each_route(messages):
            server.ask(bodies[number])
        loop = closedloop.run(len(messages), concurrency, lambda number: server.ask(bodies[number]))
        held = memory.of_process(process.pid)
    return Row(
        kind="llama-server",
        concurrency=concurrency,
        messages=len(messages),
        duration_s=loop.duration_s,
        percentiles_ms=percentiles(loop.times_ms),
        exact=judged.exact_share(messages, [answer["content"] for answer in loop.answers]),
        fed_tokens=sum(
            answer["timings"]["prompt_n"] + answer["timings"]["predicted_n"] for answer in loop.answers
        ),
        choices=sum(answer["tokens_predicted"] for answer in loop.answers),
        rss_mb=held.rss_mb,
        peak_rss_mb=held.peak_rss_mb,
        figures={"output_tokens": sum(answer["tokens_predicted"] for answer in loop.answers)},
        notes={"server": " ".join(arguments(model.name, 0, threads=threads, slots=slots))},
    )


def arguments(model: str, port: int, *, threads: int, slots: int) -> list[str]:
    """Return what a server is started with."""
    return [
        *("--model", model, "--host", "127.0.0.1", "--port", str(port), "--no-ui", "--offline"),
        *("--threads", str(threads), "--threads-batch", str(threads)),
        *("--ctx-size", str(CONTEXT_TOKENS), "--parallel", str(slots), "--kv-unified"),
        *("--cache-prompt", "--no-cache-idle-slots"),  # which would copy a slot away whenever it is idle
    ]


@contextmanager
def running(
    program: Path, model: Path, *, threads: int, slots: int
) -> "Iterator[tuple[subprocess.Popen[bytes], int]]":
    """Give a server's process and port, as long as the block lasts.

    Raises:
        EdgeError: it does not start.
    """
    port = free_port()
    command = [str(program), *arguments(str(model), port, threads=threads, slots=slots)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  # built here
    try:
        _wait(process, port)
        yield process, port
    finally:
        process.terminate()
        process.wait()


class _Server:
    """The clients' way to a server: a connection for each thread, kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._own = threading.local()

    def ask(self, body: bytes) -> dict[str, Any]:
        """Return the server's answer to a completion request."""
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_S)
        connection: http.client.HTTPConnection = self._own.connection
        connection.request("POST", "/completion", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        if response.status != http.client.OK:
            raise EdgeError(f"llama-server answered {response.status}: {text.decode(errors='replace')[:300]}")
        answer: dict[str, Any] = json.loads(text)
        return answer


def _bodies(model: Path, messages: Sequence[Case]) -> list[bytes]:
    vocabulary = Model(model, threads=1, context_tokens=256, sequences=1)
    try:
        return [
            json.dumps(
                {
                    "prompt": prompts.tokens(message, vocabulary.tokenize),
                    "json_schema": schemas.standard(message.schema),
                    "temperature": 0,
                    "n_predict": OUTPUT_TOKENS,
                    "cache_prompt": True,
                }
            ).encode()
            for message in messages
        ]
    finally:
        vocabulary.close()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline_s = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline_s:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            pass  # it does not listen yet
        finally:
            connection.close()
        time.sleep(0.05)
    raise EdgeError(f"llama-server did not start within {START_S:.0f} s (exit code {process.poll()})")
