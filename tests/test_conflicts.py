"""No reading, and nothing else that the daemon publishes, may come back to it as a message."""

from itertools import product
from pathlib import Path

import pytest

from edge import config
from edge.errors import ConfigError
from edge.topics import OutputTopic, TopicFilter


def route(number: int, subscribe: str, publish: str) -> str:
    """Return the lines of a route; a list of filters stands in brackets."""
    filters = subscribe if subscribe.startswith("[") else f'"{subscribe}"'
    return f"""
  - name: r{number}
    subscribe: {filters}
    publish: "{publish}"
    text: $.text
    fields: {{level: {{type: number}}}}"""


def complaints(folder: Path, *routes: tuple[str, str], more: str = "") -> list[str]:
    """Return what is wrong with routes that subscribe and publish so, below the base topic edge/pi."""
    file = folder / "edge.yaml"
    lines = "".join(route(number, *each) for number, each in enumerate(routes))
    file.write_text(f"base_topic: edge/pi\n{more}routes:{lines}\n", encoding="utf-8")
    try:
        config.load(file, hostname="pi")
    except ConfigError as error:
        return [f"{problem.path}: {problem.message}" for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("routes", "reader"),
    [
        ([("a/+", "a/b")], 0),  # into its own filter
        ([("a/+", "out/{1}"), ("out/b", "end")], 1),  # what the wildcard stood for may be b
        ([("a/#", "out/{1}"), ("out/b/c/d", "end")], 1),  # … or several levels
        ([("a/#", "out/{1}"), ("out/+/c", "end")], 1),
        ([("a/#", "out/x{1}"), ("out/xy/z", "end")], 1),  # … behind the start of a level
        ([("a/+", "out/x{1}"), ("out/xy", "end")], 1),
        ([("a/+/+", "{2}/{1}"), ("x/y", "end")], 1),  # … in another order, at the start
        ([("a/+", "{1}/b")], 0),  # {1} may be a
        ([("a/#", "out/{1}"), ("out", "end")], 1),  # `a` itself gives out/, which out/# has; said in doubt
        ([("+/raw", "{1}/raw")], 0),
        ([("#", "out")], 0),
        ([("in", "mid"), ("mid", "in")], 1),  # a circle of two
        ([("[a, b/+]", "b/x")], 0),  # by the second filter of a list
        ([("a", "out/{id}"), ("out/b", "end")], 1),  # what a payload names may be b
        ([("in/7", "in/{id}")], 0),
    ],
)
def test_readings_that_would_come_back(tmp_path: Path, routes: list[tuple[str, str]], reader: int) -> None:
    """Whatever a wildcard may stand for counts; the route that reads it is named."""
    found = [each for each in complaints(tmp_path, *routes) if "readings would loop" in each]

    assert found
    assert f"routes[{reader}] (r{reader}) may match them" in found[0]


@pytest.mark.parametrize(
    "topic", ["edge/pi/status", "edge/pi/bridge/health", "edge/pi/dead/r0", "edge/pi/dead/_unrouted"]
)
@pytest.mark.parametrize("wildcards", ["{}", "edge/#", "edge/+/#", "+/pi/+/#", "#", "+/+/+", "+/+/+/+"])
def test_own_topics_are_never_messages(tmp_path: Path, topic: str, wildcards: str) -> None:
    """No filter that matches a status, the health data or a dead letter is let through, however wide it is."""
    subscribe = wildcards.format(topic)
    does_match = TopicFilter(subscribe).captures(topic) is not None

    found = [each for each in complaints(tmp_path, (subscribe, "out/x/y/z/u")) if "this program's own" in each]
    assert found or not does_match


@pytest.mark.parametrize("publish", ["edge/pi/{1}", "edge/{1}/status", "{1}/pi/bridge/health", "edge/pi/dead/{1}"])
def test_readings_keep_out_of_own_topics(tmp_path: Path, publish: str) -> None:
    """A reading cannot pose as the daemon's own word."""
    assert any("this program's own" in each for each in complaints(tmp_path, ("raw/+", publish)))


def test_shared_subscriptions_hide_no_loop(tmp_path: Path) -> None:
    """The group is an option of its own, so that the filters that are compared are those that match."""
    shared = "mqtt: {share_group: pis}\n"

    assert complaints(tmp_path, ("a/+", "a/b"), more=shared) == complaints(tmp_path, ("a/+", "a/b"))
    (refused,) = complaints(tmp_path, ("$share/g/a", "a"))
    assert refused == (
        'routes[0].subscribe: expected a filter without "$share", got "$share/g/a"; mqtt.share_group names a group'
    )


def test_what_is_compared_is_never_too_narrow() -> None:
    """For every small filter, template and topic: a reading's topic is one of those that its filter stands for."""
    levels = ("a", "b", "")
    topics = ["/".join(each) for count in (1, 2, 3) for each in product(levels, repeat=count) if any(each)]
    wild = ("a", "+")
    filters = [TopicFilter("/".join(each)) for count in (1, 2) for each in product(wild, repeat=count)]
    filters += [TopicFilter(f"{each.text}/#") for each in filters] + [TopicFilter("#")]
    templates = [OutputTopic(text) for text in ("{1}/a", "b/{1}", "b/a{1}", "b{1}/a", "{2}/{1}", "a/{1}/{2}")]
    readers = [TopicFilter(text) for text in ("a/#", "+/a", "a/b", "b/+", "+/#", "b/a/#", "/a", "a/", "b/+/b")]
    compared = 0
    for source, template, topic in product(filters, templates, topics):
        captures = source.captures(topic)
        if captures is None or template.placeholder_count > len(captures):
            continue
        reading = template.fill(captures)
        stands_for = template.as_filter(source)

        assert stands_for.captures(reading) is not None, (source, template, topic)
        for reader in readers:
            compared += 1
            assert stands_for.overlaps(reader) or reader.captures(reading) is None, (
                source,
                template,
                topic,
                reader,
            )
    assert compared > 1000
