"""The example files for mosquitto, in a mosquitto: each user may do what it needs, and nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.config.options import Mqtt
from edge.mqtt.events import Connected, Statistic
from tests.guarded import Guarded
from tests.secure import Line, connected, line, started

pytestmark = pytest.mark.broker

RAW = "sensors/greenhouse/bench/raw"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    """Give a broker with the example files."""
    made = Guarded(tmp_path)
    with started(made.broker):
        yield made


@contextmanager
def user(guarded: Guarded, name: str, *topics: str, client_id: str = "any") -> Iterator[Line]:
    """Give the connection of a user, subscribed to topics."""
    with connected(guarded.options(name, client_id), *topics, password=f"{name}'s word") as opened:
        yield opened


def said_to(opened: Line, topics: Sequence[str], *, retain: bool = False) -> list[str | None]:
    """Return what the broker says to a publication on each topic, None where it takes it."""
    return [opened.publish(topic, topic.encode(), retain=retain) for topic in topics]


def test_the_daemon_may_do_what_it_needs(guarded: Guarded) -> None:
    """It hears texts and the broker's figures; it publishes readings and its own word."""
    topics = (
        "readings/greenhouse/bench",
        "readings/pumps/P-301A",
        "edge/raspberrypi/status",
        "edge/raspberrypi/bridge/health",
        "edge/raspberrypi/dead/greenhouse",
        "edge/raspberrypi/dead/_unrouted",
    )
    with (
        user(guarded, "edge", "sensors/greenhouse/+/raw", "plant/pumps/+/log") as daemon,
        user(guarded, "bench") as device,
    ):
        assert said_to(device, [RAW]) == [None]
        assert [message.topic for message in daemon.hear(1)] == [RAW]
        assert said_to(daemon, topics) == [None] * len(topics)
        daemon.wait(lambda event: isinstance(event, Statistic))


def test_the_daemon_may_do_nothing_else(guarded: Guarded) -> None:
    """It cannot pose as a device or as another daemon, and hears no readings."""
    topics = (
        *(RAW, "plant/pumps/P-301A/log", "readings", "readings/greenhouse/a/b", "readings/other/a"),
        *("edge/otherpi/status", "elsewhere"),
    )
    with user(guarded, "edge") as daemon:
        assert said_to(daemon, topics) == ["Not authorized"] * len(topics)
        assert said_to(daemon, ["readings/greenhouse/bench", "edge/raspberrypi/status"], retain=True) == [None] * 2
    with user(guarded, "edge", "#") as daemon, user(guarded, "bench") as device:
        assert said_to(device, [RAW]) == [None]

        assert [message.topic for message in daemon.hear(1)] == [RAW]


def test_a_device_may_publish_its_own_texts_alone(guarded: Guarded) -> None:
    """Neither those of another one, nor readings, nor what the daemon says; and it hears nothing."""
    topics = (
        *("sensors/greenhouse/window/raw", "plant/pumps/P-301A/log", "readings/greenhouse/bench"),
        *("edge/raspberrypi/status", "edge/raspberrypi/dead/greenhouse", "elsewhere"),
    )
    with user(guarded, "edge") as daemon, user(guarded, "bench", "#", "$SYS/#") as device:
        assert said_to(device, topics) == ["Not authorized"] * len(topics)
        assert said_to(daemon, ["readings/greenhouse/bench", "edge/raspberrypi/status"]) == [None] * 2
        assert said_to(device, [RAW]) == [None]

        assert device.messages == []


def test_who_may_ask_the_daemon(guarded: Guarded) -> None:
    """The one user for that may, and hears the answer; a dashboard and a device may not."""
    asked, answer = "edge/raspberrypi/bridge/request/reload", "edge/raspberrypi/bridge/response/reload"
    with (
        user(guarded, "edge", "edge/raspberrypi/bridge/request/+") as daemon,
        user(guarded, "admin", "edge/raspberrypi/bridge/response/+") as admin,
        user(guarded, "dashboard") as dashboard,
        user(guarded, "bench") as device,
    ):
        assert said_to(dashboard, [asked]) + said_to(device, [asked]) == ["Not authorized"] * 2
        assert said_to(admin, [asked]) == [None]
        assert [message.topic for message in daemon.hear(1)] == [asked]
        assert said_to(daemon, [answer]) == [None]
        assert [message.topic for message in admin.hear(1)] == [answer]
        assert said_to(admin, [answer, RAW, "edge/raspberrypi/status"]) == ["Not authorized"] * 3


def test_who_shows_readings_changes_nothing(guarded: Guarded) -> None:
    """A dashboard hears readings and the daemon's word, not the texts of devices, and publishes nothing."""
    open_to_it = ["readings/greenhouse/bench", "edge/raspberrypi/status"]
    with (
        user(guarded, "dashboard", "#") as dashboard,
        user(guarded, "bench") as device,
        user(guarded, "edge") as daemon,
    ):
        assert said_to(device, [RAW]) == [None]
        assert said_to(daemon, open_to_it) == [None] * 2

        assert [message.topic for message in dashboard.hear(2)] == open_to_it
        assert said_to(dashboard, [RAW, *open_to_it]) == ["Not authorized"] * 3


def test_a_device_cannot_take_the_session_of_the_daemon(guarded: Guarded) -> None:
    """A client id is nobody's secret; here it is the name of the user that counts."""
    with user(guarded, "edge", RAW, client_id="edge-raspberrypi") as daemon:
        with user(guarded, "bench", client_id="edge-raspberrypi") as device:
            assert said_to(device, [RAW]) == [None]

        assert [message.topic for message in daemon.hear(1)] == [RAW]
        assert sum(isinstance(event, Connected) for event in daemon.heard) == 1


@pytest.mark.parametrize(
    ("name", "password"), [(None, None), ("edge", None), ("edge", "x"), ("other", "edge's word")]
)
def test_nobody_is_let_in_without_name_and_password(
    guarded: Guarded, name: str | None, password: str | None
) -> None:
    """The broker says no, and the words of it reach the log."""
    with line(guarded.options(name), password=password) as opened:
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
    with user(guarded, "edge", RAW):
        pass
    with user(guarded, "bench") as device:
        for _ in range(1200):
            device.publish(RAW, b"x")
    with user(guarded, "edge", RAW) as daemon:
        assert len(daemon.hear(1200)) == 1200
