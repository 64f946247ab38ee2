"""Owns `edge init`: from texts of a device to a file with a route for them, tried at once on the same texts.

Knows nothing of where the texts come from. No file is ever overwritten.
"""

import re
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from edge import config
from edge.config.options import Limits, Model
from edge.errors import ConfigError, EdgeError
from edge.extraction.extractor import Extractor, open_model
from edge.literal import dumps, loads
from edge.proposal import page, proposal
from edge.proposal.proposal import Proposal, Sample
from edge.routes import Route
from edge.topics import TopicFilter
from edge.trial import Trial
from edge.verbs import differences, terminal, tryout
from edge.verbs.samples import Samples

_MOST_TRIED = 5  # texts; the model takes up to a second for each on a small machine
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NO_NAMES = {"raw", "tele", "stat", "sensor", "sensors", "result", "state", "data", "up", "log"}


def route_name(given: str | None, topic: str | None) -> str:
    """Return the name of the route: the one that was given, or one from the topic.

    >>> route_name(None, "sensors/greenhouse/+/raw"), route_name(None, None)
    ('greenhouse', 'device')

    Raises:
        EdgeError: the given one is no name.
    """
    if given is not None:
        if not _NAME.fullmatch(given):
            raise EdgeError(f"--name: expected letters, digits, - and _, got {dumps(given)}")
        return given
    levels = TopicFilter(topic).levels if topic else ()
    for level in reversed(levels):
        if _NAME.fullmatch(level) and level.lower() not in _NO_NAMES:
            return level
    return "device"


def check_filter(option: str, topic: str | None) -> None:
    """Look whether what an option names is a filter of topics; None, where it is not given, is well.

    Raises:
        EdgeError: it is none.
    """
    try:
        if topic is not None:
            TopicFilter(topic)
    except ValueError as error:
        raise EdgeError(f"{option}: {error}") from error


def check_is_new(file: Path) -> None:
    """Look whether a file may be written, before anything is asked of a person.

    Raises:
        EdgeError: there is something already.
    """
    if file.exists() or file.is_symlink():
        raise EdgeError(f"{file}: expected no such file, for none is overwritten; --out names another")


def run(
    samples: Samples,
    *,
    name: str,
    subscribe: str | None,
    file: Path | None,
    model: Callable[[], Path] | None,
    open_extractor: Callable[..., AbstractContextManager[Extractor]] = open_model,
) -> int:
    """Propose a route, write it down, try it, and return the exit code: 1 where a text gets no reading, else 0.

    Args:
        samples: texts of a device.
        name: of the route.
        subscribe: its filter; None for the one that the texts came by, or one made of the name.
        file: a new one; None for standard output.
        model: finds the weights that the texts are tried with; None to try nothing.
        open_extractor: opens them.

    Raises:
        EdgeError: there is nothing in the texts, or the file is there already.
        ModelError: the weights cannot be used; the file is written by then.
    """
    found = proposal.of(samples.texts)
    where = subscribe or samples.topic or f"raw/{name}"
    shown = str(file) if file else f"{name}.yaml"
    text = page.yaml(found, name=name, subscribe=where, file=shown, encoding=samples.encoding)
    route = _route(text, shown)
    console = Console(stderr=file is None, highlight=False, soft_wrap=True)
    if file is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        _write(file, text)
        console.print(Text(f"wrote {file}: route {name} with {_count(len(found.fields), 'field')}"))
    if model is None:
        return 0
    return _try(console, found, route, model(), open_extractor)


def _route(text: str, name: str) -> Route:
    """Return the route of a page, read as the daemon would: what it would refuse is not written.

    Raises:
        ConfigError: under the name of the file that it is meant for.
    """
    with tempfile.TemporaryDirectory(prefix="edge-init-") as folder:
        path = Path(folder) / Path(name).name
        path.write_text(text, encoding="utf-8")
        try:
            (route,) = config.load(path, hostname=socket.gethostname()).routes
        except ConfigError as error:
            raise ConfigError([replace(problem, file=name) for problem in error.problems]) from error
    return route


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        check_is_new(file)
        raise


def _try(
    console: Console,
    found: Proposal,
    route: Route,
    model: Path,
    open_extractor: Callable[..., AbstractContextManager[Extractor]],
) -> int:
    tried = found.samples[:_MOST_TRIED]
    options, limits = Model(), Limits()
    rejected = 0
    with open_extractor(
        model, threads=options.threads, context_tokens=options.context_tokens, limits=limits
    ) as extractor:
        for sample in tried:
            payload = sample.payload.encode(route.inlet.encoding)
            trial = tryout.attempt(extractor, route, payload, limits, arrived_at=datetime.now(UTC))
            _show(console, sample, trial)
            rejected += trial.reading is None
    said = f"{_count(len(tried), 'text')} tried" + (
        f" of {len(found.samples)}" if len(tried) < len(found.samples) else ""
    )
    console.print(Text(f"{said}, {rejected} without a reading"))
    return 1 if rejected else 0


def _show(console: Console, sample: Sample, trial: Trial) -> None:
    """Print a text, its reading, and where the model does not see what the labels say."""
    console.print()
    shown = terminal.highlighted(trial.extraction) if trial.extraction else Text(terminal.harmless(sample.payload))
    console.print(shown)
    if trial.reading is None:
        console.print(Text(f"  rejected: {trial.rejected}", style="red"))
        return
    console.print(Text(f"  {trial.published}"))
    if sample.is_whole:
        for line in differences.lines(sample.expected, loads(trial.published)):
            console.print(Text(f"  look at {line}", style="yellow"))


def _count(number: int, noun: str) -> str:
    """Return so many things, in words.

    >>> _count(1, "field"), _count(2, "text")
    ('1 field', '2 texts')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
