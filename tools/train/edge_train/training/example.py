"""Owns what a training example is: the tokens of a prompt and of the answer that follows, by the prompt contract.

Knows nothing of where samples come from. Tokens are llama.cpp's own, segment by segment as the daemon makes them.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass

from edge.extraction import prompt
from edge.literal import JSON
from edge.schema import schema

Tokenize = Callable[[str], list[int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One prompt and its answer, as tokens in one row.

    Attributes:
        tokens: of the prompt, the answer and the end, in this order; 16 bits each would do, 32 are kept.
        prompt_length: how many of them are the prompt; the loss is on the others.
    """

    tokens: "array[int]"
    prompt_length: int

    @property
    def answer_length(self) -> int:
        """How many tokens the model is to write, the end token among them."""
        return len(self.tokens) - self.prompt_length


class Encoder:
    """Makes examples; the schema's own text is read once for each sample, since no two share one."""

    def __init__(self, tokenize: Tokenize, end_token: int) -> None:
        self._tokenize = tokenize
        self._end_token = end_token
        self._suffix = tokenize(prompt.SUFFIX)

    def encode(self, document: dict[str, JSON], text: str, answer: str) -> Example:
        r"""Return the example of a schema, a text and the JSON to answer with.

        The text loses the same line breaks and blanks at its ends as before a daemon's model.

        >>> encoder = Encoder(lambda text: list(text.encode()), end_token=0)
        >>> asked = {"type": "object", "properties": {"t": {"type": "number"}}}
        >>> example = encoder.encode(asked, "T=21\n", '{"t":21}')
        >>> written = bytes(example.tokens.tolist())
        >>> written[: example.prompt_length][-14:], written[example.prompt_length :]
        (b'T=21\n\nOutput:\n', b'{"t":21}\x00')

        Raises:
            SchemaError: the schema says what the product does not know.
        """
        asked = self._tokenize(prompt.prefix(schema.parse(document).root))
        question = [*asked, *self._tokenize(prompt.trimmed(text)), *self._suffix]
        tokens = array("i", [*question, *self._tokenize(answer), self._end_token])
        return Example(tokens=tokens, prompt_length=len(question))
