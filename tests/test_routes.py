"""Filters, output topics and the choice of a route."""

from itertools import product

import pytest

from edge import topics
from edge.errors import Rejected
from edge.literal import JSON, Number
from edge.outlet import Outlet
from edge.routes import OutputTopic, Route, Routes, TopicFilter
from edge.schema import schema

SCHEMA = schema.parse({"type": "object", "properties": {"level": {"type": "number"}}})


def route(name: str, *filters: str, publish: str = "out") -> Route:
    """Return a route of a name and filters."""
    return Route(
        name=name,
        filters=tuple(TopicFilter(text) for text in filters),
        outlet=Outlet(topic=OutputTopic(publish)),
        schema=SCHEMA,
    )


@pytest.mark.parametrize(
    ("topic_filter", "topic", "captures"),
    [
        # MQTT 5, 4.7.1.2
        ("sport/tennis/player1/#", "sport/tennis/player1", ("",)),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", ("ranking",)),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", ("score/wimbledon",)),
        ("sport/tennis/player1/#", "sport/tennis/player2", None),
        ("sport/#", "sport", ("",)),
        ("#", "sport/tennis", ("sport/tennis",)),
        # MQTT 5, 4.7.1.3
        ("sport/tennis/+", "sport/tennis/player1", ("player1",)),
        ("sport/tennis/+", "sport/tennis/player1/ranking", None),
        ("sport/+", "sport", None),
        ("sport/+", "sport/", ("",)),
        ("+/+", "/finance", ("", "finance")),
        ("/+", "/finance", ("finance",)),
        ("+", "/finance", None),
        ("+/tennis/#", "sport/tennis/x/y", ("sport", "x/y")),
        # MQTT 5, 4.7.2
        ("#", "$SYS/uptime", None),
        ("+/monitor/Clients", "$SYS/monitor/Clients", None),
        ("$SYS/#", "$SYS", ("",)),
        ("$SYS/#", "$SYS/uptime", ("uptime",)),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", ("Clients",)),
        # MQTT 5, 4.7.3: case and slashes count
        ("accounts", "ACCOUNTS", None),
        ("finance", "/finance", None),
        ("a/b", "a/b/", None),
        ("a//b", "a//b", ()),
        ("a/+/#", "a/b", ("b", "")),
        ("a/+/#", "a", None),
        ("a/b", "a", None),
        ("wärme/+", "wärme/küche 1", ("küche 1",)),
    ],
)
def test_captures(topic_filter: str, topic: str, captures: tuple[str, ...] | None) -> None:
    """A filter matches as the MQTT specification says, and tells what its wildcards stood for."""
    assert captures == TopicFilter(topic_filter).captures(topic)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 'expected a topic, got ""'),
        ("a/#/b", 'expected "#" to stand alone at the end, got "a/#/b"'),
        ("a#", 'expected "#" to stand alone at the end, got "a#"'),
        ("a/b+", 'expected "+" to stand alone between slashes, got "a/b+"'),
        ("a/++/b", 'expected "+" to stand alone between slashes, got "a/++/b"'),
        ("a/\0", "expected a topic of printable characters, got U+0000 in it"),
        ("a/\ud83c", "expected a topic of printable characters, got U+D83C in it"),
        ("ä" * 32768, "expected a topic of at most 65535 bytes, got 65536"),
        ("$share/g/a", 'expected a filter without "$share", got "$share/g/a"; mqtt.share_group names a group'),
    ],
)
def test_filters_that_mqtt_does_not_know(text: str, expected: str) -> None:
    """A filter that a broker would refuse cannot be made."""
    with pytest.raises(ValueError, match="expected") as error:
        TopicFilter(text)

    assert expected == str(error.value)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", 'expected a topic, got ""'),
        ("a/+", 'expected a topic without "+" and "#", got "a/+"'),
        ("a/#", 'expected a topic without "+" and "#", got "a/#"'),
        ("a/{0}", 'expected braces as in {1}, {2}, … {99} or {device.id} only, got "a/{0}"'),
        ("a/{100}", 'expected braces as in {1}, {2}, … {99} or {device.id} only, got "a/{100}"'),
        ("a/{}", 'expected braces as in {1}, {2}, … {99} or {device.id} only, got "a/{}"'),
        ("a/{{1}}", 'expected braces as in {1}, {2}, … {99} or {device.id} only, got "a/{{1}}"'),
        ("a/{1", 'expected braces as in {1}, {2}, … {99} or {device.id} only, got "a/{1"'),
        ("a/{b/c}", 'expected braces as in {1}, {2}, … {99} or {device.id} only, got "a/{b/c}"'),
        ("a/{b..c}", 'expected braces as in {1}, {2}, … {99} or {device.id} only, got "a/{b..c}"'),
        ("a/{$.b}", 'expected braces as in {1}, {2}, … {99} or {device.id} only, got "a/{$.b}"'),
        ("{a}", 'expected some text beside the placeholders, got "{a}"'),
        ("{1}{2}", 'expected some text beside the placeholders, got "{1}{2}"'),
        ("$SYS/{1}", 'expected a topic that does not start with "$", got "$SYS/{1}"'),
        ("a/\x1f", "expected a topic of printable characters, got U+001F in it"),
    ],
)
def test_templates_that_cannot_become_topics(template: str, expected: str) -> None:
    """An output topic that a broker would refuse, or that might come out empty, cannot be made."""
    with pytest.raises(ValueError, match="expected") as error:
        OutputTopic(template)

    assert expected == str(error.value)


@pytest.mark.parametrize(
    ("template", "captures", "topic"),
    [
        ("readings/all", ("x",), "readings/all"),
        ("readings/{1}", ("x",), "readings/x"),
        ("{2}/{1}/{2}", ("x", "y"), "y/x/y"),
        ("readings/{1}/t", ("",), "readings//t"),
        ("readings/{1}", ("a/b",), "readings/a/b"),
        ("readings/{1}", ("{2}",), "readings/{2}"),
        ("readings/x{10}", tuple("abcdefghij"), "readings/xj"),
    ],
)
def test_fill(template: str, captures: tuple[str, ...], topic: str) -> None:
    """Captures go in once, as they are; an empty one leaves an empty level."""
    assert topic == OutputTopic(template).fill(captures)


ALPHABET = ("a", "b", "", "$x")
TOPICS = ["/".join(levels) for count in (1, 2, 3, 4) for levels in product(ALPHABET, repeat=count)]
FILTERS = [
    TopicFilter("/".join(levels))
    for count in (1, 2, 3)
    for levels in product(("a", "", "$x", "+", "#"), repeat=count)
    if "#" not in levels[:-1] and levels != ("",)
]


def test_covers_and_overlaps_agree_with_matching() -> None:
    """For each pair of small filters, both relations are what trying every small topic says."""
    matched = {each: {topic for topic in TOPICS if topic and each.captures(topic) is not None} for each in FILTERS}

    for one, other in product(FILTERS, repeat=2):
        assert one.covers(other) == (matched[one] >= matched[other]), (one, other)
        assert one.overlaps(other) == bool(matched[one] & matched[other]), (one, other)


def test_as_filter_matches_each_filled_topic() -> None:
    """Whatever a template becomes for the messages of a filter, its own filter matches it."""
    templates = [OutputTopic(text) for text in ("o", "o/{1}", "{1}/o", "o/{2}/{1}", "o/x{1}y/z", "o{2}", "o/{3}")]

    for source, template in product(FILTERS, templates):
        if template.placeholder_count > source.wildcard_count:
            continue
        output = template.as_filter(source)
        for topic in TOPICS:
            captures = source.captures(topic) if topic else None
            if captures is not None and not template.fill(captures).startswith("$"):
                assert output.captures(template.fill(captures)) is not None, (source, template, topic)


def test_places_of_a_payload_in_a_topic() -> None:
    """What stands there goes in by order, beside what the wildcards stood for, and once."""
    topic = OutputTopic("out/{device.id}/{1}/{tags[0]}-{device.id}")

    assert topic.places == (("device", "id"), ("tags", 0), ("device", "id"))
    assert topic.placeholder_count == 1
    assert topic.fill(("x",), ("7", "{1}", "7")) == "out/7/x/{1}-7"
    assert topic.as_filter(TopicFilter("a/+")).text == "out/+/+/+"
    assert topic.as_filter(TopicFilter("a/#")).text == "out/+/#"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("kitchen 2", "kitchen 2"),
        ("Küche", "Küche"),
        (Number("7"), "7"),
        (Number("21.40"), "21.40"),
        ("a/b", "a_b"),
        ("../+/#", "..____"),
        ("$SYS", "_SYS"),
        ("5$", "5$"),
        ("a\0b\nc\x7f\x85", "a_b_c__"),
        ("\ud800 \ufdd0 \ufffe \U0010ffff", "_ _ _ _"),
        ("x" * 256, "x" * 256),
    ],
)
def test_a_value_as_a_part_of_a_level(value: JSON, expected: str) -> None:
    """What means something to a broker, or what it hangs up on, is an underscore."""
    assert topics.level(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", 'expected a text or a number, got ""'),
        (None, "expected a text or a number, got null"),
        (True, "expected a text or a number, got true"),
        ({"a": "b"}, 'expected a text or a number, got {"a":"b"}'),
        (["a"], 'expected a text or a number, got ["a"]'),
        ("ä" * 129, "expected at most 256 bytes, got 258"),
        (Number("1" * 257), "expected at most 256 bytes, got 257"),
    ],
)
def test_a_value_that_is_no_part_of_a_level(value: JSON, expected: str) -> None:
    """Nothing is made up for it, and nothing is cut."""
    with pytest.raises(ValueError, match=r"^expected") as error:
        topics.level(value)

    assert str(error.value) == expected


def test_a_match_within_a_payload() -> None:
    """The topic takes its values from the payload; where that has none, the detail says how far the way leads."""
    match = Routes((route("a", "a/+", publish="{1}/{device.id}"),)).match("a/x")
    assert match is not None

    assert match.within({"device": {"id": Number("17")}}).output_topic == "x/17"
    cases: list[tuple[JSON, str]] = [
        ({"device": {}}, "no_topic: expected a value at $.device.id for the topic, got nothing at $.device.id"),
        (None, "no_topic: expected a value at $.device.id for the topic, got nothing at $.device"),
        ({"device": {"id": ""}}, 'no_topic: $.device.id, for the topic: expected a text or a number, got ""'),
    ]
    for document, why in cases:
        with pytest.raises(Rejected) as error:
            match.within(document)
        assert str(error.value) == why


def test_a_value_that_makes_a_topic_too_long() -> None:
    """Each level may be short enough, and all together too long."""
    match = Routes((route("a", "a/+", publish="{1}/{id}"),)).match(f"a/{'x' * 65_530}")
    assert match is not None

    with pytest.raises(Rejected) as error:
        match.within({"id": "x" * 200})

    assert str(error.value) == "no_topic: expected a topic of at most 65535 bytes"


def test_the_first_route_that_matches_takes_the_message() -> None:
    """Routes are tried in their order, the filters of a route too."""
    routes = Routes(
        (
            route("tank", "sensors/tank/+", publish="readings/tank/{1}"),
            route("rest", "other/+", "sensors/#", publish="readings/rest/{1}"),
        )
    )

    tank, rest, none = (routes.match(topic) for topic in ("sensors/tank/1", "sensors/tank/1/2", "plant"))

    assert tank is not None
    assert (tank.route.name, tank.captures, tank.output_topic) == ("tank", ("1",), "readings/tank/1")
    assert rest is not None
    assert (rest.route.name, rest.captures, rest.output_topic) == ("rest", ("tank/1/2",), "readings/rest/tank/1/2")
    assert none is None


def test_a_message_whose_output_would_be_no_topic_has_no_route() -> None:
    """Captures that make the output too long, or one of the broker's own topics, do not match."""
    routes = Routes((route("a", "a/+/raw", publish="{1}/readings/{1}"),))

    assert routes.match("a/x/raw") is not None
    assert routes.match(f"a/{'x' * 40_000}/raw") is None
    assert routes.match("a/$SYS/raw") is None


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["a/+", "b"], ("a/+", "b")),
        (["a/b", "a/+", "a/#"], ("a/#",)),
        (["a/#", "a/b"], ("a/#",)),
        (["a", "a"], ("a",)),
        (["#", "+/#"], ("#",)),
        (["+/#", "#"], ("+/#",)),
        (["#", "$SYS/uptime"], ("#", "$SYS/uptime")),
    ],
)
def test_subscriptions_are_the_fewest(filters: list[str], expected: tuple[str, ...]) -> None:
    """A filter that another one covers is not subscribed to, as the broker might deliver twice."""
    routes = Routes(tuple(route(f"r{index}", text) for index, text in enumerate(filters)))

    assert expected == routes.subscriptions()


def test_routes_can_be_counted_and_listed() -> None:
    """Routes are a collection in the order of the file."""
    routes = Routes((route("a", "a"), route("b", "b")))

    assert len(routes) == 2
    assert [each.name for each in routes] == ["a", "b"]
