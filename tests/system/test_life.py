"""The life of a service on a booted machine, in steps: each test goes on where the one before left the machine."""

import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.system import packages
from tests.system.conftest import UNIT, Expectations
from tests.system.listener import Listener
from tests.system.machine import Machine
from tests.system.steps import (
    CONFIG,
    RAW,
    READINGS,
    bytes_written,
    edit,
    files_of,
    install,
    kept,
    read,
    reading,
    say_slowly,
    wait_active,
    wait_anew,
)

pytestmark = pytest.mark.system

STATUS = "edge/pi/status"
BARN = """
  - name: barn
    subscribe: sensors/barn
    publish: readings/barn
    fields:
      temperature: {type: number, unit: °C}
"""
PASSWORD = "correct horse battery"  # noqa: S105 - of the broker in the machine
# Where dpkg, systemd and mosquitto keep their own; not the package.
LEDGERS = (
    "var/lib/dpkg",
    "var/lib/apt",
    "var/cache",
    "var/log",
    "var/lib/systemd",
    "var/lib/mosquitto",
    "var/tmp",
    "tmp",
    "root",
)
SLOWLY_S = 300.0  # for hundreds of messages, should the model have to read them


@pytest.fixture(scope="module")
def before(machine: Machine) -> set[str]:
    """Return the files of the machine before anything is installed."""
    return machine.files()


def test_an_installed_service_is_up(before: set[str], machine: Machine, package: Path, listener: Listener) -> None:
    """The package needs no other step: when apt is done, the service is enabled, runs, and says so."""
    assert f"/{CONFIG}" not in before

    said = install(machine, package)

    assert machine.state(UNIT) == "active"
    assert "edge: " not in said
    assert machine.ask("systemctl", "is-enabled", UNIT) == "enabled\n"
    assert listener.hear(STATUS, after=0) == ["online"]


def test_the_unit_is_understood_and_guarded(machine: Machine) -> None:
    """Systemd has nothing to say of the unit, and finds 1.1 of 10 parts exposed at most."""
    done = machine.run("systemd-analyze", "verify", UNIT)
    exposure = machine.run("systemd-analyze", "security", "--no-pager", "--threshold=11", UNIT)

    assert (done.code, done.said) == (0, "")
    assert exposure.code == 0, exposure.said


def test_a_text_becomes_a_reading(listener: Listener) -> None:
    """The routes of the configuration that the package brings work as their comments say."""
    assert read(listener, "T=21.4C RH=48% batt low") == reading("21.4", 48)


def test_a_killed_daemon_is_back(machine: Machine, listener: Listener, journal: Expectations) -> None:
    """Systemd starts it again; what was sent meanwhile is read."""
    killed = machine.main_process(UNIT)

    machine.ask("systemctl", "kill", "--signal=KILL", "--kill-whom=main", UNIT)

    assert read(listener, "T=21.5C RH=47% batt low") == reading("21.5", 47)
    assert wait_anew(machine, killed) != killed
    journal.expect(r"Main process exited, code=killed, status=9/KILL", r"Failed with result 'signal'")


def test_a_daemon_that_hangs_is_replaced(machine: Machine, listener: Listener, journal: Expectations) -> None:
    """The watchdog notices: after 6 s here, that the test need not wait for the minute of the unit."""
    drop_in = machine.root / "etc/systemd/system/edge.service.d/watchdog.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nWatchdogSec=6\n", encoding="utf-8")
    machine.ask("systemctl", "daemon-reload")
    machine.ask("systemctl", "restart", UNIT)
    hanging = wait_active(machine)

    machine.ask("systemctl", "kill", "--signal=STOP", "--kill-whom=main", UNIT)

    assert read(listener, "T=21.6C RH=46% batt low") == reading("21.6", 46)
    assert wait_anew(machine, hanging) != hanging
    journal.expect(
        r"Watchdog timeout",
        r"Failed with result 'watchdog'",
    )
    journal.allow(
        # Python says where each thread was (PYTHONFAULTHANDLER of the unit); as others run on meanwhile, it may
        # stumble over them, on the way out
        r"Main process exited, code=(killed|dumped), status=(6/ABRT|11/SEGV)",
        r"Fatal Python error: (Aborted|Segmentation fault)",
        r"^(Current thread|Thread) 0x",
        r'^  File "',
        r"^Extension modules: ",
    )
    drop_in.unlink()
    drop_in.parent.rmdir()
    machine.ask("systemctl", "daemon-reload")


def test_a_reload_brings_a_new_route(machine: Machine, listener: Listener) -> None:
    """The same process serves the new route at once."""
    process = machine.main_process(UNIT)
    edit(machine, "routes:\n", f"routes:\n{BARN}")

    machine.ask("systemctl", "reload", UNIT)

    assert read(listener, "temp 19.0 C", raw="sensors/barn", readings="readings/barn") == '{"temperature":19.0}'
    assert machine.main_process(UNIT) == process


def test_a_broken_edit_is_refused(machine: Machine, listener: Listener, journal: Expectations) -> None:
    """Systemctl fails, the journal says where the fault is, and the routes from before go on."""
    process, said_before_s = machine.main_process(UNIT), time.time()
    good = edit(machine, "port: 1883", "port: many")
    line = good[: good.index("port: 1883")].count("\n") + 1

    done = machine.run("systemctl", "reload", UNIT)

    fault = rf"/etc/edge/edge\.yaml:{line}:9: mqtt\.port: expected "
    assert done.code == 1
    assert read(listener, "temp 18.5 C", raw="sensors/barn", readings="readings/barn") == '{"temperature":18.5}'
    assert machine.main_process(UNIT) == process
    assert any(re.search(fault, entry.text) for entry in machine.journal(UNIT, since_s=said_before_s))
    journal.expect(fault, r"the configuration from before stays in force", r"Reload failed|Control process exited")
    (machine.root / CONFIG).write_text(good, encoding="utf-8")


def test_nothing_is_lost_by_reloads_under_load(machine: Machine, listener: Listener) -> None:
    """Each of 500 messages gets its reading while their route changes, and another comes and goes."""
    for number in range(4):  # which makes the wording known: it is not the model that is tried here
        read(listener, f"T=22.{number}C RH=5{number}% batt low")
    count = len(listener.heard(READINGS))
    texts = [(f"{tenths / 10:.1f}", 20 + tenths % 70) for tenths in range(100, 600)]
    sender = say_slowly(machine, texts, pause_s=0.01)
    process, reloads = machine.main_process(UNIT), 0

    while sender.poll() is None or reloads < 2:
        one, two = (
            "subscribe: sensors/greenhouse/+/raw",
            "subscribe: [sensors/greenhouse/+/raw, sensors/hall/+/raw]",
        )
        edit(machine, *((one, two) if reloads % 2 == 0 else (two, one)))
        edit(machine, *((BARN, "") if reloads % 2 == 0 else ("routes:\n", f"routes:\n{BARN}")))
        machine.ask("systemctl", "reload", UNIT)
        reloads += 1
    heard = Counter(listener.hear(READINGS, after=count, count=len(texts), patience_s=SLOWLY_S))

    assert heard == Counter(reading(temperature, humidity) for temperature, humidity in texts)
    assert machine.main_process(UNIT) == process


def test_what_is_known_costs_no_writing(machine: Machine, listener: Listener) -> None:
    """While it reads messages of a known wording, for a minute and more, the daemon writes nothing to the disk."""
    machine.ask("systemctl", "restart", UNIT)
    read(listener, "T=30.0C RH=50% batt low")
    written, files, count = bytes_written(machine), files_of(machine), len(listener.heard(READINGS))
    texts = [(f"{tenths / 10:.1f}", 20 + tenths % 70) for tenths in range(100, 200)]

    sender = say_slowly(machine, texts, pause_s=0.65)
    machine.wait_until(lambda: sender.poll() is not None, "100 messages are sent", patience_s=SLOWLY_S)
    heard = Counter(listener.hear(READINGS, after=count, count=len(texts)))

    assert heard == Counter(reading(temperature, humidity) for temperature, humidity in texts)
    assert files_of(machine) == files
    assert bytes_written(machine) == written


def test_the_broker_may_go_and_come(machine: Machine, listener: Listener) -> None:
    """The daemon waits for it, and is no process anew when it returns."""
    process = machine.main_process(UNIT)

    machine.ask("systemctl", "stop", "mosquitto")
    assert machine.state(UNIT) == "active"
    machine.ask("systemctl", "start", "mosquitto")

    assert read(listener, "T=20.1C RH=41% batt low") == reading("20.1", 41)
    assert machine.main_process(UNIT) == process


def test_a_stop_loses_nothing(machine: Machine, listener: Listener) -> None:
    """What was taken is answered before the daemon leaves; each once."""
    count = len(listener.heard(READINGS))
    trees = ("ash", "beech", "cedar", "elm", "fir", "hazel", "larch", "maple")  # the model reads each wording

    listener.say(RAW, *(f"{tree}: T=2{number}.5C RH=4{number}% batt low" for number, tree in enumerate(trees)))
    listener.hear(READINGS, after=count)
    machine.ask("systemctl", "stop", UNIT)
    at_stop = Counter(listener.hear(READINGS, after=count, count=len(trees)))
    result = machine.ask("systemctl", "show", "--value", "--property=Result", UNIT)
    machine.ask("systemctl", "start", UNIT)

    assert at_stop == Counter(reading(f"2{number}.5", 40 + number) for number in range(len(trees)))
    assert result == "success\n"
    assert read(listener, "T=20.7C RH=47% batt low") == reading("20.7", 47)


def test_a_reboot_keeps_what_was_learned(machine: Machine, listener: Listener) -> None:
    """After a reboot the service is up by itself, with shapes and dead letters."""
    count = len(listener.heard("edge/pi/dead/greenhouse"))
    listener.say(RAW, "nothing to read here")
    listener.hear("edge/pi/dead/greenhouse", after=count)
    machine.wait_until(lambda: kept(machine)[1] != [], "the dead letter is kept")
    before_it = kept(machine)

    listener.stop()
    machine.reboot()
    listener.start()

    wait_active(machine)
    assert before_it[0] != []
    assert kept(machine) == before_it
    assert read(listener, "T=20.2C RH=42% batt low") == reading("20.2", 42)


def test_a_broker_may_come_long_after_boot(machine: Machine, listener: Listener, journal: Expectations) -> None:
    """Without network and broker the service is up, and not started over and over; it serves once there is one."""
    machine.ask("systemctl", "disable", "mosquitto")
    edit(machine, "host: localhost", "host: broker.example")
    listener.stop()
    machine.reboot()

    process = wait_active(machine)
    machine.wait_until(lambda: "waiting for the broker" in machine.ask("systemctl", "status", UNIT), "it says why")
    with (machine.root / "etc/hosts").open("a", encoding="ascii") as hosts:
        hosts.write("127.0.0.1 broker.example\n")
    machine.ask("systemctl", "enable", "--now", "mosquitto")
    listener.start()
    edit(machine, "host: broker.example", "host: localhost")  # for the steps to come

    assert read(listener, "T=20.3C RH=43% batt low") == reading("20.3", 43)
    assert machine.main_process(UNIT) == process
    assert machine.ask("systemctl", "show", "--value", "--property=NRestarts", UNIT) == "0\n"
    journal.expect(r"configuration_warning option=mqtt\.host why=.* not encrypted")


def test_a_password_needs_a_file_and_a_name(machine: Machine, listener: Listener) -> None:
    """The password of a file that belongs to root reaches the daemon, and none of its user's processes besides."""
    listeners = "per_listener_settings true\nlistener 1883 127.0.0.1\nallow_anonymous true\n"
    guarded = "listener 1884 127.0.0.1\nallow_anonymous false\npassword_file /etc/mosquitto/passwords\n"
    (machine.root / "etc/mosquitto/conf.d/guarded.conf").write_text(listeners + guarded, encoding="ascii")
    machine.ask("mosquitto_passwd", "-c", "-b", "/etc/mosquitto/passwords", "edge", PASSWORD)
    machine.ask("chown", "mosquitto:", "/etc/mosquitto/passwords")
    machine.ask("install", "-m", "600", "/dev/stdin", "/etc/edge/mqtt.password", text=f"{PASSWORD}\n")
    edit(machine, "port: 1883", "port: 1884")
    edit(machine, "username: null", "username: edge")

    machine.ask("systemctl", "restart", "mosquitto")
    machine.ask("systemctl", "restart", UNIT)

    assert read(listener, "T=20.4C RH=44% batt low") == reading("20.4", 44)
    assert machine.run("setpriv", "--reuid=edge", "--clear-groups", "cat", "/etc/edge/mqtt.password").code == 1


def test_a_daemon_that_grows_is_replaced(machine: Machine, journal: Expectations) -> None:
    """With a bound that no daemon can keep it leaves with 75, and is started anew."""
    process = machine.main_process(UNIT)
    edit(machine, "memory_mb: auto", "memory_mb: 100")
    machine.ask("systemctl", "reload", UNIT)

    anew = wait_anew(machine, process)

    edit(machine, "memory_mb: 100", "memory_mb: auto")
    machine.ask("systemctl", "restart", UNIT)
    journal.expect(
        r"memory_limit resident_mb=\d+ limit_mb=100",
        r"expected at most 100 MB",
        r"result 'exit-code'",
    )
    assert wait_anew(machine, anew) != anew


def test_an_upgrade_keeps_configuration_and_state(
    machine: Machine, listener: Listener, package: Path, tmp_path: Path
) -> None:
    """The newer version runs at once, with what the user wrote and what the older one learned."""
    process, config = machine.main_process(UNIT), (machine.root / CONFIG).read_text(encoding="utf-8")
    before_it = kept(machine)

    install(machine, packages.newer(package, tmp_path))

    assert wait_active(machine) != process
    assert machine.ask("dpkg-query", "--show", "--showformat=${Version}", "edge-readings").endswith(".1")
    assert (machine.root / CONFIG).read_text(encoding="utf-8") == config
    assert kept(machine) == before_it
    assert read(listener, "T=20.5C RH=45% batt low") == reading("20.5", 45)


def test_a_removed_package_can_come_back(
    machine: Machine, listener: Listener, journal: Expectations, package: Path
) -> None:
    """Removing keeps configuration and state; a configuration that broke meanwhile fails no installation."""
    good = (machine.root / CONFIG).read_text(encoding="utf-8")
    machine.ask("apt-get", "remove", "--yes", "edge-readings")
    gone = machine.state(UNIT)
    edit(machine, "keepalive_s: 30", "keepalive_s: long")

    said = install(machine, package)
    state = machine.state(UNIT)
    (machine.root / CONFIG).write_text(good, encoding="utf-8")
    machine.ask("systemctl", "restart", UNIT)

    assert gone == "inactive"
    assert "mqtt.keepalive_s: expected" in said
    assert "edge: mend /etc/edge/edge.yaml" in said
    assert state == "failed"
    assert read(listener, "T=20.6C RH=46% batt low") == reading("20.6", 46)
    journal.expect(r"mqtt\.keepalive_s: expected", r"result 'exit-code'", r"Failed to start")


def test_a_purge_leaves_nothing(before: set[str], machine: Machine) -> None:
    """No file, no user and no process is left of it, but for what dpkg and the journal keep of each package."""
    machine.ask("apt-get", "purge", "--yes", "edge-readings")

    (machine.root / "etc/mosquitto/conf.d/guarded.conf").unlink()
    (machine.root / "etc/mosquitto/passwords").unlink()
    left = {path for path in machine.files() - before if not path.lstrip("/").startswith(LEDGERS)}
    assert left == set()
    assert {path for path in before - machine.files() if not path.lstrip("/").startswith(LEDGERS)} == set()
    assert machine.run("getent", "passwd", "edge").code == 2
    assert machine.run("getent", "group", "edge").code == 2
    assert machine.run("systemctl", "cat", UNIT).code == 1
