"""Owns the secrets that the daemon holds: the broker's password, and the place of this client's key.

Knows nothing of the broker. A secret comes from a file that the configuration names, or from systemd
(`LoadCredential=`, systemd.exec(5)); never from the command line or the environment, which others can see.
"""

from collections.abc import Mapping
from pathlib import Path

from edge.config.options import Mqtt, Tls
from edge.errors import ConfigError, Problem

PASSWORD, KEY = "mqtt.password", "mqtt.key"  # the names of the credentials
MAX_PASSWORD_BYTES = 65_535  # MQTT 5, 3.1.3.6: its length is two bytes
_DIRECTORY = "CREDENTIALS_DIRECTORY"
_NONE_GIVEN = (
    b"\n"  # the unit's default (SetCredential=), without which a file that is missing keeps it from starting
)


def password(options: Mqtt, environment: Mapping[str, str]) -> str | None:
    """Return the broker's password, without the end of its line; None where there is none.

    Raises:
        ConfigError: its file cannot be read, or holds something else.
    """
    if options.password_file is not None:
        return _secret(options.password_file, "mqtt.password_file")
    if options.username is None:
        return None
    found = credential(PASSWORD, environment)
    return None if found is None else _secret(found, f"credential {PASSWORD}")


def key(options: Tls, environment: Mapping[str, str]) -> Path | None:
    """Return the file with the key of this client's certificate; None where there is none."""
    if options.key is not None or options.certificate is None:
        return options.key
    return credential(KEY, environment)


def credential(name: str, environment: Mapping[str, str]) -> Path | None:
    """Return the file of a credential that the service manager gave to this process; None where it gave none."""
    directory = environment.get(_DIRECTORY)
    if not directory:
        return None
    path = Path(directory) / name
    return path if path.exists() and not _is_default(path) else None


def _is_default(path: Path) -> bool:
    """Whether a credential holds what the unit gives for a file that is not there."""
    try:
        return path.stat().st_size == len(_NONE_GIVEN) and path.read_bytes() == _NONE_GIVEN
    except OSError:  # whoever uses it says so
        return False


def _secret(file: Path, origin: str) -> str:
    """Return the one line of a file; origin is what problems call it. None of them quotes what it holds."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_PASSWORD_BYTES + 3)  # with the end of its line; one more byte is too many
    except OSError as error:
        raise _fault(file, origin, f"cannot read the broker's password: {error.strerror}") from error
    line = data.removesuffix(b"\n").removesuffix(b"\r")
    if not line:
        raise _fault(file, origin, "expected a password, got an empty file")
    if len(line) > MAX_PASSWORD_BYTES:
        raise _fault(file, origin, f"expected a password of at most {MAX_PASSWORD_BYTES} bytes, got more")
    if b"\n" in line or b"\r" in line:
        raise _fault(file, origin, "expected the password alone on one line, got several lines")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise _fault(file, origin, "expected a password in UTF-8, got other bytes") from None  # it quotes them


def _fault(file: Path, origin: str, message: str) -> ConfigError:
    return ConfigError([Problem(file=str(file), path=origin, message=message)])
