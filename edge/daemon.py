"""Owns the wiring of the daemon: constructs its parts from the configuration and lets them run.

Knows nothing of what they do; nothing imports this module but the command line.
"""

import signal
from collections.abc import Mapping
from pathlib import Path

from edge import extractor as extractors
from edge import fingerprint, service, shapestore
from edge.broker import Broker
from edge.config.options import Config
from edge.errors import ConfigError, EdgeError, Problem
from edge.extractor import Extractor, Prepared
from edge.mailbox import Mailbox
from edge.mainloop import Event, MainLoop, Stop, ignore_hangup
from edge.pipeline import Pipeline
from edge.routes import Routes
from edge.shapes import RouteShapes, ShapeCache
from edge.shapestore import ShapeStore

MOST_WORKERS = 64  # threads that wait for the model; what comes above waits for a worker


def run(config: Config, config_file: Path) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ConfigError: a route's schema does not fit the context, or its grammar is refused.
        ModelError: the model cannot be loaded, or speaks another prompt contract.
    """
    events: Mailbox[Event] = Mailbox()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: events.put(Stop(signal.Signals(received).name)))
    signal.signal(signal.SIGHUP, ignore_hangup)  # whose default would end the process
    password = _password(config.mqtt.password_file)
    with extractors.open_model(
        config.model.path,
        threads=config.model.threads,
        context_tokens=config.model.context_tokens,
        limits=config.limits,
        slots=config.model.slots,
    ) as extractor:
        prepared = prepare(extractor, config.routes, config_file)
        store = shapestore.open_or_none(service.state_directory()) if config.shapes.enabled else None
        cache = shape_cache(config, prepared, store) if config.shapes.enabled else None
        pipeline = Pipeline(
            extractor=extractor,
            routes=config.routes,
            prepared=prepared,
            limits=config.limits,
            base_topic=config.base_topic,
            cache=cache,
        )
        broker = Broker(
            config.mqtt,
            password=password,
            status_topic=f"{config.base_topic}/status",
            subscriptions=config.routes.subscriptions(),
            emit=events.put,
        )
        MainLoop(
            pipeline=pipeline,
            broker=broker,
            engine=extractor.engine,
            events=events,
            cache=cache,
            workers=min(config.mqtt.in_flight, MOST_WORKERS),
        ).serve()
        if store is not None:
            store.close()


def prepare(extractor: Extractor, routes: Routes, config_file: Path) -> dict[str, Prepared]:
    """Return the schema of each route made ready.

    Raises:
        ConfigError: for every route whose schema does not fit the context, or whose grammar is refused.
    """
    prepared, problems = {}, []
    for index, route in enumerate(routes):
        try:
            prepared[route.name] = extractor.prepare(route.schema, flow=route.name)
        except EdgeError as error:
            problems.append(Problem(file=str(config_file), path=f"routes[{index}]", message=str(error)))
    if problems:
        raise ConfigError(problems)
    return prepared


def shape_cache(config: Config, prepared: Mapping[str, Prepared], store: ShapeStore | None) -> ShapeCache:
    """Return the cache of all routes, with what it learned under the same schemas and the same model before."""
    model = fingerprint.of_model(config.model.path)
    routes = {
        name: RouteShapes(
            root=each.schema.root,
            validator=each.validator,
            fingerprint=fingerprint.of_route(each.schema, model),
        )
        for name, each in prepared.items()
    }
    return ShapeCache(config.shapes, routes, store=store)


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
