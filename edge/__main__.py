"""Owns the command line: it lets a verb run, and says how it ended.

Knows nothing of verbs: `arguments.py` has what they take, `calls.py` lets them work.

Exit codes: 0 done; 1 it failed, or the text was rejected; 2 wrong usage; 69 the model cannot be used, or no daemon
runs that could do it; 75 the daemon took too much memory; 78 the configuration cannot be used (EX_UNAVAILABLE,
EX_TEMPFAIL and EX_CONFIG of sysexits.h).
"""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from edge.arguments import parser
from edge.calls import CONFIG, FAILED, INTERRUPTED, MEMORY, UNAVAILABLE
from edge.errors import ConfigError, EdgeError, ModelError, NoDaemon, TooMuchMemory

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["main", "parser"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a verb and leave with its exit code; without arguments, run that of the process."""
    options = parser().parse_args(arguments)
    verb: Callable[[Namespace], int] = options.verb
    try:
        code = verb(options)
    except ConfigError as error:  # lines of file:line:column, as editors jump to them
        sys.stderr.write(f"{error}\n")
        code = CONFIG
    except (ModelError, NoDaemon) as error:
        code = _fail(error, UNAVAILABLE)
    except TooMuchMemory as error:
        code = _fail(error, MEMORY)
    except EdgeError as error:
        code = _fail(error, FAILED)
    except OSError as error:
        sys.stderr.write(f"edge: {error}\n")
        code = FAILED
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def _fail(error: EdgeError, code: int) -> int:
    sys.stderr.write("".join(f"edge: {line}\n" for line in str(error).splitlines()))
    return code


if __name__ == "__main__":
    main()
