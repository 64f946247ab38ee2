"""Owns the whole of one scenario: broker, proxy, daemon, load and consumer, wired together.

Knows nothing of the faults: the tests do those. Settling waits until all that is still to come has come.
"""

import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.verbs.mosquitto import Mosquitto
from tests.chaos import books, proxy, sensors
from tests.chaos.books import Books
from tests.chaos.consumer import Consumer
from tests.chaos.patience import PATIENCE_S, wait_until
from tests.chaos.process import Daemon
from tests.chaos.proxy import Proxy
from tests.chaos.publisher import Publisher
from tests.chaos.sensors import Sent

SEED = 4
MOST_UNANSWERED = 400  # twice as many still fit into mosquitto's queue of 1000 for a client
_FENCE = 8  # messages at the end that show that all before them have come through


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a scenario is made of.

    Attributes:
        messages: how many go in.
        mqtt: more options of the section `mqtt`, as in `in_flight: 8`.
        sections: more sections of the configuration.
        broker: more lines for mosquitto.conf.
        is_persistent: whether the broker keeps sessions on disk.
        model: another model file than the usual one.
        is_quick: whether all messages are of known wordings.
        is_slow: whether all readings are the model's.
        state: a state directory to begin with; None for an empty one.
        state_folder: where the daemon's state is to be, as it stands there; None for a new folder.
        environment: more variables for the daemon.
        qos: of the inputs.
        is_unbounded: whether the load goes on however many answers are missing.
    """

    messages: int
    mqtt: str = ""
    sections: str = ""
    broker: str = ""
    is_persistent: bool = False
    model: Path | None = None
    is_quick: bool = False
    is_slow: bool = False
    state: Path | None = None
    state_folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    qos: int = 1
    is_unbounded: bool = False


@dataclass(kw_only=True)
class Scene:
    """What stands while a scenario runs."""

    name: str
    folder: Path
    plan: Plan
    model: Path
    broker: Mosquitto
    proxy: Proxy
    publisher: Publisher
    consumer: Consumer
    daemon: Daemon
    daemons: list[Daemon] = field(default_factory=list)
    written_off: int = 0
    is_paused: bool = False

    @property
    def messages(self) -> list[Sent]:
        """The messages of the plan."""
        numbers = range(sensors.FIRST, sensors.FIRST + self.plan.messages)
        plan = self.plan
        return [
            sensors.message(number, seed=SEED, is_quick=plan.is_quick, is_slow=plan.is_slow) for number in numbers
        ]

    def another(self, client_id: str, *, state: str = "") -> Daemon:
        """Return one more daemon with the same configuration, not started; its state is named like it, or so."""
        return self._daemon(client_id, state or client_id)

    def backlog(self) -> int:
        """How many accepted messages have no answer or no acknowledgement, but those that were written off.

        It is the acknowledgements that the broker's queue waits for: they go out in order, so that a message which
        the model has to read holds back those of all that came behind it.
        """
        done = min(self.consumer.answered, len(self.proxy.witness.settled))
        return len(self.publisher.accepted) - done - self.written_off

    def write_off(self) -> None:
        """Let the load go on although answers are missing: the broker may have forgotten what it accepted."""
        self.written_off += self.backlog()

    def points(self, count: int, *, within: tuple[float, float] = (0.1, 0.8)) -> list[int]:
        """Return so many numbers of answers at which to do harm: random, rising, always the same."""
        draw = random.Random(f"{SEED}-{self.name}")  # noqa: S311  # the same faults each time
        low, high = (part * self.plan.messages for part in within)
        step = (high - low) / count
        return [int(low + step * (number + draw.random())) for number in range(count)]

    def wait_answered(self, count: int, *, patience_s: float = PATIENCE_S) -> None:
        """Wait until so many messages have an answer, or were written off."""
        wait_until(
            lambda: self.consumer.answered + self.written_off >= count,
            what=f"{count} answers",
            patience_s=patience_s,
            progress=lambda: self.consumer.heard,
            details=self.details,
        )

    def wait_connected(self, before: int) -> None:
        """Wait until a daemon has subscribed once more than so many times."""
        wait_until(
            lambda: self.proxy.witness.online > before,
            what=f"`online` number {before + 1} of the daemon",
            details=self.details,
        )

    def wait_heard(self, count: int) -> None:
        """Wait until so many answers were heard, copies and answers to strangers as well."""
        wait_until(lambda: self.consumer.heard >= count, what=f"{count} publications", details=self.details)

    def wait_sent(self) -> None:
        """Wait until the broker has all that was to be sent."""
        wait_until(
            lambda: self.publisher.is_done,
            what="the publisher to be done",
            progress=lambda: self.consumer.heard,
            details=self.details,
        )

    def settle(self, *, may_broker_lose: bool = False, patience_s: float = PATIENCE_S) -> Books:
        """Wait until everything has come through, and return the accounts.

        Args:
            may_broker_lose: whether the broker may have forgotten messages. Then a few more are sent behind all
                others: when those are answered, and the daemon holds nothing, nothing else can come.
            patience_s: how long nothing may come before the test gives up.
        """
        self.wait_sent()
        if may_broker_lose:
            self._fence(patience_s)
        else:
            self._await_all(self.publisher.accepted, patience_s)
        return self.close_books()

    def close_books(self, *, shed: int = 0) -> Books:
        """Return the accounts as they stand; so many messages the daemon says that it shed."""
        return books.close(self.name, self.publisher, self.consumer, self.proxy.witness, shed=shed)

    def details(self) -> str:
        """Return what to know where something did not come."""
        witness = self.proxy.witness
        return (
            f"accepted {len(self.publisher.accepted)}, doubtful {len(self.publisher.doubtful)}, "
            f"unheard {len(self.publisher.unheard)}, answered {self.consumer.answered}, "
            f"acknowledged by the daemon {len(witness.settled)}, in its hand {len(witness.in_hand())}, "
            f"connections {witness.connections}, dropped by the broker {self.consumer.dropped_in_all}\n"
            f"{self.daemon.tail()}"
        )

    def _await_all(self, numbers: set[int], patience_s: float) -> None:
        """Wait for the answers to some messages, and to all that a daemon has taken into its own care."""
        witness = self.proxy.witness
        wait_until(
            lambda: (
                numbers <= self.consumer.ids.keys()
                and not witness.in_hand()
                and not witness.early - witness.answered
            ),
            what="an answer to each message",
            patience_s=patience_s,
            progress=lambda: (self.consumer.heard, len(witness.answered), len(witness.settled)),
            details=self.details,
        )

    def _fence(self, patience_s: float) -> None:
        wait_until(lambda: self.proxy.lines, what="the daemon to come back", details=self.details)
        first = sensors.FIRST + self.plan.messages
        fence: set[int] = set()
        self.publisher.qos = 1
        while len(fence & self.publisher.accepted) < _FENCE:
            numbers = range(first, first + _FENCE)
            first += _FENCE
            self.publisher.send([sensors.message(number, seed=SEED, is_quick=True) for number in numbers])
            self.wait_sent()
            fence |= set(numbers)
        self._await_all(fence & self.publisher.accepted, patience_s)

    def _daemon(self, client_id: str, name: str) -> Daemon:
        state = self.plan.state_folder or self.folder / f"state-{name}"
        if self.plan.state is not None:
            shutil.copytree(self.plan.state, state)
        state.mkdir(exist_ok=True)
        config = self.folder / f"{name}.yaml"
        config.write_text(
            sensors.CONFIG.format(
                port=self.proxy.port,
                client_id=client_id,
                model=self.model,
                mqtt=self.plan.mqtt,
                sections=self.plan.sections,
            ),
            encoding="utf-8",
        )
        daemon = Daemon(config, state, environment=self.plan.environment)
        self.daemons.append(daemon)
        return daemon


@contextmanager
def staged(name: str, folder: Path, model: Path, plan: Plan) -> Iterator[Scene]:
    """Give a scene whose broker and consumer run; daemons are not started, and killed at the end of the block."""
    files = folder / "mosquitto"
    files.mkdir()
    broker = Mosquitto(files, is_persistent=plan.is_persistent, settings=f"sys_interval 1\n{plan.broker}")
    with ExitStack() as leaving:
        broker.start()
        leaving.callback(broker.stop)
        between = leaving.enter_context(proxy.running(broker.port))
        most_unanswered = max(20, min(plan.messages // 5, MOST_UNANSWERED))
        publisher = Publisher(
            broker.port,
            may_send=lambda: not scene.is_paused and (plan.is_unbounded or scene.backlog() < most_unanswered),
            qos=plan.qos,
        )
        leaving.callback(publisher.close)
        consumer = Consumer(broker.port, publisher.offered)
        leaving.callback(consumer.close)
        consumer.start()
        scene = Scene(
            name=name,
            folder=folder,
            plan=plan,
            model=plan.model or model,
            broker=broker,
            proxy=between,
            publisher=publisher,
            consumer=consumer,
            daemon=Daemon(folder / "edge.yaml", folder),
        )
        scene.daemon = scene.another("daemon")
        leaving.callback(_kill, scene.daemons)
        yield scene


def _kill(daemons: list[Daemon]) -> None:
    for daemon in daemons:
        daemon.kill()
