"""Warnings: what a configuration may say and had better not, and what `edge check` and `edge run` make of it."""

import logging
import os
from pathlib import Path

import pytest

from edge import __main__ as command_line
from edge import config
from edge.verbs import advice, checkup

ROUTES = """
routes:
  - name: tank
    subscribe: sensors/tank
    publish: readings/tank
    fields: {level: {type: number}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder to work in, and no credentials of a service manager."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return tmp_path


def secret(file: Path, mode: int = 0o600) -> Path:
    """Return a file with a secret, of a mode."""
    file.parent.mkdir(exist_ok=True)
    file.write_text("secret\n", encoding="utf-8")
    file.chmod(mode)
    return file


def warnings(mqtt: str, *, credentials: Path | None = None) -> list[str]:
    """Return the warnings of a configuration with these options of the broker, each with its place."""
    file = Path("edge.yaml")
    file.write_text(f"mqtt: {mqtt}{ROUTES}", encoding="utf-8")
    environment = {"CREDENTIALS_DIRECTORY": str(credentials)} if credentials else {}
    found = advice.find(*config.read(file, hostname="pi"), environment)
    return [str(problem) for problem in found]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", '"::1"'])
@pytest.mark.usefixtures("folder")
def test_a_broker_of_this_machine_needs_no_tls(host: str) -> None:
    """What is said to it crosses no network."""
    assert warnings(f"{{host: {host}}}") == []


@pytest.mark.parametrize("host", ["pi", "192.168.1.2", "localhost.example", "127.example", '"fe80::1%eth0"'])
@pytest.mark.usefixtures("folder")
def test_another_machine_without_tls(host: str) -> None:
    """Whoever is on the way reads along."""
    bare = host.strip('"')
    assert warnings(f"{{host: {host}}}") == [
        (
            f"edge.yaml:1:14: mqtt.host: the connection to {bare} is not encrypted: "
            "who listens on the way can read and change all of it; set mqtt.tls"
        )
    ]


def test_a_password_without_tls(folder: Path) -> None:
    """It is worse with a password: that one can be used again."""
    secret(folder / "password")
    assert warnings("{host: pi, username: edge, password_file: password}") == [
        (
            "edge.yaml:1:49: mqtt.password_file: the password to pi is not encrypted: "
            "who listens on the way can be this daemon; set mqtt.tls"
        )
    ]


def test_a_credential_without_tls(folder: Path) -> None:
    """A password from systemd is one as well; the option that brings it in is the name."""
    given = secret(folder / "given" / "mqtt.password", 0o400).parent
    assert warnings("{host: pi, username: edge}", credentials=given) == [
        (
            "edge.yaml:1:28: mqtt.username: the password to pi is not encrypted: "
            "who listens on the way can be this daemon; set mqtt.tls"
        )
    ]


@pytest.mark.usefixtures("folder")
def test_another_machine_with_tls() -> None:
    """That is how it should be."""
    assert warnings("{host: pi, port: 8883, tls: {}}") == []


@pytest.mark.parametrize(
    ("mqtt", "warning"),
    [
        (
            "{tls: {}}",
            "edge.yaml:1:7: mqtt.port: port 1883 is the one without TLS, as a rule; with TLS it is 8883",
        ),
        (
            "{port: 8883}",
            "edge.yaml:1:14: mqtt.port: port 8883 is the one with TLS, as a rule; set mqtt.tls, {} to begin with",
        ),
        (
            "{in_flight: 1001}",
            (
                "edge.yaml:1:19: mqtt.in_flight: mosquitto keeps 1000 messages for a client that is away "
                "(max_queued_messages); with 1001 under way, there may be no room for new ones"
            ),
        ),
    ],
    ids=["port-1883", "port-8883", "in-flight"],
)
@pytest.mark.usefixtures("folder")
def test_figures_that_do_not_fit(mqtt: str, warning: str) -> None:
    """A port that is the other kind's, a window beyond what the broker keeps."""
    assert warnings(mqtt) == [warning]


@pytest.mark.usefixtures("folder")
def test_figures_that_fit() -> None:
    """The limit itself is fine."""
    assert warnings("{in_flight: 1000}") == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_password_file_that_others_may_use(folder: Path, mode: int) -> None:
    """The words say what to do."""
    file = secret(folder / "password", mode)
    assert warnings("{username: edge, password_file: password}") == [
        (
            f"edge.yaml:1:39: mqtt.password_file: others on this machine may use {file} (mode {mode:04o}); "
            f"`chmod 600 {file}` keeps it to its owner"
        )
    ]


def test_a_key_that_others_may_use(folder: Path) -> None:
    """With the key, they can be this machine."""
    file = secret(folder / "own.key", 0o644)
    assert warnings("{port: 8883, tls: {certificate: own.crt, key: own.key}}") == [
        (
            f"edge.yaml:1:53: mqtt.tls.key: others on this machine may use {file} (mode 0644); "
            f"`chmod 600 {file}` keeps it to its owner"
        )
    ]


def test_credentials_that_others_may_use(folder: Path) -> None:
    """An access list, by which systemd lets one user in, shows in the bits of the group; the last bits count."""
    given = secret(folder / "given" / "mqtt.password", 0o440).parent
    key = secret(given / "mqtt.key", 0o444)
    options = "{username: edge, port: 8883, tls: {certificate: own.crt}}"
    assert warnings(options, credentials=given) == [
        (
            f"edge.yaml:1:55: mqtt.tls.certificate: others on this machine may use {key} (mode 0444); "
            f"`chmod 600 {key}` keeps it to its owner"
        )
    ]
    secret(given / "mqtt.password", 0o444)
    key.chmod(0o440)
    assert warnings(options, credentials=given) == [
        (
            f"edge.yaml:1:18: mqtt.username: others on this machine may use {given}/mqtt.password (mode 0444); "
            f"`chmod 600 {given}/mqtt.password` keeps it to its owner"
        )
    ]


@pytest.mark.usefixtures("folder")
def test_files_that_are_not_there_are_no_matter_of_modes() -> None:
    """`edge run` says so, and `edge check`, too."""
    assert warnings("{username: edge, password_file: none, port: 8883, tls: {certificate: none, key: none}}") == []


def check(*arguments: str) -> int:
    """Run `edge check` in this process; return its exit code."""
    with pytest.raises(SystemExit) as exited:
        command_line.main(["check", "--config", "edge.yaml", *arguments])
    assert isinstance(exited.value.code, int)
    return exited.value.code


@pytest.mark.usefixtures("folder")
def test_check_prints_warnings_and_is_content(capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings go to stderr, like faults, and the exit code is 0; --quiet hides only that all is well."""
    Path("edge.yaml").write_text(f"mqtt: {{port: 8883}}{ROUTES}", encoding="utf-8")
    warning = (
        "edge.yaml:1:14: mqtt.port: warning: "
        "port 8883 is the one with TLS, as a rule; set mqtt.tls, {} to begin with\n"
    )

    assert check() == 0
    assert capsys.readouterr() == ("edge.yaml: ok, 1 route\n", warning)
    assert check("--quiet") == 0
    assert capsys.readouterr() == ("", warning)
    assert check("--deny-warnings") == 78
    assert capsys.readouterr() == ("", warning)


@pytest.mark.usefixtures("folder")
def test_check_denies_nothing_where_there_is_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """--deny-warnings is for scripts: a file in order is in order."""
    Path("edge.yaml").write_text(ROUTES, encoding="utf-8")

    assert check("--deny-warnings") == 0
    assert capsys.readouterr() == ("edge.yaml: ok, 1 route\n", "")


@pytest.mark.usefixtures("folder")
def test_check_names_an_override_that_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    """The place is the option of the command line."""
    Path("edge.yaml").write_text(ROUTES, encoding="utf-8")

    assert check("--quiet", "--set", "mqtt.port=8883") == 0
    assert capsys.readouterr().err.startswith("--set mqtt.port=8883: mqtt.port: warning: port 8883 is")


@pytest.mark.usefixtures("folder")
def test_check_looks_at_the_files_of_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """What would keep the daemon from starting is a warning: the check may run as another user, or elsewhere."""
    Path("edge.yaml").write_text(
        f"mqtt: {{username: edge, password_file: none, port: 8883, tls: {{ca: ca.pem}}}}{ROUTES}", encoding="utf-8"
    )
    here = Path.cwd()

    assert check("--quiet") == 0
    assert capsys.readouterr().err.splitlines() == [
        f"{here}/none: mqtt.password_file: warning: cannot read the broker's password: No such file or directory",
        f"{here}/ca.pem: mqtt.tls.ca: warning: cannot read it: No such file or directory",
    ]


NO_FIELD = "no field has `format: date-time`, so nothing of this route is made RFC 3339"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("{type: string, format: date-time}", []),
        ("{type: array, items: {type: string, format: date-time}}", []),
        ("{type: string}", [f"edge.yaml:7:17: routes[0].timestamps: {NO_FIELD}"]),
    ],
)
@pytest.mark.usefixtures("folder")
def test_timestamps_without_a_field_for_them(field: str, expected: list[str]) -> None:
    """Whoever asks for RFC 3339 is told where no field would have it."""
    route = ROUTES.replace("level: {type: number}", f"at: {field}").rstrip()
    file = Path("edge.yaml")
    file.write_text(f"mqtt: {{}}{route}\n    timestamps: rfc3339\n    timezone: Europe/Berlin\n", encoding="utf-8")

    found = advice.find(*config.read(file, hostname="pi"), {})

    assert [str(problem) for problem in found] == expected


@pytest.mark.usefixtures("folder")
def test_requests_by_way_of_a_broker_that_asks_no_name() -> None:
    """Its rules can let nobody in particular publish there."""
    asked = "\nbridge: {requests: true}"

    assert warnings(f"{{username: edge}}{asked}") == []
    assert warnings("{username: null}\nbridge: {requests: false}") == []
    assert warnings(f"{{username: null}}{asked}") == [
        (
            "edge.yaml:2:20: bridge.requests: the broker lets this daemon in without a name, and so others, too: "
            "whoever reaches it may ask"
        )
    ]


@pytest.mark.usefixtures("folder")
def test_figures_for_other_machines() -> None:
    """There is no password in front of them; on this machine alone, or off, that is nobody's news."""
    shown = "{in_flight: 64}\nhttp: {enabled: %s, address: %s}"

    assert warnings(shown % ("true", '"::1"')) == []
    assert warnings(shown % ("false", "192.168.1.2")) == []
    assert warnings(shown % ("true", "192.168.1.2")) == [
        (
            "edge.yaml:2:32: http.address: whoever reaches 192.168.1.2:9464 may read the figures: "
            "nobody is asked for a password"
        )
    ]


@pytest.mark.usefixtures("folder")
def test_the_start_of_the_daemon_logs_the_warnings(caplog: pytest.LogCaptureFixture) -> None:
    """They stand in the journal, where no check was made."""
    file = Path("edge.yaml")
    file.write_text(f"mqtt: {{in_flight: 2000}}{ROUTES}", encoding="utf-8")

    checkup.log_warnings(*config.read(file, hostname="pi"), os.environ)

    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (
            logging.WARNING,
            (
                "configuration_warning option=mqtt.in_flight why="
                "mosquitto keeps 1000 messages for a client that is away (max_queued_messages); "
                "with 2000 under way, there may be no room for new ones"
            ),
        )
    ]
