"""Owns `edge test`: the user's own cases go the way of a message, without a broker and without the shape cache.

Knows nothing of how cases are written; what is expected of them is compared in `differences.py`.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.text import Text

from edge import config, pipeline
from edge.answer import Answer
from edge.config import testcases
from edge.config.options import Config
from edge.config.testcases import Case, Expected
from edge.errors import ConfigError, EdgeError, Problem, Reason
from edge.extraction.extractor import Extractor, Prepared, open_model
from edge.literal import dumps, excerpt, loads
from edge.message import Message
from edge.pipeline import Pipeline
from edge.routes import Route, Routes
from edge.verbs import differences, junit, terminal

PATTERN = "*_test.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a case.

    Attributes:
        failures: what was not as expected, a line each.
        became: its readings and rejections, as text.
    """

    case: Case
    route: str
    failures: tuple[str, ...]
    became: tuple[str, ...]
    duration_s: float


def run(
    file: Path,
    *,
    overrides: Sequence[str],
    hostname: str,
    paths: Sequence[Path],
    model: Path | None,
    junit_file: Path | None,
    open_extractor: Callable[..., AbstractContextManager[Extractor]] = open_model,
) -> int:
    """Run test cases, print what became of each, and return the exit code: 0 where all passed, else 1.

    Args:
        file: the configuration.
        overrides: of its options.
        hostname: for `{hostname}` in it.
        paths: files of cases, and folders of such files; none for those of the routes and those beside the file.
        model: None means the configuration's.
        junit_file: where to write the report as JUnit XML; None for nowhere.
        open_extractor: as `open_model`.

    Raises:
        ConfigError: the faults of the configuration, or of the files of cases.
        EdgeError: there is no case; ModelError; OSError: the report cannot be written, all else is done.
    """
    read, document = config.read(file, overrides=overrides, hostname=hostname)
    inline = [] if paths else testcases.of_document(document, read.routes)
    cases = [*inline, *_of_files(_files(paths or [file.parent]), read.routes)]
    if not cases:
        where = ", ".join(map(str, paths)) if paths else f"tests: of a route, or {PATTERN} beside {file}"
        raise EdgeError(f"expected at least one test case in {where}, found none")
    options = read.model
    with open_extractor(
        model or options.path,
        threads=options.threads,
        context_tokens=options.context_tokens,
        limits=read.limits,
        slots=options.slots,
    ) as extractor:
        found = outcomes(extractor, read, cases, now=datetime.now(UTC))
    code = show(found)
    if junit_file is not None:
        junit_file.write_bytes(junit.written([_row(each) for each in found]))
    return code


def outcomes(
    extractor: Extractor,
    tested: Config,
    cases: Sequence[Case],
    *,
    now: datetime,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Outcome]:
    """Return what became of each case, in their order; as many are read together as the model has slots.

    Raises:
        EdgeError: the schema of a route cannot be asked for.
    """
    routes = [replace(each, outlet=replace(each.outlet, has_meta=False)) for each in tested.routes]
    prepared = {route.name: pipeline.prepare(extractor, route) for route in routes}
    whole = _pipeline(extractor, tested, routes, prepared)
    alone = {route.name: _pipeline(extractor, tested, [route], prepared) for route in routes}
    topics = {route.name: _topic(route) for route in routes}

    def outcome(case: Case) -> Outcome:
        started = clock()
        by_topic = case.topic is not None or case.route is None
        answers = _answers(
            whole if by_topic else alone[case.route or ""],
            Message(
                topic=case.topic or topics[case.route or ""],
                payload=case.payload,
                qos=1,
                packet_id=1,
                epoch=1,
                received_at=case.received_at or now,
            ),
        )
        return Outcome(
            case=case,
            route=case.route or "-",
            failures=tuple(_failures(case, answers)),
            became=tuple(map(_said, answers)),
            duration_s=clock() - started,
        )

    console = Console(stderr=True)
    workers = ThreadPoolExecutor(max_workers=tested.model.slots)
    try:
        found = workers.map(outcome, cases)
        return list(
            track(found, "testing", len(cases), console=console, transient=True, disable=not console.is_terminal)
        )
    finally:
        workers.shutdown(cancel_futures=True)


def show(found: Sequence[Outcome]) -> int:
    """Print what became of cases, and return the exit code."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for each in found:
        name = terminal.harmless(f"{each.route}: {each.case.name}")
        if not each.failures:
            console.print(Text.assemble(("ok    ", "green"), name))
            continue
        place = f"{each.case.place.file}:{each.case.place.line}:{each.case.place.column}"
        console.print(Text.assemble(("FAIL  ", "bold red"), (name, "bold"), (f"  {place}", "dim")))
        for line in _told(each):
            console.print(Text(f"        {terminal.harmless(line)}"))
    failed = sum(bool(each.failures) for each in found)
    style = "bold red" if failed else "bold green"
    cases = f"{len(found)} case{'s' if len(found) > 1 else ''}"
    console.print(Text(f"{cases}: {len(found) - failed} passed, {failed} failed", style=style))
    return 1 if failed else 0


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield files, and of folders those whose names say that they hold cases."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob(PATTERN))
        else:
            yield path


def _of_files(files: Iterator[Path], routes: Routes) -> list[Case]:
    """Return the cases of files.

    Raises:
        ConfigError: every fault of all of them.
    """
    cases: list[Case] = []
    problems: list[Problem] = []
    for file in files:
        try:
            cases += testcases.of_file(file, routes)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return cases


def _pipeline(
    extractor: Extractor, tested: Config, routes: Sequence[Route], prepared: Mapping[str, Prepared]
) -> Pipeline:
    return Pipeline(
        extractor=extractor,
        routes=Routes(tuple(routes)),
        prepared=prepared,
        limits=tested.limits,
        base_topic=tested.base_topic,
    )


def _topic(route: Route) -> str:
    """Return a topic that a route takes."""
    return "/".join("x" if level in {"+", "#"} else level for level in route.filters[0].levels)


def _answers(asked: Pipeline, message: Message) -> list[Answer]:
    return [asked.answer(part) for part in asked.parts(message)]


def _failures(case: Case, answers: Sequence[Answer]) -> Iterator[str]:
    """Yield what is not as a case expects it."""
    taken = {answer.route for answer in answers}
    if case.route is not None and taken != {case.route}:
        others = ", ".join(sorted(name or "none" for name in taken))
        yield f"topic: expected the route {case.route} to take it, got {others}"
        return
    if len(answers) != len(case.expected):
        yield f"lines: expected {len(case.expected)}, got {len(answers)}"
        return
    for number, (expected, answer) in enumerate(zip(case.expected, answers, strict=True), start=1):
        where = f"line {number}: " if len(answers) > 1 else ""
        yield from (where + line for line in _differences(case, expected, answer))


def _differences(case: Case, expected: Expected, answer: Answer) -> Iterator[str]:
    if answer.rejected is not None:
        if answer.rejected.reason is not expected:
            wanted = f"a dead letter, {expected}" if isinstance(expected, Reason) else "a reading"
            yield f"expected {wanted}, got a dead letter, {answer.rejected}"
        return
    if isinstance(expected, Reason):
        yield f"expected a dead letter, {expected}, got a reading"
        return
    yield from differences.lines(expected, loads(answer.publication.payload.decode()), case.tolerance)
    if case.publish is not None and answer.publication.topic != case.publish:
        yield f"publish: expected {dumps(case.publish)}, got {dumps(answer.publication.topic)}"


def _said(answer: Answer) -> str:
    if answer.rejected is not None:
        return f"a dead letter, {answer.rejected}"
    return answer.publication.payload.decode()


def _told(failed: Outcome) -> list[str]:
    """Return all that helps with a failure, a line each."""
    became = [f"{'became' if number == 0 else '      '}  {each}" for number, each in enumerate(failed.became)]
    return [*failed.failures, f"input   {excerpt(failed.case.text)}", *became]


def _row(each: Outcome) -> junit.Row:
    return junit.Row(
        group=each.route,
        name=each.case.name,
        file=each.case.place.file,
        line=each.case.place.line,
        duration_s=each.duration_s,
        failure=_told(each) if each.failures else (),
    )
