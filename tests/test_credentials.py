"""Where the broker's password comes from, and what is said of a file that holds none."""

import re
from pathlib import Path

import pytest

from edge.config.options import Mqtt, Tls
from edge.errors import ConfigError
from edge.mqtt import credentials

SECRET = "Kürbis-7 "  # noqa: S105  # also a blank at its end is a part of it


def options(file: Path | None = None, *, username: str | None = "edge") -> Mqtt:
    """Return the options of a broker that asks for a name."""
    return Mqtt(client_id="edge", username=username, password_file=file)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Return the file of the credential that systemd gave."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    file = folder / "mqtt.password"
    file.write_text("from systemd\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_password_is_the_one_line_of_its_file(tmp_path: Path, end: str) -> None:
    """What an editor puts at the end of the line is no part of it."""
    file = tmp_path / "password"
    file.write_bytes(f"{SECRET}{end}".encode())

    assert credentials.password(options(file), {}) == SECRET


def test_without_a_file_it_is_the_credential_of_systemd(given: Path) -> None:
    """A unit with LoadCredential=mqtt.password:… needs no option."""
    assert credentials.password(options(), {"CREDENTIALS_DIRECTORY": str(given.parent)}) == "from systemd"


def test_a_file_that_is_named_comes_first(tmp_path: Path, given: Path) -> None:
    """What the configuration says is what counts."""
    file = tmp_path / "password"
    file.write_text("from a file", encoding="utf-8")

    environment = {"CREDENTIALS_DIRECTORY": str(given.parent)}
    assert credentials.password(options(file), environment) == "from a file"


def test_without_a_username_there_is_no_password(given: Path) -> None:
    """A broker that asks for no name is given none."""
    assert credentials.password(options(username=None), {"CREDENTIALS_DIRECTORY": str(given.parent)}) is None


@pytest.mark.parametrize("environment", [{}, {"CREDENTIALS_DIRECTORY": ""}, {"CREDENTIALS_DIRECTORY": "/none"}])
def test_a_service_manager_that_gave_none(environment: dict[str, str]) -> None:
    """A name without a password is something that brokers know."""
    assert credentials.password(options(), environment) is None


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "expected a password, got an empty file"),
        (b"\n", "expected a password, got an empty file"),
        (b"secret\nname\n", "expected the password alone on one line, got several lines"),
        (b"secret\n\n", "expected the password alone on one line, got several lines"),
        (b"sec\rret", "expected the password alone on one line, got several lines"),
        (b"secret\xff", "expected a password in UTF-8, got other bytes"),
        (b"s" * 65_536, "expected a password of at most 65535 bytes, got more"),
        ("ü".encode() * 32_768 + b"\n", "expected a password of at most 65535 bytes, got more"),
    ],
)
def test_files_that_hold_no_password(tmp_path: Path, data: bytes, fault: str) -> None:
    """The fault is told with its file and option, and without a byte of what the file holds."""
    file = tmp_path / "password"
    file.write_bytes(data)

    with pytest.raises(ConfigError) as error:
        credentials.password(options(file), {})

    assert str(error.value) == f"{file}: mqtt.password_file: {fault}"
    assert error.value.__cause__ is None


def test_a_password_may_be_as_long_as_mqtt_allows(tmp_path: Path) -> None:
    """Its length is two bytes."""
    file = tmp_path / "password"
    file.write_bytes(b"s" * 65_535 + b"\r\n")

    assert credentials.password(options(file), {}) == "s" * 65_535


@pytest.mark.parametrize(("name", "why"), [("none", "No such file or directory"), (".", "Is a directory")])
def test_files_that_cannot_be_read(tmp_path: Path, name: str, why: str) -> None:
    """The system's words say why."""
    with pytest.raises(ConfigError) as error:
        credentials.password(options(tmp_path / name), {})

    assert str(error.value) == f"{tmp_path / name}: mqtt.password_file: cannot read the broker's password: {why}"


def test_the_unit_names_the_credentials_that_are_looked_for() -> None:
    """Each has a default, without which systemd does not start a unit whose file is missing."""
    unit = (Path(__file__).parent.parent / "systemd" / "edge.service").read_text(encoding="utf-8")

    names = [credentials.PASSWORD, credentials.KEY]
    assert re.findall(r"^LoadCredential=([^:]+):/etc/edge/\1$", unit, flags=re.MULTILINE) == names
    assert re.findall(r"^SetCredential=([^:]+):\\n$", unit, flags=re.MULTILINE) == names


def test_the_default_of_the_unit_is_no_credential(tmp_path: Path) -> None:
    """A line end alone stands for a file that was not there; an empty file is the user's, and a fault."""
    for name in (credentials.PASSWORD, credentials.KEY):
        (tmp_path / name).write_bytes(b"\n")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}

    assert credentials.password(options(), environment) is None
    assert credentials.key(Tls(certificate=tmp_path / "c.pem"), environment) is None


def test_faults_of_a_credential_name_it(given: Path) -> None:
    """There is no option that they could name."""
    given.write_bytes(b"")
    with pytest.raises(ConfigError) as error:
        credentials.password(options(), {"CREDENTIALS_DIRECTORY": str(given.parent)})

    assert str(error.value) == f"{given}: credential mqtt.password: expected a password, got an empty file"
