"""Owns the way from a verb's options to the code that does its work, and back to its exit code.

Knows nothing of how options are spelled, and of what the verbs do. Verbs import what they need when they run:
llama.cpp takes half a second that `edge check` has no use for.
"""

# ruff: noqa: PLC0415  # see above

import argparse
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from edge.config.options import Config
from edge.errors import EdgeError, ModelError

if TYPE_CHECKING:
    from edge.verbs.samples import Samples

OK, FAILED, UNAVAILABLE, MEMORY, CONFIG, INTERRUPTED = 0, 1, 69, 75, 78, 130
MODEL_FOLDER = Path("~/.cache/edge")


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    from edge import config, daemon, service
    from edge.verbs import checkup

    service.log_to_journal_or_stderr(options.log_level)
    read, document = config.read(options.config, overrides=options.set, hostname=socket.gethostname())
    checkup.log_warnings(read, document, os.environ)

    def reread() -> Config:
        fresh, its_document = config.read(options.config, overrides=options.set, hostname=socket.gethostname())
        checkup.log_warnings(fresh, its_document, os.environ)
        return fresh

    daemon.run(read, options.config, reread)
    return OK


def check(options: argparse.Namespace) -> int:
    """Find every fault of a configuration."""
    from edge.verbs import checkup

    checkup.run(
        options.config,
        overrides=options.set,
        hostname=socket.gethostname(),
        environment=os.environ,
        is_quiet=options.quiet,
        denies_warnings=options.deny_warnings,
    )
    return OK


def config_schema(options: argparse.Namespace) -> int:
    """Print the JSON Schema of the configuration, or of files of test cases."""
    from edge.config import editorschema

    schema = editorschema.of_cases() if options.cases else editorschema.document()
    sys.stdout.write(editorschema.written(schema))
    return OK


def try_(options: argparse.Namespace) -> int:
    """Read one text."""
    from edge.verbs import tryout

    return tryout.run(
        config=_config(options) if options.route else None,
        route_name=options.route,
        schema_file=options.schema,
        model=options.model or (None if options.route else newest_model()),
        payload=_payload(options.text),
        as_json=options.json,
    )


def init(options: argparse.Namespace) -> int:
    """Propose a route from texts of a device."""
    from edge.verbs import beginning, samples

    if options.texts not in ([], ["-"]) and (options.file or options.listen):
        raise EdgeError("TEXT: expected none beside --file or --listen")
    for option, topic in (("--topic", options.topic), ("--listen", options.listen)):
        beginning.check_filter(option, topic)
    file = None
    if not options.print:
        file = options.out or Path(f"{beginning.route_name(options.name, options.topic or options.listen)}.yaml")
        beginning.check_is_new(file)
    if options.listen:
        found = _listened(options)
    elif options.file:
        found = samples.of_file(options.file, is_whole=options.whole)
    elif options.texts not in ([], ["-"]):
        found = samples.of_arguments(options.texts)
    else:
        found = samples.of_stdin(is_whole=options.whole, ask=sys.stderr if sys.stdin.isatty() else None)

    return beginning.run(
        found,
        name=beginning.route_name(options.name, options.topic or found.topic),
        subscribe=options.topic,
        file=file,
        model=None if options.no_try else lambda: _init_model(options),
    )


def _init_model(options: argparse.Namespace) -> Path:
    """Return the weights that `edge init` tries its proposal with."""
    if options.model:
        return cast("Path", options.model)
    read = _init_config(options)
    return read.model.path if read else newest_model()


def _init_config(options: argparse.Namespace) -> Config | None:
    """Return the configuration that was named, or that of the service; None where there is none."""
    if options.config is None:
        if not options.usual_config.exists():
            return None
        options.config = options.usual_config
    return _config(options)


def _listened(options: argparse.Namespace) -> "Samples":
    """Return what devices publish, at the broker of a configuration or at the one that was named."""
    from edge.config.options import Mqtt
    from edge.mqtt import credentials, tls
    from edge.verbs import samples

    read = _init_config(options)
    mqtt = read.mqtt if read else Mqtt(client_id=f"edge-{socket.gethostname()}")
    if options.broker:
        host, port = options.broker
        mqtt = replace(mqtt, host=host, port=port or Mqtt(client_id="").port)
    return samples.of_broker(
        mqtt,
        options.listen,
        seconds=options.seconds,
        password=credentials.password(mqtt, os.environ),
        tls=tls.context(mqtt.tls, os.environ) if mqtt.tls is not None else None,
        say=sys.stderr.write,
    )


def test(options: argparse.Namespace) -> int:
    """Run the user's own test cases."""
    from edge.verbs import testing

    return testing.run(
        options.config,
        overrides=options.set,
        hostname=socket.gethostname(),
        paths=options.paths,
        model=options.model,
        junit_file=options.junit,
    )


def eval_(options: argparse.Namespace) -> int:
    """Score a model."""
    from edge.verbs import evaluation

    evaluation.run(
        cases_file=options.cases,
        edgejson=options.edgejson,
        limit=options.limit,
        model=options.model or newest_model(),
        predictions_file=options.predictions,
        as_json=options.json,
    )
    return OK


def demo(options: argparse.Namespace) -> int:
    """Show the whole way."""
    from edge.verbs import demo

    return demo.run(options.config, options.messages)


def top(options: argparse.Namespace) -> int:
    """Watch a running daemon."""
    from edge.verbs import top

    top.run(_state_folder(options), every_s=options.every, is_once=options.once, as_json=options.json)
    return OK


def shapes_list(options: argparse.Namespace) -> int:
    """List shapes."""
    from edge.verbs import shapelist

    shapelist.list_(_state_folder(options), route=options.route, as_json=options.json)
    return OK


def shapes_show(options: argparse.Namespace) -> int:
    """Show one shape."""
    from edge.verbs import shapelist

    shapelist.show(_state_folder(options), options.route, options.shape_id, as_json=options.json)
    return OK


def shapes_drop(options: argparse.Namespace) -> int:
    """Forget shapes."""
    from edge.verbs import shapelist

    shapelist.drop(_state_folder(options), options.route, options.shape_id)
    return OK


def dead_list(options: argparse.Namespace) -> int:
    """List dead letters."""
    from edge.verbs import deadlist

    deadlist.list_(_state_folder(options), route=options.route, reason=options.reason, as_json=options.json)
    return OK


def dead_show(options: argparse.Namespace) -> int:
    """Show one dead letter."""
    from edge.verbs import deadlist

    deadlist.show(_state_folder(options), options.id, as_json=options.json, as_payload=options.payload)
    return OK


def dead_replay(options: argparse.Namespace) -> int:
    """Have messages read again."""
    from edge.verbs import deadlist

    is_done = deadlist.replay(_state_folder(options), options.ids, route=options.route, reason=options.reason)
    return OK if is_done else FAILED


def dead_purge(options: argparse.Namespace) -> int:
    """Delete dead letters."""
    from edge.verbs import deadlist

    deadlist.purge(_state_folder(options), options.ids, route=options.route, reason=options.reason)
    return OK


def spool_status(options: argparse.Namespace) -> int:
    """Show what waits on disk."""
    from edge.verbs import spoolstatus

    spoolstatus.show(_state_folder(options), as_json=options.json)
    return OK


def reload(options: argparse.Namespace) -> int:
    """Have the daemon take up its configuration anew."""
    from edge.verbs import reload

    return OK if reload.run(_state_folder(options)) else CONFIG


def discovery_show(options: argparse.Namespace) -> int:
    """Show what Home Assistant is told."""
    from edge.verbs import discovery

    discovery.show(_config(options), as_json=options.json)
    return OK


def discovery_purge(options: argparse.Namespace) -> int:
    """Take back what Home Assistant was told."""
    from edge.mqtt import credentials, tls
    from edge.verbs import discovery

    read = _config(options)
    password = credentials.password(read.mqtt, os.environ)
    terms = tls.context(read.mqtt.tls, os.environ) if read.mqtt.tls is not None else None
    discovery.purge(read, _state_folder(options), password=password, tls=terms)
    return OK


def doctor(options: argparse.Namespace) -> int:
    """Look whether the daemon has all that it needs."""
    from edge.doctor import doctor

    is_well = doctor.run(
        options.config,
        overrides=options.set,
        hostname=socket.gethostname(),
        environment=os.environ,
        state=options.state,
        is_quick=options.quick,
        as_json=options.json,
    )
    return OK if is_well else FAILED


def bench(options: argparse.Namespace) -> int:
    """Measure this machine."""
    try:
        from edge_bench import command, tune
    except ModuleNotFoundError as error:
        raise EdgeError(
            f"bench: {error.name} is not installed; in a clone `pip install -e '.[bench]'` brings it"
        ) from error
    model = options.model or newest_model()
    if options.tune:
        return tune.run(model=model, limit=options.limit)
    return command.run(
        command.Options(
            model=model,
            out=options.out,
            has_peers=options.peers,
            rounds=options.rounds,
            limit=options.limit,
            only=tuple(options.only),
            docs=options.docs,
            llama_server=options.llama_server,
            as_json=options.json,
        )
    )


def newest_model(folder: Path = MODEL_FOLDER) -> Path:
    """Return the model in a folder that was written last.

    Raises:
        ModelError: there is none.
    """
    models = sorted(folder.expanduser().glob("*.gguf"), key=lambda path: path.stat().st_mtime)
    if not models:
        raise ModelError(
            f"{folder}: expected a model (*.gguf), found none; `make model` builds it, --model names one"
        )
    return models[-1]


def _state_folder(options: argparse.Namespace) -> Path:
    """Return the state directory that a verb looks into, and become its owner. To be called after the imports."""
    from edge.state import statefolder

    folder = cast("Path | None", options.state) or statefolder.of_the_daemon(os.environ)
    statefolder.become_owner(folder)
    return folder


def _config(options: argparse.Namespace) -> Config:
    from edge import config

    return config.load(options.config, overrides=getattr(options, "set", []), hostname=socket.gethostname())


def _payload(text: str) -> bytes:
    """Return the text given on the command line; "-" stands for standard input, without its last line end."""
    if text != "-":
        return text.encode("utf-8", "surrogateescape")
    return sys.stdin.buffer.read().removesuffix(b"\n")
