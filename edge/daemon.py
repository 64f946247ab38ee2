"""Owns the wiring of the daemon: constructs its parts from the configuration and lets them run.

Knows nothing of what they do; nothing imports this module but the command line.
"""

import queue
import signal
from pathlib import Path

from edge import extractor as extractors
from edge.broker import Broker
from edge.config.options import Config
from edge.errors import ConfigError, EdgeError, Problem
from edge.extractor import Extractor, Prepared
from edge.mainloop import Event, MainLoop, Stop, ignore_hangup
from edge.pipeline import Pipeline
from edge.routes import Routes


def run(config: Config, config_file: Path) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ConfigError: a route's schema does not fit the context, or its grammar is refused.
        ModelError: the model cannot be loaded, or speaks another prompt contract.
    """
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: events.put(Stop(signal.Signals(received).name)))
    signal.signal(signal.SIGHUP, ignore_hangup)  # whose default would end the process
    password = _password(config.mqtt.password_file)
    with extractors.open_model(
        config.model.path,
        threads=config.model.threads,
        context_tokens=config.model.context_tokens,
        limits=config.limits,
    ) as extractor:
        pipeline = Pipeline(
            extractor=extractor,
            routes=config.routes,
            prepared=prepare(extractor, config.routes, config_file),
            limits=config.limits,
            base_topic=config.base_topic,
        )
        broker = Broker(
            config.mqtt,
            password=password,
            status_topic=f"{config.base_topic}/status",
            subscriptions=config.routes.subscriptions(),
            emit=events.put,
        )
        MainLoop(pipeline=pipeline, broker=broker, engine=extractor.engine, events=events).serve()


def prepare(extractor: Extractor, routes: Routes, config_file: Path) -> dict[str, Prepared]:
    """Return the schema of each route made ready.

    Raises:
        ConfigError: for every route whose schema does not fit the context, or whose grammar is refused.
    """
    prepared, problems = {}, []
    for index, route in enumerate(routes):
        try:
            prepared[route.name] = extractor.prepare(route.schema)
        except EdgeError as error:
            problems.append(Problem(file=str(config_file), path=f"routes[{index}]", message=str(error)))
    if problems:
        raise ConfigError(problems)
    return prepared


def _password(file: Path | None) -> str | None:
    """Return what a password file holds, without its line end; None for no file.

    Raises:
        ConfigError: the file cannot be read.
    """
    if file is None:
        return None
    try:
        return file.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read the broker's password: {error}"
        raise ConfigError([Problem(file=str(file), path="mqtt.password_file", message=message)]) from error
