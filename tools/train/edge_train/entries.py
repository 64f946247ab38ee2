"""Owns the entries of business records: what a field is called, what its schema says, how its values are drawn.

Knows nothing of how a record is laid out. Words for fields are added in `data/endings.txt`, options of enums in
`data/options.txt`.
"""

from collections.abc import Callable
from functools import cache

from edge.literal import JSON, Number
from edge_train import lines, moments, words
from edge_train.chance import Chance
from edge_train.lines import TableError
from edge_train.words import Maker

Draw = Callable[[Chance], tuple[str, JSON]]  # what is shown, and the value
_Kind = Callable[[Chance, str], tuple[dict[str, JSON], Draw]]  # the node, and how values are drawn
_SHAPES = ("{h}_{e}", "{h}_{e}", "{h}_{e}", "{e}", "{e}", "{e}_{h}")
_UUID = "%%%%%%%%-%%%%-4%%%-a%%%-%%%%%%%%%%%%"
_PLAIN = ("simple", "basic", "standard", "advanced", "premium", "complete", "partial", "internal", "external")
_CAPS: tuple[Callable[[str], str], ...] = (*[str] * 4, str.capitalize, str.upper)
_MOMENTS = ("{Y}-{m}-{d}T{H}:{M}:{S}.{f}", "{Y}-{m}-{d}T{H}:{M}:{S}.{f}", "{Y}-{m}-{d}T{H}:{M}:{S}", "{H}:{M}:{S}")
_TRUTHS = (*[("True", "False")] * 3, ("true", "false"), ("Yes", "No"), ("yes", "no"))


@cache
def endings() -> tuple[tuple[str, str, str], ...]:
    """Return the words of `data/endings.txt`: each with its kind of value, and how that is drawn.

    Raises:
        TableError: a kind that there is none of.
    """
    found = []
    for place, (ending, kind, how) in lines.columns("endings.txt", 3):
        if kind not in _KINDS:
            raise TableError(f"{place}: expected one of {', '.join(_KINDS)}, got {kind}")
        found.append((ending, kind, how))
    return tuple(found)


@cache
def options() -> tuple[tuple[str, ...], ...]:
    """Return the options of enums, as `data/options.txt` has them."""
    return tuple(tuple(word.strip() for word in line.split(",")) for _, line in lines.read("data", "options.txt"))


def draw(chance: Chance) -> tuple[str, dict[str, JSON], Draw]:
    """Return the key of a field, its node, and how its values are drawn."""
    ending, kind, how = chance.pick(endings())
    key = chance.pick(_SHAPES).format(h=words.word(chance, "form_head"), e=ending)
    if kind in _ANY_TEXT and chance.maybe(0.2):
        kind = "text"  # what people write there is not always what the field is for
    node, make = _KINDS[kind](chance, how)
    return key, node, make


_ANY_TEXT = frozenset(["like", "word"])


def _strings(make: Maker, format_: str = "") -> tuple[dict[str, JSON], Draw]:
    def draw_(chance: Chance) -> tuple[str, JSON]:
        said = make(chance)
        return said, said

    return {"type": "string", **({"format": format_} if format_ else {})}, draw_


@cache
def _maker(how: str) -> Maker:
    return words.maker(how.replace("{uuid}", _UUID))


def _like(_: Chance, how: str) -> tuple[dict[str, JSON], Draw]:
    return _strings(_maker(how))


def _email(chance: Chance, how: str) -> tuple[dict[str, JSON], Draw]:
    return _strings(_maker(how), "email" if chance.maybe(0.6) else "")


def _word(_: Chance, __: str) -> tuple[dict[str, JSON], Draw]:
    return _strings(lambda chance: chance.pick(_PLAIN))


def _text(chance: Chance, _: str) -> tuple[dict[str, JSON], Draw]:
    if chance.maybe(0.3):
        return _strings(lambda chance: words.word(chance, chance.pick(("noun", "verb", "adverb"))).capitalize())
    return _strings(_sentences)


def _sentences(chance: Chance) -> str:
    count = chance.pick((1, 1, 1, 2, 3))
    return " ".join(words.sentence(chance, chance.between(1, 9)) for _ in range(count))


def _date(chance: Chance, _: str) -> tuple[dict[str, JSON], Draw]:
    formats = moments.DATES[:1]
    return _strings(lambda chance: moments.written(chance, formats), "date" if chance.maybe(0.6) else "")


def _moment(chance: Chance, _: str) -> tuple[dict[str, JSON], Draw]:
    formats = (chance.pick(_MOMENTS),)
    return _strings(lambda chance: moments.written(chance, formats), "date-time" if chance.maybe(0.6) else "")


def _number(chance: Chance, most: str) -> tuple[dict[str, JSON], Draw]:
    top = float(most) * chance.pick((1.0, 0.1, 1.0))

    def draw_(chance: Chance) -> tuple[str, JSON]:
        shown = f"{chance.random() * top:.{chance.pick((1, 2, 2, 2))}f}"
        return shown, Number(shown)

    return {"type": "number"}, draw_


def _degrees(_: Chance, most: str) -> tuple[dict[str, JSON], Draw]:
    def draw_(chance: Chance) -> tuple[str, JSON]:
        shown = f"{(chance.random() * 2 - 1) * int(most):.6f}"
        return shown, Number(shown)

    return {"type": "number"}, draw_


def _integer(chance: Chance, most: str) -> tuple[dict[str, JSON], Draw]:
    def draw_(chance: Chance) -> tuple[str, JSON]:
        shown = str(chance.between(0, int(most)))
        return shown, Number(shown)

    return {"type": "number" if chance.maybe(0.1) else "integer"}, draw_


def _boolean(chance: Chance, _: str) -> tuple[dict[str, JSON], Draw]:
    yes, no = chance.pick(_TRUTHS)

    def draw_(chance: Chance) -> tuple[str, JSON]:
        value = chance.maybe(0.5)
        return yes if value else no, value

    return {"type": "boolean"}, draw_


def _enum(chance: Chance, _: str) -> tuple[dict[str, JSON], Draw]:
    known = chance.pick(options())
    caps = chance.pick(_CAPS)

    def draw_(chance: Chance) -> tuple[str, JSON]:
        value = chance.pick(known)
        return caps(value), value

    return {"type": "string", "enum": [*known]}, draw_


_KINDS: dict[str, _Kind] = {
    "like": _like,
    "email": _email,
    "word": _word,
    "text": _text,
    "date": _date,
    "moment": _moment,
    "number": _number,
    "degrees": _degrees,
    "integer": _integer,
    "boolean": _boolean,
    "enum": _enum,
}
