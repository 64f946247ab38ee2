"""Owns a broker that lets nobody in without name, password and encryption: one with the example files."""

import subprocess
from pathlib import Path

from edge.config.options import Mqtt, Tls
from edge.verbs.mosquitto import Mosquitto
from tests.secure import Authority

EXAMPLES = Path(__file__).parent.parent / "config" / "mosquitto"
USERS = ("edge", "bench", "dashboard", "admin")


class Guarded:
    """A broker with the example files, as Debian lays them out."""

    def __init__(self, folder: Path) -> None:
        self.ca = Authority(folder)
        self.broker = Mosquitto(folder)
        shown = self.ca.issue("localhost")
        certificates, included = folder / "certs", folder / "conf.d"
        certificates.mkdir()
        included.mkdir()
        assert shown.certificate is not None
        assert shown.key is not None
        shown.certificate.rename(certificates / "broker.crt")
        shown.key.rename(certificates / "broker.key")
        for number, user in enumerate(USERS):
            new = ["-c"] if number == 0 else []
            subprocess.run(
                ["mosquitto_passwd", *new, "-b", folder / "passwords", user, f"{user}'s word"], check=True
            )
        (folder / "acl").write_bytes((EXAMPLES / "acl.example").read_bytes())
        example = (EXAMPLES / "mosquitto.conf.example").read_text(encoding="utf-8")
        lines = example.replace("/etc/mosquitto", str(folder)).replace(
            "listener 8883\n", f"listener {self.broker.port}\n"
        )
        (included / "edge.conf").write_text(lines, encoding="utf-8")
        (
            folder / "mosquitto.conf"
        ).write_text(  # in place of what the test's broker has; else root becomes mosquitto
            f"user root\npersistence_location {folder}/\ninclude_dir {included}\n", encoding="utf-8"
        )

    def options(self, user: str | None, client_id: str = "any") -> Mqtt:
        """Return how a user reaches the broker, which puts the user's name in place of the client id."""
        return Mqtt(
            host="localhost",
            port=self.broker.port,
            client_id=client_id,
            username=user,
            tls=Tls(ca=self.ca.file),
            keepalive_s=600,
            broker_statistics=user == "edge",
        )
