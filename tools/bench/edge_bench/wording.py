"""Owns how a device of the workload words a message: a template, what fills it, and the reading that is in it.

Knows nothing of which devices there are. Randomness is an argument, so that a seed names a message.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from random import Random

from edge.literal import JSON, Number


@dataclass(frozen=True, kw_only=True, slots=True)
class Spelled:
    """A value twice: as the message spells it, and as a careful reader writes it down."""

    text: str
    value: JSON


Draw = Callable[[Random], Spelled]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """One way to word a message.

    Attributes:
        template: for `str.format`, with a place for each draw.
        draws: by place; those that are no field of the schema begin with an underscore and stand in no reading.
    """

    template: str
    draws: Mapping[str, Draw]

    def draw(self, chance: Random) -> dict[str, Spelled]:
        """Return a value for each place."""
        return {place: draw(chance) for place, draw in self.draws.items()}

    def text(self, values: Mapping[str, Spelled]) -> str:
        """Return the message with these values in it."""
        return self.template.format(**{place: spelled.text for place, spelled in values.items()})


def reading(values: Mapping[str, Spelled], schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the reading of these values: the fields of the schema that have one, in schema order.

    >>> values = {"_n": Spelled(text="7", value=None), "t": Spelled(text="2,50", value=Number("2.50"))}
    >>> reading(values, {"properties": {"h": {}, "t": {}}})
    {'t': 2.50}
    """
    properties = schema["properties"]
    assert isinstance(properties, dict)
    return {field: values[field].value for field in properties if field in values}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Draws numbers from low to high, spelled with so many decimals.

    Attributes:
        mark: what stands before the decimals.
        group: what stands between thousands; empty for nothing.

    >>> Numbers(1500, 1500, decimals=1, mark=",", group=".")(Random(1))
    Spelled(text='1.500,0', value=1500.0)
    >>> Numbers(-4, -4)(Random(1))
    Spelled(text='-4', value=-4)
    """

    low: float
    high: float
    _: KW_ONLY
    decimals: int = 0
    mark: str = "."
    group: str = ""

    def __call__(self, chance: Random) -> Spelled:
        """Return a number."""
        plain = f"{chance.uniform(self.low, self.high):.{self.decimals}f}"
        if float(plain) == 0:  # a negative zero comes on purpose or not at all
            plain = plain.removeprefix("-")
        whole, _, fraction = f"{abs(float(plain)):,.{self.decimals}f}".partition(".")
        sign = "-" if plain.startswith("-") else ""
        text = sign + whole.replace(",", self.group) + (self.mark + fraction if fraction else "")
        return Spelled(text=text, value=Number(plain))


def words(choices: Mapping[str, JSON]) -> Draw:
    """Return a draw of one of some words, each with the value that it stands for."""
    spelled = [Spelled(text=text, value=value) for text, value in choices.items()]
    return lambda chance: chance.choice(spelled)


def copies(choices: Sequence[str]) -> Draw:
    """Return a draw of one of some strings, which the reading copies."""
    return words({text: text for text in choices})


def names(prefix: str, low: int, high: int) -> Draw:
    """Return a draw of a device's name: a prefix and a number.

    >>> names("P-", 118, 118)(Random(1))
    Spelled(text='P-118', value='P-118')
    """

    def draw(chance: Random) -> Spelled:
        name = f"{prefix}{chance.randint(low, high)}"
        return Spelled(text=name, value=name)

    return draw


def threshold(low: int, high: int, unit: str, word: str) -> Draw:
    """Return a draw of a number that is no field itself, but decides an enum.

    >>> threshold(5, 5, "%", "low")(Random(1))
    Spelled(text='5%', value='low')
    """
    return lambda chance: Spelled(text=f"{chance.randint(low, high)}{unit}", value=word)


def moments(between: str = " ", *, end: str = "") -> Draw:
    """Return a draw of a date and a time, joined and ended so.

    >>> moments("T", end="Z")(Random(1))
    Spelled(text='2025-03-19T02:16:07Z', value='2025-03-19T02:16:07Z')
    """

    def draw(chance: Random) -> Spelled:
        month, day = chance.randint(1, 12), chance.randint(1, 28)
        hour, minute, second = chance.randint(0, 23), chance.randint(0, 59), chance.randint(0, 59)
        text = f"2025-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}{end}"
        return Spelled(text=text, value=text)

    return draw
