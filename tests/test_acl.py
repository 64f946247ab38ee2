"""The example files for mosquitto, in a mosquitto: each user may do what it needs, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config.options import Mqtt
from edge.events import Statistic
from tests.guarded import Guarded
from tests.secure import Line, connected, line, started

pytestmark = pytest.mark.broker


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    """Give a broker with the example files."""
    made = Guarded(tmp_path)
    with started(made.broker):
        yield made


def publish(guarded: Guarded, user: str, *topics: str) -> dict[str, str | None]:
    """Let a user publish to topics; return what the broker says to each, None where it takes it."""
    with line(guarded.options(user, f"{user}-2"), password=f"{user}'s word") as opened:
        return {topic: opened.publish(topic, topic.encode()) for topic in topics}


def topics_heard(opened: Line, count: int) -> list[str]:
    """Return the topics of the first so many messages."""
    return [message.topic for message in opened.hear(count)]


def test_the_daemon_may_do_what_it_needs(guarded: Guarded) -> None:
    """It hears texts and the broker's figures; it publishes readings and its own word."""
    raw = ("sensors/greenhouse/+/raw", "plant/pumps/+/log")
    with connected(guarded.options("edge"), *raw, password="edge's word") as daemon:  # noqa: S106
        assert publish(guarded, "bench", "sensors/greenhouse/bench/raw") == {"sensors/greenhouse/bench/raw": None}
        assert topics_heard(daemon, 1) == ["sensors/greenhouse/bench/raw"]
        for topic in (
            "readings/greenhouse/bench",
            "readings/pumps/P-301A",
            "edge/raspberrypi/status",
            "edge/raspberrypi/bridge/health",
            "edge/raspberrypi/dead/greenhouse",
            "edge/raspberrypi/dead/_unrouted",
        ):
            assert daemon.publish(topic, b"x") is None, topic
        daemon.wait(lambda event: isinstance(event, Statistic))


def test_the_daemon_may_do_nothing_else(guarded: Guarded) -> None:
    """It cannot pose as a device or as another daemon, and hears no readings."""
    topics = (
        "sensors/greenhouse/bench/raw",
        "plant/pumps/P-301A/log",
        "readings",
        "readings/greenhouse/a/b",
        "readings/other/a",
        "edge/otherpi/status",
        "elsewhere",
    )
    with connected(guarded.options("edge"), "#", password="edge's word") as daemon:  # noqa: S106
        assert publish(guarded, "edge", *topics) == dict.fromkeys(topics, "Not authorized")
        assert publish(guarded, "edge", "readings/greenhouse/a") == {"readings/greenhouse/a": None}
        publish(guarded, "bench", "sensors/greenhouse/bench/raw")

        assert topics_heard(daemon, 1) == ["sensors/greenhouse/bench/raw"]


def test_a_device_may_publish_its_own_texts_alone(guarded: Guarded) -> None:
    """Neither those of another one, nor readings, nor what the daemon says; and it hears nothing."""
    topics = (
        "sensors/greenhouse/window/raw",
        "plant/pumps/P-301A/log",
        "readings/greenhouse/bench",
        "edge/raspberrypi/status",
        "edge/raspberrypi/dead/greenhouse",
        "elsewhere",
    )
    with connected(guarded.options("bench"), "#", "$SYS/#", password="bench's word") as device:  # noqa: S106
        assert publish(guarded, "bench", *topics) == dict.fromkeys(topics, "Not authorized")
        assert publish(guarded, "edge", "readings/greenhouse/bench", "edge/raspberrypi/status") == {
            "readings/greenhouse/bench": None,
            "edge/raspberrypi/status": None,
        }
        assert device.publish("sensors/greenhouse/bench/raw", b"x") is None

        assert device.messages == []


def test_who_shows_readings_changes_nothing(guarded: Guarded) -> None:
    """A dashboard hears readings and the daemon's word, not the texts of devices, and publishes nothing."""
    with connected(guarded.options("dashboard"), "#", password="dashboard's word") as dashboard:  # noqa: S106
        publish(guarded, "bench", "sensors/greenhouse/bench/raw")
        publish(guarded, "edge", "readings/greenhouse/bench", "edge/raspberrypi/status")

        assert topics_heard(dashboard, 2) == ["readings/greenhouse/bench", "edge/raspberrypi/status"]
        assert dashboard.publish("sensors/greenhouse/bench/raw", b"x") == "Not authorized"
        assert dashboard.publish("readings/greenhouse/bench", b"x") == "Not authorized"


@pytest.mark.parametrize(
    ("user", "password"), [(None, None), ("edge", None), ("edge", "x"), ("other", "edge's word")]
)
def test_nobody_is_let_in_without_name_and_password(
    guarded: Guarded, user: str | None, password: str | None
) -> None:
    """The broker says no, and the words of it reach the log."""
    with line(guarded.options(user), password=password) as opened:
        assert opened.trouble() == "the broker refused: Not authorized"


def test_nobody_is_let_in_without_encryption(guarded: Guarded) -> None:
    """There is no port but the encrypted one."""
    options = Mqtt(host="localhost", port=guarded.broker.port, client_id="edge", username="edge")
    with line(options, password="edge's word") as opened:  # noqa: S106
        assert opened.trouble() == (
            f"the broker at localhost:{guarded.broker.port} ended the connection without an answer; "
            "does it expect TLS on this port (mqtt.tls)?"
        )


def test_more_messages_wait_than_by_default(guarded: Guarded) -> None:
    """A daemon that is away finds more than the 1000 that mosquitto keeps by itself."""
    raw = "sensors/greenhouse/bench/raw"
    with connected(guarded.options("edge"), raw, password="edge's word"):  # noqa: S106
        pass
    with connected(guarded.options("bench"), password="bench's word") as device:  # noqa: S106
        for _ in range(1200):
            device.publish(raw, b"x")
    with connected(guarded.options("edge"), raw, password="edge's word") as daemon:  # noqa: S106
        assert len(daemon.hear(1200)) == 1200
