"""Owns what comes of the shape cache: a replay, and what is said when the model reads its text otherwise.

Knows nothing of how either comes about.
"""

from dataclasses import dataclass

from edge.extraction.extraction import Extraction
from edge.shapes.recipe import Recipe
from edge.shapes.shape import Shape
from edge.shapes.shelf import Entry


@dataclass(frozen=True, slots=True)
class Replay:
    """A reading that needed no model.

    Attributes:
        recipe: as it was then; the entry may have lost or changed it since.
    """

    json: str
    text: str
    shape: Shape
    entry: Entry
    recipe: Recipe

    def extraction(self) -> Extraction:
        """Return the reading with the source of each value."""
        return self.recipe.extraction(self.text, self.shape)


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """The model read a replayed text otherwise.

    Attributes:
        message_ids: of the last replays published since the last good audit, at most `NAMED_REPLAYS`.
        count: of all of them.
    """

    route: str
    shape_id: str
    message_ids: tuple[str, ...]
    count: int
