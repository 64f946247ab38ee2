"""Owns MQTT topics: the filters that messages come by, and the templates that readings go by.

Knows nothing of routes, of the configuration file and of the broker.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from edge import jsonpath
from edge.literal import JSON, Path, dumps, excerpt

MAX_TOPIC_BYTES = 65_535  # MQTT 5, 1.5.4: the length of a string is two bytes
MAX_LEVEL_BYTES = 256  # of a level that a payload names

Captures: TypeAlias = tuple[str, ...]  # what each wildcard of a filter stood for, in order

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # MQTT 5, 1.5.4: brokers hang up on these
_PLACEHOLDER = re.compile(r"\{([^{}/]*)\}")
_NUMBER = re.compile(r"[1-9][0-9]?")
_NONCHARACTERS = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
_NO_LEVEL = (
    re.compile(  # beside what check_topic refuses: what means something in topics, and what mosquitto refuses
        rf"^\$|[+#/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]"
    )
)


@dataclass(frozen=True, slots=True)
class TopicFilter:
    """What a route subscribes to; `+` stands for one level of a topic, a last `#` for all that follow.

    Raises:
        ValueError: MQTT knows no such filter; the message says what was expected.
    """

    text: str

    def __post_init__(self) -> None:
        check_topic(self.text)
        levels = self.levels  # split once: there may be 32,768
        if levels[0] == "$share":
            raise ValueError(
                f'expected a filter without "$share", got "{self.text}"; mqtt.share_group names a group'
            )
        for index, level in enumerate(levels):
            is_last = index == len(levels) - 1
            if "+" in level and level != "+":
                raise ValueError(f'expected "+" to stand alone between slashes, got "{self.text}"')
            if "#" in level and (level != "#" or not is_last):
                raise ValueError(f'expected "#" to stand alone at the end, got "{self.text}"')

    @property
    def levels(self) -> tuple[str, ...]:
        """The parts between the slashes."""
        return tuple(self.text.split("/"))

    @property
    def wildcard_count(self) -> int:
        """How many captures a match has."""
        return sum(level in {"+", "#"} for level in self.levels)

    def captures(self, topic: str) -> Captures | None:
        """Return what each wildcard stands for in a topic; None where the filter does not match it.

        >>> TopicFilter("sensors/+/#").captures("sensors/greenhouse/raw/1")
        ('greenhouse', 'raw/1')
        """
        levels = topic.split("/")
        if topic.startswith("$") and self.levels[0] in {"+", "#"}:
            return None  # MQTT 5, 4.7.2: a leading wildcard does not reach the broker's own topics
        found: list[str] = []
        for index, wanted in enumerate(self.levels):
            if wanted == "#":
                return (*found, "/".join(levels[index:]))
            if index == len(levels) or wanted not in {"+", levels[index]}:
                return None
            if wanted == "+":
                found.append(levels[index])
        return tuple(found) if len(levels) == len(self.levels) else None

    def covers(self, other: "TopicFilter") -> bool:
        """Return whether each topic of the other filter is one of this filter's.

        >>> TopicFilter("sensors/#").covers(TopicFilter("sensors/+/raw"))
        True
        """
        mine, theirs = _exact(self), _exact(other)
        if mine[0] == "+" and theirs[0].startswith("$"):
            return False
        for index, level in enumerate(mine):
            if level == "#":
                return True
            if index == len(theirs) or theirs[index] == "#" or level not in {"+", theirs[index]}:
                return False
        return len(mine) == len(theirs)

    def overlaps(self, other: "TopicFilter") -> bool:
        """Return whether some topic belongs to both filters.

        >>> TopicFilter("a/+/c").overlaps(TopicFilter("a/b/+"))
        True
        """
        first, second = sorted((_exact(self), _exact(other)), key=len)
        if {first[0][:1], second[0][:1]} == {"$", "+"}:
            return False
        for mine, theirs in zip(first, second, strict=False):
            if "#" in {mine, theirs}:
                return True
            if "+" not in {mine, theirs} and mine != theirs:
                return False
        return second[len(first) :] in {(), ("#",)}


@dataclass(frozen=True, slots=True)
class OutputTopic:
    """Where readings go: a topic with placeholders in it.

    `{1}` stands for what the first wildcard of the filter stood for, `{device.id}` for what stands at
    `$.device.id` of a payload that is JSON.

    Raises:
        ValueError: it cannot become a topic; the message says what was expected.
    """

    template: str

    def __post_init__(self) -> None:
        check_topic(self.template)
        around = _PLACEHOLDER.sub("", self.template)
        if "+" in around or "#" in around:
            raise ValueError(f'expected a topic without "+" and "#", got "{self.template}"')
        if "{" in around or "}" in around or None in [*map(_place, _PLACEHOLDER.findall(self.template))]:
            raise ValueError(
                f'expected braces as in {{1}}, {{2}}, … {{99}} or {{device.id}} only, got "{self.template}"'
            )
        if not around:  # what a wildcard stood for may be empty, a topic may not
            raise ValueError(f'expected some text beside the placeholders, got "{self.template}"')
        if self.template.startswith("$"):
            raise ValueError(f'expected a topic that does not start with "$", got "{self.template}"')

    @property
    def placeholder_count(self) -> int:
        """How many captures it needs: the largest number in braces, 0 for none."""
        return max((place for place in self._placeholders() if isinstance(place, int)), default=0)

    @property
    def places(self) -> tuple[Path, ...]:
        """The places of a payload that it names, in order, each as often as it stands there."""
        return tuple(place for place in self._placeholders() if isinstance(place, tuple))

    def fill(self, captures: Captures, levels: Sequence[str] = ()) -> str:
        """Return the topic for the captures of a message; an empty capture leaves an empty level.

        >>> OutputTopic("readings/{2}/{1}").fill(("greenhouse", "bench"))
        'readings/bench/greenhouse'
        >>> OutputTopic("readings/{1}/{device.id}").fill(("bench",), ("17",))
        'readings/bench/17'

        Args:
            captures: as many as `placeholder_count`, or more.
            levels: what stands for each of `places`, as `level` has it.
        """
        rest = iter(levels)

        def filled(match: re.Match[str]) -> str:
            return captures[int(match[1]) - 1] if _NUMBER.fullmatch(match[1]) else next(rest)

        return _PLACEHOLDER.sub(filled, self.template)

    def as_filter(self, source: TopicFilter) -> TopicFilter:
        """Return a filter that matches whatever the template becomes for the messages of a source; maybe more.

        >>> OutputTopic("readings/{1}/x{2}").as_filter(TopicFilter("a/+/#")).text
        'readings/+/#'
        """
        levels: list[str] = []
        rest = source.wildcard_count if source.levels[-1] == "#" else 0  # the capture that may have many levels
        for level in self.template.split("/"):
            placeholders = _PLACEHOLDER.findall(level)
            if str(rest) in placeholders:
                return TopicFilter("/".join([*levels, "#"]))
            levels.append("+" if placeholders else level)
        return TopicFilter("/".join(levels))

    def _placeholders(self) -> "Iterator[int | Path | None]":
        return map(_place, _PLACEHOLDER.findall(self.template))


def level(value: JSON) -> str:
    """Return what a value of a payload is as a part of one level of a topic.

    What would be more than that is an underscore: the marks of MQTT, and characters on which a broker hangs up.

    >>> level("barn 2"), level("a/+/#"), level("$SYS")
    ('barn 2', 'a____', '_SYS')

    Raises:
        ValueError: the value is no string or number, is empty, or takes more than `MAX_LEVEL_BYTES`.
    """
    if value == "" or isinstance(value, bool | dict | list | None):
        raise ValueError(f"expected a text or a number, got {excerpt(value)}")
    shown = _NO_LEVEL.sub("_", value if isinstance(value, str) else dumps(value))
    if len(shown.encode()) > MAX_LEVEL_BYTES:
        raise ValueError(f"expected at most {MAX_LEVEL_BYTES} bytes, got {len(shown.encode())}")
    return shown


def check_topic(text: str) -> None:
    """Check what MQTT asks of all topics and filters.

    Raises:
        ValueError: the text is empty, too long or holds control characters; the message says what was expected.
    """
    if not text:
        raise ValueError('expected a topic, got ""')
    if control := _CONTROLS.search(text):
        raise ValueError(f"expected a topic of printable characters, got U+{ord(control[0]):04X} in it")
    if len(text.encode()) > MAX_TOPIC_BYTES:
        raise ValueError(f"expected a topic of at most {MAX_TOPIC_BYTES} bytes, got {len(text.encode())}")


def _exact(topic_filter: TopicFilter) -> tuple[str, ...]:
    """Return the levels, `+/#` for `#` and `/+/#` for `/#`: no topic is empty, so both match the same."""
    same = {("#",): ("+", "#"), ("", "#"): ("", "+", "#")}
    return same.get(topic_filter.levels, topic_filter.levels)


def _place(placeholder: str) -> int | Path | None:
    """Return what stands in the braces of a placeholder: the number of a capture, or a place; None for neither.

    >>> _place("2"), _place("data[0].id"), _place("0"), _place("")
    (2, ('data', 0, 'id'), None, None)
    """
    if _NUMBER.fullmatch(placeholder):
        return int(placeholder)
    if placeholder.isdecimal() or placeholder.startswith("$"):
        return None
    try:
        return jsonpath.parse(f"$.{placeholder}")
    except ValueError:
        return None
