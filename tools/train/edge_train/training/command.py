"""Owns the command `train`: its options, and what becomes of them. Knows nothing of how a training goes.

Imports torch only when a training begins, so that every other command works without it.
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from edge.errors import EdgeError
from edge_train.command import Verbs
from edge_train.training.settings import Request, Settings

BASE = Path("~/.cache/edge/base/SmolLM2-135M-Instruct.Q4_1.gguf")
_BATCH_TOKENS = 1536


def add(verbs: Verbs) -> None:
    """Add the command to a command line."""
    default = Settings()
    parser = verbs.add_parser("train", help="train a LoRA adapter, or go on with one")
    parser.set_defaults(run=run)
    parser.add_argument("--base", type=Path, default=BASE, metavar="FILE", help="the base, a GGUF (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of the adapter")
    parser.add_argument(
        "--resume", type=Path, metavar="DIR", help="an adapter to go on from; with its training.pt, exactly"
    )
    parser.add_argument("--edgejson", type=Path, metavar="DIR", help="EdgeJSON's folder, to train on its rows too")
    parser.add_argument(
        "--edgejson-every",
        type=_whole,
        default=default.edgejson_every,
        metavar="N",
        help="one of them after so many generated samples (%(default)s)",
    )
    parser.add_argument(
        "--minutes", type=_positive, required=True, help="of the whole training, earlier slices included"
    )
    parser.add_argument(
        "--slice-minutes", type=_positive, metavar="MINUTES", help="stop after so many, to be resumed"
    )
    parser.add_argument("--seed", type=int, default=default.seed, help="of the generated samples (%(default)s)")
    parser.add_argument("--rank", type=_whole, default=default.rank, help="of the pairs (%(default)s)")
    parser.add_argument(
        "--alpha", type=_positive, default=default.alpha, help="their weight times the rank (%(default)s)"
    )
    parser.add_argument(
        "--quantization",
        choices=["Q4_0", "none"],
        default=default.quantization,
        help="the rounding that is trained in (%(default)s)",
    )
    parser.add_argument(
        "--learning-rate",
        type=_positive,
        default=default.learning_rate,
        metavar="RATE",
        help="the peak (%(default)s)",
    )
    parser.add_argument(
        "--warm-up-steps", type=_whole, default=default.warm_up_steps, metavar="N", help="(%(default)s)"
    )
    parser.add_argument(
        "--step-tokens",
        type=_whole,
        default=default.step_tokens,
        metavar="N",
        help="of one step of the optimizer (%(default)s)",
    )
    parser.add_argument(
        "--batch-tokens",
        type=_whole,
        default=_BATCH_TOKENS,
        metavar="N",
        help="computed at once; a card takes 65536 (%(default)s)",
    )
    parser.add_argument(
        "--longest",
        type=_whole,
        default=default.longest,
        metavar="N",
        help="longer examples are passed over (%(default)s tokens)",
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="(%(default)s)")
    parser.add_argument("--threads", type=_whole, help="of the processor; torch's choice without")
    parser.add_argument(
        "--processes", type=int, default=0, metavar="N", help="that make samples beside the training (%(default)s)"
    )
    parser.add_argument("--compile", action="store_true", help="let torch compile the layers")


def run(options: argparse.Namespace) -> None:
    """Train as the options say; what it says goes to the standard output, line by line.

    Raises:
        EdgeError: torch is missing, or the training cannot begin or go on.
        OSError: a file cannot be read or written.
    """
    if find_spec("torch") is None:
        raise EdgeError("training needs torch, which is not installed: pip install -e '.[train]'")
    from edge_train.training.run import train  # noqa: PLC0415  # see above

    train(_request(options), say=_say)


def _request(options: argparse.Namespace) -> Request:
    return Request(
        base=options.base.expanduser(),
        output=options.out,
        resume=options.resume,
        edgejson=options.edgejson,
        minutes=options.minutes,
        slice_minutes=options.slice_minutes,
        device=options.device,
        threads=options.threads,
        processes=options.processes,
        batch_tokens=options.batch_tokens,
        is_compiled=options.compile,
        settings=Settings(
            rank=options.rank,
            alpha=options.alpha,
            quantization=options.quantization,
            learning_rate=options.learning_rate,
            warm_up_steps=options.warm_up_steps,
            step_tokens=options.step_tokens,
            longest=options.longest,
            seed=options.seed,
            edgejson_every=options.edgejson_every,
        ),
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text}")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return number
