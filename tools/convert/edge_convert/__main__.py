"""Owns the command line of `edge-convert`: arguments in, exit code out, a failure as one line.

Knows nothing of the work itself. Exit codes: 0 done, or already done; 1 failed; 2 usage; 130 interrupted.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from edge.errors import EdgeError
from edge.extraction.prompt import CONTRACT, CONTRACTS
from edge_convert import console, conversion, hub, manifest
from edge_convert.conversion import Request
from edge_convert.errors import one_line
from edge_convert.recipe import RECIPES

_INTERRUPTED = 128 + signal.SIGINT  # what shells report


def main(argv: Sequence[str] | None = None) -> int:
    """Convert as the arguments say; return the exit code."""
    request = _parse(argv)
    try:
        with _terminable():
            _run(request, Console())
    except (EdgeError, OSError) as error:
        return _fail(one_line(error), 1)
    except KeyboardInterrupt:
        return _fail("interrupted, nothing was written", _INTERRUPTED)
    return 0


def _run(request: Request, screen: Console) -> None:
    started_s = time.monotonic()
    request = replace(request, base=hub.locate(request.base))
    identity = conversion.identify(request)
    if manifest.is_current(request.output, identity):
        screen.print(
            f"{request.output}: already made from these inputs, nothing to do", markup=False, soft_wrap=True
        )
        return
    planned = conversion.plan(request, identity)
    console.show_plan(screen, planned)
    with console.progress(screen) as report:
        result = conversion.convert(planned, threads=os.cpu_count() or 1, report=report)
    console.show_result(screen, result, time.monotonic() - started_s)


def _parse(argv: Sequence[str] | None) -> Request:
    parser = argparse.ArgumentParser(
        prog="edge-convert",
        description="Merge a LoRA adapter into its base and write the GGUF that the daemon runs.",
    )
    parser.add_argument(
        "--base",
        type=Path,
        required=True,
        metavar="BASE",
        help="the base model: a GGUF, a folder in Hugging Face's layout, or a hub id",
    )
    parser.add_argument("--adapter", type=Path, required=True, metavar="DIR", help="the adapter, in PEFT layout")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the GGUF to write")
    parser.add_argument("--type", choices=list(RECIPES), default="Q4_0", help="the quantization (%(default)s)")
    parser.add_argument(
        "--prompt-contract",
        choices=list(CONTRACTS),
        default=CONTRACT,
        help="what the adapter was trained on (%(default)s)",
    )
    parser.add_argument(
        "--trim-vocab",
        type=Path,
        metavar="FILE",
        help="keep only the tokens of this file, one a line, and those that they are made from",
    )
    parser.add_argument(
        "--force-base", action="store_true", help="merge although the adapter names another base, or none is known"
    )
    options = parser.parse_args(argv)
    return Request(
        base=options.base,
        adapter=options.adapter,
        output=options.out,
        type_name=options.type,
        prompt_contract=options.prompt_contract,
        is_base_forced=options.force_base,
        vocabulary=options.trim_vocab,
    )


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the run as Ctrl-C does, so that what was begun is cleared away."""
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"edge-convert: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
