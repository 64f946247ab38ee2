"""The Debian packages of dist in a fresh Debian, in steps: each test goes on where the one before left it.

What needs a booted machine is in tests/system. EDGE_DEB_ARCH=arm64 tries those of another architecture, emulated.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import edge
from tests.packaging import debian
from tests.packaging.debian import PROJECT, Debian

CONFIG, LETTER = "etc/edge/edge.yaml", "var/lib/edge/deadletters.sqlite"
# What the package asks for, and man.
CONTENTS = ("libgomp1", "libsystemd0", "man-db", "python3", "systemd")
COMMAND = ("edge", "try", "--config", "/etc/edge/edge.yaml", "--route", "greenhouse", "T=21.4C RH=48% batt low")


@pytest.fixture(scope="module", params=debian.RELEASES)
def suite(request: pytest.FixtureRequest) -> str:
    """Return the Debian that is tried."""
    return str(request.param)


@pytest.fixture(scope="module")
def package(suite: str) -> Path:
    """Return the package for it."""
    path = PROJECT / f"dist/edge-readings_{edge.__version__}~{debian.RELEASES[suite]}_{debian.ARCHITECTURE}.deb"
    if not path.exists():
        pytest.skip(f"no {path.name} in dist; `make deb SUITE={suite}` builds it")
    return path


@pytest.fixture(scope="module")
def machine(suite: str, package: Path) -> Iterator[Debian]:
    """Give a fresh Debian that the package lies in."""
    if why := debian.why_not():
        pytest.skip(why)
    with debian.fresh(suite, *CONTENTS) as machine:
        shutil.copy(package, machine.root)
        yield machine


@pytest.fixture(scope="module")
def before(machine: Debian) -> set[str]:
    """Return the files of the Debian before anything is installed."""
    return machine.files()


def install(machine: Debian, package: Path, *options: str) -> str:
    """Install a package as its users do; return what was said."""
    return machine.ask("apt-get", "install", "--yes", *options, f"/{package.name}")


def outside(paths: set[str]) -> set[str]:
    """Return the paths that are not below folders that are the package's alone, or systemd's ledger."""
    private = ("/usr/lib/edge/", "/usr/share/edge/", "/usr/share/doc/edge-readings/", "/var/lib/systemd/")
    return {path for path in paths if not path.startswith(private)}


def test_it_installs_in_its_places(before: set[str], machine: Debian, package: Path) -> None:
    """Each file lies where Debian wants such files; beside them appears what enables the service, nothing else."""
    said = install(machine, package)

    assert "edge: " not in said
    assert outside(machine.files() - before) == {
        "/etc/edge",
        "/etc/edge/edge.yaml",
        "/etc/edge/schemas",
        "/etc/edge/schemas/pump.json",
        "/etc/systemd/system/multi-user.target.wants/edge.service",
        "/usr/bin/edge",
        "/usr/bin/edge-convert",
        "/usr/lib/edge",
        "/usr/lib/systemd/system/edge.service",
        "/usr/lib/sysusers.d/edge.conf",
        "/usr/share/bash-completion/completions/edge",
        "/usr/share/doc/edge-readings",
        "/usr/share/edge",
        "/usr/share/lintian/overrides/edge-readings",
        "/usr/share/man/man1/edge-convert.1.gz",
        "/usr/share/man/man1/edge.1.gz",
        "/usr/share/man/man5/edge.yaml.5.gz",
    }


def test_the_service_has_a_user_of_its_own(machine: Debian) -> None:
    """It cannot log in, and owns nothing that is there yet."""
    name, _, user_id, _, _, home, shell = machine.ask("getent", "passwd", "edge").split(":")

    assert (name, home, shell) == ("edge", "/var/lib/edge", "/usr/sbin/nologin")
    assert 0 < int(user_id) < 1000  # Debian's range of system users
    assert machine.ask("find", "/etc", "/usr", "-xdev", "-user", "edge") == ""


def test_its_commands_are_on_the_path(machine: Debian) -> None:
    """Both start under the Python of the system."""
    assert machine.ask("edge", "--version") == f"edge {edge.__version__}"
    assert machine.ask("edge-convert", "--help").startswith("usage: edge-convert ")


def test_the_configuration_that_it_brings_is_right(machine: Debian) -> None:
    """What a user edits first has no fault to begin with."""
    assert machine.ask("edge", "check") == "/etc/edge/edge.yaml: ok, 2 routes"


def test_its_manual_can_be_read(machine: Debian) -> None:
    """`man` finds the page of each command, and that of the configuration."""
    for page in ("edge", "edge-convert", "edge.yaml"):
        assert "NAME\n       edge" in machine.ask("man", page)


@pytest.mark.model
def test_its_model_reads(machine: Debian) -> None:
    """A text becomes its reading, and no file is written beside the program: its modules are compiled already."""
    found = machine.files()

    said = machine.ask(*COMMAND)

    assert said.startswith('{"temperature":21.4,"humidity":48,"battery":"low"}')
    assert machine.files() - found == set()


def test_it_holds_no_path_of_where_it_was_built(machine: Debian) -> None:
    """The virtual environment was made where it is used; no file names the tree, or the folder of the build."""
    named = [str(PROJECT), "/build/edge-readings"]
    found = subprocess.run(
        ["grep", "-rlF", *(f"-e{name}" for name in named), machine.root / "usr/lib/edge"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == ""


def test_what_is_not_needed_is_left_out(machine: Debian) -> None:
    """No installer of packages, no tests of libraries, nothing for compilers."""
    venv = machine.root / "usr/lib/edge"
    site = next(venv.glob("lib/python3.*/site-packages"))

    assert sorted(path.name for path in venv.glob("bin/*")) == [
        *("edge", "edge-convert", "python", "python3"),
        site.parent.name,
    ]
    assert [path for name in ("pip", "setuptools", "numpy/tests") for path in site.glob(name)] == []
    assert [path for pattern in ("*.a", "*.h") for path in site.rglob(pattern)] == []


def test_installing_again_changes_nothing_of_the_users(machine: Debian, package: Path) -> None:
    """What was edited and learned stays."""
    config, letter = machine.root / CONFIG, machine.root / LETTER
    config.write_text(config.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    letter.parent.mkdir()
    letter.write_text("kept")
    found = machine.files()

    install(machine, package, "--reinstall")

    assert config.read_text(encoding="utf-8").endswith("# mine\n")
    assert letter.read_text() == "kept"
    assert machine.files() == found


def test_an_upgrade_keeps_what_is_the_users(machine: Debian, package: Path, tmp_path: Path) -> None:
    """A newer package replaces the program alone, and no question is asked."""
    newer = repacked(package, tmp_path, version=f"{edge.__version__}.1")
    shutil.move(newer, machine.root)
    found = machine.files()

    install(machine, newer)

    assert machine.ask("dpkg-query", "--show", "edge-readings") == f"edge-readings\t{edge.__version__}.1"
    assert (machine.root / CONFIG).read_text(encoding="utf-8").endswith("# mine\n")
    assert (machine.root / LETTER).read_text() == "kept"
    assert machine.files() == found
    (machine.root / newer.name).unlink()


def test_removing_leaves_what_is_the_users(before: set[str], machine: Debian) -> None:
    """Configuration, state and the user stay; installing again would find all as it was."""
    machine.ask("apt-get", "remove", "--yes", "edge-readings")

    left = {
        path for path in machine.files() - before if not path.startswith(("/etc/systemd/", "/var/lib/systemd/"))
    }
    assert left == {
        *("/etc/edge", "/etc/edge/edge.yaml", "/etc/edge/schemas", "/etc/edge/schemas/pump.json"),
        *("/var/lib/edge", "/var/lib/edge/deadletters.sqlite"),
    }
    assert before - machine.files() == set()


def test_a_purge_leaves_the_keys_of_the_user(before: set[str], machine: Debian) -> None:
    """The broker's password goes with the configuration; a file that we did not name stays, and that is said."""
    (machine.root / "etc/edge/mqtt.password").write_text("correct horse\n")
    (machine.root / "etc/edge/mine.pem").write_text("a certificate\n")

    said = machine.ask("apt-get", "purge", "--yes", "edge-readings")

    assert "edge: /etc/edge holds files of yours; it stays" in said
    assert machine.files() - before == {"/etc/edge", "/etc/edge/mine.pem"}
    shutil.rmtree(machine.root / "etc/edge")


def test_a_purge_leaves_nothing_behind(before: set[str], machine: Debian, package: Path) -> None:
    """Installed anew and purged, the Debian has the files and users that it had."""
    install(machine, package)
    machine.ask("apt-get", "purge", "--yes", "edge-readings")

    assert machine.files() == before
    assert machine.run("getent", "passwd", "edge").said == ""
    assert machine.run("getent", "group", "edge").said == ""


def repacked(package: Path, folder: Path, *, version: str) -> Path:
    """Return the same package under another version; made in a folder."""
    tree, made = folder / "tree", folder / "edge-readings-newer.deb"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN/control"
    lines = control.read_text(encoding="utf-8").splitlines()
    changed = [f"Version: {version}" if line.startswith("Version:") else line for line in lines]
    control.write_text("\n".join([*changed, ""]), encoding="utf-8")
    subprocess.run(["dpkg-deb", "--build", "-Znone", tree, made], check=True, stdout=subprocess.DEVNULL)
    return made
