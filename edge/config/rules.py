"""Owns what a single option may hold: each rule takes a value of the file and returns what the program uses.

Knows nothing of which option it judges, nor of places in files. A rule raises `Unexpected`, which says what was
expected and what stood there. For editors, each carries a JSON Schema, which says it as far as JSON Schema can.
"""

import ipaddress
import re
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

from edge.literal import JSON, Number, dumps

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Rule: TypeAlias = Callable[[JSON], T]

_MAX_SHOWN = 60  # characters of a wrong value that a message quotes
_A_HOST = "the name or address of a host, without scheme and port"
_HOST = re.compile(r"[^\s/:]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.%\w]*")  # a name, IPv4 or IPv6


class Unexpected(ValueError):
    """A value that a rule refuses.

    >>> str(Unexpected("true or false", "yes"))
    'expected true or false, got "yes"'
    """

    def __init__(self, expected: str, value: JSON) -> None:
        super().__init__(f"expected {expected}, got {got(value)}")


def described(schema: dict[str, JSON]) -> Callable[[Callable[[JSON], T]], Callable[[JSON], T]]:
    """Return what gives a rule its JSON Schema, which takes all that the rule does."""

    def add(rule: Callable[[JSON], T]) -> Callable[[JSON], T]:
        vars(rule)["json_schema"] = schema
        return rule

    return add


def pattern(pattern: str, expected: str) -> dict[str, JSON]:
    """Return the JSON Schema of text in a pattern; what editors say of other text is `expected`."""
    return {"type": "string", "pattern": pattern, "patternErrorMessage": f"Expected {expected}."}


def schema_of(rule: Rule[T]) -> dict[str, JSON]:
    """Return the JSON Schema of a rule.

    >>> schema_of(whole(1, 65535))
    {'type': 'integer', 'minimum': 1, 'maximum': 65535}
    """
    return cast("dict[str, JSON]", vars(rule)["json_schema"])


def got(value: JSON) -> str:
    """Return a value as messages quote it: as JSON, cut where it is long.

    >>> got("x" * 99)
    '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'
    """
    shown = dumps(value)
    return shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "…"


def whole(minimum: int, maximum: int) -> Rule[int]:
    """Return the rule for an integer in a range, both ends included.

    >>> whole(1, 65535)(1883)
    1883
    """

    @described({"type": "integer", "minimum": minimum, "maximum": maximum})
    def check(value: JSON) -> int:
        if type(value) is int and minimum <= value <= maximum:  # a bool is an int to isinstance
            return value
        raise Unexpected(f"an integer from {minimum} to {maximum}", value)

    return check


def above_zero(maximum: int) -> Rule[float]:
    """Return the rule for a number above 0 and up to a maximum.

    >>> above_zero(60)(Number("0.5"))
    0.5
    """

    @described({"type": "number", "exclusiveMinimum": 0, "maximum": maximum})
    def check(value: JSON) -> float:
        if isinstance(value, int | Number) and not isinstance(value, bool) and 0 < value <= maximum:
            return float(value) or sys.float_info.min  # 1e-999 is above 0, its float is not
        raise Unexpected(f"a number above 0 and up to {maximum}", value)

    return check


@described({"type": "number", "minimum": 0, "maximum": 1})
def share(value: JSON) -> float:
    """Return the value where it is a number from 0 to 1.

    >>> share(Number("0.25"))
    0.25
    """
    if isinstance(value, int | Number) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise Unexpected("a number from 0 to 1", value)


@described({"type": "string", "minLength": 1})
def text(value: JSON) -> str:
    """Return the value where it is text, and some."""
    if isinstance(value, str) and value:
        return value
    hint = " in quotes" if isinstance(value, bool | int | Number) else ""
    raise Unexpected(f"text{hint}", value)


@described({"type": "boolean"})
def flag(value: JSON) -> bool:
    """Return the value where it is true or false."""
    if isinstance(value, bool):
        return value
    raise Unexpected("true or false", value)


def one_of(choices: type[E]) -> Rule[E]:
    """Return the rule for one of a few words.

    >>> from edge.text.units import UnitPolicy
    >>> one_of(UnitPolicy)("keep")
    <UnitPolicy.KEEP: 'keep'>
    """

    @described({"enum": [str(choice) for choice in choices]})
    def check(value: JSON) -> E:
        if isinstance(value, str) and value in set(choices):
            return choices(value)
        raise Unexpected(" or ".join(choices), value)

    return check


@described(pattern(f"^({_HOST.pattern})$", _A_HOST))
def host(value: JSON) -> str:
    """Return the name or address of a host; URLs and `host:port` are refused."""
    if isinstance(value, str) and _HOST.fullmatch(value):
        return value
    raise Unexpected(_A_HOST, value)


@described({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]})
def address(value: JSON) -> str:
    """Return the value where it is an IP address.

    >>> address("127.0.0.1"), address("::1")
    ('127.0.0.1', '::1')
    """
    try:
        return str(ipaddress.ip_address(text(value)))
    except ValueError as error:
        raise Unexpected("an IP address of this machine, such as 127.0.0.1", value) from error


@described(pattern(r"^[^\x00]+$", "a path"))
def path(value: JSON) -> Path:
    """Return the path of a file, `~` expanded; a relative one stays relative."""
    try:
        if "\0" not in text(value):
            return Path(text(value)).expanduser()
    except RuntimeError as error:  # "~someone" who has no home
        raise Unexpected("a path", value) from error
    raise Unexpected("a path", value)


def optional(rule: Rule[T]) -> Rule[T | None]:
    """Return the rule that lets null through as None and asks another rule about the rest."""

    @described(_or(schema_of(rule), {"type": "null"}))
    def check(value: JSON) -> T | None:
        return None if value is None else rule(value)

    return check


def auto_or(rule: Rule[int]) -> Rule[int | None]:
    """Return the rule that takes `auto` as None and asks another rule about the rest."""

    @described(_or(schema_of(rule), {"const": "auto"}))
    def check(value: JSON) -> int | None:
        if value == "auto":
            return None
        try:
            return rule(value)
        except Unexpected as error:
            raise ValueError(str(error).replace("expected ", "expected auto or ", 1)) from error

    return check


def _or(schema: dict[str, JSON], other: dict[str, JSON]) -> dict[str, JSON]:
    return {"anyOf": [schema, other]}
