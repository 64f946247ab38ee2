"""What the shell is told of `edge`: the completion for bash and the manual, held against the parser."""

import os
import re
import shutil
import subprocess
import sys
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import __main__ as command
from edge import calls

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the package brings."""
    folder = tmp_path_factory.mktemp("shell")
    generate = ROOT / "packaging/shell/generate.py"
    subprocess.run([sys.executable, generate, folder], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return folder


def verbs(parser: ArgumentParser, name: str = "") -> Iterator[tuple[str, ArgumentParser, tuple[str, ...]]]:
    """Yield each verb as it is typed, its parser, and the names of the verbs behind it."""
    below = {
        verb: further
        for action in parser._actions  # noqa: SLF001 - argparse does not tell otherwise
        if isinstance(action, _SubParsersAction)
        for verb, further in action.choices.items()
    }
    yield name, parser, tuple(below)
    for verb, further in below.items():
        yield from verbs(further, f"{name} {verb}".strip())


def options(parser: ArgumentParser) -> set[str]:
    """Return the options that a parser knows."""
    return {string for action in parser._actions for string in action.option_strings}  # noqa: SLF001


def completed(pages: Path, *words: str) -> set[str]:
    """Return what bash offers for the last of some words."""
    script = (
        'source "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _edge; '
        '[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\\n" "${COMPREPLY[@]}"'
    )
    bash = ["bash", "-u", "-c", script, "bash", str(pages / "edge.bash"), *words]
    return set(subprocess.run(bash, check=True, capture_output=True, text=True).stdout.split())


def test_bash_completes_every_verb_and_option(pages: Path) -> None:
    """What the parser knows is offered, and nothing else."""
    for verb, parser, below in verbs(command.parser()):
        typed = ("edge", *verb.split())

        assert completed(pages, *typed, "") == set(below)
        assert completed(pages, *typed, "-") == options(parser)


def test_bash_completes_what_was_begun(pages: Path) -> None:
    """The letters that are there already choose among the words."""
    assert completed(pages, "edge", "dead", "li") == {"list"}
    assert completed(pages, "edge", "dead", "list", "--rea") == {"--reason"}


def test_bash_completes_the_values_of_a_choice(pages: Path) -> None:
    """Behind an option with a closed list of values, these are offered."""
    assert completed(pages, "edge", "run", "--log-level", "") == {"debug", "info", "warning", "error"}
    assert completed(pages, "edge", "dead", "list", "--reason", "mi") == {"missing"}


def test_bash_offers_files_where_a_value_is_free(pages: Path) -> None:
    """Behind other options and for other words nothing of ours is offered, so that bash offers files."""
    assert completed(pages, "edge", "check", "--config", "") == set()
    assert completed(pages, "edge", "eval", "") == set()
    assert "complete -o default -F _edge edge\n" in (pages / "edge.bash").read_text()


def test_the_manual_has_every_verb_and_option(pages: Path) -> None:
    """Each verb has its section, with its options in it."""
    text = (pages / "edge.1").read_text().replace("\\-", "-")
    sections = dict(re.findall(r"^\.S[SH] ?(.*)\n((?:(?!\.S[SH]).*\n)*)", text, flags=re.MULTILINE))
    for verb, parser, below in verbs(command.parser()):
        if not below:
            found = set(
                re.findall(r"(?<=^\.B )--?\S+?(?=[ ,\n])|(?<=, )--\S+", sections[verb], flags=re.MULTILINE)
            )

            assert found | {"-h", "--help"} == options(parser)


def test_the_manual_has_every_exit_status(pages: Path) -> None:
    """The codes of the manual are those of the command."""
    text = (pages / "edge.1").read_text()
    statuses = text.partition(".SH EXIT STATUS")[2].partition(".SH FILES")[0]
    wrong_usage = 2  # argparse's own

    assert {int(code) for code in re.findall(r"^\.B (\d+)$", statuses, flags=re.MULTILINE)} == {
        *(calls.OK, calls.FAILED, wrong_usage, calls.UNAVAILABLE, calls.MEMORY, calls.CONFIG)
    }


@pytest.mark.skipif(shutil.which("man") is None, reason="needs man-db")
@pytest.mark.parametrize("page", ["edge.1", "edge.yaml.5"])
def test_man_shows_the_pages_without_a_warning(pages: Path, page: str) -> None:
    """Every line of the pages is roff that man understands."""
    shown = subprocess.run(
        ["man", "--warnings", "--local-file", pages / page],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "120", "MAN_KEEP_FORMATTING": ""},
    )

    assert shown.stderr == ""
    assert len(shown.stdout.splitlines()) > 100


@pytest.mark.skipif(shutil.which("man") is None, reason="needs man-db")
def test_the_manual_shows_the_example_as_it_stands(pages: Path) -> None:
    """edge.yaml(5) is config/edge.yaml: each of its lines, comments included."""
    shown = subprocess.run(
        ["man", "--local-file", pages / "edge.yaml.5"],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "160"},
    )
    lines = {line.strip() for line in shown.stdout.splitlines()}
    example = (ROOT / "config/edge.yaml").read_text().splitlines()

    assert [line for line in example if line.strip() not in lines] == []
