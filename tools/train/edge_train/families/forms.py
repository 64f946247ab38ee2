"""Owns records of business: a title, lines of `Label: value`, objects and lists indented below their label.

Knows nothing of sensors. Keys are the labels in snake_case; a label with nothing behind it is an empty object or
list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.literal import JSON
from edge_train import entries, keys, words
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact
from edge_train.view import Manner

_MANNER = Manner(spell=str, unit_share=0.0, note_share=0.5, name_unit_share=0.0)
_TITLES = ("{t}", "{t}", "{t}", "New {t}", "=== {t} ===", "{t} Report", "--- {t} ---", "{t}:", "# {t}")
_TAILS = (
    "Please extract the {u} information as JSON.",
    "Please extract the {u} information as JSON.",
    "Extract the {u} data.",
    "Return the {u} as JSON.",
)


_DEEP = 2  # levels from which on a form is a long one


@dataclass(frozen=True, slots=True)
class _Part:
    """A field of a form: its key, its node, what makes a value with its lines."""

    key: str
    node: dict[str, JSON]
    make: Callable[[Chance], tuple[list[str], JSON]]  # lines without their indent, and the value


def draft(chance: Chance) -> Draft:
    """Return a form of up to three levels, now and then with a request behind it."""
    omitted = chance.pick((0.0, 0.1, 0.25, 0.4))
    depth = chance.pick((0, 0, 0, 1, 1, 1, 2, 2, 3))
    counts = (2, 3, 4, 4, 5, 5, 6, 7, 8, 10) if depth < _DEEP else (5, 6, 7, 8, 10, 12)
    parts = _parts(chance, chance.pick(counts), depth, omitted)
    lines: list[str] = []
    stated: list[Fact] = []
    absent: list[Fact] = []
    for part in parts:
        said, value = part.make(chance)
        label = keys.words(part.key)
        fact = Fact(
            "",
            "",
            value,
            part.node,
            [part.key],
            [label, f"{label.lower()} of the record", f"The {label.lower()}"],
        )
        if chance.maybe(omitted) and (lines or part is not parts[-1]):
            absent.append(fact)
            continue
        lines += said
        stated.append(fact)
    title = keys.words(
        "_".join(
            [words.word(chance, "form_head") for _ in range(chance.between(1, 2))]
            + [chance.pick(("record", "form", "summary", "request", "profile", "entry"))]
        )
    )
    text = "\n".join(lines)
    absent = [fact for fact in absent if f"{keys.words(fact.names[0])}:" not in text]  # … at another level
    if chance.maybe(0.85):
        text = chance.pick(_TITLES).format(t=title) + chance.pick(("\n\n", "\n\n", "\n")) + text
        if chance.maybe(0.6):
            text += "\n\n" + chance.pick(_TAILS).format(u=title.lower())
    manner = replace(_MANNER, note_share=chance.pick((0.0, 0.3, 0.9)))
    return Draft(text=text, stated=stated, absent=absent, manner=manner, is_whole=True)


def _parts(chance: Chance, count: int, depth: int, omitted: float) -> list[_Part]:
    found: dict[str, _Part] = {}
    for _ in range(count):
        kind = chance.random()
        if depth and kind < _SHARES[0]:
            part = _object(chance, depth - 1, omitted)
        elif depth and kind < _SHARES[1]:
            part = _array(chance, depth - 1, omitted)
        elif depth and kind < _SHARES[2]:
            part = _word_list(chance)
        else:
            part = _leaf(chance)
        found.setdefault(part.key, part)
    return list(found.values())


_SHARES = (0.13, 0.26, 0.32)  # of fields in a form with levels: objects up to here, lists, lists of words


def _leaf(chance: Chance) -> _Part:
    key, node, make = entries.draw(chance)
    label = keys.words(key)

    def field(chance: Chance) -> tuple[list[str], JSON]:
        shown, value = make(chance)
        return [f"{label}: {shown}"], value

    return _Part(key, node, field)


def _object(chance: Chance, depth: int, omitted: float) -> _Part:
    key = chance.pick(
        (
            f"{words.word(chance, 'form_head')}_{words.word(chance, 'form_group')}",
            words.word(chance, "form_group"),
            words.word(chance, "form_head"),
        )
    )
    parts = _parts(chance, chance.between(1, 4), depth, omitted)

    def field(chance: Chance) -> tuple[list[str], JSON]:
        lines, value = _filled(chance, parts, omitted)
        return [f"{keys.words(key)}:", *lines], value

    return _Part(key, _node(chance, parts), field)


def _array(chance: Chance, depth: int, omitted: float) -> _Part:
    key = chance.pick(
        (f"{words.word(chance, 'form_head')}_{words.word(chance, 'form_list')}", words.word(chance, "form_list"))
    )
    parts = _parts(chance, chance.between(2, 5), depth if chance.maybe(0.25) else 0, 0.0)
    has_gaps = chance.maybe(0.4)  # an item then begins where a field comes that cannot follow the one before

    def field(chance: Chance) -> tuple[list[str], JSON]:
        lines: list[str] = []
        items: list[JSON] = []
        last = len(parts)  # place of the last field of the item before
        for _ in range(chance.pick((0, 1, 1, 2, 2, 3, 4))):
            begin = chance.between(0, min(last, len(parts) - 1)) if has_gaps else 0
            first_lines, first = _filled(chance, parts[begin : begin + 1], 0.0)
            more_lines, more = _filled(chance, parts[begin + 1 :], omitted)
            item = {**first, **more}
            last = max(k for k, part in enumerate(parts) if part.key in item)
            lines += [*first_lines, *more_lines]
            items.append(item)
        return [f"{keys.words(key)}:", *lines], items

    return _Part(key, {"type": "array", "items": _node(chance, parts)}, field)


def _word_list(chance: Chance) -> _Part:
    key = chance.pick(
        (f"{words.word(chance, 'form_head')}_{words.word(chance, 'form_words')}", words.word(chance, "form_words"))
    )

    def field(chance: Chance) -> tuple[list[str], JSON]:
        said = [
            words.word(chance, chance.pick(("noun", "verb", "adverb"))).capitalize()
            for _ in range(chance.pick((0, 1, 2, 3, 4, 5)))
        ]
        items: list[JSON] = [*said]
        return [f"{keys.words(key)}:", *(f"  {word}" for word in said)], items

    return _Part(key, {"type": "array", "items": {"type": "string"}}, field)


def _filled(chance: Chance, parts: Sequence[_Part], omitted: float) -> tuple[list[str], dict[str, JSON]]:
    lines: list[str] = []
    value: dict[str, JSON] = {}
    for part in parts:
        if not chance.maybe(omitted):
            said, made = part.make(chance)
            lines += [f"  {line}" for line in said]
            value[part.key] = made
    return lines, value


def _node(chance: Chance, parts: Sequence[_Part]) -> dict[str, JSON]:
    required: list[JSON] = [part.key for part in parts if chance.maybe(0.5)]
    return {
        "type": "object",
        "properties": {part.key: part.node for part in parts},
        **({"required": required} if required else {}),
    }
