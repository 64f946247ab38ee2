"""Owns the words for why there is no connection to the broker: what is wrong, and what to look at.

Knows nothing of how connections are tried. The words go to the log and to the status of the service.
"""

import socket
import ssl
from types import MappingProxyType

from edge.config.options import Mqtt

_SILENCES: tuple[tuple[type[OSError], str], ...] = (
    (ConnectionRefusedError, "connection refused; does it run, and listen on this port?"),
    (ConnectionResetError, "the connection was reset; does it speak TLS on this port?"),
    (TimeoutError, "timed out; is it on, and does a firewall let this port through?"),
)
_OWN = "a client certificate (mqtt.tls.certificate and mqtt.tls.key)"
_NOT_TLS = "what answers is not TLS; is it the right port (mqtt.port)?"
_OLD_TLS = "it speaks neither TLS 1.2 nor 1.3"
_ALERTS = MappingProxyType(  # OpenSSL's names, without what stands before
    {
        "WRONG_VERSION_NUMBER": _NOT_TLS,
        "HTTP_REQUEST": _NOT_TLS,
        "PROTOCOL_VERSION": _OLD_TLS,
        "UNSUPPORTED_PROTOCOL": _OLD_TLS,
        "UNEXPECTED_EOF_WHILE_READING": "it ended the handshake; does it speak TLS on this port?",
        "HANDSHAKE_FAILURE": f"it refused the handshake; does it ask for {_OWN}?",  # TLS 1.2 says no more
        "CERTIFICATE_REQUIRED": f"it asks for {_OWN}",
    }
)
_REFUSALS = frozenset(
    {
        *("UNKNOWN_CA", "ACCESS_DENIED", "BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE"),
        *("CERTIFICATE_REVOKED", "CERTIFICATE_EXPIRED", "CERTIFICATE_UNKNOWN"),
    }
)
_CLOCK = "is the clock of this machine right?"
_TIMES = MappingProxyType(  # x509_vfy.h
    {9: f"its certificate is not valid yet; {_CLOCK}", 10: f"its certificate has expired; {_CLOCK}"}
)
_UNKNOWN_CA = frozenset({18, 19, 20, 21})  # x509_vfy.h: self-signed, or the issuer is not known
_OTHER_NAME = frozenset({62, 64})  # x509_vfy.h: host name mismatch, IP address mismatch


def why(error: Exception, options: Mqtt) -> str:
    """Return why an attempt failed, or a connection broke.

    >>> why(ConnectionRefusedError(), Mqtt(host="pi", client_id="edge-pi"))
    'no broker answers at pi:1883: connection refused; does it run, and listen on this port?'
    """
    if isinstance(error, ssl.SSLError):
        return f"no safe connection to {_place(options)}: {_distrust(error, options)}"
    return f"no broker answers at {_place(options)}: {_silence(error)}"


def why_ended_early(options: Mqtt) -> str:
    """Return why a broker that took the connection may have ended it without an answer."""
    place = f"the broker at {_place(options)} ended the connection without an answer"
    if options.tls is None:
        return f"{place}; does it expect TLS on this port (mqtt.tls)?"
    return f"{place}; does it ask for {_OWN}?"


def _silence(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        is_later = error.errno == socket.EAI_AGAIN
        return "no name server answers" if is_later else "the name is not known; is it right (mqtt.host)?"
    for kind, words in _SILENCES:
        if isinstance(error, kind):
            return words
    return str(getattr(error, "strerror", None) or error).lower()


def _distrust(error: ssl.SSLError, options: Mqtt) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _doubt(error, options)
    alert = (error.reason or str(error)).rpartition("_ALERT_")[2]
    if alert in _REFUSALS:
        return f"it refuses the client certificate (mqtt.tls.certificate): {_spoken(alert)}"
    return _ALERTS.get(alert) or _spoken(alert)


def _doubt(error: ssl.SSLCertVerificationError, options: Mqtt) -> str:
    """Return what is wrong with the broker's certificate."""
    code = error.verify_code
    if code in _TIMES:
        return _TIMES[code]
    if code in _UNKNOWN_CA:
        ca = options.tls.ca if options.tls is not None else None
        return f"its certificate is from no CA of {ca or 'this system'} (mqtt.tls.ca)"
    if code in _OTHER_NAME:
        return f"its certificate is for other names than {options.host} (mqtt.host)"
    return f"its certificate does not hold: {error.verify_message}"


def _spoken(alert: str) -> str:
    """Return OpenSSL's name of something in words.

    >>> _spoken("CERTIFICATE_EXPIRED")
    'certificate expired'
    """
    return alert.replace("_", " ").lower()


def _place(options: Mqtt) -> str:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{host}:{options.port}"
