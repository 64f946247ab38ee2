"""Encrypted connections to a real mosquitto: who is trusted, who is not, and that nothing stays behind."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.answer import Publication
from edge.config.options import Mqtt, Protocol, Tls
from edge.errors import ConfigError
from edge.mqtt import tls
from edge.mqtt.events import Connected
from edge.verbs.mosquitto import Mosquitto
from tests.secure import YEAR, Authority, connected, line, listening, started

OWN = "a client certificate (mqtt.tls.certificate and mqtt.tls.key)"
UNSAFE = "no safe connection to localhost:PORT"
ENDED_EARLY = f"the broker at localhost:PORT ended the connection without an answer; does it ask for {OWN}?"


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    """Give the CA that clients trust."""
    return Authority(tmp_path)


def options(broker: Mosquitto, trusted: Tls | None, *, host: str = "localhost", client_id: str = "edge") -> Mqtt:
    """Return how a client reaches a broker."""
    return Mqtt(
        host=host, port=broker.port, client_id=client_id, tls=trusted, keepalive_s=600, broker_statistics=False
    )


def refused(broker: Mosquitto, trusted: Tls | None, *, host: str = "localhost") -> str:
    """Return why a client gets no connection to a broker, without the port."""
    with line(options(broker, trusted, host=host)) as opened:
        return opened.trouble().replace(str(broker.port), "PORT")


@pytest.mark.broker
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("protocol", list(Protocol))
def test_a_broker_with_a_good_certificate_is_served(
    tmp_path: Path, ca: Authority, host: str, protocol: Protocol
) -> None:
    """Its name, or its address, stands in its certificate, which a trusted CA has issued."""
    with started(Mosquitto(tmp_path, settings=listening(ca.issue(host)))) as broker:
        terms = replace(options(broker, Tls(ca=ca.file), host=host), protocol=protocol)
        with connected(terms, "raw/#") as opened:
            assert opened.publish("elsewhere", b"x") is None


@pytest.mark.broker
@pytest.mark.parametrize(
    ("latest", "version"), [(ssl.TLSVersion.TLSv1_3, "TLSv1.3"), (ssl.TLSVersion.TLSv1_2, "TLSv1.2")]
)
def test_tls_1_3_and_1_2_are_spoken(tmp_path: Path, ca: Authority, latest: ssl.TLSVersion, version: str) -> None:
    """The newest that both know is taken; the terms know nothing older than 1.2."""
    terms = tls.context(Tls(ca=ca.file), {})
    assert terms.minimum_version is ssl.TLSVersion.TLSv1_2
    terms.maximum_version = latest
    with (
        started(Mosquitto(tmp_path, settings=listening(ca.issue("localhost")))) as broker,
        socket.create_connection(("127.0.0.1", broker.port)) as plain,
        terms.wrap_socket(plain, server_hostname="localhost") as encrypted,
    ):
        assert encrypted.version() == version


@pytest.mark.broker
def test_a_broker_of_another_ca_is_refused(tmp_path: Path, ca: Authority) -> None:
    """A certificate that anybody could have made says nothing."""
    stranger = Authority(tmp_path, "stranger")
    with started(Mosquitto(tmp_path, settings=listening(stranger.issue("localhost")))) as broker:
        assert refused(broker, Tls(ca=ca.file)) == (
            f"no safe connection to localhost:PORT: its certificate is from no CA of {ca.file} (mqtt.tls.ca)"
        )
        assert refused(broker, Tls()) == (
            "no safe connection to localhost:PORT: its certificate is from no CA of this system (mqtt.tls.ca)"
        )


@pytest.mark.broker
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_broker_with_another_name_is_refused(tmp_path: Path, ca: Authority, host: str) -> None:
    """A certificate of a trusted CA is good for its own names alone."""
    with started(Mosquitto(tmp_path, settings=listening(ca.issue("broker.example")))) as broker:
        assert refused(broker, Tls(ca=ca.file), host=host) == (
            f"no safe connection to {host}:PORT: its certificate is for other names than {host} (mqtt.host)"
        )


@pytest.mark.broker
@pytest.mark.parametrize(
    ("starts", "ends", "why"),
    [
        (-YEAR, -timedelta(days=1), "its certificate has expired"),
        (timedelta(days=1), YEAR, "its certificate is not valid yet"),
    ],
)
def test_a_certificate_out_of_its_time_is_refused(
    tmp_path: Path, ca: Authority, starts: timedelta, ends: timedelta, why: str
) -> None:
    """A Pi without a clock of its own may be the one that is wrong, so the words name it."""
    shown = ca.issue("localhost", starts=starts, ends=ends)
    with started(Mosquitto(tmp_path, settings=listening(shown))) as broker:
        assert refused(broker, Tls(ca=ca.file)) == (
            f"no safe connection to localhost:PORT: {why}; is the clock of this machine right?"
        )


@pytest.mark.broker
def test_a_client_with_a_certificate_is_let_in(tmp_path: Path, ca: Authority) -> None:
    """A broker may ask who comes."""
    with started(Mosquitto(tmp_path, settings=listening(ca.issue("localhost"), asks_for=ca.file))) as broker:
        own = replace(ca.issue("pi", file="client"), ca=ca.file)
        with connected(options(broker, own)) as opened:
            assert opened.publish("elsewhere", b"x") is None


@pytest.mark.broker
def test_a_client_without_a_certificate_is_told_what_is_missing(tmp_path: Path, ca: Authority) -> None:
    """Over TLS 1.3 the refusal comes behind the handshake, and may be overtaken by the end of the connection."""
    with started(Mosquitto(tmp_path, settings=listening(ca.issue("localhost"), asks_for=ca.file))) as broker:
        assert refused(broker, Tls(ca=ca.file)) in {
            f"{UNSAFE}: it asks for {OWN}",
            ENDED_EARLY,
        }


@pytest.mark.broker
@pytest.mark.parametrize("latest", ["tlsv1.2", "tlsv1.3"])
def test_a_client_certificate_of_a_stranger_is_refused(tmp_path: Path, ca: Authority, latest: str) -> None:
    """What the broker does not trust is no better than none; the daemon goes on trying."""
    shown = listening(ca.issue("localhost"), asks_for=ca.file) + f"\ntls_version {latest}"
    with started(Mosquitto(tmp_path, settings=shown)) as broker:
        own = replace(Authority(tmp_path, "stranger").issue("pi", file="client"), ca=ca.file)
        assert refused(broker, own) in {
            f"{UNSAFE}: it refuses the client certificate (mqtt.tls.certificate): unknown ca",
            ENDED_EARLY,
        }


@pytest.mark.broker
def test_a_port_without_tls_is_told(tmp_path: Path, ca: Authority) -> None:
    """The usual mix-up of 1883 and 8883, seen from the side of TLS."""
    with started(Mosquitto(tmp_path)) as broker:
        assert refused(broker, Tls(ca=ca.file)).endswith("; does it speak TLS on this port?")


@pytest.mark.broker
def test_a_port_with_tls_is_told(tmp_path: Path, ca: Authority) -> None:
    """The same mix-up, seen from the other side."""
    with started(Mosquitto(tmp_path, settings=listening(ca.issue("localhost")))) as broker:
        assert refused(broker, None) == (
            "the broker at localhost:PORT ended the connection without an answer; "
            "does it expect TLS on this port (mqtt.tls)?"
        )


@pytest.mark.broker
def test_a_certificate_that_is_renewed_ends_the_wait(tmp_path: Path, ca: Authority) -> None:
    """A client that was right to refuse goes on trying, and connects once the broker is in order."""
    expired = ca.issue("localhost", ends=-timedelta(days=1))
    broker = Mosquitto(tmp_path, settings=listening(expired))
    with started(broker), line(options(broker, Tls(ca=ca.file))) as opened:
        assert "has expired" in opened.trouble()
        broker.stop()
        broker.configure(listening(ca.issue("localhost", file="renewed")))
        broker.start()

        opened.wait(lambda event: isinstance(event, Connected))


@pytest.mark.broker
def test_bursts_and_large_messages_come_whole(tmp_path: Path, ca: Authority) -> None:
    """What TLS has decrypted ahead of the client is not left lying until something else comes."""
    with started(Mosquitto(tmp_path, settings=listening(ca.issue("localhost")))) as broker:
        trusted = Tls(ca=ca.file)
        sent = [b"%d " % number * (100_000 if number % 20 == 0 else 1) for number in range(200)]
        assert max(map(len, sent)) >= 200_000
        with (
            connected(options(broker, trusted), "raw/#") as consumer,
            connected(options(broker, trusted, client_id="device")) as device,
        ):
            for payload in sent:
                device.broker.publish(Publication(topic="raw/x", payload=payload))
            while len(consumer.messages) < len(sent):
                device.broker.wait(0.0, device.events)
                consumer.broker.wait(0.01, consumer.events)
                consumer.hear(len(consumer.messages) + 1)

            assert [message.payload for message in consumer.messages] == sent


def test_packets_that_come_in_one_record_are_all_read(ca: Authority) -> None:
    """A broker may pack many packets into one TLS record: all are decrypted at once, and no socket says so."""
    connack = bytes([0x20, 3, 0, 0, 0])
    publishes = [b"\x30" + bytes([len(b"\0\3raw\0") + 2]) + b"\0\3raw\0" + b"%02d" % n for n in range(90)]
    with scripted(ca.issue("localhost"), connack + b"".join(publishes)) as port:
        terms = Mqtt(host="localhost", port=port, client_id="edge", tls=Tls(ca=ca.file), keepalive_s=600)
        with line(terms) as opened:
            heard = opened.hear(len(publishes))

    assert [message.payload for message in heard] == [b"%02d" % n for n in range(90)]


@contextmanager
def scripted(shown: Tls, answer: bytes) -> Iterator[int]:
    """Give the port of a broker that answers a connection with these bytes, in one TLS record, and then waits."""
    terms = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert shown.certificate is not None
    terms.load_cert_chain(shown.certificate, shown.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            accepted, _ = listener.accept()
            with terms.wrap_socket(accepted, server_side=True) as encrypted:
                encrypted.recv(4096)
                encrypted.sendall(answer)
                while encrypted.recv(4096):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


@pytest.fixture
def files(tmp_path: Path, ca: Authority) -> Path:
    """Give a folder with files in order, `ca.pem own.crt own.key`, and some that are not."""
    ca.issue("pi", file="own")
    ca.issue("pi", file="other")
    text = ca.file.read_text(encoding="utf-8")
    (tmp_path / "cut.pem").write_text(text[:200], encoding="utf-8")
    (tmp_path / "commented.pem").write_text(f"# Zuständig: Küche\n{text}", encoding="utf-8")
    (tmp_path / "text.pem").write_text("none", encoding="utf-8")
    (tmp_path / "bad.key").write_text(
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", encoding="utf-8"
    )
    subprocess.run(
        [
            "openssl",
            "pkey",
            "-in",
            tmp_path / "own.key",
            "-aes256",
            "-passout",
            "pass:x",
            "-out",
            tmp_path / "locked.key",
        ],
        check=True,
    )
    return tmp_path


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"ca": "none.pem"}, "none.pem: mqtt.tls.ca: cannot read it: No such file or directory"),
        ({"ca": "."}, ".: mqtt.tls.ca: cannot read it: Is a directory"),
        (
            {"ca": "text.pem"},
            "text.pem: mqtt.tls.ca: expected certificates in PEM (BEGIN CERTIFICATE), found none",
        ),
        ({"ca": "own.key"}, "own.key: mqtt.tls.ca: expected certificates in PEM (BEGIN CERTIFICATE), found none"),
        (
            {"ca": "cut.pem"},
            "cut.pem: mqtt.tls.ca: expected certificates in PEM, got one that is broken or cut off",
        ),
        (
            {"certificate": "own.crt"},
            (
                "own.crt: mqtt.tls.certificate: expected mqtt.tls.key beside a certificate, or the systemd "
                "credential mqtt.key"
            ),
        ),
        (
            {"certificate": "none.crt", "key": "own.key"},
            "none.crt: mqtt.tls.certificate: cannot read it: No such file or directory",
        ),
        (
            {"certificate": "cut.pem", "key": "own.key"},
            "cut.pem: mqtt.tls.certificate: expected certificates in PEM, got one that is broken or cut off",
        ),
        (
            {"certificate": "own.crt", "key": "none.key"},
            "none.key: mqtt.tls.key: cannot read it: No such file or directory",
        ),
        (
            {"certificate": "own.crt", "key": "own.crt"},
            "own.crt: mqtt.tls.key: expected a private key in PEM (PRIVATE KEY), found none",
        ),
        (
            {"certificate": "own.crt", "key": "bad.key"},
            (
                "bad.key: mqtt.tls.key: "
                "expected a private key in PEM, got one that is broken or of a kind that OpenSSL does not take"
            ),
        ),
        (
            {"certificate": "own.crt", "key": "locked.key"},
            (
                "locked.key: mqtt.tls.key: "
                "expected a key without a passphrase, got an encrypted one; `openssl pkey` takes it off"
            ),
        ),
        (
            {"certificate": "own.crt", "key": "other.key"},
            "other.key: mqtt.tls.key: expected the key of own.crt, got that of another certificate",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_files_that_will_not_do(
    files: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], fault: str
) -> None:
    """A file that is missing or holds something else is a fault of the configuration, with its option."""
    monkeypatch.chdir(files)
    with pytest.raises(ConfigError) as error:
        tls.context(Tls(**{name: Path(path) for name, path in given.items()}), {})

    assert str(error.value) == fault


def test_files_that_will_do(files: Path) -> None:
    """Text around the certificates is nothing to stumble over, and the broker is checked whatever is given."""
    for trusted in (
        Tls(),
        Tls(ca=files / "ca.pem"),
        Tls(ca=files / "commented.pem", certificate=files / "own.crt", key=files / "own.key"),
    ):
        terms = tls.context(trusted, {})

        assert terms.check_hostname
        assert terms.verify_mode is ssl.CERT_REQUIRED


def test_a_home_made_ca_will_do(ca: Authority) -> None:
    """The usual recipes leave out what Python 3.13 asks of a CA certificate by default, and 3.11 does not."""
    assert not tls.context(Tls(ca=ca.file), {}).verify_flags & ssl.VERIFY_X509_STRICT


def test_trust_is_in_the_own_ca_alone(ca: Authority) -> None:
    """With a CA of one's own, none of the system's is trusted."""
    assert len(tls.context(Tls(ca=ca.file), {}).get_ca_certs()) == 1


def test_the_key_may_be_a_credential_of_systemd(files: Path) -> None:
    """Without `key`, it comes from the service manager; its faults name the credential."""
    credentials = files / "credentials"
    credentials.mkdir()
    environment = {"CREDENTIALS_DIRECTORY": str(credentials)}
    own = Tls(certificate=files / "own.crt")
    (credentials / "mqtt.key").write_bytes((files / "own.key").read_bytes())
    assert tls.context(own, environment).check_hostname

    (credentials / "mqtt.key").write_bytes((files / "other.key").read_bytes())
    with pytest.raises(ConfigError) as error:
        tls.context(own, environment)
    assert str(error.value) == (
        f"{credentials}/mqtt.key: credential mqtt.key: "
        f"expected the key of {files}/own.crt, got that of another certificate"
    )
