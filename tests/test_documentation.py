"""What the README says, held against the program."""

import argparse
import re
from pathlib import Path

import pytest

from edge import __main__ as command_line
from edge.config import editorschema
from edge.errors import Reason

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
NUMBERS = {15: "fifteen", 16: "sixteen", 17: "seventeen", 18: "eighteen"}


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each verb."""
    actions = command_line.parser()._actions  # noqa: SLF001  # argparse has no public way
    (verbs,) = (action for action in actions if isinstance(action.choices, dict))
    assert isinstance(verbs.choices, dict)
    return verbs.choices


def test_the_readme_names_every_verb_and_no_other() -> None:
    """The table of verbs is the command line's."""
    assert set(parsers()) == set(re.findall(r"^\| `edge (\w+)", README, flags=re.MULTILINE))


def test_every_option_of_a_verb_that_the_readme_shows_exists() -> None:
    """An option in the table of verbs is taken by its verb."""
    for verb, rest in re.findall(r"^\| `edge (\w+)([^`]*)`", README, flags=re.MULTILINE):
        shown = set(re.findall(r"--[a-z-]+", rest))

        assert shown <= {option for action in parsers()[verb]._actions for option in action.option_strings}  # noqa: SLF001


def test_the_documents_list_every_reason() -> None:
    """The reasons of dead letters are the closed list of the program, in order; the README has their number."""
    listed = re.search(r"Reasons: `([a-z0-9_\s]+)`", CONFIGURATION)

    assert listed is not None
    assert [str(reason) for reason in Reason] == listed.group(1).split()
    assert f"one of {NUMBERS[len(Reason)]} reasons" in README


@pytest.mark.parametrize("page", [README, CONFIGURATION], ids=["README", "configuration"])
def test_the_first_route_of_a_page_is_part_of_the_shipped_configuration(page: str) -> None:
    """It stands in config/edge.yaml as well, comments aside."""
    block = re.search(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    assert block is not None
    shipped = [
        re.sub(r"\s+#.*", "", line)
        for line in (ROOT / "config/edge.yaml").read_text(encoding="utf-8").splitlines()
    ]

    assert [line for line in block.group(1).splitlines() if line not in shipped] == []


def test_the_schema_for_editors_is_that_of_the_program() -> None:
    """config/edge.schema.json is what `edge config schema` prints: after a change, write it anew."""
    assert (ROOT / "config/edge.schema.json").read_text(encoding="utf-8") == editorschema.written(
        editorschema.document()
    )


def test_every_link_of_the_documents_leads_somewhere() -> None:
    """Relative links in Markdown files name files that exist."""
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/**/*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
