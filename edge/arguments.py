"""Owns the arguments: which verbs there are, what they take, and the words of `--help`.

Knows nothing of what a verb does with them. The manual and the completion of shells are made from this parser.
"""

import argparse
import re
from pathlib import Path

import edge
from edge import calls, service
from edge.errors import Reason

CONFIG_FILE = Path("/etc/edge/edge.yaml")
_MOST_PORT = 65_535


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
    run.add_argument("--log-level", choices=service.LOG_LEVELS, default="info")
    run.set_defaults(verb=calls.run)

    check = verbs.add_parser("check", parents=[configured], help="find every fault of a configuration")
    check.add_argument("--quiet", action="store_true", help="say nothing when all is well")
    check.add_argument("--deny-warnings", action="store_true", help="take warnings for faults")
    check.set_defaults(verb=calls.check)

    _add_config(verbs.add_parser("config", help="print what editors must know of the configuration"))

    examined = [configured, _kept(), _shown()]
    _add_doctor(verbs.add_parser("doctor", parents=examined, help="look whether the daemon has all that it needs"))

    _add_init(verbs.add_parser("init", help="propose a route for a device from texts of it, in a new file"))

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
    attempt.set_defaults(verb=calls.try_)

    _add_test(verbs.add_parser("test", parents=[configured], help="run your own test cases, without a broker"))

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
    evaluate.set_defaults(verb=calls.eval_)

    _add_top(verbs.add_parser("top", parents=[_kept(), _shown()], help="watch a running daemon"))

    _add_shapes(verbs.add_parser("shapes", help="show or drop what the shape cache has learned"))

    _add_dead(verbs.add_parser("dead", help="show the dead letters, read them again, or throw them away"))

    _add_spool(verbs.add_parser("spool", help="show what waits on disk for its answer"))

    _add_reload(verbs)

    _add_discovery(verbs.add_parser("discovery", help="show or take back what Home Assistant is told"), configured)

    demo = verbs.add_parser("demo", help="show the whole way, with a private broker (in a clone: make demo)")
    demo.add_argument("--config", type=Path, default=Path("config/demo.yaml"), metavar="FILE")
    demo.add_argument("--messages", type=Path, default=Path("config/demo/messages.yaml"), metavar="FILE")
    demo.set_defaults(verb=calls.demo)

    _add_bench(verbs.add_parser("bench", help="measure speed, memory and accuracy on this machine"))
    return whole


def _add_config(parser: argparse.ArgumentParser) -> None:
    """Give the verb `config` its own verb."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    schema = verbs.add_parser("schema", help="its JSON Schema, by which an editor completes and checks it")
    schema.add_argument("--cases", action="store_true", help="that of files of test cases, for `edge test`")
    schema.set_defaults(verb=calls.config_schema)


def _add_init(parser: argparse.ArgumentParser) -> None:
    """Give the verb `init` its options."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--file", type=Path, metavar="FILE", help="with texts, one a line")
    source.add_argument(
        "--listen", metavar="TOPIC", help="take what comes on a topic of the broker; + and # may be in it"
    )
    parser.add_argument("--whole", action="store_true", help="a file or standard input is one text of many lines")
    parser.add_argument("--seconds", type=_count, default=60, metavar="N", help="how long to listen (60)")
    parser.add_argument("--broker", type=_address, metavar="HOST[:PORT]", help="(that of the configuration)")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"where broker and model stand ({CONFIG_FILE}, if there)",
    )
    parser.add_argument("--name", metavar="NAME", help="of the route (from the topic, or device)")
    parser.add_argument(
        "--topic", metavar="FILTER", help="what the route subscribes to (that of --listen, or raw/NAME)"
    )
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--out", type=Path, metavar="FILE", help="a new file (NAME.yaml)")
    target.add_argument("--print", action="store_true", help="print the proposal, and write no file")
    parser.add_argument("--no-try", action="store_true", help="do not read the texts with the model")
    _add_model(parser, "that of the configuration, or the newest")
    parser.add_argument(
        "texts",
        nargs="*",
        metavar="TEXT",
        help='what the device prints; "-" or nothing: standard input, a text a line',
    )
    parser.set_defaults(verb=calls.init, usual_config=CONFIG_FILE)


def _add_test(parser: argparse.ArgumentParser) -> None:
    """Give the verb `test` its options, beside those of the configuration."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="files of cases, or folders with *_test.yaml; nothing: `tests:` of the routes, and the "
        "*_test.yaml beside the configuration",
    )
    parser.add_argument("--model", type=Path, metavar="FILE", help="a GGUF (that of the configuration)")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write a report as JUnit XML")
    parser.set_defaults(verb=calls.test)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    """Give the verb `doctor` its options, beside those of the configuration."""
    parser.add_argument("--quick", action="store_true", help="neither read all of the model nor load it")
    parser.set_defaults(verb=calls.doctor)


def _add_top(parser: argparse.ArgumentParser) -> None:
    """Give the verb `top` its options."""
    parser.add_argument("--once", action="store_true", help="print one picture; its rates are since the start")
    parser.add_argument("--every", type=_count, default=2, metavar="N", help="seconds between two pictures (2)")
    parser.set_defaults(verb=calls.top)


def _add_shapes(parser: argparse.ArgumentParser) -> None:
    """Give the verb `shapes` its own verbs."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    kept, shown = _kept(), _shown()

    listed = verbs.add_parser("list", parents=[kept, shown], help="which shapes are replayed, or being learned")
    listed.add_argument("--route", metavar="NAME", help="of one route alone")
    listed.set_defaults(verb=calls.shapes_list)

    show = verbs.add_parser("show", parents=[kept, shown], help="where each value of one shape comes from")
    show.add_argument("route", metavar="ROUTE")
    show.add_argument("shape_id", metavar="SHAPE-ID", help="8 digits or more, as `list` shows them")
    show.set_defaults(verb=calls.shapes_show)

    drop = verbs.add_parser("drop", parents=[kept], help="forget shapes; the model reads them anew")
    which = drop.add_mutually_exclusive_group(required=True)
    which.add_argument("route", nargs="?", metavar="ROUTE", help="all shapes of a route")
    which.add_argument("--all", action="store_true", help="all shapes of all routes")
    drop.add_argument("shape_id", nargs="?", metavar="SHAPE-ID", help="one shape of the route")
    drop.set_defaults(verb=calls.shapes_drop)


def _add_dead(parser: argparse.ArgumentParser) -> None:
    """Give the verb `dead` its own verbs."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    kept, shown = _kept(), _shown()
    some = argparse.ArgumentParser(add_help=False)
    some.add_argument("--route", metavar="NAME", help="of one route alone; _unrouted: of none")
    some.add_argument("--reason", choices=list(map(str, Reason)), metavar="REASON", help="with one reason alone")

    listed = verbs.add_parser("list", parents=[kept, shown, some], help="which messages got no reading, and why")
    listed.set_defaults(verb=calls.dead_list)

    show = verbs.add_parser("show", parents=[kept, shown], help="all of one dead letter")
    show.add_argument("id", metavar="ID", help="8 digits or more, as `list` shows them")
    show.add_argument("--payload", action="store_true", help="write its bytes alone, for a pipe")
    show.set_defaults(verb=calls.dead_show)

    replay = verbs.add_parser("replay", parents=[kept, some], help="let the daemon read messages again")
    purge = verbs.add_parser("purge", parents=[kept, some], help="delete dead letters")
    for verb, function, what in ((replay, calls.dead_replay, "read"), (purge, calls.dead_purge, "delete")):
        which = verb.add_mutually_exclusive_group(required=True)
        which.add_argument("ids", nargs="*", default=[], metavar="ID", help="8 digits or more")
        which.add_argument("--all", action="store_true", help=f"{what} all, or all of a route or a reason")
        verb.set_defaults(verb=function)


def _add_spool(parser: argparse.ArgumentParser) -> None:
    """Give the verb `spool` its own verb."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    status = verbs.add_parser("status", parents=[_kept(), _shown()], help="how much waits, and since when")
    status.set_defaults(verb=calls.spool_status)


def _add_reload(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb `reload`."""
    what = "have the daemon take up its configuration anew"
    verbs.add_parser("reload", parents=[_kept()], help=what).set_defaults(verb=calls.reload)


def _add_discovery(parser: argparse.ArgumentParser, configured: argparse.ArgumentParser) -> None:
    """Give the verb `discovery` its own verbs."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    show = verbs.add_parser(
        "show", parents=[configured, _shown()], help="devices and entities, as they are announced"
    )
    show.set_defaults(verb=calls.discovery_show)
    purge = verbs.add_parser(
        "purge", parents=[configured, _kept()], help="take all devices of this daemon out of Home Assistant"
    )
    purge.set_defaults(verb=calls.discovery_purge)


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
    parser.set_defaults(verb=calls.bench)


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
    text = f"a GGUF ({default} of {calls.MODEL_FOLDER})"
    parser.add_argument("--model", type=Path, metavar="FILE", help=text)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def _address(text: str) -> tuple[str, int | None]:
    """Return the host and the port of a broker; None for the usual port."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]\s]+)(?::([0-9]{1,5}))?", text)
    port = int(found[2]) if found and found[2] else None
    if found is None or (port is not None and not 0 < port <= _MOST_PORT):
        raise argparse.ArgumentTypeError(f"expected HOST or HOST:PORT, got {text!r}")
    return found[1].strip("[]"), port
