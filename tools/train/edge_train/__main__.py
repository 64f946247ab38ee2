"""Owns the command line: `python -m edge_train VERB`. Knows nothing of what the verbs do.

Exit codes: 0 done, 1 failed, 2 usage.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from edge.errors import EdgeError
from edge_train import command as generating
from edge_train import vocabulary as listing
from edge_train.evaluation import command as evaluating
from edge_train.training import command as training


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit code."""
    options = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = options.run
    try:
        run(options)
    except BrokenPipeError:
        return 0
    except (EdgeError, OSError) as error:
        sys.stderr.write(f"edge_train: {error}\n")
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m edge_train", description="Make training data, train on it, and judge what came of it."
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    generating.add(verbs)
    training.add(verbs)
    evaluating.add(verbs)
    listing.add(verbs)
    return top


if __name__ == "__main__":
    sys.exit(main())
