"""Owns the wiring of the daemon: constructs its parts from the configuration and lets them run.

Knows nothing of what they do; nothing imports this module but the command line.
"""

import os
import signal
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from edge import fingerprint, service
from edge.bridge.info import Program
from edge.bridge.loglines import LogLines
from edge.config.options import Config
from edge.control import controlserver
from edge.dead.deadletters import DeadLetters
from edge.delivery import spool as spools
from edge.delivery.intake import Intake
from edge.delivery.spool import BYTES_PER_MB, Spool
from edge.engine.engine import Engine
from edge.errors import ConfigError, Problem, TakenOver
from edge.event import Event, Look, Reload, Stop
from edge.extraction import extractor as extractors
from edge.generation import Generation, Generations, asides
from edge.homeassistant.known import KnownDevices
from edge.mailbox import Mailbox
from edge.mainloop import MainLoop, Settings
from edge.memory import MemoryGuard
from edge.monitoring.figures import Figures
from edge.mqtt import credentials, tls
from edge.mqtt.broker import Broker
from edge.mqtt.session import Session
from edge.state import statefolder

LOOK_S = 2.0  # until the main thread must have given its figures
MOST_WORKERS = 64  # threads that wait for the model; what comes above waits for a worker


def run(config: Config, config_file: Path, reread: Callable[[], Config]) -> None:
    """Serve until SIGTERM or SIGINT; take up the configuration anew at each SIGHUP.

    Args:
        config: as it was read.
        config_file: named in what is wrong with it.
        reread: returns the configuration as its file has it now; raises ConfigError.

    Raises:
        ConfigError: a route's schema does not fit the context, or its grammar is refused; or another client of the
            broker has the same client id.
        Held: another daemon uses the state directory.
        ModelError: the model cannot be loaded, or speaks another prompt contract.
        TooMuchMemory: the process grew beyond `limits.memory_mb`; all that was in hand has been answered.
    """
    events: Mailbox[Event] = Mailbox()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: events.put(Stop(signal.Signals(received).name)))
    signal.signal(signal.SIGHUP, lambda _received, _frame: events.put(Reload()))
    password = credentials.password(config.mqtt, os.environ)
    terms = tls.context(config.mqtt.tls, os.environ) if config.mqtt.tls is not None else None
    log_lines = LogLines(events.put, clock=time.monotonic)
    build: dict[str, str] = {}  # known when the model is loaded
    with ExitStack() as stack:
        stack.enter_context(service.also_logging_to(log_lines))
        serve_http(config, events, build, stack)
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
        program = Program(
            model_sha256=fingerprint.sha256(config.model.path),
            quantization=extractor.quantization,
            prompt_contract=extractor.contract.name,
        )
        build.update(program.build)
        generations = Generations(extractor, config_file, held.path if held else None)
        stack.callback(generations.close)
        first = generations.first(config)
        loop = _main_loop(
            first,
            lambda now: generations.next(reread(), now),
            engine=extractor.engine,
            program=program,
            log_lines=log_lines,
            events=events,
            password=password,
            terms=terms,
            folder=held.path if held else None,
            stack=stack,
        )
        try:
            loop.serve()
        except TakenOver as error:
            problem = Problem(file=str(config_file), path="mqtt.client_id", message=str(error))
            raise ConfigError([problem]) from error


def _main_loop(
    first: Generation,
    reread: Callable[[Generation], Generation],
    *,
    engine: Engine,
    program: Program,
    log_lines: LogLines,
    events: Mailbox[Event],
    password: str | None,
    terms: ssl.SSLContext | None,
    folder: Path | None,
    stack: ExitStack,
) -> MainLoop:
    """Return the main loop with all that it works with; what is to be closed goes on the stack.

    Without a state directory (folder is None), what would be kept there is kept in memory.
    """
    config, subscriptions = first.config, first.subscriptions
    session = Session(folder, client_id=config.mqtt.client_id, subscriptions=subscriptions)
    control = controlserver.serve_or_none(folder, events.put) if folder else None
    if control is not None:
        stack.callback(control.close)
    return MainLoop(
        Settings(
            base_topic=config.base_topic,
            in_flight=config.mqtt.in_flight,
            waiting_qos0=config.mqtt.waiting_qos0,
            workers=min(config.mqtt.in_flight, MOST_WORKERS),
        ),
        generation=first,
        reread=reread,
        broker=Broker(
            config.mqtt,
            password=password,
            tls=terms,
            status_topic=f"{config.base_topic}/status",
            asides=asides(config),
            subscriptions=subscriptions,
            stale_subscriptions=session.stale,
            emit=events.put,
        ),
        engine=engine,
        events=events,
        intake=_intake(config, folder, stack),
        dead=DeadLetters(config.dead, folder, payload_bytes=config.limits.payload_bytes),
        session=session,
        guard=MemoryGuard(first.memory_limit_mb, clock=time.monotonic),
        program=program,
        devices=KnownDevices(folder),
        log_lines=log_lines,
    )


def serve_http(config: Config, events: Mailbox[Event], build: Mapping[str, str], stack: ExitStack) -> None:
    """Let figures be fetched over HTTP, if that is wanted; from the first moment on, to say that it begins."""
    if not config.http.enabled:
        return
    from edge.monitoring import pages, webserver  # noqa: PLC0415  # HTTP and Prometheus, for those who want them

    def look() -> Figures | None:
        asked = Look()
        events.put(asked)
        try:
            return asked.reply.result(timeout=LOOK_S)
        except TimeoutError:
            return None

    server = webserver.serve_or_none(config.http, pages.pages(look, build))
    if server is not None:
        stack.callback(server.close)


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
