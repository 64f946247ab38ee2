"""Owns the command `evaluate`: its options. Knows nothing of how an adapter is judged.

What does the work is imported when it begins, so that every other command starts at once.
"""

import argparse
from pathlib import Path

from edge_convert.recipe import RECIPES
from edge_train.command import Verbs
from edge_train.training.command import BASE

UNSEEN_SEED = 424_242  # far from the seeds of trainings, which begin at 1


def add(verbs: Verbs) -> None:
    """Add the command to a command line."""
    parser = verbs.add_parser("evaluate", help="judge an adapter, or a model file, by sets of cases")
    parser.set_defaults(run=run)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--adapter", type=Path, metavar="DIR", help="an adapter in PEFT layout, to be merged and quantized"
    )
    what.add_argument("--model", type=Path, metavar="FILE", help="a GGUF that edge-convert made")
    parser.add_argument("--base", type=Path, default=BASE, metavar="FILE", help="the adapter's base (%(default)s)")
    parser.add_argument(
        "--trim-vocab", type=Path, metavar="FILE", help="the tokens to keep, as edge-convert has it"
    )
    parser.add_argument(
        "--type", choices=list(RECIPES), default="Q4_0", help="the quantization of an adapter (%(default)s)"
    )
    parser.add_argument(
        "--ungrounded", action="store_true", help="let it write numbers and strings that are not in the text"
    )
    parser.add_argument(
        "--unsupported", action="store_true", help="let the model alone decide, without what labels and units say"
    )
    parser.add_argument("--edgejson", type=Path, metavar="DIR", help="EdgeJSON's folder, for its test rows")
    parser.add_argument(
        "--cases",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="cases as edge eval reads them; may be given again",
    )
    parser.add_argument(
        "--generated", type=int, default=0, metavar="N", help="so many generated samples of an unseen seed"
    )
    parser.add_argument("--seed", type=int, default=UNSEEN_SEED, help="of those (%(default)s)")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first cases of each set")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where the report goes, Markdown; else the standard output"
    )
    parser.add_argument(
        "--calibration",
        type=Path,
        metavar="FILE",
        help="find the calibration of the confidences anew and write it there, as calibration.json of the adapter",
    )
    parser.add_argument(
        "--reliability", type=Path, metavar="FILE", help="where the picture of the confidences goes, SVG"
    )
    parser.add_argument(
        "--mistakes",
        type=Path,
        metavar="FILE",
        help="where each mistake goes as a JSON line, to improve the generator by",
    )


def run(options: argparse.Namespace) -> None:
    """Evaluate as the options say; raises as `judging.judge` does."""
    from edge_train.evaluation.judging import judge  # noqa: PLC0415  # see above

    judge(options)
