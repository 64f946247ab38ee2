"""Owns what an encrypted connection asks of the broker and shows it: CAs, certificate, key, versions.

Knows nothing of MQTT. Certificate and name of the broker are always checked, and nothing turns that off. Faults of
the files leave as ConfigError; what goes wrong later, with the broker, is told in `unreachable.py`.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.config.options import Tls
from edge.errors import ConfigError, Problem
from edge.mqtt import credentials

_CERTIFICATE, _KEY = "-----BEGIN CERTIFICATE-----", "PRIVATE KEY-----"
_ENCRYPTED = ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED")  # PKCS #8, RFC 1421
_MAX_BYTES = 1_000_000  # a bundle of all public CAs is 250 kB


class Socket(ssl.SSLSocket):
    """An encrypted connection that remembers what broke it: over TLS 1.3, a refused certificate is heard of late.

    Attributes:
        trouble: what the other end, or a check, ended the connection with; None for nothing known.
    """

    trouble: ssl.SSLError | None = None

    def do_handshake(self, block: bool = False) -> None:
        """Agree on keys with the other end, and check who it is; a connection that fails is closed.

        Raises:
            OSError: it failed.
        """
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise

    def recv(self, *arguments: Any) -> bytes:
        """Return what has come, as any socket.

        Raises:
            OSError: nothing has, or the connection is broken.
        """
        try:
            return super().recv(*arguments)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self.trouble = error
            raise


def context(options: Tls, environment: Mapping[str, str]) -> ssl.SSLContext:
    """Return the terms of the connection.

    Raises:
        ConfigError: a file cannot be read, or does not hold what it should.
    """
    made = _trusting(options.ca)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.sslsocket_class = Socket
    if options.certificate is not None:
        key = credentials.key(options, environment)
        if key is None:
            message = f"expected mqtt.tls.key beside a certificate, or the systemd credential {credentials.KEY}"
            raise _fault(options.certificate, "mqtt.tls.certificate", message)
        _show(made, options.certificate, key, "mqtt.tls.key" if options.key else f"credential {credentials.KEY}")
    return made


def _trusting(ca: Path | None) -> ssl.SSLContext:
    """Return a context that checks certificate and name of the other end.

    Trust is in the system's CAs or in those of a file, never in both. Such a file is often home-made, and Python
    3.13 began to ask for parts of a CA certificate that the usual recipes leave out; it is taken as before.
    """
    if ca is None:
        return ssl.create_default_context()
    made = _parsed(ca, "mqtt.tls.ca")
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def _show(made: ssl.SSLContext, certificate: Path, key: Path, key_origin: str) -> None:
    """Let a context show a certificate to a broker that asks for one."""
    _parsed(certificate, "mqtt.tls.certificate")  # OpenSSL would not say which of the two files is broken
    if any(mark in _read(key, key_origin, _KEY, "a private key") for mark in _ENCRYPTED):
        message = "expected a key without a passphrase, got an encrypted one; `openssl pkey` takes it off"
        raise _fault(key, key_origin, message)
    try:
        made.load_cert_chain(certificate, key, password=lambda: "")  # None would ask on the terminal
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            message = f"expected the key of {certificate}, got that of another certificate"
        else:
            message = (
                "expected a private key in PEM, got one that is broken or of a kind that OpenSSL does not take"
            )
        raise _fault(key, key_origin, message) from error


def _parsed(file: Path, option: str) -> ssl.SSLContext:
    """Return a context that trusts the certificates of a file."""
    text = _read(file, option, _CERTIFICATE, "certificates")
    try:
        return ssl.create_default_context(cadata=text)
    except ssl.SSLError as error:
        raise _fault(file, option, "expected certificates in PEM, got one that is broken or cut off") from error


def _read(file: Path, option: str, mark: str, expected: str) -> str:
    """Return the text of a PEM file, in which a mark is expected."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_MAX_BYTES).decode("ascii", "ignore")  # around the blocks stand comments
    except OSError as error:
        raise _fault(file, option, f"cannot read it: {error.strerror}") from error
    if mark not in text:
        raise _fault(file, option, f"expected {expected} in PEM ({mark.strip('-')}), found none")
    return text


def _fault(file: Path, option: str, message: str) -> ConfigError:
    return ConfigError([Problem(file=str(file), path=option, message=message)])
