"""Owns how numbers are written: decimals, marks, groups, signs, zeros; and which JSON literal each spelling means.

Knows nothing of quantities. The literals are those of the product's numerals; `check.py` holds the two together.
"""

from dataclasses import dataclass

from edge.literal import Number
from edge_train.chance import Chance

_GROUPED = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How one device writes its numbers.

    Attributes:
        mark: the decimal mark.
        group: what stands between thousands; empty for nothing.
        unit_share: how often a number has its unit behind it, 0 to 1.
        odd_share: how often a number is written oddly: `+5`, `007`, `.5`, `−3`.
    """

    mark: str = "."
    group: str = ""
    unit_share: float = 1.0
    odd_share: float = 0.0


PLAIN = Style()


def style(chance: Chance, *, is_comma_free: bool = False) -> Style:
    """Return how some device writes its numbers.

    Args:
        chance: what it is drawn from.
        is_comma_free: whether commas part the values of the text, so that numbers must have none.
    """
    mark = "," if not is_comma_free and chance.maybe(0.12) else "."
    groups = (".", "'", " ") if mark == "," else ("'", "_", "") if is_comma_free else (",", "'", ",")
    return Style(
        mark=mark,
        group=chance.pick(groups) if chance.maybe(0.15) else "",
        unit_share=chance.pick((1.0, 1.0, 0.9, 0.5, 0.0)),
        odd_share=chance.pick((0.0, 0.0, 0.0, 0.1, 0.3)),
    )


def number(chance: Chance, low: float, high: float, decimals: int, style: Style = PLAIN) -> tuple[str, Number]:
    """Return a number between two bounds as a device writes it, and as JSON.

    >>> number(Chance(1), -5, 5, 2)
    ('-3.66', -3.66)
    >>> number(Chance(2), 1000, 2000, 1, Style(mark=",", group="."))
    ('1.956,0', 1956.0)
    """
    drawn = low + chance.random() * (high - low)
    if style.mark == "," and decimals > len("00"):
        decimals = 2  # 1,234 would be a thousand
    literal = f"{drawn:.{decimals}f}"
    if literal[0] == "-" and not literal.strip("-0."):
        literal = literal[1:]
    shown = literal
    if style.group and abs(drawn) >= _GROUPED and (decimals or style.group != "."):
        shown = _grouped(literal, style)
    elif style.mark == ",":
        shown = literal.replace(".", ",")
    if style.odd_share and chance.maybe(style.odd_share):
        shown = _odd(chance, shown, literal)
    return shown, Number(literal)


def _grouped(literal: str, style: Style) -> str:
    whole, point, fraction = literal.partition(".")
    return f"{int(whole):,}".replace(",", style.group) + (style.mark if point else "") + fraction


def _odd(chance: Chance, shown: str, literal: str) -> str:
    if shown[0] == "-":
        return "−" + shown[1:] if chance.maybe(0.3) else shown
    if shown.startswith("0.") and literal.strip("0.") and chance.maybe(0.4):
        return shown[1:]
    if shown == literal and len(shown) < len("00.00") and chance.maybe(0.4):
        return "0" * chance.between(1, 2) + shown
    return "+" + shown
