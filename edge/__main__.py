"""Owns the command line: which verbs there are, what they take, and what their exit codes say.

Knows nothing of how a verb does its work.

Exit codes: 0 done; 1 it failed, or the text was rejected; 2 wrong usage; 69 the model cannot be used, or no daemon
runs that could do it; 75 the daemon took too much memory; 78 the configuration cannot be used (EX_UNAVAILABLE,
EX_TEMPFAIL and EX_CONFIG of sysexits.h).
"""

# The verbs import what they need when they run: llama.cpp takes half a second that `edge check` has no use for.
# ruff: noqa: PLC0415

import argparse
import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, cast

import edge
from edge.config.options import Config
from edge.errors import ConfigError, EdgeError, ModelError, NoDaemon, Reason, TooMuchMemory

OK, FAILED, UNAVAILABLE, MEMORY, CONFIG, INTERRUPTED = 0, 1, 69, 75, 78, 130
CONFIG_FILE = Path("/etc/edge/edge.yaml")
MODEL_FOLDER = Path("~/.cache/edge")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a verb and leave with its exit code; without arguments, run that of the process."""
    options = parser().parse_args(arguments)
    verb: Callable[[argparse.Namespace], int] = options.verb
    try:
        code = verb(options)
    except ConfigError as error:  # lines of file:line:column, as editors jump to them
        sys.stderr.write(f"{error}\n")
        code = CONFIG
    except (ModelError, NoDaemon) as error:
        code = _fail(error, UNAVAILABLE)
    except TooMuchMemory as error:
        code = _fail(error, MEMORY)
    except EdgeError as error:
        code = _fail(error, FAILED)
    except OSError as error:
        sys.stderr.write(f"edge: {error}\n")
        code = FAILED
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def _run(options: argparse.Namespace) -> int:
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


def _check(options: argparse.Namespace) -> int:
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


def _try(options: argparse.Namespace) -> int:
    from edge.verbs import tryout

    return tryout.run(
        config=_config(options) if options.route else None,
        route_name=options.route,
        schema_file=options.schema,
        model=options.model or (None if options.route else newest_model()),
        payload=_payload(options.text),
        as_json=options.json,
    )


def _eval(options: argparse.Namespace) -> int:
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


def _demo(options: argparse.Namespace) -> int:
    from edge.verbs import demo

    return demo.run(options.config, options.messages)


def _shapes_list(options: argparse.Namespace) -> int:
    from edge.verbs import shapelist

    shapelist.list_(_state_folder(options), route=options.route, as_json=options.json)
    return OK


def _shapes_show(options: argparse.Namespace) -> int:
    from edge.verbs import shapelist

    shapelist.show(_state_folder(options), options.route, options.shape_id, as_json=options.json)
    return OK


def _shapes_drop(options: argparse.Namespace) -> int:
    from edge.verbs import shapelist

    shapelist.drop(_state_folder(options), options.route, options.shape_id)
    return OK


def _dead_list(options: argparse.Namespace) -> int:
    from edge.verbs import deadlist

    deadlist.list_(_state_folder(options), route=options.route, reason=options.reason, as_json=options.json)
    return OK


def _dead_show(options: argparse.Namespace) -> int:
    from edge.verbs import deadlist

    deadlist.show(_state_folder(options), options.id, as_json=options.json, as_payload=options.payload)
    return OK


def _dead_replay(options: argparse.Namespace) -> int:
    from edge.verbs import deadlist

    is_done = deadlist.replay(_state_folder(options), options.ids, route=options.route, reason=options.reason)
    return OK if is_done else FAILED


def _dead_purge(options: argparse.Namespace) -> int:
    from edge.verbs import deadlist

    deadlist.purge(_state_folder(options), options.ids, route=options.route, reason=options.reason)
    return OK


def _spool_status(options: argparse.Namespace) -> int:
    from edge.verbs import spoolstatus

    spoolstatus.show(_state_folder(options), as_json=options.json)
    return OK


def _reload(options: argparse.Namespace) -> int:
    from edge.verbs import reload

    return OK if reload.run(_state_folder(options)) else CONFIG


def _doctor(options: argparse.Namespace) -> int:
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


def _bench(options: argparse.Namespace) -> int:
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

    return config.load(options.config, overrides=options.set, hostname=socket.gethostname())


def _payload(text: str) -> bytes:
    """Return the text given on the command line; "-" stands for standard input, without its last line end."""
    if text != "-":
        return text.encode("utf-8", "surrogateescape")
    return sys.stdin.buffer.read().removesuffix(b"\n")


def _fail(error: EdgeError, code: int) -> int:
    sys.stderr.write("".join(f"edge: {line}\n" for line in str(error).splitlines()))
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = argparse.ArgumentParser(prog="edge", description=edge.__doc__)
    whole.add_argument("--version", action="version", version=f"edge {edge.__version__}")
    verbs = whole.add_subparsers(title="verbs", required=True, metavar="VERB")

    configured = argparse.ArgumentParser(add_help=False)
    configured.add_argument("--config", type=Path, default=CONFIG_FILE, metavar="FILE", help=f"({CONFIG_FILE})")
    configured.add_argument(
        "--set", action="append", default=[], metavar="OPTION=VALUE", help="as in mqtt.port=1884; may be repeated"
    )

    run = verbs.add_parser("run", parents=[configured], help="serve: texts in over MQTT, readings out")
    run.add_argument("--log-level", choices=["debug", "info", "warning", "error"], default="info")
    run.set_defaults(verb=_run)

    check = verbs.add_parser("check", parents=[configured], help="find every fault of a configuration")
    check.add_argument("--quiet", action="store_true", help="say nothing when all is well")
    check.add_argument("--deny-warnings", action="store_true", help="take warnings for faults")
    check.set_defaults(verb=_check)

    examined = [configured, _kept(), _shown()]
    _add_doctor(verbs.add_parser("doctor", parents=examined, help="look whether the daemon has all that it needs"))

    attempt = verbs.add_parser("try", parents=[configured], help="read one text, without a broker")
    under = attempt.add_mutually_exclusive_group(required=True)
    under.add_argument("--route", metavar="NAME", help="a route of the configuration")
    under.add_argument("--schema", type=Path, metavar="FILE", help="a JSON Schema; needs no configuration")
    _add_model(attempt, "that of the configuration, or the newest")
    attempt.add_argument("--json", action="store_true", help="print reading, spans and confidence as JSON")
    attempt.add_argument(
        "text",
        nargs="?",
        default="-",
        metavar="TEXT",
        help='"-" or nothing: standard input; -- before one that starts with -',
    )
    attempt.set_defaults(verb=_try)

    evaluate = verbs.add_parser("eval", help="score a model on cases with known answers")
    source = evaluate.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "cases", nargs="?", type=Path, metavar="CASES.jsonl", help="id, schema, text, expected, family"
    )
    source.add_argument("--edgejson", type=Path, metavar="DIR", help="EdgeJSON v3: test.jsonl and schemas.json")
    _add_model(evaluate, "the newest")
    evaluate.add_argument("--json", action="store_true", help="print the figures as JSON")
    evaluate.add_argument("--limit", type=_count, metavar="N", help="only the first N cases")
    evaluate.add_argument("--predictions", type=Path, metavar="OUT", help="write a JSON line for each case")
    evaluate.set_defaults(verb=_eval)

    _add_shapes(verbs.add_parser("shapes", help="show or drop what the shape cache has learned"))

    _add_dead(verbs.add_parser("dead", help="show the dead letters, read them again, or throw them away"))

    _add_spool(verbs.add_parser("spool", help="show what waits on disk for its answer"))

    _add_reload(verbs)

    demo = verbs.add_parser("demo", help="show the whole way, with a private broker (in a clone: make demo)")
    demo.add_argument("--config", type=Path, default=Path("config/demo.yaml"), metavar="FILE")
    demo.add_argument("--messages", type=Path, default=Path("config/demo/messages.yaml"), metavar="FILE")
    demo.set_defaults(verb=_demo)

    _add_bench(verbs.add_parser("bench", help="measure speed, memory and accuracy on this machine"))
    return whole


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    """Give the verb `doctor` its options, beside those of the configuration."""
    parser.add_argument("--quick", action="store_true", help="neither read all of the model nor load it")
    parser.set_defaults(verb=_doctor)


def _add_shapes(parser: argparse.ArgumentParser) -> None:
    """Give the verb `shapes` its own verbs."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    kept, shown = _kept(), _shown()

    listed = verbs.add_parser("list", parents=[kept, shown], help="which shapes are replayed, or being learned")
    listed.add_argument("--route", metavar="NAME", help="of one route alone")
    listed.set_defaults(verb=_shapes_list)

    show = verbs.add_parser("show", parents=[kept, shown], help="where each value of one shape comes from")
    show.add_argument("route", metavar="ROUTE")
    show.add_argument("shape_id", metavar="SHAPE-ID", help="8 digits or more, as `list` shows them")
    show.set_defaults(verb=_shapes_show)

    drop = verbs.add_parser("drop", parents=[kept], help="forget shapes; the model reads them anew")
    which = drop.add_mutually_exclusive_group(required=True)
    which.add_argument("route", nargs="?", metavar="ROUTE", help="all shapes of a route")
    which.add_argument("--all", action="store_true", help="all shapes of all routes")
    drop.add_argument("shape_id", nargs="?", metavar="SHAPE-ID", help="one shape of the route")
    drop.set_defaults(verb=_shapes_drop)


def _add_dead(parser: argparse.ArgumentParser) -> None:
    """Give the verb `dead` its own verbs."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    kept, shown = _kept(), _shown()
    some = argparse.ArgumentParser(add_help=False)
    some.add_argument("--route", metavar="NAME", help="of one route alone; _unrouted: of none")
    some.add_argument("--reason", choices=list(map(str, Reason)), metavar="REASON", help="with one reason alone")

    listed = verbs.add_parser("list", parents=[kept, shown, some], help="which messages got no reading, and why")
    listed.set_defaults(verb=_dead_list)

    show = verbs.add_parser("show", parents=[kept, shown], help="all of one dead letter")
    show.add_argument("id", metavar="ID", help="8 digits or more, as `list` shows them")
    show.add_argument("--payload", action="store_true", help="write its bytes alone, for a pipe")
    show.set_defaults(verb=_dead_show)

    replay = verbs.add_parser("replay", parents=[kept, some], help="let the daemon read messages again")
    purge = verbs.add_parser("purge", parents=[kept, some], help="delete dead letters")
    for verb, function, what in ((replay, _dead_replay, "read"), (purge, _dead_purge, "delete")):
        which = verb.add_mutually_exclusive_group(required=True)
        which.add_argument("ids", nargs="*", default=[], metavar="ID", help="8 digits or more")
        which.add_argument("--all", action="store_true", help=f"{what} all, or all of a route or a reason")
        verb.set_defaults(verb=function)


def _add_spool(parser: argparse.ArgumentParser) -> None:
    """Give the verb `spool` its own verb."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    status = verbs.add_parser("status", parents=[_kept(), _shown()], help="how much waits, and since when")
    status.set_defaults(verb=_spool_status)


def _add_reload(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb `reload`."""
    what = "have the daemon take up its configuration anew"
    verbs.add_parser("reload", parents=[_kept()], help=what).set_defaults(verb=_reload)


def _add_bench(parser: argparse.ArgumentParser) -> None:
    """Give the verb `bench` its options."""
    _add_model(parser, "the newest")
    parser.add_argument("--peers", action="store_true", help="llama-cpp-python and llama-server as well")
    parser.add_argument("--llama-server", type=Path, metavar="FILE", help="one that is built already")
    parser.add_argument("--rounds", type=_count, default=3, metavar="N", help="turns of what is compared (3)")
    parser.add_argument("--limit", type=_count, metavar="N", help="messages a row takes at most")
    parser.add_argument("--only", nargs="+", default=[], metavar="ROW", help="only these groups of rows")
    parser.add_argument("--out", type=Path, default=Path("build"), metavar="DIR", help="for the results (build)")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="write the report to this file, too")
    parser.add_argument("--tune", action="store_true", help="choose threads and slots for this machine instead")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.set_defaults(verb=_bench)


def _kept() -> argparse.ArgumentParser:
    """Return the option of verbs that look into a state directory."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--state", type=Path, metavar="DIR", help="the daemon's state directory (/var/lib/edge)")
    return options


def _shown() -> argparse.ArgumentParser:
    """Return the option of verbs that show something."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--json", action="store_true", help="print all that is known as JSON")
    return options


def _add_model(parser: argparse.ArgumentParser, default: str) -> None:
    text = f"a GGUF ({default} of {MODEL_FOLDER})"
    parser.add_argument("--model", type=Path, metavar="FILE", help=text)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


if __name__ == "__main__":
    main()
