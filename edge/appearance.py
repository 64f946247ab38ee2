"""Owns what the user says of how a route's device looks in Home Assistant.

Knows nothing of what it looks like then.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Appearance:
    """What a route's device is called there, and where it is.

    Attributes:
        is_shown: whether it appears at all.
        name: None for one that is made of the route's.
        area: the room that is proposed for it; None for none.
        expire_after_s: after how long without a reading its entities become unavailable; None for never.
    """

    is_shown: bool = True
    name: str | None = None
    area: str | None = None
    expire_after_s: int | None = None


PLAIN = Appearance()
