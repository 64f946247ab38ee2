"""Owns what a configuration makes of the daemon that another may take the place of while it runs.

Knows nothing of the broker and of how it is taken up. What a running daemon cannot change (the connection, the
model, the spool) stays as it was, and is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from edge import fingerprint, memory
from edge import pipeline as pipelines
from edge.config.options import Config
from edge.errors import ConfigError, EdgeError, Problem
from edge.extraction.extractor import Extractor, Prepared
from edge.pipeline import Pipeline
from edge.routes import Routes
from edge.shapes import shapestore
from edge.shapes.shapes import RouteShapes, ShapeCache
from edge.shapes.shapestore import ShapeStore

_LASTING = ("base_topic", "mqtt", "model", "spool", "http")  # sections that hold until the daemon is restarted


@dataclass(frozen=True, kw_only=True, slots=True)
class Generation:
    """All that comes of a configuration, and lasts until the next.

    Attributes:
        config: as it is in force: options that wait for a restart have their old values.
        waiting: the options that wait for a restart, by their paths.
        prepared: the schema of each route, made ready, by the route's name.
        shapes: what the shape cache must know of each route, to be told when the generation is taken up.
        cache: the shape cache, which may be the one of the generation before; None for none.
    """

    config: Config
    waiting: tuple[str, ...] = ()
    prepared: Mapping[str, Prepared]
    shapes: Mapping[str, RouteShapes]
    pipeline: Pipeline
    cache: ShapeCache | None

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What to subscribe to, as the broker is told it."""
        return subscriptions(self.config)

    @property
    def memory_limit_mb(self) -> int:
        """What the process may take, in MB."""
        return self.config.limits.memory_mb or memory.usual_limit_mb(self.config.model.context_tokens)


class Generations:
    """Makes generations, each from a configuration.

    Args:
        config_file: named in what is wrong with a route.
        folder: the state directory; None for none: then what is learned is kept in memory.
    """

    def __init__(self, extractor: Extractor, config_file: Path, folder: Path | None) -> None:
        self._extractor = extractor
        self._config_file = config_file
        self._folder = folder
        self._store: ShapeStore | None = None
        self._model = ""  # its fingerprint

    def first(self, config: Config) -> Generation:
        """Return the generation that the daemon starts with.

        Raises:
            OSError: the file of the model cannot be read.
            ConfigError: for every route whose schema does not fit the context, or whose grammar is refused.
        """
        self._model = fingerprint.of_model(config.model.path)
        return self._made(config, None, ())

    def next(self, config: Config, now: Generation) -> Generation:
        """Return the generation that is to follow; nothing has changed before it is taken up.

        Raises:
            ConfigError: as `first`.
        """
        waiting = changed(now.config, config)
        lasting = {name: getattr(now.config, name) for name in _LASTING}
        return self._made(replace(config, **lasting), now, waiting)

    def close(self) -> None:
        """Close the file of what was learned."""
        if self._store is not None:
            self._store.close()

    def _made(self, config: Config, before: Generation | None, waiting: tuple[str, ...]) -> Generation:
        extractor = self._extractor.under(config.limits)
        prepared = _prepare(extractor, config.routes, self._config_file, before.prepared if before else {})
        manners = {route.name: (route.units, route.min_confidence) for route in config.routes}
        shapes = {
            name: RouteShapes(
                root=each.schema.root,
                validator=each.validator,
                fingerprint=fingerprint.of_route(each.schema, self._model, *manners[name]),
            )
            for name, each in prepared.items()
        }
        cache = None
        if config.shapes.enabled:
            known = before.cache if before else None
            cache = known or ShapeCache(config.shapes, shapes, store=self._opened_store())
        return Generation(
            config=config,
            waiting=waiting,
            prepared=prepared,
            shapes=shapes,
            cache=cache,
            pipeline=Pipeline(
                extractor=extractor,
                routes=config.routes,
                prepared=prepared,
                limits=config.limits,
                base_topic=config.base_topic,
                cache=cache,
            ),
        )

    def _opened_store(self) -> ShapeStore | None:
        if self._store is None and self._folder is not None:
            self._store = shapestore.open_or_none(self._folder)
        return self._store


def subscriptions(config: Config, *, is_alone: bool = False) -> tuple[str, ...]:
    """Return what to subscribe to, as the broker is told it.

    Args:
        config: with the routes, and whether there are requests.
        is_alone: whether to leave out the group that shares the messages.
    """
    of_routes = config.routes.subscriptions(share_group=None if is_alone else config.mqtt.share_group)
    requests = (f"{requests_below(config)}+",) if config.bridge.requests else ()
    births = (birth_topic(config),) if config.homeassistant.enabled else ()
    return *of_routes, *requests, *births


def requests_below(config: Config) -> str:
    """Return how the topics begin on which the daemon is asked something."""
    return f"{config.base_topic}/bridge/request/"


def birth_topic(config: Config) -> str:
    """Return where Home Assistant says that it has started."""
    return f"{config.homeassistant.prefix}/status"


def asides(config: Config) -> tuple[str, ...]:
    """Return the filters by which the daemon hears what is no text of a device."""
    births = (birth_topic(config),) if config.homeassistant.enabled else ()
    return f"{requests_below(config)}+", *births


def changed(before: Config, after: Config) -> tuple[str, ...]:
    """Return the paths of the options that differ and wait for a restart."""
    return tuple(
        path for name in _LASTING for path in _differing(getattr(before, name), getattr(after, name), name)
    )


def _differing(before: Any, after: Any, path: str) -> list[str]:
    """Return the paths at which two values differ.

    >>> from edge.config.options import Model
    >>> _differing(Model(), Model(slots=4), "model")
    ['model.slots']
    """
    if before == after:
        return []
    if not (is_dataclass(before) and is_dataclass(after)):
        return [path]
    names = [field.name for field in fields(before)]
    return [
        each
        for name in names
        for each in _differing(getattr(before, name), getattr(after, name), f"{path}.{name}")
    ]


def _prepare(
    extractor: Extractor, routes: Routes, config_file: Path, before: Mapping[str, Prepared]
) -> dict[str, Prepared]:
    """Return the schema of each route made ready; one that is as before keeps what was read under it lately.

    Raises:
        ConfigError: for every route whose schema does not fit the context, or whose grammar is refused.
    """
    prepared, problems = {}, []
    for index, route in enumerate(routes):
        try:
            fresh = pipelines.prepare(extractor, route)
        except EdgeError as error:
            problems.append(Problem(file=str(config_file), path=f"routes[{index}]", message=str(error)))
            continue
        known = before.get(route.name)
        is_known = known is not None and known.schema == fresh.schema
        prepared[route.name] = replace(fresh, history=known.history) if known and is_known else fresh
    if problems:
        raise ConfigError(problems)
    return prepared
