"""Owns the way to one row: `python -m edge_bench KIND …` measures it in this process and prints it as JSON.

Knows nothing of the other rows. `edge bench` starts each row so, that memory and page cache be its own.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

# llama.cpp's threads wait alike for all who are measured: as edge/engine/model.py has it, said before it loads
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from edge import literal
from edge.verbs.cases import Case
from edge_bench import row, stream, workload
from edge_bench.row import Row

WARM_COUNT, STREAM_COUNT = 6000, 20_000

# A row imports what it needs when it is measured: the echo holds no llama.cpp in memory.
# ruff: noqa: PLC0415


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the row that the arguments name, and print it."""
    options = parser().parse_args(arguments)
    measure: Callable[[argparse.Namespace], Row] = options.measure
    command = " ".join(["python -m edge_bench", *_shown(sys.argv[1:] if arguments is None else arguments)])
    sys.stdout.write(row.dumps(replace(measure(options), turn=options.turn, command=command)) + "\n")


def default_threads() -> int:
    """Return how many threads compute where nobody says it: the daemon's own choice, for the peers as well."""
    cores = len(os.sched_getaffinity(0))
    return cores if cores < 4 else cores - 1  # noqa: PLR2004  # edge/extraction/extractor.py


def parser() -> argparse.ArgumentParser:
    """Return the parser of all kinds of rows."""
    whole = argparse.ArgumentParser(prog="python -m edge_bench")
    kinds = whole.add_subparsers(required=True, metavar="KIND")
    for kind, measure in _KINDS.items():
        one = kinds.add_parser(kind)
        one.add_argument("--model", type=Path)
        one.add_argument("--turn", type=int, default=1)
        one.add_argument("--limit", type=int)
        one.add_argument("--concurrency", type=int, default=1)
        one.add_argument("--threads", type=int, default=default_threads())
        one.add_argument("--slots", type=int)
        one.add_argument("--without", default="")
        one.add_argument("--program", type=Path)
        one.add_argument("--stream", action="store_true", help="messages of the stream of formats")
        one.set_defaults(measure=measure)
    return whole


def _engine(options: argparse.Namespace) -> Row:
    from edge_bench import ours

    return ours.measure(
        model=options.model,
        messages=workload.load(options.limit),
        concurrency=options.concurrency,
        without=options.without,
        threads=options.threads,
        slots=options.slots,
    )


def _llama_cpp_python(options: argparse.Namespace) -> Row:
    from edge_bench import llama_cpp_python

    return llama_cpp_python.measure(
        model=options.model, messages=workload.load(options.limit), threads=options.threads
    )


def _llama_server(options: argparse.Namespace) -> Row:
    from edge_bench import llama_server

    measured = llama_server.measure(
        program=options.program,
        model=options.model,
        messages=_of_the_stream(options.limit) if options.stream else workload.load(options.limit),
        concurrency=options.concurrency,
        threads=options.threads,
    )
    return replace(measured, variant="stream") if options.stream else measured


def _roofline(options: argparse.Namespace) -> Row:
    from edge_bench import roofline

    return roofline.measure(model=options.model, messages=workload.load(options.limit), threads=options.threads)


def _cold(options: argparse.Namespace) -> Row:
    from edge_bench import over_mqtt

    return over_mqtt.cold(model=options.model, messages=workload.load(options.limit))


def _warm(options: argparse.Namespace) -> Row:
    from edge_bench import over_mqtt

    return over_mqtt.warm(model=options.model, count=options.limit or WARM_COUNT)


def _streamed(options: argparse.Namespace) -> Row:
    from edge_bench import over_mqtt

    return over_mqtt.streamed(model=options.model, count=options.limit or STREAM_COUNT)


def _echoed(options: argparse.Namespace) -> Row:
    from edge_bench import over_mqtt

    return over_mqtt.echoed(count=options.limit or WARM_COUNT)


def _ready(options: argparse.Namespace) -> Row:
    from edge_bench import over_mqtt

    return over_mqtt.ready(model=options.model)


_KINDS: dict[str, Callable[[argparse.Namespace], Row]] = {
    "engine": _engine,
    "llama-cpp-python": _llama_cpp_python,
    "llama-server": _llama_server,
    "roofline": _roofline,
    "cold": _cold,
    "warm": _warm,
    "stream": _streamed,
    "echo": _echoed,
    "ready": _ready,
}


def _of_the_stream(limit: int | None) -> list[Case]:
    """Return the first messages of the stream as a workload: for whom nothing is ever a repetition."""
    count = limit or workload.COUNT
    return [
        Case(
            id=f"{message.route}-{number:03}",
            schema=stream.schemas()[message.route],
            text=message.text,
            expected=json.loads(literal.dumps(message.expected)),
            family=message.event,
        )
        for number, message in enumerate(islice(stream.generate(stream.SEED, STREAM_COUNT), count))
    ]


def _shown(arguments: Sequence[str]) -> list[str]:
    """Return arguments without the folders of this machine.

    >>> _shown(["engine", "--model", "/a/b.gguf"])
    ['engine', '--model', 'b.gguf']
    """
    return [Path(argument).name if "/" in argument else argument for argument in arguments]


if __name__ == "__main__":
    main()
