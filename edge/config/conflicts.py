"""Owns what routes must not do to each other: feed a loop, take a message twice, leave another without any.

Knows nothing of how a route is written down; the faults are noted at the places that the drafts carry.
"""

from collections.abc import Sequence
from typing import TypeAlias

from edge.config.checker import Checker
from edge.config.drafts import Draft
from edge.config.filtertree import FilterTree
from edge.config.options import HomeAssistantOptions
from edge.literal import Path, dotted
from edge.topics import TopicFilter

_Held: TypeAlias = tuple[Draft, Path, TopicFilter]  # a filter, who holds it, and where it stands
_OWN = ("status", "bridge/#", "dead/#")  # what the daemon itself publishes, below its base topic
_DISCOVERY = ("status", "device/+/config")  # what it hears and says below the prefix of Home Assistant


def check(checker: Checker, drafts: Sequence[Draft], base_topic: str, homeassistant: HomeAssistantOptions) -> None:
    """Note what is wrong between routes; an empty base topic means one with faults of its own."""
    own = [TopicFilter(f"{base_topic}/{below}") for below in _OWN] if base_topic else []
    if homeassistant.enabled:
        discovered = [TopicFilter(f"{homeassistant.prefix}/{below}") for below in _DISCOVERY]
        _check_base_topic(checker, own, discovered)
        own += discovered
    _check_names(checker, drafts)
    held = [(draft, path, topic_filter) for draft in drafts for path, topic_filter in draft.filters]
    tree = FilterTree(topic_filter for _, _, topic_filter in held)
    _check_filters(checker, held, tree)
    for draft in drafts:
        _check_own_topics(checker, draft, own)
        _check_output(checker, draft, held, tree, own)


def _check_base_topic(checker: Checker, own: Sequence[TopicFilter], discovered: Sequence[TopicFilter]) -> None:
    for topics in discovered:
        if any(topics.overlaps(each) for each in own):
            message = f'expected a topic beside homeassistant.prefix, whose "{topics.text}" is Home Assistant\'s'
            checker.fault(("base_topic",), message)
            return


def _check_names(checker: Checker, drafts: Sequence[Draft]) -> None:
    first: dict[str, Draft] = {}
    for draft in drafts:
        if draft.name and draft.name in first:
            place = dotted(first[draft.name].path)
            message = f'expected a name of its own, got "{draft.name}", which {place} has already'
            checker.fault((*draft.path, "name"), message)
        first.setdefault(draft.name, draft)


def _check_filters(checker: Checker, held: Sequence[_Held], tree: FilterTree) -> None:
    """Check that no filter is left without messages, and that no message belongs to two filters by halves.

    One filter inside another is fine: only the wider one is subscribed to, and the first route that matches wins.
    """
    for number, (_, path, topic_filter) in enumerate(held):
        for earlier in tree.near(topic_filter):
            holder, _, other = held[earlier]
            if earlier < number and (message := _quarrel(topic_filter, other, _name(holder))):
                checker.fault(path, message)
                break


def _quarrel(topic_filter: TopicFilter, earlier: TopicFilter, holder: str) -> str | None:
    """Return what is wrong between a filter and one that stands before it; None where they get along."""
    if earlier.covers(topic_filter):
        return (
            f'expected a filter that matches something new, got "{topic_filter.text}", all of which goes to '
            f'"{earlier.text}" of {holder} before'
        )
    if earlier.overlaps(topic_filter) and not topic_filter.covers(earlier):
        return (
            f'expected filters apart or one within the other, got "{topic_filter.text}", which shares some topics '
            f'with "{earlier.text}" of {holder}; a message there would arrive twice'
        )
    return None


def _check_own_topics(checker: Checker, draft: Draft, own: Sequence[TopicFilter]) -> None:
    for path, topic_filter in draft.filters:
        for topics in own:
            if topic_filter.overlaps(topics):
                message = f'expected a filter that leaves out this program\'s own "{topics.text}"'
                checker.fault(path, f'{message}, got "{topic_filter.text}"')
                break


def _check_output(
    checker: Checker, draft: Draft, held: Sequence[_Held], tree: FilterTree, own: Sequence[TopicFilter]
) -> None:
    """Check that no reading can come back as a message, and that none lands among the program's own topics."""
    if draft.output is None:
        return
    path, got = (*draft.path, "publish"), f'got "{draft.output.template}"'
    outputs = list(dict.fromkeys(draft.output.as_filter(source) for _, source in draft.filters))
    for topics in own:
        if any(output.overlaps(topics) for output in outputs):
            checker.fault(path, f'expected a topic beside this program\'s own "{topics.text}", {got}')
            return
    found = (next((n for n in tree.near(output) if output.overlaps(held[n][2])), None) for output in outputs)
    first = min((number for number in found if number is not None), default=None)
    if first is not None:
        reader, _, topic_filter = held[first]
        loop = f'readings would loop, as "{topic_filter.text}" of {_name(reader)} may match them'
        checker.fault(path, f"expected a topic that no route reads, {got}; {loop}")


def _name(draft: Draft) -> str:
    """Return how messages call a route.

    >>> _name(Draft(path=("routes", 0), name="pump", filters=(), output=None, schema=None, retain=False))
    'routes[0] (pump)'
    """
    return f"{dotted(draft.path)} ({draft.name})" if draft.name else dotted(draft.path)
