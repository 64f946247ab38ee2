"""Owns what a training has seen so far. Knows nothing of how it is trained."""

from dataclasses import dataclass, field


@dataclass(kw_only=True, slots=True)
class Counts:
    """What a training has seen.

    Attributes:
        place: of the stream, of the next example.
        passed_over: examples that were too long.
        tokens: of prompts and answers, without padding.
        losses: of each step, in nats a token of the answer.
    """

    place: int = 0
    samples: int = 0
    passed_over: int = 0
    tokens: int = 0
    losses: list[float] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return len(self.losses)
