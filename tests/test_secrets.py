"""The daemon keeps its password to itself, on an encrypted connection to a broker that asks for it."""

import json
from pathlib import Path

import pytest

from tests.guarded import Guarded
from tests.running import daemon, leave
from tests.secure import connected, started

pytestmark = [pytest.mark.broker, pytest.mark.model]

SECRET = "edge's word"  # noqa: S105
CONFIG = """
base_topic: edge/raspberrypi
mqtt: {{port: {port}, client_id: edge-test, username: edge, tls: {{ca: {ca}}}{more}}}
model: {{path: {model}}}
routes:
  - name: greenhouse
    subscribe: sensors/greenhouse/+/raw
    publish: readings/greenhouse/{{1}}
    fields:
      temperature: {{type: number, unit: °C}}
"""


@pytest.mark.parametrize("is_credential", [False, True], ids=["file", "credential"])
def test_a_password_stays_where_it_was(
    tmp_path: Path, model_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_credential: bool
) -> None:
    """With a message read and published, it stands in no log line, no argument and no variable of the process."""
    guarded = Guarded(tmp_path)
    given = tmp_path / "given"
    given.mkdir()
    (given / "mqtt.password").write_text(f"{SECRET}\n", encoding="utf-8")
    if is_credential:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    more = "" if is_credential else f", password_file: {given}/mqtt.password"
    config = CONFIG.format(port=guarded.broker.port, ca=guarded.ca.file, model=model_path, more=more)
    (tmp_path / "edge.yaml").write_text(config, encoding="utf-8")
    with (
        started(guarded.broker),
        connected(guarded.options("dashboard"), "edge/#", "readings/#", password="dashboard's word") as dashboard,  # noqa: S106
        connected(guarded.options("bench"), password="bench's word") as device,  # noqa: S106
        daemon(tmp_path, guarded.broker.port, model_path, "--log-level", "debug", is_config_new=False) as process,
    ):
        while ("edge/raspberrypi/status", b"online") not in [(m.topic, m.payload) for m in dashboard.messages]:
            dashboard.hear(len(dashboard.messages) + 1)
        assert device.publish("sensors/greenhouse/bench/raw", b"T=21.4C") is None
        while "readings/greenhouse/bench" not in [message.topic for message in dashboard.messages]:
            dashboard.hear(len(dashboard.messages) + 1)
        of_process = Path(f"/proc/{process.pid}")
        arguments, environment = ((of_process / name).read_bytes() for name in ("cmdline", "environ"))
        code, log = leave(process)

    assert code == 0
    assert "connected epoch=1" in log
    assert "reading_published route=greenhouse" in log
    assert "refused" not in log
    said = {message.topic: message.payload for message in dashboard.messages}
    assert json.loads(said["edge/raspberrypi/bridge/info"])["config"]["mqtt"]["client_id"] == "edge-test"
    for told in (log.encode(), arguments, environment, *said.values()):
        assert SECRET.encode() not in told


def test_the_daemon_waits_for_a_broker_that_it_can_trust(tmp_path: Path, model_path: Path) -> None:
    """What is wrong with the broker's certificate stands in the log, and the daemon lives."""
    guarded = Guarded(tmp_path)
    config = CONFIG.format(port=guarded.broker.port, ca="{ca}", model=model_path, more="").replace(
        "{ca: {ca}}", "{}"
    )
    (tmp_path / "edge.yaml").write_text(config, encoding="utf-8")
    with (
        started(guarded.broker),
        daemon(tmp_path, guarded.broker.port, model_path, is_config_new=False) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            if "disconnected why=" in line:
                assert line.endswith(
                    f"no safe connection to localhost:{guarded.broker.port}: "
                    "its certificate is from no CA of this system (mqtt.tls.ca)\n"
                )
                break
        assert leave(process)[0] == 0


def test_files_of_tls_that_will_not_do_end_the_daemon_with_78(tmp_path: Path, model_path: Path) -> None:
    """A CA that is not there is a fault of the configuration, found before the model is loaded."""
    with daemon(tmp_path, 1883, model_path, "--set", "mqtt.tls.ca=none.pem") as process:
        _, log = process.communicate(timeout=30)

    assert process.returncode == 78
    assert log.splitlines()[-1] == f"{tmp_path}/none.pem: mqtt.tls.ca: cannot read it: No such file or directory"
