"""Owns the routes: which one a message takes, and where its reading goes.

Knows nothing of the configuration file and of the broker; what a topic is stands in `topics.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from edge import jsonpath, topics
from edge.appearance import PLAIN as PLAIN_APPEARANCE
from edge.appearance import Appearance
from edge.errors import Reason, Rejected
from edge.inlet import PLAIN, Inlet
from edge.literal import JSON
from edge.outlet import Outlet
from edge.schema.schema import Schema
from edge.text.moments import Zone
from edge.text.units import UnitPolicy
from edge.topics import MAX_TOPIC_BYTES, Captures, OutputTopic, TopicFilter

__all__ = ["Captures", "Match", "OutputTopic", "Route", "Routes", "TopicFilter"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """What becomes of the messages of some topics. The name is also the device's, for ids and dead letters.

    Attributes:
        shapes: whether wordings that the model has read alike are replayed without it.
        units: what becomes of a number whose unit in the text is not its field's.
        zone: how its devices write the time, for fields of the format date-time; None to keep them as they stand.
        min_confidence: a reading with a value below it is rejected; 0 to 1.
        appearance: in Home Assistant.
    """

    name: str
    filters: tuple[TopicFilter, ...]
    schema: Schema
    inlet: Inlet = PLAIN
    outlet: Outlet
    shapes: bool = True
    units: UnitPolicy = UnitPolicy.CONVERT
    zone: Zone | None = None
    min_confidence: float = 0.0
    appearance: Appearance = PLAIN_APPEARANCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """The route of one message.

    Attributes:
        captures: what the wildcards of its filter stood for.
        levels: what stands for the places of a payload that the output topic names.
    """

    route: Route
    captures: Captures
    levels: tuple[str, ...] = ()

    @property
    def output_topic(self) -> str:
        """Where the reading goes."""
        return self.route.outlet.topic.fill(self.captures, self.levels)

    def within(self, document: JSON) -> "Match":
        """Return the match with what its output topic names of a payload.

        Args:
            document: the payload; None where it is not JSON, and then the topic names nothing of it.

        Raises:
            Rejected: no_topic, where the payload has nothing there that may stand in a topic.
        """
        levels = []
        for place in self.route.outlet.topic.places:
            where = jsonpath.written(place)
            try:
                levels.append(topics.level(jsonpath.find(document, place)))
            except LookupError as error:
                raise Rejected(
                    Reason.NO_TOPIC, f"expected a value at {where} for the topic, got {error}"
                ) from error
            except ValueError as error:
                raise Rejected(Reason.NO_TOPIC, f"{where}, for the topic: {error}") from error
        match = replace(self, levels=tuple(levels))
        if not _can_publish(match.output_topic):
            raise Rejected(Reason.NO_TOPIC, f"expected a topic of at most {MAX_TOPIC_BYTES} bytes")
        return match


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes, in the order of the file: the first that matches takes the message."""

    routes: tuple[Route, ...]

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes)

    def __len__(self) -> int:
        return len(self.routes)

    def match(self, topic: str) -> Match | None:
        """Return the route that takes a topic; None where no route does, or where its output would be no topic."""
        for route in self.routes:
            for topic_filter in route.filters:
                captures = topic_filter.captures(topic)
                if captures is not None:
                    shortest = ("x",) * len(route.outlet.topic.places)  # the payload will say more
                    match = Match(route=route, captures=captures, levels=shortest)
                    return match if _can_publish(match.output_topic) else None
        return None

    def subscriptions(self, *, share_group: str | None = None) -> tuple[str, ...]:
        """Return what to subscribe to: no filter that another covers, as a broker may deliver once for each.

        Args:
            share_group: the group whose members share the messages (MQTT 5, 4.8.2); None to get them all.
        """
        filters = list(dict.fromkeys(each for route in self.routes for each in route.filters))
        prefix = f"$share/{share_group}/" if share_group is not None else ""
        return tuple(prefix + each.text for each in filters if not _is_covered(each, filters))


def _is_covered(topic_filter: TopicFilter, filters: Sequence[TopicFilter]) -> bool:
    """Return whether another of the filters covers this one; of two that match the same, the first one stays."""
    place = filters.index(topic_filter)
    return any(
        other.covers(topic_filter) and (index < place or not topic_filter.covers(other))
        for index, other in enumerate(filters)
        if index != place
    )


def _can_publish(topic: str) -> bool:
    """Return whether a filled topic is one: captures may make it too long, or one of the broker's own."""
    return len(topic.encode()) <= MAX_TOPIC_BYTES and not topic.startswith("$")
