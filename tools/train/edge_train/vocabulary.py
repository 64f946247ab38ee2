"""Owns the command `vocabulary`: which tokens the data use, and the list of those to keep.

Knows nothing of model files. What is written is for `edge-convert --trim-vocab`.
"""

import argparse
from collections import Counter
from itertools import islice
from pathlib import Path

from edge_convert import gguffile, vocabulary
from edge_train.command import Verbs
from edge_train.training import feed
from edge_train.training.command import BASE
from edge_train.training.feed import Source

_SEED = 515_151  # of samples that no training and no evaluation sees
_EDGEJSON_EVERY = 6  # as in trainings


def add(verbs: Verbs) -> None:
    """Add the command to a command line."""
    parser = verbs.add_parser("vocabulary", help="list the tokens that are worth keeping in a smaller model file")
    parser.set_defaults(run=run)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the tokens go, one a line")
    parser.add_argument("--keep", type=int, required=True, metavar="N", help="how many tokens to keep")
    parser.add_argument(
        "--samples",
        type=int,
        default=20_000,
        metavar="N",
        help="generated, whose tokens are counted (%(default)s)",
    )
    parser.add_argument(
        "--edgejson", type=Path, metavar="DIR", help="count those of EdgeJSON's training rows, too"
    )
    parser.add_argument("--base", type=Path, default=BASE, metavar="FILE", help="whose tokens (%(default)s)")


def run(options: argparse.Namespace) -> None:
    """Write the list.

    Raises:
        EdgeError: the base or EdgeJSON's rows cannot be used.
        OSError: a file cannot be read or written.
    """
    base = options.base.expanduser()
    file = gguffile.read(base)
    keys = (vocabulary.TOKENS_KEY, vocabulary.TYPES_KEY, vocabulary.MERGES_KEY)
    whole = vocabulary.parse(*(file.fields[key].value if key in file.fields else None for key in keys))
    source = Source(base=base, seed=_SEED, edgejson=options.edgejson, edgejson_every=_EDGEJSON_EVERY)
    used: Counter[int] = Counter()
    with feed.stream(source) as examples:
        for example in islice(examples, options.samples):
            used.update(example.tokens)
    kept = vocabulary.most_used(whole, used, options.keep)
    options.out.write_text("".join(f"{token}\n" for token in kept), encoding="utf-8")
