"""The direction of imports, which keeps a newcomer's search short."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "edge"
VALUES = {
    *("errors", "literal", "keywords", "schema", "magnitudes", "numerals", "pieces", "units", "message"),
    *("forms", "template", "shape", "evidence", "patterns", "references"),
}


def imported(path: Path) -> set[str]:
    """Return the full names of what a module imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize(
    ("library", "door"),
    [("llama_cpp", "model.py"), ("paho", "broker.py"), ("systemd", "service.py"), ("re2", "patterns.py")],
)
def test_each_foreign_door_is_one_file(library: str, door: str) -> None:
    """llama.cpp, paho, systemd and RE2 are each imported by exactly one module of the program."""
    importers = {
        path.name
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == library for name in imported(path))
    }

    assert importers == {door}


@pytest.mark.parametrize("module", sorted(VALUES))
def test_values_know_only_values(module: str) -> None:
    """Modules that hold values import no stage."""
    ours = {name.split(".")[1] for name in imported(PACKAGE / f"{module}.py") if name.startswith("edge.")}

    assert ours <= VALUES


def test_nothing_imports_the_wiring_but_the_command_line() -> None:
    """The module that constructs everything is known to the command line alone."""
    importers = {path.name for path in PACKAGE.rglob("*.py") if "edge.daemon" in imported(path)}

    assert importers == {"__main__.py"}
