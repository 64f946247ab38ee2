"""Owns what a family hands over: a text and the facts that it states and leaves open. Knows nothing of schemas."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge_train.chance import Chance
from edge_train.facts import Fact
from edge_train.view import Manner


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A text before anyone asks it something.

    Attributes:
        stated: what may be asked and is there, in the order of the text.
        absent: what is asked and is not there.
        manner: how the schema asks, where the family cares.
        is_whole: whether the schema asks for all of it, mostly, as that of a form does.
    """

    text: str
    stated: Sequence[Fact]
    absent: Sequence[Fact] = ()
    manner: Manner | None = None
    is_whole: bool = False


Family = Callable[[Chance], Draft]
