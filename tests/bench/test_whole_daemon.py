"""The daemon under measurement: a configuration that it takes, and the load's topics in it."""

from pathlib import Path

from edge import config
from edge_bench import stream, whole_daemon
from edge_bench.whole_daemon import Settings


def test_the_configuration_is_one_that_the_daemon_takes(tmp_path: Path) -> None:
    """A route for each schema, whose readings bear the number of the message."""
    file = tmp_path / "edge.yaml"
    settings = Settings(port=1999, model=Path("m.gguf"), schemas=dict(stream.schemas()), has_shapes=False)
    file.write_text(whole_daemon.config(settings), encoding="utf-8")

    loaded = config.load(file, hostname="pi")

    match = loaded.routes.match("bench/soil/17")
    assert match is not None
    assert (match.route.name, match.output_topic) == ("soil", "readings/soil/17")
    assert (loaded.mqtt.port, loaded.model.slots, loaded.shapes.enabled) == (1999, 8, False)


def test_a_daemon_that_has_not_stopped_has_no_counters() -> None:
    """Nothing is made up where the last line is missing."""
    assert whole_daemon.counters("2026-01-01 INFO ready\n") == {}
