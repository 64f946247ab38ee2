"""Why there is no connection: what is said, for each way in which it can fail."""

import errno
import socket
import ssl

import pytest

from edge.config.options import Mqtt, Tls
from edge.mqtt import unreachable
from edge.verbs.mosquitto import free_port
from tests.secure import line

PLAIN = Mqtt(host="pi", client_id="edge-pi")
SAFE = Mqtt(host="pi", port=8883, client_id="edge-pi", tls=Tls())


def alert(reason: str) -> ssl.SSLError:
    """Return the error of a connection that OpenSSL ended for a reason."""
    error = ssl.SSLError(1, f"[SSL: {reason}] {reason.lower()} (_ssl.c:1006)")
    error.reason = reason
    return error


def doubt(code: int, words: str) -> ssl.SSLCertVerificationError:
    """Return the error of a certificate that does not hold."""
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_code, error.verify_message = code, words
    return error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "the name is not known; is it right (mqtt.host)?"),
        (socket.gaierror(socket.EAI_NODATA, "x"), "the name is not known; is it right (mqtt.host)?"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "no name server answers"),
        (ConnectionRefusedError(), "connection refused; does it run, and listen on this port?"),
        (ConnectionResetError(), "the connection was reset; does it speak TLS on this port?"),
        (TimeoutError("timed out"), "timed out; is it on, and does a firewall let this port through?"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no route to host"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "network is unreachable"),
        (UnicodeError("label empty or too long"), "label empty or too long"),
    ],
)
def test_a_broker_that_does_not_answer(error: Exception, why: str) -> None:
    """The name, the machine, the port and the network are told apart."""
    assert unreachable.why(error, PLAIN) == f"no broker answers at pi:1883: {why}"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (doubt(9, ""), "its certificate is not valid yet; is the clock of this machine right?"),
        (doubt(10, ""), "its certificate has expired; is the clock of this machine right?"),
        *((doubt(n, ""), "its certificate is from no CA of this system (mqtt.tls.ca)") for n in (18, 19, 20, 21)),
        *((doubt(n, ""), "its certificate is for other names than pi (mqtt.host)") for n in (62, 64)),
        (doubt(68, "CA signature digest too weak"), "its certificate does not hold: CA signature digest too weak"),
        (alert("WRONG_VERSION_NUMBER"), "what answers is not TLS; is it the right port (mqtt.port)?"),
        (alert("TLSV1_ALERT_PROTOCOL_VERSION"), "it speaks neither TLS 1.2 nor 1.3"),
        (alert("UNSUPPORTED_PROTOCOL"), "it speaks neither TLS 1.2 nor 1.3"),
        (alert("UNEXPECTED_EOF_WHILE_READING"), "it ended the handshake; does it speak TLS on this port?"),
        (
            alert("SSLV3_ALERT_HANDSHAKE_FAILURE"),
            (
                "it refused the handshake; "
                "does it ask for a client certificate (mqtt.tls.certificate and mqtt.tls.key)?"
            ),
        ),
        (
            alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"),
            "it asks for a client certificate (mqtt.tls.certificate and mqtt.tls.key)",
        ),
        (
            alert("SSLV3_ALERT_CERTIFICATE_EXPIRED"),
            "it refuses the client certificate (mqtt.tls.certificate): certificate expired",
        ),
        (alert("TLSV1_ALERT_UNKNOWN_CA"), "it refuses the client certificate (mqtt.tls.certificate): unknown ca"),
        (alert("DH_KEY_TOO_SMALL"), "dh key too small"),
    ],
)
def test_a_broker_that_is_not_safe_to_talk_to(error: Exception, why: str) -> None:
    """What is wrong with whose certificate, and what else TLS may fail of."""
    assert unreachable.why(error, SAFE) == f"no safe connection to pi:8883: {why}"


def test_addresses_of_version_6_stand_in_brackets() -> None:
    """Else the port would be a part of them."""
    assert unreachable.why_ended_early(Mqtt(host="::1", client_id="edge-pi")) == (
        "the broker at [::1]:1883 ended the connection without an answer; "
        "does it expect TLS on this port (mqtt.tls)?"
    )


def test_a_port_where_nobody_listens() -> None:
    """An attempt that fails is told, not raised."""
    port = free_port()
    with line(Mqtt(host="127.0.0.1", port=port, client_id="edge")) as opened:
        assert opened.trouble() == (
            f"no broker answers at 127.0.0.1:{port}: connection refused; does it run, and listen on this port?"
        )


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example"])
def test_a_host_that_can_be_no_name(host: str) -> None:
    """What the system's resolver would not even be asked about is no broker, either."""
    with line(Mqtt(host=host, client_id="edge")) as opened:
        assert opened.trouble().startswith(f"no broker answers at {host}:1883: encoding with 'idna' codec failed")
