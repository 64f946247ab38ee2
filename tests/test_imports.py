"""The direction of imports, which keeps a newcomer's search short."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "edge"
LAYERS = (  # a package, or a module beside them, imports only what stands before it
    *("errors", "bug", "literal", "service", "mailbox", "text", "schema", "jsonpath", "topics", "inlet"),
    *("proposal", "appearance", "outlet", "routes", "message", "state", "engine", "config", "extraction"),
    *("fingerprint", "trial", "shapes", "answer", "pipeline", "memory", "generation", "mqtt", "dead", "control"),
    *("delivery", "monitoring", "health", "condition", "event", "auditor", "reloader", "bridge", "homeassistant"),
    *("mainloop", "verbs", "doctor", "daemon", "calls", "arguments", "__main__"),
)


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
    [
        ("llama_cpp", "engine/model.py"),
        ("paho", "mqtt/clients.py"),
        ("systemd", "service.py"),
        ("re2", "schema/patterns.py"),
        ("pint", "extraction/conversion.py"),
        ("dateutil", "text/moments.py"),
        ("prometheus_client", "monitoring/exposition.py"),
    ],
)
def test_each_foreign_door_is_one_file(library: str, door: str) -> None:
    """llama.cpp, paho, systemd and RE2 are each imported by exactly one module of the program."""
    importers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == library for name in imported(path))
    }

    assert importers == {door}


def test_every_package_has_its_layer() -> None:
    """The list of layers names all that stands directly in the program's folder, and nothing else."""
    here = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}

    assert sorted(LAYERS) == sorted(here - {"__init__"})


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_one_way(layer: str) -> None:
    """No layer imports one above it, so that each can be read without those."""
    files = [PACKAGE / f"{layer}.py"] if (PACKAGE / f"{layer}.py").exists() else (PACKAGE / layer).glob("*.py")
    ours = {name.split(".")[1] for file in files for name in imported(file) if name.startswith("edge.")}

    assert ours - {layer, "__version__"} <= set(LAYERS[: LAYERS.index(layer)])


def test_nothing_imports_the_wiring_but_the_command_line() -> None:
    """The module that constructs everything is known to the command line alone."""
    importers = {path.name for path in PACKAGE.rglob("*.py") if "edge.daemon" in imported(path)}

    assert importers == {"calls.py"}
