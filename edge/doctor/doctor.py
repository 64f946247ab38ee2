"""Owns the verb `doctor`: which checks are made, in which order, and how they are shown.

Knows nothing of what they look at. None of them starts, stops or changes anything.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from edge import memory
from edge.config.options import Config, Model
from edge.doctor import (
    broker,
    clock,
    configuration,
    heat,
    processor,
    programs,
    ram,
    storage,
    trial,
    unit,
    versions,
    weights,
)
from edge.doctor.finding import Finding, Status, fail, skip
from edge.errors import ConfigError
from edge.state import statefolder

CREDENTIALS = Path("/etc/edge")  # LoadCredential= of the unit: the names there are those of the credentials
_STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.SKIP: "dim"}
_STATUS_WIDTH, _CHECK_WIDTH = 4, 13


def run(
    config_file: Path,
    *,
    overrides: Sequence[str],
    hostname: str,
    environment: Mapping[str, str],
    state: Path | None,
    is_quick: bool,
    as_json: bool,
) -> bool:
    """Make every check, print what each says as soon as it is known, and return whether none failed.

    Args:
        config_file: as `config.read` takes it, like the next two.
        overrides: options that replace those of the file.
        hostname: of this machine.
        environment: of this process.
        state: the state directory; None for the service's, or where there is none, this user's.
        is_quick: whether to leave out what takes seconds: reading all of the model, and loading it.
        as_json: whether to print a JSON list at the end instead.

    Raises:
        ConfigError: the configuration cannot be used; after all the checks that can be made without it.
    """
    environment = {"CREDENTIALS_DIRECTORY": str(CREDENTIALS), **environment}
    config, first = configuration.look(
        config_file, overrides=overrides, hostname=hostname, environment=environment
    )
    folder = state or statefolder.of_the_daemon(environment)
    checks = _checks(config, folder, environment, is_quick=is_quick)
    console = Console(highlight=False, soft_wrap=True)
    found: list[Finding] = []
    for each in _all(first, checks):
        found.append(each)
        if not as_json:
            console.print(shown(each))
    if as_json:
        sys.stdout.write(json.dumps([document(each) for each in found], ensure_ascii=False, indent=1) + "\n")
    else:
        console.print(summary(found))
    if isinstance(config, ConfigError):
        raise config
    return not any(each.status is Status.FAIL for each in found)


def shown(finding: Finding) -> Text:
    """Return a finding as a line, and a second one for its hint.

    >>> print(shown(fail("broker", "no answer", "start it")).plain)
    FAIL  broker         no answer
          -> start it
    """
    status = (f"{finding.status:{_STATUS_WIDTH}}  ", _STYLES[finding.status])
    line = Text.assemble(status, f"{finding.check:{_CHECK_WIDTH}}  ", finding.found)
    if finding.hint:
        line.append(f"\n{'':{_STATUS_WIDTH}}  -> {finding.hint}", style="yellow")
    return line


def document(finding: Finding) -> dict[str, str]:
    """Return a finding as JSON has it."""
    return {
        "check": finding.check,
        "status": str(finding.status),
        "found": finding.found,
        "hint": finding.hint,
    }


def summary(findings: Sequence[Finding]) -> str:
    """Return how many checks went how.

    >>> summary([fail("broker", "", ""), skip("power", "")])
    '2 checks: 0 ok, 0 warn, 1 FAIL, 1 skip'
    """
    counts = [sum(each.status is status for each in findings) for status in Status]
    parts = (f"{count} {status}" for status, count in zip(Status, counts, strict=True))
    return f"{len(findings)} checks: {', '.join(parts)}"


def _all(first: Sequence[Finding], rest: Iterator[Finding]) -> Iterator[Finding]:
    yield from first
    yield from rest


def _checks(
    config: Config | ConfigError, folder: Path, environment: Mapping[str, str], *, is_quick: bool
) -> Iterator[Finding]:
    """Give what each check says; those that need a configuration are left out where there is none."""
    version: str | None = None
    if isinstance(config, ConfigError):
        yield skip("broker", "the configuration does not say where it is")
    else:
        findings, version = broker.look(config, environment)
        yield from findings
    path = Model().path if isinstance(config, ConfigError) else config.model.path
    yield from _model(path, is_quick=is_quick)
    yield from _storage(folder, None if isinstance(config, ConfigError) else _needed_mb(config))
    its_unit = unit.look(programs.ask)
    yield unit.judge(its_unit)
    daemon = unit.ask_daemon(folder, its_unit)
    yield daemon
    yield from heat.look(programs.ask)
    yield from _memory(config, is_running=daemon.status is Status.OK)
    yield clock.judge(datetime.now(UTC), is_synchronized=clock.is_synchronized(programs.ask))
    yield versions.look(version)


def _model(path: Path, *, is_quick: bool) -> Iterator[Finding]:
    tried = None
    try:
        known = weights.look(path, is_quick=is_quick)
        tried = None if is_quick else trial.run(path)
        yield weights.judge(known, tried)
    except OSError as error:
        yield weights.missing(path, error)
    info = tried.system_info if tried is not None else None
    yield processor.judge(processor.look(), processor.features(info) if info is not None else None)


def _storage(folder: Path, needed_mb: int | None) -> list[Finding]:
    is_of_service = folder == statefolder.OF_THE_SERVICE
    try:
        return storage.judge(storage.look(folder), is_of_service=is_of_service, needed_mb=needed_mb)
    except PermissionError:
        return [skip("state", f"{folder}: this user cannot look there", "`sudo edge doctor`")]
    except OSError as error:
        return [fail("state", f"{folder}: {error.strerror}")]


def _memory(config: Config | ConfigError, *, is_running: bool) -> list[Finding]:
    if isinstance(config, ConfigError):
        limit_mb = memory.usual_limit_mb(Model().context_tokens)
    else:
        limit_mb = config.limits.memory_mb or memory.usual_limit_mb(config.model.context_tokens)
    try:
        return ram.judge(ram.look(), limit_mb=limit_mb, is_running=is_running)
    except (OSError, KeyError, ValueError) as error:
        return ram.unknown(error)


def _needed_mb(config: Config) -> int:
    """Return what dead letters and spool may take on disk."""
    dead_mb = config.dead.max_mb if config.dead.keep else 0
    return dead_mb + (config.spool.max_mb if config.spool.enabled else 0)
