"""Owns what the shell knows of `edge`: the completion for bash, and the manual pages edge(1) and edge.yaml(5).

Knows nothing of what the verbs do: all is made from the parser of the command line and from config/edge.yaml, so
that nothing is forgotten. `python packaging/shell/generate.py FOLDER` fills in the *.in files beside it.
"""

# ruff: noqa: INP001  # a script, run by packaging/build-deb

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import edge
from edge.__main__ import parser

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "config" / "edge.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verb:
    """One verb with its name as it is typed, "dead list"; "" is the command itself."""

    name: str
    purpose: str
    usage: str
    options: tuple[argparse.Action, ...]
    below: tuple[str, ...]
    """The verbs behind it."""


def pages(whole: argparse.ArgumentParser, example: str) -> dict[str, str]:
    """Return the contents of each file, by its name."""
    known = list(verbs(whole))
    filled = {
        "@VERSION@": edge.__version__,
        "@VERBS@": "\n".join(line for verb in known for line in _manual(verb)),
        "@EXAMPLE@": escaped(example.rstrip()),
        "@NAMES@": " | ".join(f'"{verb.name}"' for verb in known if verb.name),
        "@VALUES@": "\n".join(line for verb in known for line in _values(verb)),
        "@WORDS@": "\n".join(line for verb in known for line in _words(verb)),
    }
    return {template.stem: _fill(template.read_text(), filled) for template in sorted(HERE.glob("*.in"))}


def verbs(parser: argparse.ArgumentParser, name: str = "", purpose: str = "") -> Iterator[Verb]:
    """Yield the whole command, then each of its verbs, and behind a verb those of its own."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    helps = {shown.dest: shown.help or "" for action in below for shown in action._choices_actions}  # noqa: SLF001
    options = tuple(action for action in parser._actions if action.option_strings)  # noqa: SLF001
    usage = " ".join(parser.format_usage().removeprefix("usage: ").replace("[-h] ", "").split())
    yield Verb(name=name, purpose=purpose, usage=usage, options=options, below=tuple(helps))
    for action in below:
        for verb, further in action.choices.items():
            yield from verbs(further, f"{name} {verb}".strip(), helps[verb])


def escaped(text: str) -> str:
    r"""Return text as roff shows it as it stands.

    >>> print(escaped(".5 of --all"))
    \&.5 of \-\-all
    """
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in plain.split("\n"))


def _values(verb: Verb) -> Iterator[str]:
    """Yield the branches of the completion for words behind an option that takes a value."""
    for option in verb.options:
        if option.nargs != 0:
            patterns = " | ".join(f'"{verb.name} {string}"' for string in option.option_strings)
            yield f'  {patterns}) words="{" ".join(map(str, option.choices or []))}" ;;'


def _words(verb: Verb) -> Iterator[str]:
    """Yield the branches for all other words: the verb's options behind a minus, else its own verbs."""
    if verb.below:
        yield f'    "{verb.name} " | "{verb.name} "[!-]) words="{" ".join(verb.below)}" ;;'
    strings = [string for option in verb.options for string in option.option_strings]
    yield f'    "{verb.name} -") words="{" ".join(strings)}" ;;'


def _manual(verb: Verb) -> Iterator[str]:
    """Yield the lines of the manual on one verb; none on one that only leads to its own."""
    if verb.below:
        return
    yield from (f".SS {escaped(verb.name)}", f".B {escaped(verb.usage)}", ".PP")
    yield escaped(f"{verb.purpose[:1].upper()}{verb.purpose[1:]}.")
    for option in verb.options:
        if "--help" not in option.option_strings:
            value = "" if option.nargs == 0 else f" {option.metavar or '|'.join(map(str, option.choices or []))}"
            yield from (".TP", f".B {escaped(', '.join(option.option_strings) + value)}")
            yield escaped((option.help or "") % vars(option))


def _fill(text: str, filled: dict[str, str]) -> str:
    for mark, content in filled.items():
        text = text.replace(mark, content)
    return text


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):  # noqa: PLR2004  # the program and its one argument
        sys.exit("usage: generate.py FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pages(parser(), EXAMPLE.read_text()).items():
        (folder / name).write_text(content)
