"""Owns the wiring of the daemon: constructs its parts from the configuration and lets them run.

Knows nothing of what they do; nothing imports this module but the command line.
"""

import os
import signal
import ssl
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from edge import fingerprint, service
from edge.config.options import Config
from edge.control import controlserver
from edge.dead.deadletters import DeadLetters
from edge.delivery import spool as spools
from edge.delivery.intake import Intake
from edge.delivery.spool import BYTES_PER_MB, Spool
from edge.errors import ConfigError, EdgeError, Problem, TakenOver
from edge.extraction import extractor as extractors
from edge.extraction.extractor import Extractor, Prepared
from edge.mailbox import Mailbox
from edge.mainloop import Event, MainLoop, Settings, Stop, ignore_hangup
from edge.mqtt import credentials, tls
from edge.mqtt.broker import Broker
from edge.mqtt.session import Session
from edge.pipeline import Pipeline
from edge.routes import Routes
from edge.shapes import shapestore
from edge.shapes.shapes import RouteShapes, ShapeCache
from edge.shapes.shapestore import ShapeStore
from edge.state import statefolder

MOST_WORKERS = 64  # threads that wait for the model; what comes above waits for a worker


def run(config: Config, config_file: Path) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ConfigError: a route's schema does not fit the context, or its grammar is refused; or another client of the
            broker has the same client id.
        Held: another daemon uses the state directory.
        ModelError: the model cannot be loaded, or speaks another prompt contract.
    """
    events: Mailbox[Event] = Mailbox()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: events.put(Stop(signal.Signals(received).name)))
    signal.signal(signal.SIGHUP, ignore_hangup)  # whose default would end the process
    password = credentials.password(config.mqtt, os.environ)
    terms = tls.context(config.mqtt.tls, os.environ) if config.mqtt.tls is not None else None
    with ExitStack() as stack:
        held = statefolder.hold_or_none(service.state_directory())
        if held is not None:
            stack.callback(held.close)
        extractor = stack.enter_context(
            extractors.open_model(
                config.model.path,
                threads=config.model.threads,
                context_tokens=config.model.context_tokens,
                limits=config.limits,
                slots=config.model.slots,
            )
        )
        prepared = prepare(extractor, config.routes, config_file)
        loop = _main_loop(config, extractor, prepared, events, password, terms, held.path if held else None, stack)
        try:
            loop.serve()
        except TakenOver as error:
            problem = Problem(file=str(config_file), path="mqtt.client_id", message=str(error))
            raise ConfigError([problem]) from error


def _main_loop(
    config: Config,
    extractor: Extractor,
    prepared: Mapping[str, Prepared],
    events: Mailbox[Event],
    password: str | None,
    terms: ssl.SSLContext | None,
    folder: Path | None,
    stack: ExitStack,
) -> MainLoop:
    """Return the main loop with all that it works with; what is to be closed goes on the stack.

    Without a state directory (folder is None), what would be kept there is kept in memory.
    """
    store = shapestore.open_or_none(folder) if config.shapes.enabled and folder else None
    if store is not None:
        stack.callback(store.close)
    cache = shape_cache(config, prepared, store) if config.shapes.enabled else None
    subscriptions = config.routes.subscriptions(share_group=config.mqtt.share_group)
    session = Session(folder, client_id=config.mqtt.client_id, subscriptions=subscriptions)
    control = controlserver.serve_or_none(folder, events.put) if folder else None
    if control is not None:
        stack.callback(control.close)
    return MainLoop(
        Settings(
            base_topic=config.base_topic,
            in_flight=config.mqtt.in_flight,
            waiting_qos0=config.mqtt.waiting_qos0,
            health_every_s=config.health.every_s,
            workers=min(config.mqtt.in_flight, MOST_WORKERS),
        ),
        pipeline=Pipeline(
            extractor=extractor,
            routes=config.routes,
            prepared=prepared,
            limits=config.limits,
            base_topic=config.base_topic,
            cache=cache,
        ),
        broker=Broker(
            config.mqtt,
            password=password,
            tls=terms,
            status_topic=f"{config.base_topic}/status",
            subscriptions=subscriptions,
            stale_subscriptions=session.stale,
            emit=events.put,
        ),
        engine=extractor.engine,
        events=events,
        intake=_intake(config, folder, stack),
        dead=DeadLetters(config.dead, folder, payload_bytes=config.limits.payload_bytes),
        session=session,
        cache=cache,
    )


def _intake(config: Config, folder: Path | None, stack: ExitStack) -> Intake:
    """Return the way in: by the spool, if there is to be one, or if an earlier configuration left one.

    A state directory that could not be used at the start may come back, as a disk that was read-only does.
    """
    spool = config.spool

    def open_spool() -> Spool:
        nonlocal folder
        if folder is None:
            held = statefolder.hold(service.state_directory())
            stack.callback(held.close)
            folder = held.path
        return Spool(folder, max_bytes=spool.max_mb * BYTES_PER_MB)

    is_left = folder is not None and (folder / spools.FILE).exists()
    return Intake(
        open_spool if spool.enabled or is_left else None,
        is_storing=spool.enabled,
        when_full=spool.when_full,
        window=config.mqtt.in_flight,
        clock=time.monotonic,
    )


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
