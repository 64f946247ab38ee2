"""packaging/install.sh in a fresh Debian, in steps: each test goes on where the one before left it.

It has no network: what the index would give lies in a folder. EDGE_INSTALL_SUITE=trixie tries another Debian.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import edge
from tests.packaging import debian
from tests.packaging.debian import PROJECT, Debian, Done

SUITE = os.environ.get("EDGE_INSTALL_SUITE", "bookworm")
MACHINE = {"amd64": "x86_64", "arm64": "aarch64"}.get(debian.ARCHITECTURE, "unknown")
# What install.sh would fetch with apt-get, and what a Debian has anyway.
CONTENTS = (
    *("gcc", "libgomp1", "libsystemd-dev", "pkg-config", "systemd"),
    *("python3-dev", "python3-pip", "python3-setuptools", "python3-venv", "python3-wheel"),
)
TREE = "/opt/tree"
PARTS = (
    *("config", "edge", "models", "packaging", "systemd", "tools"),
    *("CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "pyproject.toml"),
)
CONFIG = "etc/edge/edge.yaml"


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all that pip fetches; the wheel of llama-cpp-python is that of dist."""
    wheels = sorted((PROJECT / "dist").glob(f"llama_cpp_python-*_{MACHINE}.whl"))
    if not wheels:
        pytest.skip(f"no wheel of llama-cpp-python in dist; `make wheel-{debian.ARCHITECTURE}` builds it")
    folder = tmp_path_factory.mktemp("wheels")
    fetch: list[str | Path] = [
        sys.executable,
        PROJECT / "packaging/wheelhouse.py",
        SUITE,
        debian.ARCHITECTURE,
        folder,
    ]
    subprocess.run(fetch, check=True)
    # the builder of our own wheel, which the lock file does not pin
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", f"--dest={folder}"]
    subprocess.run([*pip, "hatchling>=1.27"], check=True)
    return folder


@pytest.fixture(scope="module")
def machine(wheelhouse: Path, model_path: Path) -> Iterator[Debian]:
    """Give a fresh Debian with a checkout in it."""
    if why := debian.why_not():
        pytest.skip(why)
    with debian.fresh(SUITE, *CONTENTS) as fresh:
        tree, cache = fresh.root / TREE.lstrip("/"), fresh.root / "root/.cache/edge"
        for part in PARTS:
            copy = shutil.copytree if (PROJECT / part).is_dir() else shutil.copy
            (tree / part).parent.mkdir(parents=True, exist_ok=True)
            copy(PROJECT / part, tree / part)
        cache.mkdir(parents=True)
        shutil.copy(model_path, cache)
        yield Debian(
            root=fresh.root,
            binds=(f"{wheelhouse}:/wheels", f"{PROJECT}/dist:/dist"),
            environment={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels", "PIP_ROOT_USER_ACTION": "ignore"},
        )


@pytest.fixture(scope="module")
def wheel() -> str:
    """Return where the machine sees the wheel of llama-cpp-python."""
    return f"/dist/{next((PROJECT / 'dist').glob(f'llama_cpp_python-*_{MACHINE}.whl')).name}"


@pytest.fixture(scope="module")
def before(machine: Debian) -> set[str]:
    """Return the files of the Debian before anything is installed."""
    return files(machine)


def files(machine: Debian) -> set[str]:
    """Return the files of the Debian, but for the checkout and what is the program's alone."""
    private = ("/opt/", "/usr/lib/edge/", "/usr/share/edge/", "/usr/share/doc/edge-readings", "/tmp/", "/root/")  # noqa: S108 - in there
    return {path for path in machine.files() if not path.startswith(private)}


def install(machine: Debian, *options: str, before: tuple[str, ...] = ()) -> Done:
    """Run the installer."""
    return machine.run(*before, f"{TREE}/packaging/install.sh", *options)


def pretend(machine: Debian, program: str, output: str) -> tuple[str, ...]:
    """Put a program that only says something in front of a real one; return what runs others with it."""
    path = machine.root / "opt/pretended" / program / program
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\n", encoding="utf-8")
    path.chmod(0o755)
    return ("env", f"PATH=/opt/pretended/{program}:/usr/sbin:/usr/bin:/sbin:/bin")


def test_only_root_may_install(machine: Debian, before: set[str]) -> None:
    """Nothing is touched, and the command that works is named."""
    done = install(machine, before=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))

    assert done == Done(code=1, said="install: expected to run as root: sudo packaging/install.sh")
    assert files(machine) == before


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            ["--prefix", "/opt"],
            'expected --wheel FILE, --model FILE, --uninstall or --purge, got "--prefix"',
        ),
        (["--wheel", "/none.whl"], '--wheel: expected a file, got "/none.whl"'),
        (["--model"], '--model: expected a file, got ""'),
    ],
)
def test_a_wrong_command_line_is_refused(machine: Debian, options: list[str], error: str) -> None:
    """What was expected is said, and what was found."""
    assert install(machine, *options) == Done(code=1, said=f"install: {error}")


@pytest.mark.parametrize(
    ("program", "output", "error"),
    [
        ("dpkg", "armhf", "expected a system of 64 bit, got armhf; the 64-bit image of Raspberry Pi OS is needed"),
        ("dpkg", "riscv64", "expected arm64 or amd64, got riscv64"),
        (
            "python3",
            "3.9",
            "expected Python 3.11 to 3.13 as /opt/pretended/python3/python3, got 3.9",
        ),
        ("df", "Avail\n  120", "expected 800 MB free on /usr, got 120"),
    ],
)
def test_a_system_that_does_not_fit_is_refused(
    machine: Debian, before: set[str], program: str, output: str, error: str
) -> None:
    """Before anything is fetched, what does not fit is named."""
    pretending = pretend(machine, program, output)

    assert install(machine, before=pretending) == Done(code=1, said=f"install: {error}")

    shutil.rmtree(machine.root / "opt/pretended")
    assert files(machine) == before


def test_another_system_is_refused(machine: Debian) -> None:
    """An older Debian, or another system, is told which ones fit."""
    release = machine.root / "usr/lib/os-release"
    kept = release.read_text(encoding="utf-8")
    release.write_text("ID=debian\nVERSION_CODENAME=bullseye\n", encoding="utf-8")

    done = install(machine)

    assert done.said == (
        "install: expected Debian 12 or 13, or Raspberry Pi OS of 2023 or later; /etc/os-release names bullseye"
    )
    assert done.code == 1
    release.write_text(kept, encoding="utf-8")


def test_it_installs_where_the_package_would(machine: Debian, before: set[str], wheel: str) -> None:
    """The same files in the same places; the configuration that comes along has no fault."""
    done = install(machine, "--wheel", wheel)

    assert done.code == 0, done.said
    assert done.said.endswith("install: done; systemd does not run here, so the service was not started")
    assert files(machine) - before == {
        "/etc/edge",
        "/etc/edge/edge.yaml",
        "/etc/edge/schemas",
        "/etc/edge/schemas/pump.json",
        "/usr/bin/edge",
        "/usr/bin/edge-convert",
        "/usr/lib/edge",
        "/usr/lib/systemd/system/edge.service",
        "/usr/lib/sysusers.d/edge.conf",
        "/usr/share/bash-completion/completions/edge",
        "/usr/share/edge",
        "/usr/share/man/man1/edge-convert.1.gz",
        "/usr/share/man/man1/edge.1.gz",
        "/usr/share/man/man5/edge.yaml.5.gz",
    }
    assert machine.ask("edge", "--version") == f"edge {edge.__version__}"
    assert machine.ask("edge", "check") == "/etc/edge/edge.yaml: ok, 2 routes"
    assert machine.ask("getent", "passwd", "edge").endswith(":/var/lib/edge:/usr/sbin/nologin")


@pytest.mark.model
def test_what_it_installed_reads(machine: Debian) -> None:
    """A text becomes its reading, by the model that was built before."""
    said = machine.ask("edge", "try", "--config", f"/{CONFIG}", "--route", "greenhouse", "T=21.4C RH=48% batt low")

    assert said.startswith('{"temperature":21.4,"humidity":48,"battery":"low"}')


def test_an_installation_that_fails_leaves_the_one_before(machine: Debian) -> None:
    """A wheel that is none ends it; the program that was there is there again."""
    (machine.root / "opt/llama_cpp_python-0.3.36-py3-none-any.whl").write_text("no wheel")

    done = install(machine, "--wheel", "/opt/llama_cpp_python-0.3.36-py3-none-any.whl")

    assert done.code == 1
    assert done.said.endswith("install: the wheels could not be installed, see above")
    assert machine.ask("edge", "--version") == f"edge {edge.__version__}"
    assert not (machine.root / "usr/lib/edge.before").exists()


def test_installing_again_keeps_the_configuration(machine: Debian, wheel: str) -> None:
    """What was edited stays; the example of this version lies beside it."""
    config = machine.root / CONFIG
    config.write_text(config.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")

    done = install(machine, "--wheel", wheel)

    assert (
        "install: /etc/edge/edge.yaml is yours and stays; this version's example is /etc/edge/edge.yaml.new\n"
        in done.said
    )
    assert done.code == 0
    assert config.read_text(encoding="utf-8").endswith("# mine\n")


def test_uninstalling_leaves_what_is_the_users(machine: Debian, before: set[str]) -> None:
    """Configuration and state stay, and that is said."""
    (machine.root / "var/lib/edge").mkdir()

    done = install(machine, "--uninstall")

    assert done == Done(
        code=0,
        said="install: removed; /etc/edge and /var/lib/edge are still there (--purge removes them, too)",
    )
    assert files(machine) - before == {
        *("/etc/edge", "/etc/edge/edge.yaml", "/etc/edge/edge.yaml.new"),
        *("/etc/edge/schemas", "/etc/edge/schemas/pump.json", "/var/lib/edge"),
    }


def test_a_purge_leaves_nothing_behind(machine: Debian, before: set[str]) -> None:
    """The Debian has the files and users that it had."""
    done = install(machine, "--purge")

    assert done == Done(code=0, said="install: removed, with configuration and state")
    assert files(machine) == before
    assert machine.run("getent", "passwd", "edge").said == ""


def test_a_package_of_dist_is_taken(machine: Debian, before: set[str], wheel: str) -> None:
    """Where dist has the right package, it is installed, and from then on apt-get is the way."""
    package = PROJECT / f"dist/edge-readings_{edge.__version__}~{debian.RELEASES[SUITE]}_{debian.ARCHITECTURE}.deb"
    if not package.exists():
        pytest.skip(f"no {package.name} in dist; `make deb SUITE={SUITE}` builds it")
    dist = machine.root / TREE.lstrip("/") / "dist"
    dist.mkdir()
    shutil.copy(package, dist)
    (machine.root / "etc/edge").mkdir()
    (machine.root / CONFIG).write_text("mine, from an installation before\n", encoding="utf-8")

    done = install(machine)

    assert done.code == 0
    assert f"install: installing dist/{package.name}\n" in done.said
    assert machine.ask("edge", "--version") == f"edge {edge.__version__}"
    assert (machine.root / CONFIG).read_text(encoding="utf-8") == "mine, from an installation before\n"
    installed = "install: the Debian package edge-readings is installed; "
    assert install(machine, "--wheel", wheel) == Done(
        code=1, said=f"{installed}take a newer one, or apt-get remove edge-readings first"
    )
    assert install(machine, "--purge") == Done(
        code=1, said=f"{installed}apt-get remove edge-readings, or apt-get purge edge-readings"
    )
    machine.ask("apt-get", "purge", "--yes", "edge-readings")
    assert files(machine) == before
