"""Owns the command `generate`: its options, and what becomes of them. Knows nothing of how samples are made."""

import argparse
import sys
from itertools import islice
from pathlib import Path
from typing import Protocol

from edge.extraction import prompt
from edge.schema import schema
from edge_train import generator
from edge_train.families import FAMILIES
from edge_train.generator import Tally
from edge_train.sample import Sample, row

_SHOWN = 3
_WRITTEN_AT_ONCE = 1000


class Verbs(Protocol):
    """What argparse gives to add commands to; its own class is private."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002  # argparse's word
        """Return the parser of a new command."""


def add(verbs: Verbs) -> None:
    """Add the command to a command line."""
    parser = verbs.add_parser("generate", help="write samples as JSON lines, or show some of a family")
    parser.set_defaults(run=run)
    parser.add_argument(
        "--seed", type=_natural, default=0, help="the same seed gives the same samples (%(default)s)"
    )
    parser.add_argument("--count", type=_natural, help="how many samples to write, or to show (3)")
    parser.add_argument("--first", type=_natural, default=0, help="the number of the first one (%(default)s)")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--out", type=Path, metavar="FILE", help="where to write them; - is the standard output")
    target.add_argument("--show", choices=list(FAMILIES), metavar="FAMILY", help=f"one of {', '.join(FAMILIES)}")


def run(options: argparse.Namespace) -> None:
    """Show samples of a family, or write the samples of a seed.

    Raises:
        TableError: a table of the generator is wrong.
        OSError: the file cannot be written.
    """
    if options.show is not None:
        count = _SHOWN if options.count is None else options.count
        for sample in generator.generate(options.seed, count, first=options.first, only=options.show):
            sys.stdout.write(shown(sample))
        return
    tally = Tally()
    samples = generator.generate(options.seed, options.count or 0, first=options.first, tally=tally)
    if str(options.out) == "-":
        sys.stdout.writelines(row(sample) + "\n" for sample in samples)
        return
    part = options.out.with_name(options.out.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        while rows := [row(sample) + "\n" for sample in islice(samples, _WRITTEN_AT_ONCE)]:
            file.writelines(rows)
    part.replace(options.out)
    sys.stderr.write(f"{options.out}: {summary(tally)}\n")


def shown(sample: Sample) -> str:
    """Return a sample as a person reads it: the prompt that the model gets, and the answer that it is to give."""
    asked = prompt.prefix(schema.parse(sample.schema).root)
    rule = "─" * 20
    return f"{rule} {sample.family}\n{asked}{sample.text}{prompt.SUFFIX}{sample.target}\n"


def summary(tally: Tally) -> str:
    """Return what was made, in a line.

    >>> from collections import Counter
    >>> summary(Tally(made=Counter(keyvalue=3, pages=1), thrown_away=Counter({"pages: x": 1})))
    '4 samples, 1 draft thrown away; keyvalue 3, pages 1'
    """
    thrown, made = tally.thrown_away.total(), tally.made
    drafts = "draft" if thrown == 1 else "drafts"
    families = ", ".join(f"{name} {count}" for name, count in made.most_common())
    return f"{made.total()} samples, {thrown} {drafts} thrown away; {families}"


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got {text}")
    return number
