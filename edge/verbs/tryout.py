"""Owns `edge try`: one text, no broker, the reading and where it came from.

Knows nothing of the daemon; it judges a text exactly as the daemon would.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from rich.console import Console

from edge import pipeline, trial
from edge.config import fields
from edge.config.options import Config, Limits, Model
from edge.errors import EdgeError, Rejected
from edge.extraction.extractor import Extractor, open_model
from edge.literal import dotted, dumps
from edge.outlet import Outlet
from edge.routes import OutputTopic, Route
from edge.schema.schema import Schema
from edge.trial import Trial
from edge.verbs import terminal


def run(
    *,
    config: Config | None,
    route_name: str | None,
    schema_file: Path | None,
    model: Path | None,
    payload: bytes,
    as_json: bool,
) -> int:
    """Read one payload under a route of a configuration, or under a schema file; return the exit code.

    Where the route splits lines, each line is read by itself, and the exit code is that of the worst.

    Args:
        config: None where a schema file is given, and the defaults hold.
        route_name: a route of the configuration.
        schema_file: a JSON Schema; None where a route is given.
        model: None means the configuration's.
        payload: what a device would publish.
        as_json: print all that is known of the reading, not the reading alone.

    Raises:
        EdgeError: no such route; ConfigError: a schema that cannot be used; ModelError.
    """
    route = _named(config, route_name) if config else of_schema(fields.from_file(cast("Path", schema_file)))
    limits = config.limits if config else Limits()
    options = config.model if config else Model()
    with open_model(
        model or options.path, threads=options.threads, context_tokens=options.context_tokens, limits=limits
    ) as extractor:
        trials = attempts(extractor, route, payload, limits, arrived_at=datetime.now(UTC))
        return max([show(each, as_json=as_json) for each in trials])


def _named(config: Config, name: str | None) -> Route:
    found = {route.name: route for route in config.routes}
    if name not in found:
        raise EdgeError(f"--route: expected one of {', '.join(found)}, got {name}")
    return found[name]


def of_schema(schema: Schema) -> Route:
    """Return a route that asks for a schema and for nothing else."""
    return Route(name="try", filters=(), schema=schema, outlet=Outlet(topic=OutputTopic("try")))


def attempts(
    extractor: Extractor, route: Route, payload: bytes, limits: Limits, *, arrived_at: datetime
) -> list[Trial]:
    """Return what becomes of a payload that arrives on a route: of each line, where the route splits them."""
    payloads: tuple[bytes, ...] = (payload,)
    if route.inlet.splits_lines:
        try:
            payloads = route.inlet.parts(payload, limit_bytes=limits.payload_bytes, most=limits.lines)
        except Rejected as rejected:
            return [Trial(extraction=None, reading=None, rejected=rejected)]
    prepared = pipeline.prepare(extractor, route)
    return [
        trial.of_payload(extractor, prepared, route, each, limit_bytes=limits.payload_bytes, arrived_at=arrived_at)
        for each in payloads
    ]


def attempt(extractor: Extractor, route: Route, payload: bytes, limits: Limits, *, arrived_at: datetime) -> Trial:
    """Return what becomes of the only text of a payload that arrives on a route."""
    (only,) = attempts(extractor, route, payload, limits, arrived_at=arrived_at)
    return only


def show(tried: Trial, *, as_json: bool) -> int:
    """Print a trial and return the exit code: 0 for a reading, 1 for a rejection."""
    if as_json:
        sys.stdout.write(dumps(trial.document(tried)) + "\n")
        return 0 if tried.reading else 1
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if tried.extraction and console.is_terminal:
        console.print(terminal.highlighted(tried.extraction))
        console.print(terminal.values(tried.extraction, tried.reading))
        if tried.extraction.left_out:
            places = ", ".join(map(dotted, tried.extraction.left_out))
            console.print(
                f"left out, for their characters belong to surer values: {places}", style="yellow", markup=False
            )
        console.print(f"{tried.extraction.duration_s * 1000:.0f} ms", style="dim")
    if tried.reading:
        sys.stdout.write(tried.published + "\n")
        return 0
    console.print(f"rejected: {tried.rejected}", style="red", markup=False)
    return 1
