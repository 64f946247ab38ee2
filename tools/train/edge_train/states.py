"""Owns what devices report in words: the states of `data/states.txt`, asked as enum, boolean or plain string.

Knows nothing of texts. Enums and booleans are inferred from wording; a string copies the device's own word.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from edge.literal import JSON
from edge_train import lines
from edge_train.chance import Chance
from edge_train.facts import Fact
from edge_train.lines import TableError

_STRING: dict[str, JSON] = {"type": "string"}
_BOOLEAN: dict[str, JSON] = {"type": "boolean"}


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Something that is in one of a few states, as the columns of the table have it.

    Attributes:
        words: what devices say, by the canonical name of the state.
        flags: booleans that may be asked instead, with the states in which each is true.
    """

    subject: frozenset[str]
    names: tuple[str, ...]
    labels: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    flags: tuple[tuple[str, frozenset[str]], ...]


@cache
def table() -> tuple[State, ...]:
    """Return the states of the table.

    Raises:
        TableError: a row that is none.
    """
    return tuple(_state(place, cells) for place, cells in lines.columns("states.txt", 5))


def fact(chance: Chance, state: State) -> Fact:
    """Return something that is in a state, asked in one of the three ways."""
    value = chance.pick(tuple(state.words))
    shown = chance.pick(state.words[value])
    label = chance.pick(state.labels)
    kind = chance.random()
    if state.flags and kind < _FLAGS:
        name, true_in = chance.pick(state.flags)
        said = name.replace("_", " ").removeprefix("is ")
        notes = (f"true when {said}", f"whether {said}", said)
        return Fact(label, shown, value in true_in, _BOOLEAN, [name], notes, subject=state.subject, phrase=label)
    notes = (
        f"state of {label}",
        state.names[0].replace("_", " "),
        f"{state.names[-1].replace('_', ' ')} as reported",
    )
    if kind > _WORDS and not shown.isdigit() and shown.isascii():
        return Fact(label, shown, shown, _STRING, state.names, notes, subject=state.subject, phrase=label)
    return Fact(
        label, shown, *_enum(chance, state, value), state.names, notes, subject=state.subject, phrase=label
    )


def again(chance: Chance, state: State, fact: Fact) -> Fact:
    """Return the same question about another thing of the kind: a fact with its own value, asked alike."""
    options = fact.node.get("enum")
    spelled = {str(option).lower(): option for option in options} if isinstance(options, list) else {}
    value = chance.pick([value for value in state.words if not spelled or value.lower() in spelled])
    shown = chance.pick(state.words[value])
    answer: JSON = spelled.get(value.lower(), shown)
    if fact.node == _BOOLEAN:
        answer = value in dict(state.flags)[fact.names[0]]
    elif not spelled and (shown.isdigit() or not shown.isascii()):
        return fact
    return fact._replace(shown=shown, answer=answer)


_SPELLINGS: tuple[Callable[[str], str], ...] = (*[str] * 5, str.upper, str.capitalize)
_FLAGS, _WORDS = 0.42, 0.9  # shares: booleans up to here, plain strings from here


def _enum(chance: Chance, state: State, value: str) -> tuple[str, dict[str, JSON]]:
    """Return the value and its node: some of the states, the value among them, now and then in capitals."""
    options = list(state.words)
    if len(options) > len("ab") and chance.maybe(0.3):
        options = [option for option in options if option == value or chance.maybe(0.6)]
        options = options if len(options) > 1 else list(state.words)
    if chance.maybe(0.4):
        options = chance.some(options, len(options))
    spell = chance.pick(_SPELLINGS)
    node: dict[str, JSON] = {"enum": [spell(option) for option in options]}
    return spell(value), ({"type": "string", **node} if chance.maybe(0.8) else node)


def _state(place: str, cells: Sequence[str]) -> State:
    subjects, names, labels, words, flags = cells
    parsed = dict(_definition(place, part) for part in words.split(";"))
    true_in = [_definition(place, part) for part in flags.split(";") if part.strip()]
    for flag, values in true_in:
        if unknown := set(values) - set(parsed):
            raise TableError(f"{place}: {flag}: expected states of this line, got {', '.join(sorted(unknown))}")
    return State(
        subject=frozenset(subjects.split()),
        names=tuple(names.split()),
        labels=tuple(labels.split()),
        words=parsed,
        flags=tuple((flag, frozenset(values)) for flag, values in true_in),
    )


def _definition(place: str, part: str) -> tuple[str, tuple[str, ...]]:
    name, mark, words = part.strip().partition("=")
    if not mark or not words:
        raise TableError(f'{place}: expected "NAME=WORD WORD…", got "{part.strip()}"')
    return name.strip(), tuple(words.split())
